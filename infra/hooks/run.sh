#!/bin/sh
# Runs a hook of azd with `cargo xtask hook`. Without cargo it prints what is skipped.
# Usage: sh infra/hooks/run.sh preprovision|prepackage|postprovision|postdeploy|postdown
set -eu

hook=$1
mode=${DEPLOY_MODE:-zip}

stop() {
  echo "$hook: $1" >&2
  exit 1
}

skip() {
  echo "$hook: skipped, because cargo is not installed: $1"
}

# `azd pipeline config` of older versions creates a federated credential that GitHub's tokens do not match (AADSTS700213).
stop_if_azd_is_outdated() {
  minor=$(azd version 2>/dev/null | sed -n 's/^azd version 1\.\([0-9]*\)\..*/\1/p')
  if [ -n "$minor" ] && [ "$minor" -lt 30 ]; then
    stop "azd 1.30 or newer is required, this is 1.$minor: https://aka.ms/azd-install"
  fi
}

# Unpacks the zip of a release in place of a build. The checksum is mandatory.
unpack_release() {
  sum=$( (sha256sum "$RELEASE_ZIP" || shasum -a 256 "$RELEASE_ZIP") 2>/dev/null | cut -d ' ' -f 1)
  [ -n "$sum" ] || stop "cannot read $RELEASE_ZIP (RELEASE_ZIP)"
  [ "$sum" = "${RELEASE_ZIP_SHA256:-}" ] || stop "the SHA-256 checksum of $RELEASE_ZIP is $sum, RELEASE_ZIP_SHA256 is '${RELEASE_ZIP_SHA256:-}'"
  rm -rf dist
  unzip -q "$RELEASE_ZIP" -d dist
  echo "$hook: $(cat dist/version.txt) from $RELEASE_ZIP"
}

if [ -n "${RELEASE_ZIP:-}" ] && [ "$hook" = prepackage ] && [ "$mode" = zip ]; then
  unpack_release
  exit
fi

if command -v cargo >/dev/null 2>&1; then
  exec cargo xtask hook "$hook"
fi

case $hook in
  preprovision)
    stop_if_azd_is_outdated
    case $mode in
      zip) [ -n "${RELEASE_ZIP:-}" ] || stop "cargo builds the zip and is not installed. Install Rust (https://rustup.rs), or let the registry build a container: azd env set DEPLOY_MODE container" ;;
      container) skip "the checks of region and permissions. A trial subscription needs DEPLOY_MODE zip" ;;
      *) stop "DEPLOY_MODE is $mode, but must be zip or container: azd env set DEPLOY_MODE zip" ;;
    esac
    ;;
  prepackage) [ "$mode" = container ] || skip "building the zip" ;;
  postprovision) [ "${ENABLE_ENTRA_AUTH:-false}" = false ] || skip "the app registration (docs/sign-in.md, section In the portal)" ;;
  postdeploy) skip "the request to /readyz. Open ${WEB_URI:-the site} in a browser" ;;
  postdown) [ -z "${AUTH_CLIENT_ID:-}" ] || skip "deleting the app registration $AUTH_CLIENT_ID" ;;
  *) stop "unknown hook" ;;
esac
