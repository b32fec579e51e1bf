#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# link_driver.sh MACHINE OUTPUT.sys OBJECT.obj [RESOURCE.res] [LIBRARY.lib...] -- BITCODE...
# Optimises the bitcode as one program whose only entry is DriverEntry, makes OBJECT.obj of it, and links OUTPUT.sys with
# its PDB beside it. Names are used as given: pass relative ones, for they end up in the PDB.
set -euo pipefail
export LC_ALL=C

machine=$1 output=$2 object=$3
shift 3
inputs=()
while [ "$1" != -- ]; do
    inputs+=("$1")
    shift
done
shift

# Beside the object, so that interrupted runs leave nothing outside the build folder.
trap 'rm -f "$object.all.bc" "$object.opt.bc"' EXIT
llvm-link-19 -o "$object.all.bc" "$@"
# The second name is how clang writes the stdcall one of x86 (byte 1: do not decorate it again).
opt-19 -passes='internalize,lto<O2>' -internalize-public-api-list="DriverEntry,"$'\x01_DriverEntry@8' -o "$object.opt.bc" "$object.all.bc"
# llc, not clang, which would record its command line and folder in the PDB.
llc-19 -O2 --filetype=obj -o "$object" "$object.opt.bc"
# On x86 clang describes the stack in DWARF whatever debug format it is asked for; the PDB has its own description.
llvm-objcopy-19 --remove-section=.debug_frame "$object"

name=$(basename "$output" .sys)
lld-link-19 /nologo "/machine:$machine" /driver /subsystem:native,6.01 /osversion:6.1 /entry:DriverEntry /nodefaultlib \
    /release /Brepro /dynamicbase /nxcompat /opt:ref /opt:noicf /debug "/pdb:${output%.sys}.pdb" "/pdbaltpath:$name.pdb" \
    /pdbsourcepath:. /version:6.1 "/out:$output" "$object" "${inputs[@]}"
