# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs `nthost blk` and reads its JSON: what the benchmark, the cost tests and the comparison with other miniports
share."""
import json
import os
import struct
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MACHINES = {0x8664: "amd64", 0x014C: "x86"}
BENCHES = {"amd64": "build/host/nthost", "x86": "build/host32/nthost"}
SECONDS = 300


class RunFailed(Exception):
    """The run did not end well: what nthost said."""


def default_bench(arch):
    return os.path.join(ROOT, BENCHES[arch])


def default_driver(arch):
    return os.path.join(ROOT, "dist/aero-win7-driver-pack/win7", arch, "aero_virtio_blk/aero_virtio_blk.sys")


def machine_of(path):
    """amd64 or x86, from the PE header; None for anything else."""
    with open(path, "rb") as file:
        data = file.read(4096)
    if len(data) < 0x40 or data[:2] != b"MZ":
        return None
    at = struct.unpack_from("<I", data, 0x3C)[0]
    if at + 6 > len(data) or data[at : at + 4] != b"PE\0\0":
        return None
    return MACHINES.get(struct.unpack_from("<H", data, at + 4)[0])


def run(bench, driver, arguments, seconds=SECONDS):
    """The JSON of one run; RunFailed with the output when its exit status is not 0."""
    with tempfile.TemporaryDirectory(prefix="nthost-") as folder:
        result = os.path.join(folder, "result.json")
        command = [bench, "blk", "--driver", driver, "--json", result, *arguments]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  errors="replace",
                                  timeout=seconds, check=False)
        except subprocess.TimeoutExpired as late:
            raise RunFailed(f"no result within {seconds} s: {' '.join(command)}") from late
        if done.returncode != 0:
            raise RunFailed(f"exit status {done.returncode}: {' '.join(command)}\n{done.stdout}")
        with open(result, encoding="ascii") as file:
            return json.load(file)


def per_io(result, *names):
    return sum(result[name] for name in names) / result["ios"]


def print_table(rows, file=sys.stdout):
    """rows of strings, the first one the heading; the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths))]
        print("  ".join(cells).rstrip(), file=file, flush=True)
