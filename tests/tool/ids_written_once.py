# SPDX-License-Identifier: MIT OR Apache-2.0
"""ids_written_once.py SOURCE: an ID of the contract is written down in contract/ and nowhere else; code and INFs take it
from there. Tests may name IDs, to assert them; documents may, and then must name IDs that exist. Proves itself on
planted files first."""
import json
import pathlib
import re
import subprocess
import sys

# QEMU's own subsystem ID, which documents have to name to say how it differs from the contract's.
FOREIGN_SUBSYSTEMS = {"11001AF4"}
# virtio/ parses any virtio device: it knows the vendor and where device IDs begin, and no device of its own.
GENERIC = {"1AF4", "1040"}
TEXT_SUFFIXES = {".c", ".h", ".in", ".inf", ".cmake", ".txt", ".sh", ".py", ".cmd", ".ps1", ".json", ".def", ".rc", ".S", ""}


def load(source):
    contract = json.loads((source / "contract/devices.json").read_text())
    devices, vendors, subsystems = set(), set(), set()
    for entry in contract["devices"]:
        vendors.add(entry["pci_vendor_id"][2:])
        devices.add(entry["pci_device_id"][2:])
        devices.add(entry.get("pci_device_id_transitional", entry["pci_device_id"])[2:])
        for pattern in entry["hardware_id_patterns"]:
            subsystems.update(re.findall("SUBSYS_([0-9A-F]{8})", pattern))
    return devices, vendors, subsystems


def numbers(devices, vendors):
    # 0x1000, 0x1001 and 0x0001 are page sizes and counters everywhere; as hardware IDs they are found by their spelling.
    return {n for n in devices | vendors if n not in {"1000", "1001", "0001"}}


def faults_in_source(text, devices, vendors, generic):
    wanted = numbers(devices, vendors) - (GENERIC if generic else set())
    for number, line in enumerate(text.splitlines(), 1):
        # A placeholder of an INF template is filled from the contract, and refused if the contract has none such.
        line = re.sub(r"@AERO_[A-Z0-9_]+@", "@@", line)
        for match in re.finditer(r"(?:VEN|DEV|SUBSYS)_[0-9A-Fa-f]{4}", line):
            yield number, match.group()
        for match in re.finditer(r"\b0[xX]([0-9A-Fa-f]{4})[uUlL]*\b", line):
            if match.group(1).upper() in wanted:
                yield number, match.group()
        for match in re.finditer(r"\b1[aA][fF]4:[0-9A-Fa-f]{4}\b", line):
            yield number, match.group()


def faults_in_document(text, devices, vendors, subsystems):
    for number, line in enumerate(text.splitlines(), 1):
        for kind, known in (("VEN", vendors), ("DEV", devices)):
            for match in re.finditer(kind + r"_([0-9A-Fa-f]{4})\b", line):
                if match.group(1) not in known:
                    yield number, match.group()
        for match in re.finditer(r"SUBSYS_([0-9A-Fa-f]{8})\b", line):
            if match.group(1) not in subsystems | FOREIGN_SUBSYSTEMS:
                yield number, match.group()


def prove(devices, vendors, subsystems):
    for planted in ("#define X 0x1042", "case 0x1042u:", "%A% = PCI\\VEN_1AF4&DEV_1059", "addr=1af4:1052", "0x1AF4"):
        if not list(faults_in_source(planted, devices, vendors, False)):
            sys.exit(f"the check does not see {planted!r}")
    for innocent in ("size = 0x1000;", "0x10421", "AERO_VIRTIO_BLK_DEVICE_ID"):
        if list(faults_in_source(innocent, devices, vendors, False)):
            sys.exit(f"the check mistakes {innocent!r} for an ID")
    for planted in ("`PCI\\VEN_1AF4&DEV_1043`", "SUBSYS_00991AF4"):
        if not list(faults_in_document(planted, devices, vendors, subsystems)):
            sys.exit(f"the check does not see {planted!r} in a document")
    if list(faults_in_source("0x1AF4 + 0x1040", devices, vendors, True)):
        sys.exit("virtio/ may name what every virtio device has")


def check_identity_table(source):
    """The table of section 2 of the contract's prose says what devices.json says, row by row and without a row too few."""
    text = (source / "contract/aero-w7-virtio.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?:net|blk|snd|input, \w+) \| (\d+) \| (\w{4}) \| (\w{4}) \|", text, re.M)
    written = sorted((device, subsystem, int(kind)) for kind, device, subsystem in rows)
    contract = json.loads((source / "contract/devices.json").read_text())
    types = {e["pci_device_id"]: e["virtio_device_type"] for e in contract["devices"] if "virtio_device_type" in e}
    wanted = sorted({(e["pci_device_id"][2:], match, types[e["pci_device_id"]]) for e in contract["devices"]
                     if e["pci_device_id"] in types for p in e["hardware_id_patterns"]
                     for match in re.findall("SUBSYS_(....)", p)})
    if written != wanted:
        sys.exit(f"the identity table says {written}, devices.json {wanted}")


def list_files(source):
    command = ["git", "-c", f"safe.directory={source}", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=source, capture_output=True, text=True)
    if listed.returncode == 0:
        return listed.stdout.splitlines()
    return [str(p.relative_to(source)) for p in source.rglob("*")
            if p.is_file() and p.relative_to(source).parts[0] not in {"build", "dist", ".git"}]


def main():
    source = pathlib.Path(sys.argv[1])
    devices, vendors, subsystems = load(source)
    prove(devices, vendors, subsystems)
    faults, checked = [], 0
    for name in list_files(source):
        path = source / name
        if not path.is_file() or (name.startswith(("contract/", "tests/")) and path.suffix != ".md"):
            continue
        if path.suffix == ".md":
            found = faults_in_document(path.read_text(encoding="utf-8"), devices, vendors, subsystems)
        elif path.suffix in TEXT_SUFFIXES:
            found = faults_in_source(path.read_text(encoding="utf-8"), devices, vendors, name.startswith("virtio/"))
        else:
            continue
        checked += 1
        faults += [f"{name}:{number}: {what}" for number, what in found]
    print(f"{checked} files checked")
    check_identity_table(source)
    if faults:
        sys.exit("IDs written down outside contract/:\n" + "\n".join(faults))
    if checked < 20:
        sys.exit("too few files: this is not the project's folder")


main()
