#!/bin/sh
# Installs this Facelatch release beside the one in use, and switches to it; one that does not start is taken back.
set -eu
umask 022

usage() {
  cat <<'USAGE'
Usage: install.sh [--root DIR] [--no-start]   install this release, and restart a running daemon on it
       install.sh --rollback [--no-start]     go back to the release before
A first installation is enabled, but not started: it has neither settings nor a bundle yet.
USAGE
}

say() { printf 'facelatch: %s\n' "$*"; }
die() {
  code=$1
  shift
  printf 'facelatch: %s\n' "$*" >&2
  exit "$code"
}

root=
start=yes
action=install
while [ $# -gt 0 ]; do
  case $1 in
    --root)
      [ $# -ge 2 ] || die 64 "--root needs a folder"
      root=${2%/}
      shift
      ;;
    --no-start) start=no ;;
    --rollback) action=rollback ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      usage >&2
      exit 64
      ;;
  esac
  shift
done

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
base=$root/opt/facelatch
unit=facelatch.service
[ -n "$root" ] || [ "$(id -u)" = 0 ] || die 77 "run this as root"

# The value of a key in a release's own description.
told() { sed -n "s/^$2=//p" "$1/RELEASE"; }

# Fails where a file is missing, altered, or unknown to the list.
verify() {
  [ -f "$1/RELEASE" ] && [ -f "$1/SHA256SUMS" ] || return 1
  sums=$(sha256sum <"$1/SHA256SUMS") || return 1
  short=$(printf '%s' "$sums" | cut -c1-12)
  case $(told "$1" id) in
    *-"$short") ;;
    *) return 1 ;;
  esac
  (cd "$1" && sha256sum --quiet --strict -c SHA256SUMS >/dev/null 2>&1) || return 1
  listed=$(wc -l <"$1/SHA256SUMS")
  found=$(find "$1" ! -type d | wc -l)
  [ "$found" -eq $((listed + 2)) ]
}

# What a link of ours points to, without its folder; nothing where there is none.
linked() {
  [ -L "$base/$1" ] || return 0
  basename -- "$(readlink "$base/$1")"
}

# A link is replaced in one step: there is no moment without one.
link() {
  rm -f "$base/.$1.new"
  ln -s "releases/$2" "$base/.$1.new"
  mv -T "$base/.$1.new" "$base/$1"
}

systemd_runs() { [ -z "$root" ] && [ -d /run/systemd/system ] && command -v systemctl >/dev/null; }
active() { systemd_runs && systemctl --quiet is-active "$unit"; }

# Units, rules, user and folders of the release that is current now.
apply_system() {
  from=$base/current/systemd
  install -D -m 0644 "$from/facelatch.service" "$root/etc/systemd/system/$unit"
  install -D -m 0644 "$from/facelatch-alarm.service" "$root/etc/systemd/system/facelatch-alarm.service"
  install -D -m 0644 "$from/facelatch.rules" "$root/etc/udev/rules.d/60-facelatch.rules"
  install -D -m 0644 "$from/facelatch.sysusers" "$root/etc/sysusers.d/facelatch.conf"
  install -D -m 0644 "$from/facelatch.tmpfiles" "$root/etc/tmpfiles.d/facelatch.conf"
  mkdir -p "$root/etc/facelatch" "$root/usr/local/bin"
  [ -e "$root/etc/facelatch/facelatch.yaml" ] || install -m 0640 "$from/facelatch.yaml" "$root/etc/facelatch/facelatch.yaml"
  ln -sfn /opt/facelatch/current/bin/facelatch "$root/usr/local/bin/facelatch"
  if command -v systemd-sysusers >/dev/null; then
    systemd-sysusers ${root:+--root="$root"} "$root/etc/sysusers.d/facelatch.conf"
    systemd-tmpfiles ${root:+--root="$root"} --create "$root/etc/tmpfiles.d/facelatch.conf"
  else
    say "systemd is not here: the user facelatch and the rights of /etc/facelatch are left to you"
  fi
  # The devices that are there already get their group too.
  if [ -z "$root" ] && [ -S /run/udev/control ]; then
    udevadm control --reload && udevadm trigger --subsystem-match=gpio --subsystem-match=leds || say "udev did not take up its rules: restart the board"
  fi
  if systemd_runs; then systemctl daemon-reload; fi
}

# Restarts what runs; with a release that does not become ready, goes back to the one given.
restart_or_return() {
  if [ "$start" = no ] || ! systemd_runs; then return 0; fi
  if systemctl restart "$unit"; then
    say "restarted"
    return 0
  fi
  [ -n "$1" ] || die 70 "the daemon did not start: see journalctl -u facelatch"
  link current "$1"
  apply_system
  systemctl restart "$unit" || die 70 "neither release starts: see journalctl -u facelatch"
  die 70 "the daemon did not start on the new release, and runs on $1 again: see journalctl -u facelatch"
}

rollback() {
  from=$(linked current)
  to=$(linked previous)
  if [ -z "$to" ] || [ "$to" = "$from" ]; then die 66 "there is no release to go back to"; fi
  verify "$base/releases/$to" || die 65 "the release before, $to, is damaged"
  was_active=no
  if active; then was_active=yes; fi
  link current "$to"
  link previous "$from"
  sync
  apply_system
  say "went back from $from to $to"
  if [ "$was_active" = yes ]; then restart_or_return ""; fi
}

check_machine() {
  machine=$(told "$here" machine)
  if [ -z "$root" ]; then
    [ "$(uname -m)" = "$machine" ] || die 65 "this release is for $machine, and this machine is $(uname -m)"
    if command -v dpkg >/dev/null; then
      has=$(dpkg --print-architecture)
      [ "$has" = "$(told "$here" debian_arch)" ] || die 65 "this release is for $(told "$here" debian_arch), and this system is $has"
    fi
    "$here/bin/node" --version >/dev/null || die 65 "the Node.js of this release does not run here"
  fi
}

# Into a folder that nothing looks at until it is whole and on the disk.
copy_release() {
  rm -rf "$base"/releases/.incoming-*
  if [ -d "$base/releases/$1" ]; then
    if verify "$base/releases/$1"; then return 0; fi
    say "the installed copy of $1 is damaged, and is replaced"
    mv "$base/releases/$1" "$base/releases/.incoming-damaged"
  fi
  staging=$base/releases/.incoming-$$
  cp -R "$here" "$staging"
  [ "$(id -u)" != 0 ] || chown -R 0:0 "$staging"
  chmod -R u=rwX,go=rX "$staging"
  verify "$staging" || die 74 "what was copied differs from this release: is the disk full or failing?"
  sync
  mv "$staging" "$base/releases/$1"
  rm -rf "$base"/releases/.incoming-*
}

# Two releases stay: the one in use, and the one to go back to.
forget_older() {
  for folder in "$base"/releases/*; do
    name=$(basename -- "$folder")
    [ "$name" = "$(linked current)" ] || [ "$name" = "$(linked previous)" ] || rm -rf "$folder"
  done
}

install_release() {
  verify "$here" || die 65 "this release is damaged: unpack the archive again"
  check_machine
  id=$(told "$here" id)
  old=$(linked current)
  mkdir -p "$base/releases"
  copy_release "$id"
  if [ -n "$old" ] && [ "$old" != "$id" ]; then link previous "$old"; fi
  link current "$id"
  sync
  apply_system
  say "installed $id"
  if active; then
    restart_or_return "$([ "$old" = "$id" ] || printf '%s' "$old")"
  elif [ -z "$old" ]; then
    if systemd_runs; then systemctl --quiet enable "$unit"; fi
    say "next: sudoedit /etc/facelatch/facelatch.yaml; facelatch flash BUNDLE; systemctl start facelatch"
  fi
  forget_older
}

if [ "$action" = rollback ]; then rollback; else install_release; fi
