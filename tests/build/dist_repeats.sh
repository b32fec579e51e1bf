#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# dist_repeats.sh SOURCE AEROW7 PROGRAMS: makes dist/ twice of what was built, with one key, in two copies of the tree
# that differ in their folder, file dates, umask, time zone and language, and compares every byte. PROGRAMS has
# {amd64,x86}/aero-selftest.exe. With AERO_SOAK=1 the copies are built from nothing, drivers and all, by build.sh.
set -euo pipefail
source=$(readlink -f "$1") aerow7=$(readlink -f "$2") programs=$(readlink -f "$3")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

copy_tree()
{
    local to=$1
    mkdir -p "$to"
    (
        cd "$source"
        git -c safe.directory="$source" ls-files -z --cached --others --exclude-standard 2>/dev/null ||
            find . \( -path ./build -o -path ./dist -o -path ./.git \) -prune -o -type f -print0
    ) | while IFS= read -r -d '' file; do
        # A file that is deleted but not yet committed is listed and not there.
        [ ! -e "$source/$file" ] || printf '%s\0' "$file"
    done | tar -C "$source" --null -T - -cf - | tar -C "$to" -xf -
}

# What build.sh does once everything is built.
pack_tree()
{
    local to=$1
    mkdir -p "$to/build/host/aerow7" "$to/build/host/guest/selftest"
    ln -s "$aerow7" "$to/build/host/aerow7/aerow7"
    cp -r "$programs/amd64" "$programs/x86" "$to/build/host/guest/selftest/"
    cp -r "$source/build/packages" "$to/build/packages"
    (cd "$to" && bash -c 'set -euo pipefail
        . scripts/common.sh
        . scripts/signing.sh
        . scripts/media.sh
        make_certificate
        build/host/aerow7/aerow7 pack --from-build build/packages --out dist --cert "$signing_certificate" \
            --key "$signing_key"
        make_guest_tools')
}

make_tree()
{
    local to=$1
    copy_tree "$to"
    if [ "${AERO_SOAK:-0}" = 1 ]; then
        AERO_NO_SETUP=1 "$to/build.sh"
    else
        pack_tree "$to"
    fi
}

export AERO_KEY_DIR=$work/keys SOURCE_DATE_EPOCH=1700000000
(umask 022 && make_tree "$work/one")
# Different bytes would be no surprise if these found their way into them.
(
    umask 077
    export TZ=Pacific/Auckland LC_ALL=C.UTF-8 LANG=C.UTF-8
    make_tree "$work/another folder, and one with a longer name"
)
cd "$work"
mv "another folder, and one with a longer name" other
(cd one/dist && find . -type f | sort | xargs sha256sum) >one.sums
(cd other/dist && find . -type f | sort | xargs sha256sum) >other.sums
diff one.sums other.sums
count=$(wc -l <one.sums)
echo "$count files, the same bytes twice"
for name in aero-win7-driver-pack.zip aero-virtio-win7-drivers.iso aero-guest-tools.iso aero-guest-tools.zip \
    certs/aero-test.cer; do
    grep -q " ./$name\$" one.sums || { echo "there is no $name" >&2; exit 1; }
done
