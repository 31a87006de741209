#!/bin/sh
# Starts the app on App Service; the site's start command is `exec sh startup.sh`.
# The exec, there and here, lets the app itself hear that it should stop.
set -eu
cd "$(dirname "$0")"
program=./app

# A zip made on Windows carries no permissions.
[ -x "$program" ] || chmod 0755 "$program" 2>/dev/null || true

# Nor can they be given where the zip itself is mounted, which is read-only.
if [ ! -x "$program" ]; then
  copy=$(mktemp -d)/app
  cp "$program" "$copy"
  chmod 0755 "$copy"
  program=$copy
fi

exec "$program" "$@"
