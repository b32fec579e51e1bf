# SPDX-License-Identifier: MIT OR Apache-2.0
"""generate_test.py AEROW7 CONTRACT: what `aerow7 contract generate` makes has the contract's values, and it refuses
templates that it cannot fill, naming the line."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

aerow7, contract_path = sys.argv[1:]
contract = json.loads(pathlib.Path(contract_path).read_text())


def generate(*arguments):
    return subprocess.run([aerow7, "contract", "generate", "--contract", contract_path, *arguments], capture_output=True,
                          text=True, timeout=20)


def macro_prefix(name):
    return ("AERO_" + name.removeprefix("aero-")).upper().replace("-", "_")


def check_header(folder):
    out = folder / "deep" / "contract_ids.h"
    assert generate("--header", "--out", str(out)).returncode == 0
    values = dict(re.findall(r"^#define (\w+) (\S+)$", out.read_text(), re.M))
    for entry in contract["devices"]:
        prefix = macro_prefix(entry["device"])
        assert int(values[prefix + "_VENDOR_ID"], 16) == int(entry["pci_vendor_id"], 16)
        assert int(values[prefix + "_DEVICE_ID"], 16) == int(entry["pci_device_id"], 16)
        assert values[prefix + "_SERVICE"] == '"%s"' % entry["driver_service_name"]
        assert values[prefix + "_INF"] == '"%s"' % entry["inf_name"]
        if "virtio_device_type" in entry:
            assert int(values[prefix + "_VIRTIO_TYPE"]) == entry["virtio_device_type"]
        wanted = sorted({m for p in entry["hardware_id_patterns"] for m in re.findall("SUBSYS_(....)", p)})
        count = int(values[prefix + "_SUBSYSTEM_ID_COUNT"])
        assert sorted(values[f"{prefix}_SUBSYSTEM_ID_{i + 1}"][2:] for i in range(count)) == wanted
    assert values["AERO_VIRTIO_BLK_REVISION"] == "0x01" and "AERO_GPU_REVISION" not in values
    # What is generated again unchanged is not touched, or every driver would be built again.
    before = out.stat().st_mtime_ns
    assert generate("--header", "--out", str(out)).returncode == 0 and out.stat().st_mtime_ns == before
    print(f"header: {len(values)} macros")


def fill(folder, text):
    template = folder / "x.inf.in"
    template.write_bytes(text)
    out = folder / "x.inf"
    out.unlink(missing_ok=True)
    result = generate("--inf", str(template), "--out", str(out))
    return result, out.read_bytes() if out.exists() else None


def check_inf(folder):
    for entry in contract["devices"]:
        prefix = macro_prefix(entry["device"])
        for pattern in entry["hardware_id_patterns"]:
            subsystem = re.search("SUBSYS_(....)", pattern)
            revision = "&REV_" in pattern
            name = (f"_HWID_SUBSYS_{subsystem[1]}" + ("" if revision else "_ANYREV")) if subsystem else (
                "_HWID" if revision else "_HWID_BARE")
            result, made = fill(folder, f"a=@{prefix}{name}@;@{prefix}_SERVICE@\n".encode())
            assert result.returncode == 0, result.stderr
            assert made.decode() == f"a={pattern};{entry['driver_service_name']}\r\n", made
    result, made = fill(folder, b"a\r\nb\nno line end")
    assert made == b"a\r\nb\r\nno line end\r\n"
    result, made = fill(folder, b"")
    assert result.returncode == 0 and made == b""


def check_refusals(folder):
    for text, message in (
            (b"ok\n@AERO_VIRTIO_BLK_HWIDS@\n", "x.inf.in:2: the contract does not define @AERO_VIRTIO_BLK_HWIDS@"),
            (b"@AERO_GPU_HWID@\n", "x.inf.in:1: the contract does not define @AERO_GPU_HWID@"),
            (b"mail@example\n", "x.inf.in:1: a placeholder begins with @ and does not end"),
            (b"@@\n", "does not define @@"),
            ("ok\n; \u00fc\n".encode(), "x.inf.in:2: byte 0xC3 at column 3 is not printable ASCII"),
            (b"a\0b\n", "byte 0x00 at column 2")):
        result, made = fill(folder, text)
        assert result.returncode == 3 and message in result.stderr and made is None, (text, result)
    for arguments, status in (((), 2), (("--header",), 2), (("--header", "--inf", "x", "--out", "y"), 2),
                              (("--header", "--out"), 2), (("--header=1", "--out", "y"), 2), (("--other",), 2),
                              (("--out", str(folder / "y")), 2),
                              (("--inf", str(folder / "none"), "--out", str(folder / "y")), 3),
                              (("--header", "--out", "/dev/null/y"), 4)):
        result = generate(*arguments)
        assert result.returncode == status and result.stderr.startswith("aerow7: "), (arguments, result)
    assert not (folder / "y").exists()


with tempfile.TemporaryDirectory() as name:
    check_header(pathlib.Path(name))
    check_inf(pathlib.Path(name))
    check_refusals(pathlib.Path(name))
    left = [p for p in pathlib.Path(name).rglob("*.part-*")]
    assert not left, left
