#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# The Wine prefix of the guest tests: 64-bit, Windows 7 SP1, headless, nothing of the user's own folders or ports in it.
#   wine_prefix.sh DIR                        makes DIR (some 10 s, 700 MB) or finds it made; prints its absolute path
#   wine_prefix.sh --run DIR SECONDS CMD...   runs CMD under wine in it, for at most SECONDS; exits as CMD does, 124 when
#                                             time was up
#   wine_prefix.sh --stop DIR                 ends every program in it: all tests do so before they end
# One prefix has one wineserver, so --stop ends everybody's programs: tests that share a prefix run one at a time (in
# CTest by RESOURCE_LOCK). Exit status 77: no Wine here, or no 64-bit Wine.
set -euo pipefail

usage() {
    sed -n '4,7s/^# //p' "${BASH_SOURCE[0]}" >&2
    exit 2
}

complain() {
    echo "wine_prefix.sh: $1" >&2
    exit "$2"
}

# HOME: Wine links the folders of a new prefix's user (Documents, Desktop...) to those in HOME.
use_prefix() {
    export WINEPREFIX=$1 HOME=$1/home WINEARCH=win64 WINEDEBUG=-all
    export WINEDLLOVERRIDES="mscoree=;mshtml=;winemenubuilder.exe,winedbg.exe=d"
    unset DISPLAY WAYLAND_DISPLAY XDG_CONFIG_HOME XDG_DATA_HOME
}

stop_prefix() {
    [ -d "$1/dosdevices" ] || return 0
    # Not an error when no server runs; a server that does not end is one.
    timeout -k 2 10 wineserver -k || true
    timeout -k 2 20 wineserver -w || complain "the wineserver of $1 does not end" 1
}

make_prefix() {
    local dir=$1 kind=$2
    rm -rf "$dir"
    mkdir -p "$dir/home"
    timeout -k 5 120 wineboot -i >"$dir.log" 2>&1 || complain "wineboot -i failed, see $dir.log" 1
    timeout -k 5 20 wineserver -w || complain "the wineserver of $dir does not end" 1
    # COM1 would be the first serial port of this machine; tests that look at it give it a file of theirs.
    local key
    for key in 'HKCU\Software\Wine /v Version /d win7' 'HKLM\Software\Wine\Ports /v COM1 /d /dev/null'; do
        # shellcheck disable=SC2086 # words on purpose
        timeout -k 5 60 wine reg add $key /f >>"$dir.log" 2>&1 || complain "reg add $key failed, see $dir.log" 1
    done
    stop_prefix "$dir"
    timeout -k 5 60 wine cmd /c ver 2>>"$dir.log" | grep -q '6\.1\.7601' || complain "$dir does not say 6.1.7601" 1
    stop_prefix "$dir"
    echo "$kind" >"$dir/ready"
}

for program in wine wineboot wineserver flock; do
    command -v "$program" >/dev/null || complain "no $program here" 77
done

mode=make
case ${1-} in
--run | --stop)
    mode=${1#--}
    shift
    ;;
-* | '') usage ;;
esac
[ $# -ge 1 ] || usage
mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift
use_prefix "$dir"

case $mode in
make)
    [ $# -eq 0 ] || usage
    kind="2 $(wine --version)" || complain "wine does not start" 77
    exec 9>"$dir.lock"
    flock -w 180 9 || complain "somebody else is making $dir and does not end" 1
    # Made by another version of Wine, of this script, or only half: made again. The server must not inherit the lock.
    [ "$(cat "$dir/ready" 2>/dev/null)" = "$kind" ] || make_prefix "$dir" "$kind" 9>&-
    echo "$dir"
    ;;
run)
    [ $# -ge 2 ] || usage
    seconds=$1
    shift
    exec timeout -k 5 "$seconds" wine "$@"
    ;;
stop)
    [ $# -eq 0 ] || usage
    stop_prefix "$dir"
    ;;
esac
