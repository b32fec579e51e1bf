#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# reproducible.sh SOURCE AEROW7: builds the drivers of SOURCE once more, from a copy in another folder, and compares every
# .sys, .pdb and .inf byte for byte with those of SOURCE/build/win7-*.
set -euo pipefail
source=$1 aerow7=$2
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

cd "$source"
if ! git -c safe.directory="$source" ls-files -z --cached --others --exclude-standard >"$copy.list" 2>/dev/null; then
    find . \( -path ./build -o -path ./dist -o -path ./.git \) -prune -o -type f -print0 >"$copy.list"
fi
# A file that is deleted but not yet committed is listed and not there.
mkdir "$copy/a-folder-with-another-name"
while IFS= read -r -d '' file; do
    [ ! -e "$file" ] || printf '%s\0' "$file"
done <"$copy.list" | tar --null -T - -cf - | tar -C "$copy/a-folder-with-another-name" -xf -
rm -f "$copy.list"

cd "$copy/a-folder-with-another-name"
compared=0
for preset in win7-amd64 win7-x86; do
    cmake --preset "$preset" -DAERO_AEROW7="$aerow7" -DAERO_TESTS=OFF >configure.log 2>&1 || { tail -n 20 configure.log; exit 1; }
    cmake --build --preset "$preset" -j 2 >build.log 2>&1 || { tail -n 20 build.log; exit 1; }
    for file in build/"$preset"/drivers/*.sys build/"$preset"/drivers/*.pdb build/"$preset"/drivers/*.inf; do
        cmp "$file" "$source/$file"
        compared=$((compared + 1))
    done
done
echo "$compared files, the same bytes in $source and $PWD"
((compared >= 6))
