#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# setup_test.sh SOURCE: scripts/setup.sh with stand-ins for apt, dpkg-query, sudo and QEMU that record how they are called.
# No package is installed and no real source is read.
set -euo pipefail
source=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# stand_in NAME: a program that writes its name and arguments to calls and then does what standard input says.
stand_in()
{
    { printf '#!/bin/bash\nprintf "%%s\\n" "%s $*" >>"%s/calls"\n' "$1" "$work"; cat; } >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}

# A machine: every package installed but those in $work/missing, QEMU of version $work/qemu-version, apt that offers
# $work/candidate from the plain sources and $work/madison besides.
new_machine()
{
    rm -rf "$work"/*
    mkdir -p "$work/bin" "$work/etc/parts"
    : >"$work/calls" && : >"$work/missing" && : >"$work/madison" && : >"$work/etc/sources.list"
    echo 10.0.2 >"$work/qemu-version"
    echo '(none)' >"$work/candidate"
    echo yes >"$work/apt-works"
    stand_in dpkg-query <<END
grep -qx -- "\${*: -1}" "$work/missing" && exit 1
echo installed
END
    sed -i 2d "$work/bin/dpkg-query" # asking is no call
    stand_in apt-get <<END
grep -q yes "$work/apt-works" || exit 100
for word; do
    case \$word in Dir::Etc::SourceParts=*) cp -r "\${word#*=}" "$work/parts-seen" ;; esac
done
case "\$*" in *install*) : >"$work/missing"; echo 10.0.2 >"$work/qemu-version" ;; esac
END
    stand_in apt-cache <<END
case \$1 in
policy) printf '%s:\n  Installed: (none)\n  Candidate: %s\n' "\$2" "\$(cat "$work/candidate")" ;;
madison) cat "$work/madison" ;;
esac
END
    stand_in apt-config <<END
echo "list_file='$work/etc/sources.list'; parts='$work/etc/parts'"
END
    stand_in sudo <<'END'
exec "$@"
END
    stand_in qemu-system-x86_64 <<END
echo "QEMU emulator version \$(cat "$work/qemu-version") (Debian)"
END
}

# run COMMAND: in a shell that has sourced setup.sh, with the stand-ins first in PATH; its output and status are kept.
run()
{
    status=0
    PATH=$work/bin:$PATH bash -euo pipefail -c '
        program=test
        . "$0/scripts/common.sh"; . "$0/scripts/packages.sh"; . "$0/scripts/setup.sh"
        '"$1" "$source" >"$work/output" 2>&1 || status=$?
}

expect()
{
    local what=$1
    shift
    if "$@"; then
        echo "ok: $what"
    else
        echo "FAILED: $what (status $status)"
        sed 's/^/    /' "$work/calls" "$work/output"
        failures=$((failures + 1))
    fi
}
calls() { grep -qE -- "$1" "$work/calls"; }
no_calls() { ! grep -qE -- "$1" "$work/calls"; }
says() { grep -qF -- "$1" "$work/output"; }
succeeded() { ((status == 0)); }
failed() { ((status != 0)); }
one_line() { [ "$(wc -l <"$work/output")" = 1 ]; }
silent() { [ ! -s "$work/output" ]; }

everything='install_missing "${build_packages[@]}" "${test_packages[@]}"; install_qemu'

new_machine
run "$everything"
expect "everything there: success" succeeded
expect "everything there: no apt, no sudo at all" no_calls '^(apt|sudo)'
expect "everything there: nothing is said" silent

new_machine
echo lld-19 >"$work/missing"
run "$everything"
expect "one missing: success" succeeded
expect "one missing: exactly that one is installed" calls '^apt-get .*install lld-19$'
expect "one missing: the line says what" says "installing lld-19"
expect "one missing: no source is added" no_calls 'Dir::Etc'

new_machine
echo lld-19 >"$work/missing"
echo no >"$work/apt-works"
run "$everything"
expect "apt fails: failure" failed
expect "apt fails: the last line names the packages" says "apt could not install: lld-19"

new_machine
echo lld-19 >"$work/missing"
AERO_NO_SETUP=1 run "$everything"
expect "AERO_NO_SETUP=1: nothing is called" no_calls '^(apt|sudo)'

# An ordinary user: EUID is read-only in bash, so the function is asked with a stand-in for the condition.
new_machine
echo lld-19 >"$work/missing"
run 'eval "$(declare -f as_root | sed "s/((EUID == 0))/false/")"; install_missing lld-19'
expect "as a user: through sudo" calls '^sudo env DEBIAN_FRONTEND=noninteractive apt-get .*install lld-19'
new_machine
rm "$work/bin/sudo"
echo lld-19 >"$work/missing"
run 'eval "$(declare -f as_root | sed "s/((EUID == 0))/false/")"
     command() { [ "$2" != sudo ] && builtin command "$@"; }; install_missing lld-19'
expect "no sudo: failure" failed
expect "no sudo: one clear line with the packages" says "not root and no sudo: install these packages and run again: lld-19"

new_machine
echo 7.2.0 >"$work/qemu-version"
echo 1:8.2.2+ds-0ubuntu1 >"$work/candidate"
run install_qemu
expect "old QEMU, new one in the plain sources: installed plainly" calls '^apt-get .*install qemu-system-x86$'
expect "old QEMU, new one in the plain sources: no source is added" no_calls '(Dir::Etc| -t )'

new_machine
echo 7.2.0 >"$work/qemu-version"
echo 1:7.2+dfsg-7 >"$work/candidate"
cat >"$work/madison" <<'END'
qemu-system-x86 | 1:10.0.2+ds-2~bpo12+1 | http://mirror.example/debian stable-backports/main amd64 Packages
qemu-system-x86 | 1:7.2+dfsg-7 | http://mirror.example/debian stable/main amd64 Packages
END
run install_qemu
expect "backports configured already: used plainly" calls '^apt-get .*-t stable-backports install qemu-system-x86$'
expect "backports configured already: no source is added" no_calls 'Dir::Etc'

codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
main_line="deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian $codename main contrib"
main_stanza="# a comment
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: $codename $codename-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
 -----END PGP PUBLIC KEY BLOCK-----"

derive()
{
    new_machine
    echo 7.2.0 >"$work/qemu-version"
    echo 1:7.2+dfsg-7 >"$work/candidate"
    printf '%s\n' "$1" >"$work/etc/$2"
    printf 'deb http://other.example/x %s-security main\ndeb http://other.example/y nodistro main\n' "$codename" \
        >"$work/etc/parts/other.list"
    printf 'Types: deb\nURIs: http://other.example/z\nSuites: %s\nComponents: main\nEnabled: no\n' "$codename" \
        >"$work/etc/parts/disabled.sources"
    cp -r "$work/etc" "$work/etc-before"
    run install_qemu
    expect "$3: success" succeeded
    expect "$3: from backports, by folders of its own" \
        calls "^apt-get -o Dir::Etc::SourceList=.* -o Dir::Etc::SourceParts=.* -t $codename-backports install qemu-system-x86\$"
    expect "$3: the machine's own sources are as before" diff -r "$work/etc-before" "$work/etc"
    expect "$3: the machine's own lists are not used" calls 'Dir::State::Lists=.*update$'
    expect "$3: with the other sources beside it" test -f "$work/parts-seen/other.list"
}

derive "$main_line" sources.list "one-line entry"
expect "one-line entry: rewritten for backports, options kept" grep -qxF \
    "deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian $codename-backports main contrib" \
    "$work/parts-seen/backports.list"

derive "$main_stanza" parts/debian.sources "deb822 entry"
expect "deb822 entry: rewritten for backports" grep -qx "Suites: $codename-backports" "$work/parts-seen/backports.sources"
expect "deb822 entry: address kept" grep -qxF "URIs: http://mirror.example/debian" "$work/parts-seen/backports.sources"
expect "deb822 entry: key kept whole" grep -qxF " -----END PGP PUBLIC KEY BLOCK-----" "$work/parts-seen/backports.sources"
expect "deb822 entry: one entry" test "$(grep -c '^URIs:' "$work/parts-seen/backports.sources")" = 1

new_machine
echo 7.2.0 >"$work/qemu-version"
run install_qemu
expect "no main archive configured: failure" failed
expect "no main archive configured: one clear line" says "no configured apt source has the main archive of $codename"

((failures == 0)) && echo "every case as expected"
exit $((failures > 0))
