# SPDX-License-Identifier: MIT OR Apache-2.0
"""contract_rules.py AEROW7 DEVICES.json CASE: breaks one rule of the device contract file and expects `aerow7 contract
check` to refuse it with a message that says which one. --list prints the names of the cases, one per line."""
import copy
import json
import pathlib
import subprocess
import sys
import tempfile

BLK, NET, SND, INPUT, TABLET, GPU = range(6)
DONE, CHECK_FAILED, USAGE, BAD_INPUT, NOT_WRITTEN = range(5)



def setter(index, key, value):
    return lambda contract: contract["devices"][index].__setitem__(key, value)


def remover(index, key):
    return lambda contract: contract["devices"][index].__delitem__(key)


def patterns(index, change):
    def apply(contract):
        entry = contract["devices"][index]
        entry["hardware_id_patterns"] = [change(p) for p in entry["hardware_id_patterns"] if change(p) is not None]
    return apply


def top(key, value):
    return lambda contract: contract.__setitem__(key, value)


def no_top(key):
    return lambda contract: contract.__delitem__(key)


def without(suffixes):
    return lambda p: None if any(s in p for s in suffixes) else p


# name: (change, what the message must say)
CASES = {
    # The schema's rules.
    "schema_version_is_1": (top("schema_version", 2), "$.schema_version: must be 1"),
    "contract_name_is_known": (top("contract_name", "another-contract"), "$.contract_name: "),
    "contract_version_is_semver": (top("contract_version", "1.0"), "$.contract_version: "),
    "contract_version_has_no_leading_zero": (top("contract_version", "1.00.6"), "$.contract_version: "),
    "contract_name_is_required": (no_top("contract_name"), '"contract_name" is missing'),
    "contract_version_is_required": (no_top("contract_version"), '"contract_version" is missing'),
    "schema_version_is_required": (no_top("schema_version"), '"schema_version" is missing'),
    "devices_are_required": (no_top("devices"), '"devices" is missing'),
    "devices_are_not_empty": (top("devices", []), "$.devices: has 0 entries"),
    "devices_is_an_array": (top("devices", {}), "$.devices: must be of type array"),
    "schema_reference_is_text": (top("$schema", 5), "$.$schema: must be of type string"),
    "top_level_has_no_other_property": (top("comment", "x"), '"comment" is not a property'),
    "device_has_no_other_property": (setter(BLK, "pci_revision", "0x01"), '$.devices[0]: "pci_revision" is not a property'),
    "device_name_is_required": (remover(BLK, "device"), '$.devices[0]: "device" is missing'),
    "device_name_is_not_empty": (setter(BLK, "device", ""), "$.devices[0].device: is shorter than 1"),
    "vendor_is_required": (remover(NET, "pci_vendor_id"), '$.devices[1]: "pci_vendor_id" is missing'),
    "device_id_is_required": (remover(NET, "pci_device_id"), '"pci_device_id" is missing'),
    "patterns_are_required": (remover(NET, "hardware_id_patterns"), '"hardware_id_patterns" is missing'),
    "service_is_required": (remover(SND, "driver_service_name"), '"driver_service_name" is missing'),
    "inf_is_required": (remover(SND, "inf_name"), '"inf_name" is missing'),
    "vendor_is_upper_case": (setter(BLK, "pci_vendor_id", "0x1af4"), "$.devices[0].pci_vendor_id: "),
    "device_id_has_four_digits": (setter(BLK, "pci_device_id", "0x142"), "$.devices[0].pci_device_id: "),
    "device_id_has_0x": (setter(BLK, "pci_device_id", "1042"), "$.devices[0].pci_device_id: "),
    "transitional_id_has_the_same_shape": (setter(BLK, "pci_device_id_transitional", "0X1001"),
                                           "$.devices[0].pci_device_id_transitional: "),
    "patterns_are_not_empty": (setter(BLK, "hardware_id_patterns", []), "hardware_id_patterns: has 0 entries"),
    "pattern_starts_with_vendor_and_device": (patterns(BLK, lambda p: p.replace("PCI\\", "USB\\")),
                                              "$.devices[0].hardware_id_patterns[0]: "),
    "pattern_is_upper_case": (patterns(BLK, lambda p: p.replace("1AF4&", "1af4&")), "hardware_id_patterns[0]: "),
    "service_is_text": (setter(BLK, "driver_service_name", 7), "driver_service_name: must be of type string"),
    "inf_has_no_folder": (setter(BLK, "inf_name", "x\\aero_virtio_blk.inf"), "$.devices[0].inf_name: "),
    "inf_has_no_slash": (setter(BLK, "inf_name", "x/aero_virtio_blk.inf"), "$.devices[0].inf_name: "),
    "inf_ends_in_inf": (setter(BLK, "inf_name", "aero_virtio_blk.sys"), "$.devices[0].inf_name: "),
    "type_is_an_integer": (setter(BLK, "virtio_device_type", 2.5), "virtio_device_type: must be of type integer"),
    # The rules that the schema cannot say.
    "device_id_is_1040_plus_type": (setter(BLK, "virtio_device_type", 3), "virtio device type 3 makes it 0x1043"),
    "device_type_is_positive": (setter(BLK, "virtio_device_type", -1), "virtio device type -1"),
    "virtio_devices_are_of_virtios_vendor": (setter(BLK, "pci_vendor_id", "0xA3A0"), "must be 0x1AF4, not 0xA3A0"),
    "virtio_names_need_a_type": (remover(NET, "virtio_device_type"), 'device "virtio-net": is named virtio-*'),
    "pattern_carries_its_own_device": (patterns(BLK, lambda p: p.replace("1042", "1041")),
                                       "names VEN_1AF4&DEV_1041, but the device is VEN_1AF4&DEV_1042"),
    "pattern_carries_its_own_vendor": (patterns(GPU, lambda p: p.replace("VEN_A3A0", "VEN_1AF4")),
                                       "names VEN_1AF4&DEV_0001, but the device is VEN_A3A0&DEV_0001"),
    "pattern_has_a_known_form": (patterns(BLK, lambda p: p + "&CC_0100"), "is not of the form"),
    "no_pattern_has_another_revision": (patterns(BLK, lambda p: p.replace("REV_01", "REV_00")),
                                        "names REV_00; contract version 1 is REV_01"),
    "a_pattern_has_the_revision": (patterns(TABLET, without(["&REV_01"])), "has no pattern with REV_01"),
    "virtio_lists_the_subsystem": (patterns(BLK, without(["&SUBSYS"])), "has no pattern with SUBSYS_"),
    "virtio_lists_subsystem_and_revision": (patterns(INPUT, without(["SUBSYS_00111AF4&REV"])),
                                            "names SUBSYS_00111AF4 without REV_01 only"),
    "virtio_lists_subsystem_without_revision": (
        patterns(INPUT, lambda p: None if p.endswith("SUBSYS_00111AF4") else p), "SUBSYS_00111AF4 with REV_01 only"),
    "virtio_lists_the_revision_alone": (patterns(SND, lambda p: None if p.endswith("1059&REV_01") else p),
                                        "has no pattern PCI\\VEN_1AF4&DEV_1059&REV_01"),
    "virtio_lists_the_bare_id": (patterns(SND, lambda p: None if p.endswith("DEV_1059") else p),
                                 "has no pattern PCI\\VEN_1AF4&DEV_1059"),
    "subsystem_vendor_is_the_vendor": (patterns(BLK, lambda p: p.replace("SUBSYS_00021AF4", "SUBSYS_00021234")),
                                       "names subsystem vendor 1234"),
    "names_are_unique_ignoring_case": (setter(NET, "device", "Virtio-BLK"), "the name is used twice"),
    "generated_names_are_unique": (setter(GPU, "device", "aero-virtio-blk"), "would both be AERO_VIRTIO_BLK"),
    "patterns_are_claimed_once": (lambda c: c["devices"][TABLET]["hardware_id_patterns"].append("PCI\\VEN_1AF4&DEV_1052"),
                                  "is also claimed by"),
    "devices_are_256_at_most": (
        lambda c: c["devices"].extend({**c["devices"][GPU], "device": f"x{i}"} for i in range(251)),
        "$.devices: has 257 entries"),
    "patterns_are_4096_at_most": (
        lambda c: c["devices"][BLK]["hardware_id_patterns"].extend(["PCI\\VEN_1AF4&DEV_1042"] * 4075),
        "with 4097 patterns"),
    "patterns_are_given_once": (lambda c: c["devices"][BLK]["hardware_id_patterns"].append("PCI\\VEN_1AF4&DEV_1042"),
                                "is given twice"),
}


def run(aerow7, folder, data):
    path = folder / "devices.json"
    path.write_bytes(data)
    return subprocess.run([aerow7, "contract", "check", str(path)], capture_output=True, text=True, timeout=20)


def expect(result, status, text):
    if result.returncode != status or text not in result.stderr + result.stdout:
        sys.exit(f"expected status {status} and {text!r}, got {result.returncode} and:\n{result.stdout}{result.stderr}")
    print(f"status {status}: {(result.stderr or result.stdout).strip()}")


def check_files(aerow7, folder, good):
    """What is not a rule about the content: encodings and malformed files."""
    text = json.dumps(good).encode()
    expect(run(aerow7, folder, text), DONE, "every rule kept")
    expect(run(aerow7, folder, b"\xef\xbb\xbf" + text), DONE, "every rule kept")
    expect(run(aerow7, folder, text[:-1]), BAD_INPUT, "is not JSON from here on")
    expect(run(aerow7, folder, b'{\n  "schema_version": 1,\n  oops\n}'), BAD_INPUT, "devices.json:3:")
    expect(run(aerow7, folder, text + b" x"), BAD_INPUT, "is not JSON from here on")
    expect(run(aerow7, folder, text.replace(b'"contract_name"', b'"schema_version": 1, "contract_name"')), BAD_INPUT,
           '"schema_version" is given twice')
    expect(run(aerow7, folder, b""), BAD_INPUT, "is not JSON from here on")
    expect(run(aerow7, folder, text[:40] + b"\0" + text[40:]), BAD_INPUT, "zero byte")
    expect(run(aerow7, folder, b"[" * 5000), BAD_INPUT, "is not JSON from here on")
    missing = subprocess.run([aerow7, "contract", "check", str(folder / "nothing")], capture_output=True, text=True)
    expect(missing, BAD_INPUT, "cannot be opened")
    expect(subprocess.run([aerow7, "contract", "check", str(folder)], capture_output=True, text=True), BAD_INPUT,
           "is not a regular file")
    schema = folder / "devices.schema.json"
    schema.write_text(schema.read_text().replace('"minItems"', '"maxItems"'))
    expect(run(aerow7, folder, text), BAD_INPUT, "keyword that this checker does not know 'maxItems'")


def main():
    if sys.argv[1:] == ["--list"]:
        print("\n".join(CASES))
        return
    aerow7, devices, case = sys.argv[1:]
    good = json.loads(pathlib.Path(devices).read_text())
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        schema = pathlib.Path(devices).with_name("devices.schema.json")
        (folder / "devices.schema.json").write_bytes(schema.read_bytes())
        if case == "FILES":
            check_files(aerow7, folder, good)
            return
        change, message = CASES[case]
        broken = copy.deepcopy(good)
        change(broken)
        if broken == good:
            sys.exit("the case changes nothing")
        expect(run(aerow7, folder, json.dumps(broken).encode()), CHECK_FAILED, message)


main()
