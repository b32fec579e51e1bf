# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs the tests of one file. A test is a generator: it prepares machines and runs, yields, and finds the runs done
when it goes on; all runs of all tests up to their next yield go into one batch, so that Wine starts once for each
round."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import traceback

from machine import MEDIA, Batch, Machine, clean

DRIVERS = (("blk", "aero_virtio_blk"), ("net x", "aero_virtio_net"))
# One ID, to keep most runs short, and all that the contract has for the disk.
FEW_HWIDS = (r"PCI\VEN_1AF4&DEV_1042&REV_01",)
HWIDS = (r"PCI\VEN_1AF4&DEV_1042&SUBSYS_00021AF4&REV_01", r"PCI\VEN_1AF4&DEV_1042&SUBSYS_00021AF4",
         r"PCI\VEN_1AF4&DEV_1042&REV_01", r"PCI\VEN_1AF4&DEV_1042")
CERTIFICATE = b"\x30\x82\x01\x0aa certificate in DER form"


class Bench:
    def __init__(self, prefix_script, prefix, standin, guest, only):
        self.prefix_script = prefix_script
        self.guest = pathlib.Path(guest)
        self.standin = standin
        self.only = only
        self.prefix = prefix
        self.folder = None
        self.batch = None
        self.machines = 0
        self.templates = {}

    def clone(self, machine):
        self.machines += 1
        return machine.clone(self.folder / f"m{self.machines}")

    def set_up(self, *options, lived_in=None):
        """yield from: a machine on which setup.cmd has run; the run is done once for all tests that want the same."""
        key = (options, lived_in)
        if key not in self.templates:
            template = self.templates[key] = self.medium()
            if lived_in:
                lived_in(template)
            template.before = template.original()
            template.setup = self.run(template, "setup.cmd", *options)
        template = self.templates[key]
        yield
        assert template.setup.status == 0, template.setup.out
        machine = self.clone(template)
        machine.before = template.before
        return machine

    def machine(self, scripts=True, **options):
        self.machines += 1
        machine = Machine(self.folder / f"m{self.machines}", self.standin, **options)
        if scripts:
            for name in ("install.cmd", "enable-testsigning.cmd", "setup.cmd", "uninstall.cmd", "verify.cmd", "tools"):
                source = self.guest / name
                (shutil.copytree if source.is_dir() else shutil.copy)(source, machine.media / name)
        return machine

    def run(self, machine, script, *options, **more):
        return machine.run(self.batch, script, *options, **more)

    def pack(self, **options):
        """A machine with a driver pack."""
        machine = self.machine(**options)
        for arch in ("amd64", "x86"):
            for folder, service in DRIVERS:
                machine.driver_package(f"win7/{arch}/{folder}", service)
        return machine

    def medium(self, policy="test", hwids=FEW_HWIDS, certificate=True, manifest=True, **options):
        """A machine with a guest tools medium."""
        machine = self.machine(**options)
        for arch in ("amd64", "x86"):
            for folder, service in DRIVERS:
                machine.driver_package(f"drivers/{arch}/{folder}", service)
        if certificate:
            machine.file(f"{MEDIA}/certs/a (1) & b.cer", CERTIFICATE)
        quoted = " ".join(f'"{hwid}"' for hwid in hwids)
        machine.file(f"{MEDIA}/config/devices.cmd",
                     '@rem as aerow7 writes it\n\nset "AERO_VIRTIO_BLK_SERVICE=aero_virtio_blk"\n'
                     f'set "AERO_VIRTIO_BLK_SYS="\nset AERO_VIRTIO_BLK_HWIDS={quoted}\n')
        if manifest:
            machine.manifest(policy)
        return machine


def rounds(bench, tests):
    """One round after the other until every test has come to its end; the names of those that failed."""
    running = [(test.__name__, test(bench)) for test in tests]
    failed = []
    while running:
        alive = []
        for name, generator in running:
            try:
                next(generator)
                alive.append((name, generator))
            except StopIteration:
                print(f"pass: {name}")
            except Exception:
                print(f"FAIL: {name}")
                traceback.print_exc(file=sys.stdout)
                failed.append(name)
        if bench.batch.runs:
            bench.batch.do()
        running = alive
    return failed


def main(tests):
    """argv: wine_prefix.sh PREFIX STANDIN GUEST [NAME...]"""
    prefix_script, prefix, standin, guest, *only = sys.argv[1:]
    made = subprocess.run([prefix_script, prefix], stdout=subprocess.PIPE, text=True)
    if made.returncode != 0:
        sys.exit(made.returncode)
    bench = Bench(prefix_script, made.stdout.strip(), standin, guest, only)
    tests = [test for test in tests if not only or test.__name__ in only]
    assert tests, f"no test is named {only}"
    # No blanks: Windows has none in its own folders. The medium's folder has them.
    bench.folder = pathlib.Path(tempfile.mkdtemp(prefix="aero-guest-", dir=pathlib.Path(standin).parent))
    bench.batch = Batch(prefix_script, bench.prefix, bench.folder)
    failed = ["(the batch)"]
    try:
        failed = rounds(bench, tests)
        # Wine under load now and then loses a program's output or a process. What fails is repeated, by itself and on
        # new machines; what the scripts do wrong, they do wrong again.
        if failed:
            print(f"again: {', '.join(failed)}")
            bench.templates = {}
            failed = rounds(bench, [test for test in tests if test.__name__ in failed])
    finally:
        subprocess.run([prefix_script, "--stop", prefix], check=False)
        clean(bench.folder)
    print(f"{len(tests)} tests, {len(failed)} failed, {bench.machines} machines")
    sys.exit(1 if failed else 0)
