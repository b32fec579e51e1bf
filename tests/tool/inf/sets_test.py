# SPDX-License-Identifier: MIT OR Apache-2.0
"""sets_test.py AEROW7 CONTRACT: what several INFs must not be to each other: aliases that drift, IDs claimed twice."""
import pathlib
import shutil
import sys
import tempfile

from good import GOOD, check, line_of, replaced

aerow7, contract = sys.argv[1:]
ID = "PCI\\VEN_1AF4&DEV_1042&REV_01"
# An input driver: two devices in the original, one more in its alias.
ORIGINAL = replaced(GOOD, ("aero_virtio_blk", "aero_virtio_input"), ("1042&REV_01", "1052&SUBSYS_00101AF4&REV_01"))
ALIAS = replaced(ORIGINAL, ("; x86\n", '; x86\n%AnyName% = Blk_Install, PCI\\VEN_1AF4&DEV_1052&REV_01\n'),
                 ("; amd64\n", '; amd64\n%AnyName% = Blk_Install, PCI\\VEN_1AF4&DEV_1052&REV_01\n'),
                 ('DeviceName = "Disk"', 'DeviceName = "Disk"\nAnyName = "Any"'),
                 ("= aero_virtio_input.cat", "= virtio-input.cat"), ("; a disk", "; another comment"))


def write(folder, files):
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def found(folder, *arguments):
    status, report, errors = check(aerow7, "--contract", contract, *arguments)
    return status, [(f["rule"], str(pathlib.Path(f["file"]).relative_to(folder)), f.get("line", 0), f["severity"])
                    for f in report["findings"]], report, errors


def aliases(folder):
    disabled = "virtio-input.inf.disabled"
    write(folder, {"aero_virtio_input.inf": ORIGINAL, disabled: ALIAS})
    both = (folder / "aero_virtio_input.inf", folder / disabled)
    assert found(folder, *both)[:2] == (0, [])
    # What is not a model, a model's name or the catalog's may not differ.
    for pairs, mark in (
            ([("StartType      = 0", "StartType      = 3")], "StartType"),
            ([("SCSI Miniport", "Base")], "LoadOrderGroup"),
            ([("[Blk_EventLog]\n", "[Blk_EventLog]\nDelReg = Blk_EventLog_AddReg\n")], "DelReg"),
            ([('"Drivers"', '"Other drivers"')], "DiskName   ="),
            ([("Blk_Files = 12", "Blk_Files = 11"), ("%12%", "%11%")], "Blk_Files = 11"),
            ([("01/10/2026", "01/11/2026")], "DriverVer")):
        text = replaced(ALIAS, *pairs)
        (folder / disabled).write_text(text)
        status, findings, _, _ = found(folder, *both)
        wanted = ("aero-alias-drift", disabled, line_of(text, mark), "error")
        assert status == 1 and wanted in findings, (mark, findings)
    # A section more, and one less.
    (folder / disabled).write_text(replaced(ALIAS, ("[Blk_Install.HW]",
                                                    "[Blk_Install.CoInstallers]\n[Blk_Install.HW]")))
    status, findings, _, _ = found(folder, *both)
    assert status == 1 and [f[0] for f in findings] == ["aero-alias-drift"], findings
    (folder / disabled).write_text(replaced(ALIAS, (", Blk_EventLog\n", "\n"),
                                            ("[Blk_EventLog]\nAddReg = Blk_EventLog_AddReg\n", "")))
    status, findings, _, _ = found(folder, *both)
    assert status == 1 and ("aero-alias-drift", disabled, 0, "error") in findings, findings
    # Without its original there is nothing to compare with, and that is said.
    (folder / disabled).write_text(ALIAS)
    assert found(folder, both[1])[:2] == (0, [("aero-alias-drift", disabled, 0, "note")])


def trees(folder):
    tablet = replaced(ORIGINAL, ("SUBSYS_0010", "SUBSYS_0012"), ("CatalogFile = aero_virtio_input.cat",
                                                                 "CatalogFile = aero_virtio_tablet.cat"))
    good = {"win7/x86/blk/aero_virtio_blk.inf": GOOD, "win7/amd64/blk/aero_virtio_blk.inf": GOOD,
            "win7/x86/input/aero_virtio_input.inf": ORIGINAL, "win7/amd64/input/aero_virtio_input.inf": ORIGINAL,
            "win7/x86/input/aero_virtio_tablet.inf": tablet, "win7/amd64/input/aero_virtio_tablet.inf": tablet,
            "win7/x86/input/virtio-input.inf.disabled": ALIAS, "win7/readme.txt": "no INF",
            "opt-in/win7/x86/input/virtio-input.inf": ALIAS, "opt-in/win7/amd64/input/virtio-input.inf": ALIAS}
    write(folder, good)
    status, findings, report, _ = found(folder, "--tree", folder)
    assert (status, findings) == (0, []), findings
    assert [pathlib.Path(f["file"]).relative_to(folder).as_posix() for f in report["files"]] == sorted(
        (n for n in good if ".inf" in n), key=lambda n: n.split("/"))
    # The alias enabled beside its original.
    enabled = dict(good)
    enabled["win7/x86/input/virtio-input.inf"] = ALIAS
    write(folder, enabled)
    status, findings, report, _ = found(folder, "--tree", folder)
    wanted = ("aero-duplicate-id", "win7/x86/input/virtio-input.inf", line_of(ALIAS, "; x86"), "error")
    assert status == 1 and findings == [wanted], findings
    assert "for x86" in report["findings"][0]["message"] and "aero_virtio_input.inf" in report["findings"][0]["message"]
    # The same ID in lower case, in a folder for no architecture: both claim it, for both.
    write(folder, {"a/aero_virtio_blk.inf": GOOD, "b/aero_virtio_blk.inf": replaced(GOOD, (ID, ID.lower()))})
    status, findings, report, _ = found(folder, "--tree", folder)
    assert [f[0] for f in findings if f[0] == "aero-duplicate-id"] == ["aero-duplicate-id"] * 2, findings
    assert {m.split(" for ")[1].split()[0] for m in (f["message"] for f in report["findings"]) if "claimed" in m} == {
        "x86", "amd64"}
    # Two trees are two, and files that are named are no tree.
    assert [f for f in found(folder, "--tree", folder / "a", "--tree", folder / "b")[1] if "dup" in f[0]] == []
    assert [f for f in found(folder, folder / "a/aero_virtio_blk.inf", folder / "b/aero_virtio_blk.inf")[1]
            if "dup" in f[0]] == []
    # An alias that drifts in a folder of its own, compared with the original for its architecture.
    drifted = dict(good)
    drifted["opt-in/win7/amd64/input/virtio-input.inf"] = replaced(ALIAS, ("StartType      = 0", "StartType      = 3"))
    write(folder, drifted)
    status, findings, report, _ = found(folder, "--tree", folder)
    assert status == 1 and [f[:2] for f in findings] == [
        ("aero-alias-drift", "opt-in/win7/amd64/input/virtio-input.inf")], findings
    assert "win7/amd64/input/aero_virtio_input.inf" in report["findings"][0]["message"]
    # A driver for a transitional device is a choice, kept apart.
    legacy = replaced(GOOD, (ID, "PCI\\VEN_1AF4&DEV_1018"))
    write(folder, {"win7/x86/aero_virtio_blk.inf": GOOD, "opt-in/win7/x86/aero-virtio-snd-legacy.inf": legacy})
    assert found(folder, "--tree", folder)[:2] == (0, [])
    write(folder, {"win7/x86/aero-virtio-snd-legacy.inf": legacy})
    assert {f[0] for f in found(folder, "--tree", folder)[1]} == {"aero-revision-gate"}
    # No folder, no INF in it, no INF at all: input that cannot be read.
    write(folder, {"empty/readme.txt": "x", "bad/aero_virtio_blk.inf": "no INF"})
    for name in ("nowhere", "empty", "bad", "empty/readme.txt"):
        status, _, _, errors = found(folder, "--tree", folder / name)
        assert status == 3 and errors.startswith("aerow7: "), (name, status, errors)


with tempfile.TemporaryDirectory() as name:
    for test in (aliases, trees):
        test(pathlib.Path(name, "files"))
        print(test.__name__)
