#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Builds everything, as build.sh does, and runs all tests, on the drivers that were packed.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
. scripts/common.sh
. scripts/packages.sh
. scripts/setup.sh
. scripts/signing.sh
. scripts/media.sh

usage()
{
    cat <<'END'
usage: ./test.sh [--third-party DIR] [--soak] [-R REGEX]
  --third-party DIR  also run the Windows 7 virtio-blk miniports that you have put into DIR, beside ours
  --soak             the long versions of the tests that have one
  -R REGEX           only the tests whose names match
END
}

filter=()
while (($#)); do
    case $1 in
    --third-party)
        [ $# -ge 2 ] && [ -d "$2" ] || die "--third-party needs a folder${2:+, and '$2' is none}"
        AERO_THIRD_PARTY=$(readlink -f "$2")
        export AERO_THIRD_PARTY
        shift
        ;;
    --soak) export AERO_SOAK=1 ;;
    -R)
        [ $# -ge 2 ] || die "-R needs a regular expression"
        filter=(-R "$2")
        shift
        ;;
    --help)
        usage
        exit 0
        ;;
    *)
        usage >&2
        exit 2
        ;;
    esac
    shift
done

install_missing "${build_packages[@]}" "${test_packages[@]}"
install_qemu
build_all ON
step host32 "building what runs 32-bit drivers" configure_and_build host32

# run_tests PRESET: ctest's own output, closing summary included, is the record. A filter may leave one of the two
# presets without a test, not both.
failed=0
ran=0
summaries=()
run_tests()
{
    local preset=$1 log=build/logs/ctest-$1.log none=error status=0 summary
    ((${#filter[@]} == 0)) || none=ignore
    say "testing: $preset"
    ctest --test-dir "build/$preset" --parallel 2 --output-on-failure --no-tests=$none "${filter[@]}" 2>&1 |
        tee "$log" || status=$?
    ((status == 0)) || failed=1
    summary=$(sed -n '/tests passed/p' "$log" | tail -n 1)
    [ -z "$summary" ] || ran=1
    summaries+=("$preset: ${summary:-no test}")
}
run_tests host
run_tests host32
((ran)) || die "no test's name matches ${filter[*]:1}"
say "tested in $SECONDS s; ${summaries[0]}; ${summaries[1]}"
exit "$failed"
