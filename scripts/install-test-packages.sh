#!/bin/sh
# Installs the Debian packages that only the tests need: a database server, a mailbox server,
# a mail client that writes genuine answers, a browser and an independent calendar reader.
set -eu
packages="postgresql dovecot-imapd dovecot-lmtpd emacs-nox chromium fonts-dejavu-core gir1.2-ical-3.0 python3-gi"
missing=""
for package in $packages; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "The tests need these Debian packages:$missing" >&2
  echo "Install them with: sudo apt-get install --no-install-recommends$missing" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing
