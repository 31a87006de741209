#!/bin/sh
# Starts the site as App Service does, with these variables alone.
# Usage: sh simulate.sh STATE FOLDER SCRIPT NAME=VALUE...
set -eu
state=$1 folder=$2 script=$3
shift 3
[ "$state" = packed ] || chmod -R a-x,a+X "$folder"
if [ "$state" = read-only ]; then
  mount --bind "$folder" "$folder" && mount -o remount,bind,ro "$folder"
fi
cd "$folder"
exec env -i "$@" sh "$script"
