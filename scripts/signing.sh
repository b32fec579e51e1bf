# SPDX-License-Identifier: MIT OR Apache-2.0
# The user's own test certificate: made by the first build, reused by every later one. The key is a secret of whoever
# builds, so it lives outside of the tree, where neither git nor "rm -r build" reaches it.
# Sourced after common.sh.
certificate_name=aero-test

# Under sudo everything belongs to who called it, and so does the key.
invoking_user_home()
{
    if ((EUID == 0)) && [ -n "${SUDO_UID:-}" ]; then
        getent passwd "$SUDO_UID" | cut -d: -f6
    else
        printf '%s' "${HOME:-}"
    fi
}

key_folder()
{
    local home
    if [ -n "${AERO_KEY_DIR:-}" ]; then
        printf '%s' "$AERO_KEY_DIR"
        return
    fi
    home=$(invoking_user_home)
    # XDG_DATA_HOME is the caller's own only where sudo has not changed who that is.
    if ((EUID != 0)) || [ -z "${SUDO_UID:-}" ]; then
        if [ -n "${XDG_DATA_HOME:-}" ]; then
            printf '%s' "$XDG_DATA_HOME/aero-win7-drivers"
            return
        fi
    fi
    [ -z "$home" ] || printf '%s' "$home/.local/share/aero-win7-drivers"
}

# make_private_folder PATH: PATH and the folders above it that are not there yet, PATH for nobody else to look into.
make_private_folder()
{
    local path=$1 made=()
    while [ -n "$path" ] && [ ! -e "$path" ]; do
        made+=("$path")
        path=$(dirname -- "$path")
    done
    mkdir -p -- "$1" 2>/dev/null && [ -w "$1" ] || return 1
    ((${#made[@]} == 0)) || chmod 700 -- "$1"
    if ((EUID == 0 && ${#made[@]} > 0)) && [ -n "${SUDO_UID:-}" ]; then
        chown "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" -- "${made[@]}"
    fi
}

# Sets signing_certificate and signing_key.
make_certificate()
{
    local folder
    folder=$(key_folder)
    if [ -n "${AERO_KEY_DIR:-}" ]; then
        make_private_folder "$folder" || die "AERO_KEY_DIR is $folder, which cannot be written by $(id -un)"
    elif [ -z "$folder" ] || ! make_private_folder "$folder"; then
        say "the signing key cannot be kept in ${folder:-a home folder (there is none)}: it goes to build/keys, and a" \
            "build without that folder signs with another key; AERO_KEY_DIR names a better place"
        folder=build/keys
        make_private_folder "$folder" || die "$folder cannot be made"
    fi
    step certificate "making sure of the test certificate in $folder" \
        build/host/aerow7/aerow7 cert create --reuse --out "$folder" --name "$certificate_name"
    signing_certificate=$folder/$certificate_name.cer
    signing_key=$folder/$certificate_name.pem
    if ((EUID == 0)) && [ -n "${SUDO_UID:-}" ]; then
        chown "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" -- "$signing_certificate" "$signing_key"
    fi
}
