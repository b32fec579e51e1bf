# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the media tests share: running the tool, folders of files, and others' programs that make or read media."""
import hashlib
import os
import pathlib
import subprocess

DONE, CHECK_FAILED, USAGE, BAD_INPUT, NOT_WRITTEN = range(5)

REQUIRED = {
    "viostor/w7/amd64/viostor.inf": b"; viostor amd64\r\n", "viostor/w7/amd64/viostor.sys": b"amd64 viostor" * 500,
    "viostor/w7/x86/viostor.inf": b"; viostor x86\r\n", "viostor/w7/x86/viostor.sys": b"x86 viostor" * 400,
    "NetKVM/w7/amd64/netkvm.inf": b"; netkvm amd64\r\n", "NetKVM/w7/amd64/netkvm.sys": b"amd64 netkvm" * 300,
    "NetKVM/w7/x86/netkvm.inf": b"; netkvm x86\r\n", "NetKVM/w7/x86/netkvm.sys": b"x86 netkvm" * 200,
}


def run(tool, *arguments, cwd=None, **environment):
    inherited = {k: v for k, v in os.environ.items() if k != "SOURCE_DATE_EPOCH"}
    return subprocess.run([str(tool), *map(str, arguments)], capture_output=True, text=True, timeout=50, cwd=cwd,
                          env={**inherited, **environment})


def made(*command, cwd=None):
    """A program of somebody else, which must succeed."""
    result = subprocess.run([str(c) for c in command], capture_output=True, text=True, errors="replace", timeout=50,
                            cwd=cwd, env={**os.environ, "LC_ALL": "C.UTF-8"})
    assert result.returncode == 0, (command, result.stdout[-500:], result.stderr[-2000:])
    return result.stdout


def write_files(folder, files):
    for path, content in files.items():
        target = pathlib.Path(folder) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return pathlib.Path(folder)


def read_files(folder):
    folder = pathlib.Path(folder)
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and not p.is_symlink()}


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else \
            hashlib.sha256(file.read()).hexdigest()


def nothing_beside(folder):
    """No part of an output is left."""
    left = [p for p in pathlib.Path(folder).rglob("*.part-*")]
    assert not left, left
