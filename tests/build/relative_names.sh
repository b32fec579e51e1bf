#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# relative_names.sh SOURCE: the programs whose options begin with '/' are given relative names only. llvm-rc took the
# absolute name of a resource in a folder like /check for its option /c, and the drivers could not be built there.
set -euo pipefail
cd "$1"
seen=0
for preset in win7-amd64 win7-x86; do
    while read -r -a words; do
        seen=$((seen + 1))
        for word in "${words[@]}"; do
            if [[ $word == /?*/* && $word != */llvm-rc-* ]]; then
                echo "$preset: $word is absolute in: ${words[*]}"
                exit 1
            fi
        done
    done < <(ninja -C "build/$preset" -t commands | sed -n 's/^.*&& \([^ ]*llvm-rc-[0-9]* \)/\1/p')
done
echo "$seen commands, relative names only"
((seen >= 2))
