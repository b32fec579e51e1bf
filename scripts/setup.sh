# SPDX-License-Identifier: MIT OR Apache-2.0
# Installs what is missing, with the machine's own apt and its own sources; calls no apt at all when nothing is missing.
# Sourced after common.sh and packages.sh. AERO_NO_SETUP=1 leaves the machine alone.

as_root()
{
    if ((EUID == 0)); then
        env DEBIAN_FRONTEND=noninteractive "$@"
    elif command -v sudo >/dev/null; then
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    else
        die "not root and no sudo: install these packages and run again: ${setup_wanted[*]}"
    fi
}

is_installed()
{
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# install_missing PACKAGE...
install_missing()
{
    local package
    setup_wanted=()
    [ "${AERO_NO_SETUP:-0}" = 1 ] && return 0
    command -v dpkg-query >/dev/null ||
        die "this is no Debian or Ubuntu: install the equivalents of '$*' and run again with AERO_NO_SETUP=1"
    for package in "$@"; do
        is_installed "$package" || setup_wanted+=("$package")
    done
    ((${#setup_wanted[@]})) || return 0
    say "installing ${setup_wanted[*]}"
    # One broken source of somebody else's must not stop the build: whether the packages can be had decides.
    as_root apt-get -qq update || true
    as_root apt-get -qq -y --no-install-recommends install "${setup_wanted[@]}" >/dev/null ||
        die "apt could not install: ${setup_wanted[*]}"
}

qemu_is_new_enough()
{
    local version
    version=$(qemu-system-x86_64 --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9.]*\).*/\1/p')
    [ -n "$version" ] && dpkg --compare-versions "$version" ge "$qemu_minimum"
}

# The newest version of the QEMU package that configured sources offer, whatever their priority; and whether the plain
# "apt-get install" would take a version that is new enough.
qemu_candidate()
{
    apt-cache policy "$qemu_package" 2>/dev/null | sed -n 's/^ *Candidate: \(.*\)/\1/p'
}

qemu_offered_suites()
{
    # apt-cache madison: "package | version | source suite/component arch Packages"
    apt-cache madison "$qemu_package" 2>/dev/null | while IFS='|' read -r _ version source; do
        version=${version//[[:space:]]/}
        dpkg --compare-versions "$version" ge "1:$qemu_minimum" || continue
        set -- $source
        printf '%s\n' "${2%%/*}"
    done
}

# backports_entries CODENAME SUITE FILE...: the source entries of FILEs that have the main archive of CODENAME, rewritten
# for SUITE. One-line entries are printed to DIR/backports.list, deb822 stanzas to DIR/backports.sources, DIR being
# the current folder. Only what names the release itself is taken: its -updates and -security suites live elsewhere.
backports_entries()
{
    local codename=$1 suite=$2 file
    shift 2
    for file in "$@"; do
        [ -f "$file" ] || continue
        case $file in
        *.list)
            awk -v codename="$codename" -v suite="$suite" '
                $1 == "deb" {
                    at = 2
                    if ($2 ~ /^\[/) { while (at <= NF && $at !~ /\]$/) at++; at++ }
                    if ($(at + 1) == codename) { $(at + 1) = suite; print; exit }
                }' "$file" >>backports.list
            ;;
        *.sources)
            awk -v codename="$codename" -v suite="$suite" '
                function finish(   i) {
                    if (binary && named && !disabled && !done) {
                        for (i = 1; i <= count; i++) print kept[i]
                        print "Suites: " suite "\n"
                        done = 1
                    }
                    count = binary = named = disabled = skipping = 0
                }
                /^[[:space:]]*$/ { finish(); next }
                /^#/ { next }
                /^[[:space:]]/ { if (!skipping) kept[++count] = $0; next }
                {
                    field = tolower($1)
                    skipping = 0
                    if (field == "types:") { binary = $0 ~ /[[:space:]]deb([[:space:]]|$)/; kept[++count] = "Types: deb"; next }
                    if (field == "suites:") {
                        for (i = 2; i <= NF; i++) if ($i == codename) named = 1
                        skipping = 1
                        next
                    }
                    if (field == "enabled:" && tolower($2) == "no") disabled = 1
                    kept[++count] = $0
                }
                END { finish() }' "$file" >>backports.sources
            ;;
        esac
    done
    # The main archive may be named by several files; one entry is enough.
    [ -s backports.list ] && sed -i 2,\$d backports.list && rm -f backports.sources
    [ -s backports.list ] || [ -s backports.sources ]
}

# The distribution's backports suite, by an entry derived from the configured one, in folders that apt forgets.
install_qemu_from_backports()
{
    local codename suite folder list_file parts status=0
    codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
    [ -n "$codename" ] || die "/etc/os-release names no release: install QEMU $qemu_minimum or later and run again"
    suite=$codename-backports
    eval "$(apt-config shell list_file Dir::Etc::SourceList/f parts Dir::Etc::SourceParts/d)"
    folder=$(mktemp -d)
    # apt downloads as a user of its own, which has to get in.
    chmod 755 "$folder"
    mkdir -p "$folder/parts" "$folder/lists/partial"
    (cd "$folder/parts" && backports_entries "$codename" "$suite" "$list_file" "$parts"/*.list "$parts"/*.sources) || {
        rm -rf "$folder"
        die "no configured apt source has the main archive of $codename: install QEMU $qemu_minimum or later and run again"
    }
    cp "$parts"/*.list "$parts"/*.sources "$folder/parts/" 2>/dev/null || true
    install_with_private_lists "$folder" "$suite" "$list_file" || status=$?
    as_root rm -rf "$folder"
    ((status == 0)) || die "apt could not install $qemu_package $qemu_minimum or later from $suite"
}

install_with_private_lists()
{
    local folder=$1 suite=$2 list_file=$3
    local options=(
        -o "Dir::Etc::SourceList=$list_file" -o "Dir::Etc::SourceParts=$folder/parts"
        -o "Dir::State::Lists=$folder/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
    )
    as_root apt-get "${options[@]}" -qq update || true
    as_root apt-get "${options[@]}" -qq -y --no-install-recommends -t "$suite" install "$qemu_package" >/dev/null
}

install_qemu()
{
    local candidate suite
    [ "${AERO_NO_SETUP:-0}" = 1 ] && return 0
    setup_wanted=("$qemu_package (>= $qemu_minimum)")
    qemu_is_new_enough && return 0
    say "installing QEMU $qemu_minimum or later"
    as_root apt-get -qq update || true
    candidate=$(qemu_candidate)
    suite=$(qemu_offered_suites | head -n 1)
    if [ -n "$candidate" ] && [ "$candidate" != '(none)' ] && dpkg --compare-versions "$candidate" ge "1:$qemu_minimum"; then
        as_root apt-get -qq -y --no-install-recommends install "$qemu_package" >/dev/null ||
            die "apt could not install $qemu_package"
    elif [ -n "$suite" ]; then
        as_root apt-get -qq -y --no-install-recommends -t "$suite" install "$qemu_package" >/dev/null ||
            die "apt could not install $qemu_package from $suite"
    else
        install_qemu_from_backports
    fi
    hash -r
    qemu_is_new_enough || die "qemu-system-x86_64 is still older than $qemu_minimum after installing $qemu_package"
}
