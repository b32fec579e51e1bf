#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# no_floating_point.sh FOLDER: an x86 driver must leave MMX, SSE and x87 state alone (KeSaveFloatingPointState would be needed
# around every use), so no instruction of FOLDER/*/*.sys may name one of those registers.
set -euo pipefail
checked=0
for sys in "$1"/*/*.sys; do
    llvm-objdump-19 --disassemble --no-show-raw-insn "$sys" >"${TMPDIR:-/tmp}/disassembly.$$"
    instructions=$(grep -cE '^ *[0-9a-f]+:' "${TMPDIR:-/tmp}/disassembly.$$")
    found=$(grep -E '%(xmm|mm|st)[0-9(]|\b(fld|fst|fild|emms|fxsave)' "${TMPDIR:-/tmp}/disassembly.$$" | head -n 5 || true)
    rm -f "${TMPDIR:-/tmp}/disassembly.$$"
    ((instructions > 100)) || { echo "$sys: only $instructions instructions found"; exit 1; }
    [ -z "$found" ] || { printf '%s:\n%s\n' "$sys" "$found"; exit 1; }
    echo "$sys: $instructions instructions, none of them floating point"
    checked=$((checked + 1))
done
((checked > 0))
