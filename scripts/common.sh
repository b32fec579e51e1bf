# SPDX-License-Identifier: MIT OR Apache-2.0
# What build.sh and test.sh share; sourced by them, with the project's folder as the current one.

program=$(basename "$0")

die()
{
    printf '%s: %s\n' "$program" "$*" >&2
    exit 1
}

say()
{
    printf '== %s\n' "$*"
}

# step NAME WHAT COMMAND...: one line per step; the output is in build/logs/NAME.log and is shown when the step fails.
step()
{
    local name=$1 what=$2 started=$SECONDS
    shift 2
    mkdir -p build/logs
    say "$what"
    if ! "$@" >"build/logs/$name.log" 2>&1; then
        grep -nE 'error|Error|FAILED' "build/logs/$name.log" | head -n 20 >&2 || true
        printf '%s\n' '--- the last lines of the log:' >&2
        tail -n 30 "build/logs/$name.log" >&2
        die "$what: failed after $((SECONDS - started)) s; the whole log is build/logs/$name.log"
    fi
}

# Run through sudo, the outputs still belong to whoever owns the sources: the next run without sudo must work too.
give_back()
{
    local owner
    ((EUID == 0)) || return 0
    owner=$(stat -c %u:%g .)
    [ "$owner" = 0:0 ] || chown -R --no-dereference "$owner" build dist 2>/dev/null || true
}

check_writable()
{
    local folder
    for folder in . build dist; do
        [ ! -e "$folder" ] || [ -w "$folder" ] ||
            die "$(readlink -f "$folder") cannot be written by $(id -un): give it to that user (chown) or remove it"
    done
}

# Every output is dated by the commit, so the same commit gives the same bytes.
set_epoch()
{
    if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
        # safe.directory: the tree may belong to another user than the one who builds (root, in a container).
        # A tree without history (an unpacked archive) gets the first moment that a ZIP file can express.
        SOURCE_DATE_EPOCH=$(git -c safe.directory="$PWD" log -1 --format=%ct 2>/dev/null) || SOURCE_DATE_EPOCH=315532800
        SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-315532800}
    fi
    export SOURCE_DATE_EPOCH
}

configure_and_build()
{
    local preset=$1
    shift
    cmake --preset "$preset" "$@" && cmake --build --preset "$preset"
}

# build_all TESTS(ON|OFF): the tools, the drivers of both architectures, dist/.
build_all()
{
    local tests=$1 packages=build/packages
    check_writable
    set_epoch
    trap give_back EXIT
    # The tool is built first and alone: it generates what the drivers are built from.
    step aerow7 "building the tool aerow7" \
        bash -c 'cmake --preset host -DAERO_TESTS="$0" && cmake --build --preset host --target aerow7' "$tests"
    step win7-amd64 "building the drivers for amd64" configure_and_build win7-amd64 -DAERO_TESTS="$tests"
    step win7-x86 "building the drivers for x86" configure_and_build win7-x86 -DAERO_TESTS="$tests"
    rm -rf "$packages"
    step install "collecting the drivers" \
        bash -c 'cmake --install build/win7-amd64 --prefix "$0" && cmake --install build/win7-x86 --prefix "$0"' \
        "$PWD/$packages"
    make_certificate
    step pack "packing dist/" build/host/aerow7/aerow7 pack --from-build "$packages" --out dist \
        --cert "$signing_certificate" --key "$signing_key"
    step host "building what runs on this machine" configure_and_build host
    make_guest_tools
}
