#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""windows_test.py WINE_PREFIX.SH PREFIX AERO-SELFTEST.EXE FAKE_SELFTEST.EXE FAKE_SELFTEST WINDOWS_FUNCTIONS.EXE

What can be seen of the self-test without Windows 7: it runs under 64-bit Wine, where none of our devices is. Lines to
console, COM1 and log, exit statuses, and the Windows functions one by one. The logic on described machines is in
logic_test.py; two of its cases run here again with the compiler and C library of the real program.
"""
import os
import pathlib
import pty
import select
import subprocess
import sys
import tempfile
import tty

import logic_test
from logic_test import Failure, Runner, same
from reader import NAMES, LineError, Run

SKIPPED = 77


class Wine:
    def __init__(self, script, prefix):
        self.script = script
        made = subprocess.run([script, prefix], stdout=subprocess.PIPE, text=True, timeout=230)
        if made.returncode == SKIPPED:
            sys.exit(SKIPPED)
        if made.returncode != 0:
            raise Failure(f"wine_prefix.sh ended with {made.returncode}")
        self.prefix = made.stdout.strip()

    def command(self, *words):
        return [self.script, "--run", self.prefix, "60", *words]

    def run(self, *words, **environment):
        return subprocess.run(self.command(*words), capture_output=True, timeout=90, env={**os.environ, **environment})

    def stop(self):
        subprocess.run([self.script, "--stop", self.prefix], timeout=60, check=True)

    def serial_port(self, device):
        done = self.run("reg", "add", "HKLM\\Software\\Wine\\Ports", "/v", "COM1", "/d", device, "/f")
        same(done.returncode, 0, "reg add")
        self.stop()  # the ports are made when Wine starts


def lines_of(done):
    out = done.stdout.decode("utf-8")
    same(out.count("\n"), out.count("\r\n"), "lines that end with CR LF")
    return out.replace("\r\n", "\n")


def without_devices(wine, program, log):
    done = wine.run(program, "--log-file", "Z:" + str(log).replace("/", "\\"))
    text = lines_of(done)
    run = Run(text, done.returncode)
    same((run.result, done.returncode), ("FAIL", 1), "without devices")
    same({n: run.tests[n][:2] for n in ("virtio-blk", "virtio-input-bind")},
         {n: ("FAIL", "device_missing") for n in ("virtio-blk", "virtio-input-bind")}, "without devices")
    for name in NAMES:
        if name not in ("virtio-blk", "virtio-input-bind"):
            same(run.tests[name][0], "SKIP", name)
    same(run.start["system"], "6.1.7601 amd64", "system")
    same(log.read_bytes(), done.stdout, "the log")
    return text


def to_serial_port(wine, program):
    master, slave = pty.openpty()
    try:
        tty.setraw(slave)
        wine.serial_port(os.ttyname(slave))
        done = wine.run(program, AERO_VIRTIO_SELFTEST_DISABLE_NET="1")
        text = lines_of(done)
        received = b""
        while len(received) < len(done.stdout) and select.select([master], [], [], 5)[0]:
            received += os.read(master, 65536)
        same(received, done.stdout, "COM1")
        same(Run(text, done.returncode).tests["virtio-net"][:2], ("SKIP", "disabled"), "the environment")
    finally:
        wine.serial_port("/dev/null")
        os.close(slave)
        os.close(master)


def refusals(wine, program):
    for options, word in ((["--bogus"], b"--bogus"), (["--io-size-mib", "x"], b"'x'"),
                          (["--log-file", "C:\\not\\there\\x.log"], b"cannot be written (error 3)")):
        done = wine.run(program, *options)
        same((done.returncode, done.stdout), (2, b""), f"{options}")
        if word not in done.stderr:
            raise Failure(f"{options}: {done.stderr}")
    done = wine.run(program, "--help")
    same(done.returncode, 0, "--help")
    if b"--test-blk-reset" not in done.stdout or b"AERO_VIRTIO" not in done.stdout:
        raise Failure(f"--help: {done.stdout}")


def same_logic(wine, fake_exe, fake, folder):
    machines = {"nothing": logic_test.Machine(), "all": logic_test.full()}
    for name, machine in machines.items():
        outputs = [Runner(program, folder).process(machine) for program in ([fake], wine.command(fake_exe))]
        same(outputs[1][:2], outputs[0][:2], f"the program of mingw on '{name}'")


def functions(wine, program, folder):
    done = wine.run(program, "Z:" + str(folder).replace("/", "\\"))
    lines = done.stdout.decode("utf-8").split("\r\n")
    print("\n".join(lines[:-1]))
    wrong = [line for line in lines if line.startswith("wrong")]
    if wrong or lines[-2] != "end" or done.returncode != 0 or sum(line.startswith("ok ") for line in lines) < 20:
        raise Failure(f"windows_functions ended with {done.returncode}: {wrong}")


def main():
    script, prefix, program, fake_exe, fake, functions_exe = sys.argv[1:]
    wine = Wine(script, prefix)
    try:
        with tempfile.TemporaryDirectory(prefix="selftest é ") as name:
            folder = pathlib.Path(name)
            without_devices(wine, program, folder / "log file é.log")
            refusals(wine, program)
            same_logic(wine, fake_exe, fake, folder)
            functions(wine, functions_exe, folder)
            to_serial_port(wine, program)
    except (Failure, LineError, KeyError) as error:
        print(f"FAILED: {type(error).__name__}: {error}")
        return 1
    finally:
        wine.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
