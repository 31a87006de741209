#!/bin/sh
# Starts the app on App Service. The start command of the site is `exec sh startup.sh`.
# Both use exec, so that the app is process 1 and receives SIGTERM.
set -eu
cd "$(dirname "$0")"

# A deployment writes over ./app in place, which fails (ETXTBSY) or corrupts the process if the app runs from that file.
# A copy on the local disk also starts where the zip has no execute bits or is mounted read-only.
folder=$(mktemp -d)
cp app "$folder/app"
chmod 0755 "$folder/app"

echo "startup.sh: starting version $(cat version.txt)" >&2
exec "$folder/app" "$@"
