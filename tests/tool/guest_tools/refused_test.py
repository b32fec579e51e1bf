# SPDX-License-Identifier: MIT OR Apache-2.0
"""refused_test.py AEROW7 SOURCE PACKAGES: each invariant of the guest tools is broken once, on an input that is made
without the fault; the tool names the place, has the right exit status, and writes nothing."""
import json
import os
import pathlib
import shutil
import sys
import tempfile

from guest import (ARCHES, BAD_INPUT, BLK, CHECK_FAILED, DONE, NOT_WRITTEN, PACK, SPEC, USAGE, Bench, Tool, inf_text,
                   make_key, spec_with)

tool, packages = Tool(sys.argv[1], sys.argv[2]), pathlib.Path(sys.argv[3])


def refuse(bench, name, status, message, change=None, spec=None, options=(), **environment):
    folder = bench.case(change, spec)
    result = bench.make(folder, *options, **environment)
    assert result.returncode == status and message in result.stderr, (name, result)
    assert not any(c < " " for c in result.stderr.replace("\n", "")), "no control character gets to the terminal"
    lines = result.stderr.splitlines()
    assert lines and all(line.startswith("aerow7: ") for line in lines), (name, result.stderr)
    assert not (folder / "out").exists(), f"{name}: something was written"
    print(f"{name}: {status}: {lines[0].replace(str(folder), '...')}")
    shutil.rmtree(folder)


def edit_inf(drivers, old, new, arch="amd64"):
    path = drivers / arch / BLK / f"{BLK}.inf"
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))


def check_drivers(bench):
    def remove(arch, suffix):
        return lambda d, g: (d / arch / BLK / f"{BLK}.{suffix}").unlink()

    for arch in ARCHES:
        refuse(bench, f"no_cat_{arch}", CHECK_FAILED, f"its catalog {BLK}.cat is missing", remove(arch, "cat"))
        refuse(bench, f"no_inf_{arch}", CHECK_FAILED, "has no INF", remove(arch, "inf"))
        refuse(bench, f"no_sys_{arch}", CHECK_FAILED, f"{BLK}.sys: is missing", remove(arch, "sys"))
        refuse(bench, f"no_driver_{arch}", CHECK_FAILED, f"is missing for {arch}: the spec requires it",
               lambda d, g: shutil.rmtree(d / arch / BLK) or (d / arch).rmdir())
    refuse(bench, "swapped_sys", CHECK_FAILED, "is not a driver for this architecture",
           lambda d, g: shutil.copy(d / "x86" / BLK / f"{BLK}.sys", d / "amd64" / BLK / f"{BLK}.sys"))
    refuse(bench, "other_service", CHECK_FAILED, f"no INF adds the service {BLK}",
           lambda d, g: edit_inf(d, b"AddService = aero", b"AddService = zero"))
    refuse(bench, "contract_service", CHECK_FAILED, "that the contract gives to it",
           lambda d, g: edit_inf(d, b"AddService = aero", b"AddService = zero"),
           spec_with(expected_add_services=None, expected_add_services_from_devices_cmd_var=None))
    refuse(bench, "contract_ids", CHECK_FAILED, "which the contract does not give to it",
           lambda d, g: edit_inf(d, b"&REV_01", b"&REV_02"))
    refuse(bench, "devices_cmd_ids", CHECK_FAILED, "no INF binds a hardware ID of AERO_VIRTIO_BLK_HWIDS",
           lambda d, g: edit_inf(d, b"DEV_1042", b"DEV_1043"))
    refuse(bench, "vista_only", CHECK_FAILED, "has no models for Windows 7", lambda d, g: edit_inf(d, b".6.1", b".6.2"))
    refuse(bench, "file_that_inf_copies", CHECK_FAILED, "other.dll: is missing",
           lambda d, g: edit_inf(d, b"[AeroBlk_Files]\r\n", b"[AeroBlk_Files]\r\nother.dll\r\n") or
           edit_inf(d, b"[SourceDisksFiles]\r\n", b"[SourceDisksFiles]\r\nother.dll = 1\r\n"))
    refuse(bench, "unlisted_folder", CHECK_FAILED, "the spec names no driver other",
           lambda d, g: shutil.copytree(d / "x86" / BLK, d / "x86/other"))
    refuse(bench, "unlisted_file", CHECK_FAILED, "no INF copies it and the spec does not allow it",
           lambda d, g: (d / "x86" / BLK / "tool.exe").write_bytes(b"MZ"))
    refuse(bench, "stray_catalog", CHECK_FAILED, "no INF copies it",
           lambda d, g: (d / "x86" / BLK / "z.cat").write_bytes(b"c"))
    refuse(bench, "file_beside_drivers", CHECK_FAILED, "is not at ARCH/DRIVER/FILE",
           lambda d, g: (d / "x86" / "readme.txt").write_text("x"))
    refuse(bench, "other_architecture", CHECK_FAILED, "is not at ARCH/DRIVER/FILE",
           lambda d, g: shutil.copytree(d / "x86", d / "arm64"))
    refuse(bench, "two_names_of_one_architecture", CHECK_FAILED, "one is expected",
           lambda d, g: shutil.copytree(d / "amd64", d / "x64"))
    refuse(bench, "second_inf", CHECK_FAILED, "is an INF that the spec does not expect",
           lambda d, g: (d / "x86" / BLK / "second.inf").write_text(
               inf_text("second", ["PCI\\VEN_1AF4&DEV_1042&REV_01"], f"{BLK}.sys", f"{BLK}.cat"), newline=""))


def check_specs(bench):
    optional = {"name": "aero_virtio_net", "required": False}

    def net_for_amd64(drivers, guest):
        bench.add_net(drivers)
        shutil.rmtree(drivers / "x86/aero_virtio_net")
    refuse(bench, "optional_on_one", CHECK_FAILED, "for both architectures or for neither", net_for_amd64,
           dict(SPEC, drivers=SPEC["drivers"] + [optional], require_optional_drivers_on_all_arches=True))
    refuse(bench, "required_older_form", CHECK_FAILED, "the spec requires it", None, dict(SPEC, required_drivers=[
        {"name": "aero_virtio_net", "required": False}]))
    refuse(bench, "expected_inf", CHECK_FAILED, "other.inf is missing", None,
           spec_with(expected_inf_files=[f"{BLK}.inf", "other.inf"]))
    refuse(bench, "expected_service", CHECK_FAILED, "no INF adds the service another", None,
           spec_with(expected_add_services=["another"]))
    refuse(bench, "expected_id", CHECK_FAILED, "no INF binds a hardware ID that matches", None,
           spec_with(expected_hardware_ids=["DEV_1042", "^USB"]))
    for variable in ("expected_add_services_from_devices_cmd_var", "expected_hardware_ids_from_devices_cmd_var"):
        refuse(bench, "unknown_variable", CHECK_FAILED, "which devices.cmd does not set", None,
               spec_with(**{variable: "AERO_VIRTIO_FOO_HWIDS"}))
        refuse(bench, "other_variable", CHECK_FAILED, "which the spec expects", None,
               spec_with(**{variable: "AERO_VIRTIO_NET_HWIDS"
                            if "hardware" in variable else "AERO_VIRTIO_NET_SERVICE"}))
        refuse(bench, "no_variable", BAD_INPUT, "does not match", None, spec_with(**{variable: "%PATH%"}))
    for name, change, message in (
            ("unknown_property", {"drivers": SPEC["drivers"], "colour": 1}, '"colour" is not a property'),
            ("unknown_driver_property", spec_with(colour="red"), '"colour" is not a property'),
            ("no_name", {"drivers": [{}]}, '"name" is missing'), ("no_drivers", {}, "names no driver"),
            ("wrong_type", {"drivers": {}}, "must be of type array"),
            ("name_with_folder", {"drivers": [{"name": "../x"}]}, "does not match"),
            ("bad_expression", spec_with(expected_hardware_ids=["("]), "is no regular expression"),
            ("expression_that_explodes", spec_with(expected_hardware_ids=["((((a{1,99}){1,99}){1,99}){1,99})"]),
             "it repeats too much"),
            ("expression_that_grows", spec_with(expected_hardware_ids=["a{4000000000}"]), "it repeats too much"),
            ("expression_that_doubles", spec_with(expected_hardware_ids=["a" + "+" * 40]), "it repeats too much"),
            ("groups_that_double", spec_with(expected_hardware_ids=["(" * 20 + "a" + "+)" * 20]),
             "it repeats too much"),
            ("deep_groups", spec_with(expected_hardware_ids=["(" * 40 + "a" + ")" * 40]), "nested too deep"),
            ("back_reference", spec_with(allow_path_regexes=["(a*)*\\1"]), "back-references are not allowed"),
            ("long_expression", spec_with(allow_path_regexes=["a" * 600]), "longer than 512"),
            ("bad_path_expression", spec_with(allow_path_regexes=["["]), "is no regular expression"),
            ("driver_twice", {"drivers": [{"name": BLK}, {"name": BLK.upper()}]}, "is given twice"),
            ("driver_in_both", dict(SPEC, required_drivers=[{"name": BLK}]), "is given twice"),
            ("not_an_object", [], "must be of type object")):
        refuse(bench, name, BAD_INPUT, message, None, change)
    refuse(bench, "no_json", BAD_INPUT, "is not JSON", lambda d, g: (d.parent / "spec.json").write_text("{,"))


def check_guest(bench):
    for name in ("setup.cmd", "uninstall.cmd", "verify.cmd", "verify.ps1"):
        refuse(bench, f"no_{name}", CHECK_FAILED, f"{name}: is missing", lambda d, g: (g / name).unlink())
    refuse(bench, "unlisted", CHECK_FAILED, "has no place on the medium",
           lambda d, g: (g / "notes.txt").write_text("x"))
    refuse(bench, "unlisted_folder", CHECK_FAILED, "has no place on the medium",
           lambda d, g: (g / "more").mkdir() or (g / "more/x.txt").write_text("x"))
    refuse(bench, "no_certificate", CHECK_FAILED, "has no certificate",
           lambda d, g: (g / "certs/aero-test.cer").unlink())
    for policy in ("production", "none"):
        refuse(bench, f"certificate_{policy}", CHECK_FAILED, f"which the signing policy {policy} forbids", None, None,
               ["--signing-policy", policy])
    refuse(bench, "pem_certificate", CHECK_FAILED, "is not a certificate in DER form",
           lambda d, g: shutil.copy(bench.key[2], g / "certs/aero-test.cer"))
    refuse(bench, "empty_certificate", CHECK_FAILED, "is not a certificate in DER form",
           lambda d, g: (g / "certs/more.cer").write_bytes(b""))
    refuse(bench, "trailing_certificate", CHECK_FAILED, "is not a certificate in DER form",
           lambda d, g: (g / "certs/more.cer").write_bytes((g / "certs/aero-test.cer").read_bytes() + b"x"))
    refuse(bench, "program_in_certs", CHECK_FAILED, "is neither a certificate",
           lambda d, g: (g / "certs/x.exe").write_bytes(b"MZ"))
    refuse(bench, "symbolic_link", BAD_INPUT, "is neither a file nor a folder",
           lambda d, g: (g / "tools/link").symlink_to("/etc/passwd"))
    refuse(bench, "linked_folder", BAD_INPUT, "is neither a file nor a folder",
           lambda d, g: (g / "licenses/linked").symlink_to("/etc"))
    refuse(bench, "pipe", BAD_INPUT, "is neither a file nor a folder", lambda d, g: os.mkfifo(g / "tools/pipe"))
    refuse(bench, "driver_link", BAD_INPUT, "is neither a file nor a folder",
           lambda d, g: (d / "x86" / BLK / "z.sys").symlink_to("aero_virtio_blk.sys"))
    for name in ("con.txt", "aux", "COM1.log", "a:b", "a*b", "trailing.", "trailing ", 'q"q', "a|b",
                 "tab\tb", "é.txt"):
        refuse(bench, "windows_name", BAD_INPUT, "cannot be packed", lambda d, g: (g / "tools" / name).write_text("x"))

    def not_utf8(drivers, guest):
        with open(os.fsencode(guest / "tools") + b"/\xff\xfe.txt", "w") as file:
            file.write("x")
    refuse(bench, "not_utf8", BAD_INPUT, "cannot be packed", not_utf8)
    refuse(bench, "two_cases", BAD_INPUT, "without regard to case", lambda d, g: (g / "SETUP.cmd").write_text("x"))
    refuse(bench, "two_cases_of_folders", BAD_INPUT, "without regard to case",
           lambda d, g: (g / "Tools/AMD64").mkdir(parents=True) or (g / "Tools/AMD64/Program.EXE").write_text("x"))
    refuse(bench, "folders_of_two_cases", BAD_INPUT, "without regard to case",
           lambda d, g: (g / "Tools").mkdir() or (g / "Tools/other.cmd").write_text("x"))
    refuse(bench, "file_and_folder", BAD_INPUT, "without regard to case", lambda d, g: (g / "TOOLS").write_text("x"))
    refuse(bench, "long_name", BAD_INPUT, "n.txt", lambda d, g: (g / "tools" / ("n" * 120 + ".txt")).write_text("x"))


def check_signatures(bench):
    blk_cat, blk_sys = f"{BLK}/{BLK}.cat", f"{BLK}/{BLK}.sys"

    def pack_with(name, *options):
        result = tool.run("pack", "--from-build", bench.root / "build", "--out", bench.root / name, *options)
        assert result.returncode == DONE, result.stderr
        return bench.root / name / PACK / "win7"

    cer, key, _ = make_key(bench.root / "strangers-keys", "stranger")
    stranger, unsigned = pack_with("stranger", "--cert", cer, "--key", key), pack_with("unsigned")
    refuse(bench, "strangers_catalog", CHECK_FAILED, f"{BLK}.cat: ",
           lambda d, g: shutil.copy(stranger / "x86" / blk_cat, d / "x86" / blk_cat))
    refuse(bench, "strangers_driver", CHECK_FAILED, "its embedded signature is not of a certificate in certs/",
           lambda d, g: shutil.copy(stranger / "x86" / blk_sys, d / "x86" / blk_sys))
    refuse(bench, "strangers_certificate", CHECK_FAILED, f"{BLK}.cat: ",
           lambda d, g: shutil.copy(cer, g / "certs/aero-test.cer"))
    refuse(bench, "unsigned_catalog", CHECK_FAILED, "is not signed",
           lambda d, g: shutil.copy(unsigned / "amd64" / blk_cat, d / "amd64" / blk_cat))
    refuse(bench, "unsigned_boot_driver", CHECK_FAILED, "is a boot-start driver without an embedded signature",
           lambda d, g: shutil.copy(unsigned / "amd64" / blk_sys, d / "amd64" / blk_sys))
    refuse(bench, "catalog_is_no_catalog", CHECK_FAILED, f"{BLK}.cat: ",
           lambda d, g: (d / "amd64" / blk_cat).write_bytes(b"a catalog"))
    refuse(bench, "catalog_of_the_other_architecture", CHECK_FAILED, f"{BLK}.cat: its OS attribute does not name 7X64",
           lambda d, g: shutil.copy(d / "x86" / blk_cat, d / "amd64" / blk_cat))
    # Changed after it was signed: a comment in the INF, a byte of the driver's code.
    refuse(bench, "inf_changed", CHECK_FAILED, "has no member for",
           lambda d, g: edit_inf(d, b"; Aero virtio disk", b"; Zero virtio disk"))

    def change_code(drivers, guest):
        path = drivers / "x86" / blk_sys
        data = bytearray(path.read_bytes())
        data[0x500] ^= 1
        path.write_bytes(data)
    refuse(bench, "driver_changed", CHECK_FAILED, f"{BLK}.sys: ", change_code)
    # Under production somebody has to have signed it; under none nobody has.
    no_certificates = lambda d, g: shutil.rmtree(g / "certs")
    unsigned_catalog = lambda d, g: no_certificates(d, g) or shutil.copy(unsigned / "amd64" / blk_cat,
                                                                         d / "amd64" / blk_cat)
    refuse(bench, "production_unsigned", CHECK_FAILED, "is not signed", unsigned_catalog, None,
           ["--signing-policy", "production"])
    for policy, change in (("none", unsigned_catalog), ("production", no_certificates)):
        result = bench.make(bench.case(change), "--signing-policy", policy)
        assert result.returncode == DONE, (policy, result)


def check_calls(bench):
    for options, status in (((), DONE), (("--signing-policy", "maybe"), USAGE), (("--version", ""), USAGE),
                            (("--version", "1 2"), USAGE), (("--build-id", "a&b"), USAGE),
                            (("--volume-id", "lower"), USAGE),
                            (("--volume-id", "A" * 17), USAGE), (("--source-date-epoch", "x"), USAGE),
                            (("--other",), USAGE),
                            (("--windows-device-contract", "none"), BAD_INPUT),
                            (("--contract-schema", "none"), BAD_INPUT)):
        folder = bench.case()
        result = bench.make(folder, *options)
        assert result.returncode == status, (options, result)
        assert (folder / "out").exists() == (status == DONE), options
        assert status == DONE or result.stderr.startswith("aerow7: "), result
    folder = bench.case()
    assert bench.make(folder, out="/dev/null/o").returncode == NOT_WRITTEN
    assert bench.make(folder, drivers=folder / "none").returncode == BAD_INPUT
    result = bench.make(folder, AERO_GUEST_TOOLS_SIGNING_POLICY="maybe")
    assert result.returncode == USAGE and "is no signing policy" in result.stderr
    empty = folder / "empty"
    empty.mkdir()
    assert bench.make(folder, drivers=empty).returncode == CHECK_FAILED
    assert not (folder / "out").exists()
    # Several faults of one input are all reported.
    folder = bench.case(lambda d, g: ((g / "setup.cmd").unlink(), (g / "x.txt").write_text("x"),
                                      (d / "x86" / BLK / f"{BLK}.cat").unlink(),
                                      (d / "amd64" / BLK / f"{BLK}.cat").unlink()))
    result = bench.make(folder)
    assert result.returncode == CHECK_FAILED and len(result.stderr.splitlines()) == 4, result.stderr


with tempfile.TemporaryDirectory() as name:
    bench = Bench(tool, packages, pathlib.Path(name))
    check_calls(bench)
    check_drivers(bench)
    check_specs(bench)
    check_guest(bench)
    check_signatures(bench)
    assert not [p for p in pathlib.Path(name).rglob("*.part-*")]
