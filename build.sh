#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Builds the drivers for Windows 7 and everything in dist/. No options; see README.md.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
. scripts/common.sh
. scripts/packages.sh
. scripts/setup.sh
. scripts/signing.sh
. scripts/media.sh

[ $# -eq 0 ] || { echo "usage: ./build.sh (it takes no options; ./test.sh also tests)" >&2; exit 2; }

install_missing "${build_packages[@]}"
build_all OFF
say "done in $SECONDS s:"
(cd dist && find . -mindepth 1 -maxdepth 1 -printf '   dist/%f\n' | sort)
