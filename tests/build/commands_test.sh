#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# commands_test.sh SOURCE: build.sh and test.sh refuse what they do not understand with one clear line, from any folder, before
# they do anything.
set -euo pipefail
source=$1
failures=0
cd /

refuse()
{
    local status=$1 text=$2 output got=0
    shift 2
    output=$("$@" 2>&1) || got=$?
    if ((got == status)) && [[ $output == *"$text"* ]]; then
        echo "ok: $(basename "$1") ${*:2}"
    else
        echo "FAILED: $* gave status $got and: $output"
        failures=$((failures + 1))
    fi
}

refuse 2 "usage: ./build.sh" "$source/build.sh" --fast
refuse 2 "usage: ./test.sh" "$source/test.sh" --fast
refuse 1 "--third-party needs a folder" "$source/test.sh" --third-party
refuse 1 "'/nowhere' is none" "$source/test.sh" --third-party /nowhere
refuse 1 "-R needs a regular expression" "$source/test.sh" -R
refuse 2 "usage: ./test.sh" "$source/.ci/run" --fast
refuse 0 "--third-party DIR" "$source/test.sh" --help
exit $((failures > 0))
