#!/bin/sh
# Makes a fresh machine and starts the site on it as App Service does, in namespaces of its own.
# Usage: enter.sh MACHINE ROOT DIST MANNER AUTHORITY HOST COMMAND NAME=VALUE...
#   MACHINE    empty folder to mount the machine on      ROOT  root file system, which stays as it is
#   DIST       what is deployed                          MANNER  packed, without-permissions or read-only
#   AUTHORITY  certificate that the machine trusts       HOST  name of the database server
#   COMMAND    start command of the site                 NAME=VALUE  environment of the site
set -eu
machine=$1 root=$2 dist=$3 manner=$4 authority=$5 host=$6 command=$7
shift 7

mount -t tmpfs none "$machine"
mkdir "$machine/upper" "$machine/work" "$machine/root"
mount -t overlay overlay -o "lowerdir=$root,upperdir=$machine/upper,workdir=$machine/work" "$machine/root"
cd "$machine/root"
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs none tmp
chmod 1777 tmp

site=home/site/wwwroot
mkdir -p "$site" home/LogFiles opt/startup etc/ssl/certs
cp -R "$dist/." "$site/"
chown -R 0:0 home
[ "$manner" = packed ] || chmod -R a-x,a+X "$site"
if [ "$manner" = read-only ]; then
  mount --bind "$site" "$site"
  mount -o remount,bind,ro "$site"
fi
cp "$authority" etc/ssl/certs/ca-certificates.crt
printf '127.0.0.1 localhost %s\n' "$host" > etc/hosts

# The platform's own script writes the command as it is, without an exec.
printf '#!/bin/sh\ncd /%s\n%s\n' "$site" "$command" > opt/startup/startup.sh
chmod 0755 opt/startup/startup.sh
exec chroot . /usr/bin/env -i "$@" /opt/startup/startup.sh
