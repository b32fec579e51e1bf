# SPDX-License-Identifier: MIT OR Apache-2.0
"""real_hive_test.py AEROW7 SOURCE PACKAGES: the SYSTEM hive of a real Windows 7 SP1 (x86) and a real boot configuration
store, from ../shared/golden/hives or AERO_SHARED. What is not ours is as it was, key for key, security included; the
structure holds, by our reader and by three of others; the second run changes nothing."""
import lzma
import os
import pathlib
import sys
import tempfile

from offline_support import BLK, CDD, CONFIG, Offline, files_of, hive_change
import registry
import windows_tree


def golden(source):
    folder = pathlib.Path(os.environ.get("AERO_SHARED", pathlib.Path(source).parent / "shared")) / "golden" / "hives"
    if not (folder / "BCD.xz").exists():
        print(f"SKIPPED: there are no real hives, {folder}")
        sys.exit(77)
    return (lzma.decompress((folder / "windows7-sp1-x86-SYSTEM.xz").read_bytes()),
            lzma.decompress((folder / "BCD.xz").read_bytes()))


def main():
    system, boot = golden(sys.argv[2])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        tool = Offline(*sys.argv[1:4], folder, devices=())
        place = folder / "windows"
        before = windows_tree.windows_files(arch="x86")
        before[CONFIG + "SYSTEM"] = system
        before[CONFIG + "BCD-Template"] = boot
        windows_tree.write_files(place, before)
        identity = tool.json("inspect", place)["windows"][0]["identity"]
        assert identity["architecture"] == "x86" and identity["service_pack"] == 1 and identity["windows7"], identity
        assert all(hive["state"] == "clean" for hive in identity["hives"]), identity
        tool.inject(place)
        after = files_of(place)
        new, gone = hive_change(before, after, "SYSTEM")
        assert not gone and new, (gone, len(new))
        sets = {path.split("\\")[0] for path in new}
        for top in sets:
            assert f"{top}\\{CDD}PCI#VEN_1AF4&DEV_1042\\Service" in new and f"{top}\\services\\{BLK}\\Start" in new, top
        assert all(BLK in path or "VEN_1AF4&DEV_1042" in path for path in new), list(new)[:20]
        select = registry.read(system)["Select"]
        numbers = {int.from_bytes(select[k][1], "little") for k in ("Current", "Default", "LastKnownGood")} - {0}
        assert sets == {f"ControlSet{n:03}" for n in numbers}, (sets, numbers)
        target = folder / "SYSTEM"
        target.write_bytes(after[CONFIG + "SYSTEM"])
        assert sum("PCI#VEN_1AF4" in line for line in registry.judges(target)) == 8 * len(sets)
        loaders = [p for p, v in registry.read(boot).items()
                   if p.endswith("\\Description") and v["Type"] == (4, (0x10200003).to_bytes(4, "little"))]
        changed, gone = registry.difference(registry.read(boot), registry.read(after[CONFIG + "BCD-Template"]))
        booleans = {p: v for p, v in changed.items() if v is not None}
        assert not gone and len(loaders) == 2 and len(booleans) == len(loaders) + 1, changed
        assert all(p.endswith("Elements\\16000049\\Element") and v == (3, b"\1") for p, v in booleans.items()), changed
        grown = len(after[CONFIG + "SYSTEM"]) - len(system)
        assert 0 <= grown <= 256 << 10, grown
        assert not tool.inject(place)["changed"] and files_of(place) == after
        print(f"ok: {len(registry.read(system))} keys, {len(new)} new entries in {len(sets)} control sets, +{grown} bytes")


main()
