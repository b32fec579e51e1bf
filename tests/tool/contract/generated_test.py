# SPDX-License-Identifier: MIT OR Apache-2.0
"""generated_test.py AEROW7 CONTRACT: the virtio-win variant differs from the contract in names only and keeps every
rule; devices.cmd, read as cmd.exe reads "set" lines, has each device's service and hardware IDs. Both are compared
with the contract by Python's own JSON reader. What cannot be generated is refused and nothing is written."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

aerow7, contract_path = sys.argv[1:]
schema = str(pathlib.Path(contract_path).with_name("devices.schema.json"))
contract = json.loads(pathlib.Path(contract_path).read_text())
VIRTIO_WIN = {"virtio-blk": "viostor", "virtio-net": "netkvm", "virtio-snd": "viosnd", "virtio-input": "vioinput",
              "aero-virtio-input-tablet": "vioinput"}


def run(*arguments):
    return subprocess.run([aerow7, "contract", *map(str, arguments)], capture_output=True, text=True, timeout=20)


def generate(what, out, source=contract_path):
    return run("generate", what, "--contract", source, "--out", out)


def check_variant(folder):
    out = folder / "new" / "variant.json"
    result = generate("--virtio-win", out)
    assert result.returncode == 0, result.stderr
    variant = json.loads(out.read_text())
    assert variant["contract_name"] == contract["contract_name"] + "-virtio-win"
    renamed = 0
    for made, source in zip(variant["devices"], contract["devices"], strict=True):
        wanted = dict(source)
        if source["device"] in VIRTIO_WIN:
            name = VIRTIO_WIN[source["device"]]
            wanted.update(driver_service_name=name, inf_name=name + ".inf")
            renamed += 1
        assert made == wanted, (made, wanted)
    assert renamed == len(VIRTIO_WIN)
    variant["contract_name"], variant["devices"] = contract["contract_name"], contract["devices"]
    assert variant == contract, "nothing else differs"
    checked = run("check", out, "--schema", schema, "--json")
    assert checked.returncode == 0 and json.loads(checked.stdout)["valid"] is True, checked
    # The variant of the variant would name nothing new; it is refused rather than given a doubled name.
    (out.parent / "devices.schema.json").write_bytes(pathlib.Path(schema).read_bytes())
    again = generate("--virtio-win", folder / "again.json", out)
    assert again.returncode == 3 and "variant already" in again.stderr and not (folder / "again.json").exists()
    return out


def read_batch(data):
    text = data.decode("ascii")
    assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", "") and "\r" not in text.replace("\r\n", "")
    assert "%" not in text and "!" not in text, "nothing that cmd.exe would expand"
    values = {}
    for line in text.split("\r\n"):
        if not line or re.match(r"@?rem\b", line):
            continue
        # set "NAME=value": what stands between the first and the last quote. set NAME=value: the whole rest.
        match = re.fullmatch(r'set "(\w+)=([^"]*)"', line) or re.fullmatch(r"set (\w+)=(.*)", line)
        assert match, line
        assert match[1] not in values, match[1]
        # An & outside quotes would begin another command.
        assert "&" not in re.sub(r'"[^"]*"', "", match[2]), line
        values[match[1]] = match[2]
    return values


def check_devices_cmd(folder, source, document):
    out = folder / "devices.cmd"
    result = generate("--devices-cmd", out, source)
    assert result.returncode == 0, result.stderr
    values = read_batch(out.read_bytes())
    wanted = {}
    for device in document["devices"]:
        name = "AERO_" + device["device"].removeprefix("aero-").upper().replace("-", "_")
        wanted[name + "_SERVICE"] = device["driver_service_name"]
        wanted[name + "_HWIDS"] = " ".join(f'"{p}"' for p in device["hardware_id_patterns"])
    wanted["AERO_VIRTIO_BLK_SYS"] = wanted["AERO_VIRTIO_SND_SYS"] = ""
    assert values == wanted
    # The names that guest tools of Aero have always used.
    for kind in ("BLK", "NET", "INPUT", "SND"):
        assert values[f"AERO_VIRTIO_{kind}_SERVICE"] and values[f"AERO_VIRTIO_{kind}_HWIDS"]
    assert values["AERO_GPU_SERVICE"] and values["AERO_GPU_HWIDS"]
    before = out.stat().st_mtime_ns
    assert generate("--devices-cmd", out, source).returncode == 0 and out.stat().st_mtime_ns == before


def check_refusals(folder):
    changed = json.loads(json.dumps(contract))
    (folder / "devices.schema.json").write_bytes(pathlib.Path(schema).read_bytes())
    # A device's name once got into a comment unchecked: "rem virtio-blk|del ..." is a pipe.
    for field in ("driver_service_name", "device"):
        changed = json.loads(json.dumps(contract))
        for bad in ('a"b', "a%b", "a b", "a&b", "a!b", "a|b"):
            changed["devices"][-1][field] = bad
            (folder / "bad.json").write_text(json.dumps(changed))
            result = generate("--devices-cmd", folder / "bad.cmd", folder / "bad.json")
            assert result.returncode == 3 and "batch file cannot hold" in result.stderr, (field, bad, result)
            assert not (folder / "bad.cmd").exists()
    changed["schema_version"] = 2
    (folder / "bad.json").write_text(json.dumps(changed))
    result = run("check", folder / "bad.json", "--json")
    assert result.returncode == 1 and json.loads(result.stdout)["valid"] is False, result
    for arguments, status in ((("--virtio-win",), 2), (("--virtio-win", "--devices-cmd", "--out", folder / "x"), 2),
                              (("--virtio-win", "--contract", folder / "none", "--out", folder / "x"), 3),
                              (("--devices-cmd", "--contract", contract_path, "--out", "/dev/null/x"), 4)):
        result = run("generate", *arguments)
        assert result.returncode == status and result.stderr.startswith("aerow7: "), (arguments, result)
    assert not (folder / "x").exists()


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    variant = check_variant(folder)
    check_devices_cmd(folder, contract_path, contract)
    check_devices_cmd(folder, variant, json.loads(variant.read_text()))
    check_refusals(folder)
