# SPDX-License-Identifier: MIT OR Apache-2.0
"""The scripts as they were packed, on the media that build.sh has made: what aerow7 writes is what they read.
argv: wine_prefix.sh PREFIX STANDIN GUEST DIST CONTRACT"""
import hashlib
import json
import pathlib
import shutil
import sys
import zipfile

import bench
from machine import DEVICES, TESTSIGNING

CONTRACT = pathlib.Path(sys.argv.pop())
DIST = pathlib.Path(sys.argv.pop())
MEDIUM = DIST / "aero-guest-tools.zip"
PACK = DIST / "aero-win7-driver-pack.zip"


def unpacked(b, archive):
    machine = b.machine(scripts=False)
    with zipfile.ZipFile(archive) as file:
        file.extractall(machine.media)
    roots = [path for path in machine.media.iterdir()]
    if len(roots) == 1:
        for path in list(roots[0].iterdir()):
            shutil.move(path, machine.media / path.name)
    return machine


def setup_works_from_the_packed_medium(b):
    done = []
    for cpu, arch in (("AMD64", "amd64"), ("x86", "x86")):
        machine = unpacked(b, MEDIUM)
        machine.before = machine.original()
        environment = {"PROCESSOR_ARCHITECTURE": cpu}
        checked = b.run(machine, "setup.cmd", "/check", "/verify-media", environment=environment)
        run = b.run(machine, "setup.cmd", "/quiet", "/noreboot", environment=environment)
        done.append((machine, arch, checked, run))
    yield
    contract = json.loads(CONTRACT.read_text())
    disk = next(device for device in contract["devices"] if device["device"] == "virtio-blk")
    keys = {pattern.replace("\\", "#") for pattern in disk["hardware_id_patterns"]}
    bare = min(keys, key=len)
    for machine, arch, checked, run in done:
        manifest = json.loads((machine.media / "manifest.json").read_text())
        assert checked.status == 0 and f"all {len(manifest['files'])} files are as in" in checked.out, checked.out
        assert run.status == 0 and run.out == "", run.out
        registry = machine.registry()
        made = {key.rsplit("\\", 1)[1] for key in registry if key.startswith(DEVICES + "\\")}
        assert made == keys | {bare + "&CC_010000", bare + "&CC_0100"}, made
        assert {registry[f"{DEVICES}\\{key}"]["Service"][1] for key in made} == {disk["driver_service_name"]}
        name = disk["driver_service_name"] + ".sys"
        (packed,) = (machine.media / "drivers" / arch).rglob(name)
        assert machine.drivers() == {name: packed.read_bytes()}
        digests = {hashlib.sha1(path.read_bytes()).hexdigest() for path in (machine.media / "certs").glob("*.cer")}
        assert set(machine.certificates()) == {f"{store}/{digest}" for store in ("Root", "TrustedPublisher")
                                               for digest in digests}
        infs = sorted(path.read_bytes() for path in (machine.media / "drivers" / arch).rglob("*.inf"))
        assert sorted(path.read_bytes() for path in (machine.folder / "root/inf").iterdir()) == infs
        assert machine.flag(TESTSIGNING) == ("01" if arch == "amd64" else None)
        machine.removed = b.run(machine, "uninstall.cmd", "/force", "/noreboot", "/cleanupstorage")
    yield
    for machine, *_ in done:
        assert machine.removed.status == 0 and machine.original() == machine.before, machine.removed.out


def one_changed_bit_of_the_packed_medium_is_seen(b):
    machine = unpacked(b, MEDIUM)
    driver = next((machine.media / "drivers").rglob("*.sys"))
    content = bytearray(driver.read_bytes())
    content[len(content) // 2] ^= 1
    driver.write_bytes(content)
    run = b.run(machine, "setup.cmd", "/check", "/verify-media")
    yield
    assert run.status == 14 and driver.name in run.out, run.out


def install_works_from_the_packed_drivers(b):
    machine = unpacked(b, PACK)
    run = b.run(machine, "install.cmd", "/quiet")
    testsigning = b.run(machine, "enable-testsigning.cmd", "/quiet")
    yield
    infs = sorted(path.read_bytes() for path in (machine.media / "win7/amd64").rglob("*.inf"))
    assert run.status == 0 and f"Packages for amd64: {len(infs)}" in run.out and infs, run.out
    assert sorted(path.read_bytes() for path in (machine.folder / "root/inf").iterdir()) == infs
    assert testsigning.status == 0 and machine.flag(TESTSIGNING) == "01"
    assert len(machine.certificates()) == 2 * len(list((machine.media / "certs").glob("*.cer")))


if __name__ == "__main__":
    for needed in (MEDIUM, PACK):
        if not needed.exists():
            print(f"skipped: there is no {needed}; build.sh makes it")
            sys.exit(77)
    bench.main([setup_works_from_the_packed_medium, one_changed_bit_of_the_packed_medium_is_seen,
                install_works_from_the_packed_drivers])
