#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# signing_test.sh SOURCE AEROW7: where build.sh keeps the signing key: outside of the tree, for its owner alone, reused
# by every build; in build/keys, with a line about it, where there is no home folder.
set -euo pipefail
source=$(readlink -f "$1") aerow7=$(readlink -f "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
count=0

check()
{
    local what=$1
    shift
    if "$@"; then
        echo "ok: $what"
    else
        echo "FAILED: $what"
        failures=$((failures + 1))
    fi
}

# make_in TREE [NAME=VALUE...]: what build.sh does about the key, in a folder of its own. Prints where the key is, last.
make_in()
{
    local tree=$work/$1
    shift
    mkdir -p "$tree/build/host/aerow7"
    ln -sfn "$aerow7" "$tree/build/host/aerow7/aerow7"
    (cd "$tree" && env -u AERO_KEY_DIR -u XDG_DATA_HOME -u SUDO_UID -u SUDO_GID "$@" bash -c '
        set -euo pipefail
        . "$0/scripts/common.sh"
        . "$0/scripts/signing.sh"
        make_certificate
        printf "%s\n" "$signing_key"' "$source" 2>&1)
}

mode_is()
{
    [ "$(stat -c %a "$2")" = "$1" ]
}

home=$work/home
mkdir "$home"
output=$(make_in one HOME="$home")
key=$home/.local/share/aero-win7-drivers/aero-test.pem
check "the key is in the home folder" [ "$(tail -n 1 <<<"$output")" = "$key" ]
check "only its owner can read it" mode_is 600 "$key"
check "only its owner can look into its folder" mode_is 700 "$(dirname "$key")"
check "the certificate is beside it" openssl x509 -inform DER -in "${key%.pem}.cer" -noout
check "the tree has no key" [ -z "$(find "$work/one" -name '*.pem')" ]
before=$(sha256sum "$key" "${key%.pem}.cer")
make_in two HOME="$home" >/dev/null
check "another build uses the same" [ "$before" = "$(sha256sum "$key" "${key%.pem}.cer")" ]

output=$(make_in three HOME="$home" XDG_DATA_HOME="$work/data")
check "XDG_DATA_HOME is followed" [ "$(tail -n 1 <<<"$output")" = "$work/data/aero-win7-drivers/aero-test.pem" ]
output=$(make_in four HOME="$home" XDG_DATA_HOME="$work/data" AERO_KEY_DIR="$work/a folder/keys")
check "AERO_KEY_DIR comes first, whatever is in its name" \
    [ "$(tail -n 1 <<<"$output")" = "$work/a folder/keys/aero-test.pem" ]
check "and its key is there" mode_is 600 "$work/a folder/keys/aero-test.pem"

for arguments in "HOME=" "HOME=/dev/null/nobody"; do
    count=$((count + 1))
    output=$(make_in "no-home-$count" "$arguments")
    check "$arguments: the key goes to build/keys" [ "$(tail -n 1 <<<"$output")" = build/keys/aero-test.pem ]
    check "$arguments: and a line says so" grep -q 'it goes to build/keys' <<<"$output"
    check "$arguments: for its owner alone" mode_is 600 "$work/no-home-$count/build/keys/aero-test.pem"
done
status=0
output=$(make_in five HOME="$home" AERO_KEY_DIR=/dev/null/keys) || status=$?
check "an AERO_KEY_DIR that cannot be used ends the build" [ $status -ne 0 ]
check "and is named" grep -q 'AERO_KEY_DIR is /dev/null/keys' <<<"$output"

# A key that does not fit its certificate is not used and not replaced.
mkdir "$work/mixed"
cp "$key" "$work/mixed/aero-test.pem"
chmod 600 "$work/mixed/aero-test.pem"
cp "$work/data/aero-win7-drivers/aero-test.cer" "$work/mixed/aero-test.cer"
status=0
make_in six HOME="$home" AERO_KEY_DIR="$work/mixed" >/dev/null || status=$?
check "a certificate of another key ends the build" [ $status -ne 0 ]
check "and the key stays" cmp "$key" "$work/mixed/aero-test.pem"

if ((EUID == 0)); then
    # Through sudo: in the home folder of who called it, and theirs.
    mkdir "$work/bin" "$work/caller"
    printf '#!/bin/sh\necho "caller:x:4321:4321::%s:/bin/sh"\n' "$work/caller" >"$work/bin/getent"
    chmod +x "$work/bin/getent"
    chown 4321:4321 "$work/caller"
    output=$(make_in seven HOME=/root XDG_DATA_HOME=/root/data SUDO_UID=4321 SUDO_GID=4321 PATH="$work/bin:$PATH")
    key=$work/caller/.local/share/aero-win7-drivers/aero-test.pem
    check "under sudo, in the caller's home folder" [ "$(tail -n 1 <<<"$output")" = "$key" ]
    check "all of it is the caller's" [ -z "$(find "$work/caller" ! -uid 4321)" ]
    check "and the caller's alone" mode_is 600 "$key"
else
    echo "not root: that the key belongs to sudo's caller was not tried"
fi
exit $((failures > 0))
