# SPDX-License-Identifier: MIT OR Apache-2.0
"""Running the tool and others' programs in the tests of disks."""
import json as parser
import subprocess

import disk_maker  # noqa: F401: the other tests' folders become importable


def json(injection, *arguments, status=0):
    """The report of a command that must end so."""
    command = [injection.program, *arguments, "--json"] if arguments[0] == "undo" else \
        injection.command(*arguments, "--json")
    result = injection.run(*command)
    assert result.returncode == status, (arguments, result.returncode, result.stdout[-1500:], result.stderr)
    return parser.loads(result.stdout)


def made_bytes(*command):
    result = subprocess.run([str(c) for c in command], capture_output=True, timeout=30)
    assert result.returncode == 0, (command, result.stderr)
    return result.stdout
