#!/bin/sh
# Runs a hook of azd, which is a task of `cargo xtask hook`. Without cargo it says what is left out.
# Usage: sh infra/hooks/run.sh preprovision|prepackage|postprovision|postdeploy|postdown
set -eu

hook=$1
mode=${DEPLOY_MODE:-zip}

if command -v cargo >/dev/null 2>&1; then
  exec cargo xtask hook "$hook"
fi

stop() {
  echo "$hook: $1" >&2
  exit 1
}

left_out() {
  echo "$hook: left out, as cargo is not installed: $1"
}

# Container deployments of older versions overwrite settings of the site.
stop_if_azd_is_too_old() {
  minor=$(azd version 2>/dev/null | sed -n 's/^azd version 1\.\([0-9]*\)\..*/\1/p')
  if [ -n "$minor" ] && [ "$minor" -lt 29 ]; then
    stop "azd 1.29 or newer is needed, this is 1.$minor: https://aka.ms/azd-install"
  fi
}

case $hook in
  preprovision)
    stop_if_azd_is_too_old
    case $mode in
      zip) stop "cargo builds the zip and is not installed. Install Rust (https://rustup.rs), or let the registry build a container: azd env set DEPLOY_MODE container" ;;
      container) left_out "the checks of region, quota and rights; a trial subscription needs DEPLOY_MODE zip" ;;
      *) stop "DEPLOY_MODE is $mode, but must be zip or container: azd env set DEPLOY_MODE zip" ;;
    esac
    ;;
  prepackage) [ "$mode" = container ] || left_out "building the zip" ;;
  postprovision) [ "${ENABLE_ENTRA_AUTH:-false}" = false ] || left_out "the app registration (docs/sign-in.md, By portal)" ;;
  postdeploy) left_out "the test of the site. Open ${WEB_URI:-the site} yourself" ;;
  postdown) [ -z "${AUTH_CLIENT_ID:-}" ] || left_out "deleting the app registration $AUTH_CLIENT_ID" ;;
  *) stop "not a hook of this project" ;;
esac
