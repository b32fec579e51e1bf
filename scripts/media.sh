# SPDX-License-Identifier: MIT OR Apache-2.0
# The guest tools medium, from what is in guest/, what was built and what was packed. Sourced after common.sh.
guest_tools_spec=packaging/specs/win7-aero-guest-tools.json

# stage_guest_tools FOLDER: exactly what goes onto the medium beside drivers; aerow7 refuses anything else.
stage_guest_tools()
{
    local folder=$1 arch
    rm -rf "$folder"
    mkdir -p "$folder/certs" "$folder/tools"
    cp guest/setup.cmd guest/uninstall.cmd guest/verify.cmd guest/verify.ps1 packaging/guest-tools/*.md "$folder/"
    cp guest/tools/*.cmd guest/tools/*.ps1 "$folder/tools/"
    cp dist/certs/*.cer "$folder/certs/"
    for arch in x86 amd64; do
        mkdir -p "$folder/tools/$arch"
        cp "build/host/guest/selftest/$arch/aero-selftest.exe" "$folder/tools/$arch/"
    done
}

project_version()
{
    sed -n 's/^project(.* VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt
}

make_guest_tools()
{
    local commit
    commit=$(git -c safe.directory="$PWD" rev-parse --short=12 HEAD 2>/dev/null) || commit=local
    step guest-tools "making the guest tools" bash -c "set -euo pipefail; $(declare -f stage_guest_tools)
        stage_guest_tools build/guest-tools; exec \"\$@\"" guest-tools \
        build/host/aerow7/aerow7 guest-tools --drivers-dir dist/aero-win7-driver-pack \
        --guest-tools-dir build/guest-tools --out-dir dist --spec "$guest_tools_spec" \
        --manifest dist/aero-guest-tools-manifest.json --signing-policy test --version "$(project_version)" --build-id "$commit"
}
