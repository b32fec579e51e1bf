# SPDX-License-Identifier: MIT OR Apache-2.0
"""made_test.py AEROW7 SOURCE PACKAGES: guest tools that are made: what is on the medium, read by 7z and unzip; its
manifest; the same bytes each time; policies; architectures by other names; what specs allow and leave out;
virtio-win's drivers under the shipped specs."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

from guest import (ARCHES, BLK, DONE, EPOCH, PACK, SCRIPTS, SPEC, Bench, Tool, check_manifest, digest, inf_text,
                   snapshot, spec_with)

tool, packages = Tool(sys.argv[1], sys.argv[2]), pathlib.Path(sys.argv[3])
OUTPUTS = {"aero-guest-tools.iso", "aero-guest-tools.zip", "manifest.json"}


def read_media(out, folder):
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(out / "aero-guest-tools.zip") as reader:
        assert reader.testzip() is None
        assert reader.namelist() == sorted(reader.namelist())
        reader.extractall(folder / "zip")
    result = subprocess.run(["7z", "x", "-y", f"-o{folder / 'iso'}", str(out / "aero-guest-tools.iso")],
                            capture_output=True,
                            text=True, timeout=60)
    assert result.returncode == 0 and "Everything is Ok" in result.stdout, result
    assert snapshot(folder / "iso") == snapshot(folder / "zip")
    assert (folder / "iso/manifest.json").read_bytes() == (out / "manifest.json").read_bytes()
    manifest = json.loads((out / "manifest.json").read_text())
    check_manifest(manifest, folder / "iso", "manifest.json")
    return folder / "iso", manifest


def check_medium(bench):
    folder = bench.case()
    result = bench.make(folder, "--version", "1.2.3", "--build-id", "abc-7", "--json")
    assert result.returncode == DONE, result.stderr
    report = json.loads(result.stdout)
    assert report["packed"] == [f"x86/{BLK}", f"amd64/{BLK}"] and report["left_out"] == [] and report["warnings"] == []
    assert {p.name for p in (folder / "out").iterdir()} == OUTPUTS
    medium, manifest = read_media(folder / "out", folder / "read")
    wanted = {*SCRIPTS, "README.md", "licenses/other.txt", "tools/amd64/program.exe", "certs/aero-test.cer",
              "config/devices.cmd", "manifest.json"}
    wanted |= {f"drivers/{arch}/{BLK}/{BLK}.{suffix}" for arch in ARCHES for suffix in ("inf", "sys", "cat")}
    assert set(snapshot(medium)) == wanted
    for arch in ARCHES:
        for path in (folder / "drivers" / arch / BLK).iterdir():
            assert digest(path) == digest(medium / "drivers" / arch / BLK / path.name)
    assert (medium / "README.md").read_bytes() == b"read\r\nme\r\n"
    assert tool.run("contract", "generate", "--devices-cmd", "--out", folder / "devices.cmd").returncode == DONE
    assert (medium / "config/devices.cmd").read_bytes() == (folder / "devices.cmd").read_bytes()
    assert manifest["schema_version"] == 4
    assert manifest["package"] == {"name": "aero-guest-tools", "version": "1.2.3", "build_id": "abc-7",
                                   "source_date_epoch": int(EPOCH)}
    assert manifest["inputs"]["packaging_spec"] == {"path": "spec.json", "sha256": digest(folder / "spec.json")}
    contract = tool.source / "contract/devices.json"
    assert manifest["inputs"]["windows_device_contract"] == {
        "path": "contract/devices.json", "sha256": digest(contract), "contract_name": tool.contract["contract_name"],
        "contract_version": tool.contract["contract_version"], "schema_version": 1}
    assert manifest["inputs"]["aero_packager_version"]
    assert manifest["signing_policy"] == "test" and manifest["certs_required"] is True
    assert manifest["provenance"] is None
    label = (folder / "out/aero-guest-tools.iso").read_bytes()[0x8028:0x8048].rstrip()
    assert label == b"AERO_GUEST_TOOLS"
    # setup.cmd reads the manifest line by line: these names stand on one line each, and the first three nowhere else.
    lines = (folder / "out/manifest.json").read_text().split('"files"')[0].splitlines()
    for name in ("signing_policy", "certs_required", "version", "build_id"):
        assert sum(f'"{name}":' in line for line in lines) == 1, name
    return folder


def check_repeats(bench, first):
    second = bench.case(lambda drivers, guest: [os.utime(p, (5, 5)) for p in [*drivers.rglob("*"), *guest.rglob("*")]])
    old_mask = os.umask(0o077)
    result = bench.make(second, "--version", "1.2.3", "--build-id", "abc-7", TZ="Pacific/Auckland")
    os.umask(old_mask)
    assert result.returncode == DONE and snapshot(first / "out") == snapshot(second / "out")
    other = bench.make(second, "--version", "1.2.3", "--build-id", "abc-7", "--source-date-epoch", "1700000002")
    assert other.returncode == DONE and snapshot(first / "out") != snapshot(second / "out")
    manifest = second / "elsewhere" / "guest.json"
    assert bench.make(second, "--manifest", manifest, "--volume-id",
                      "OTHER_7").returncode == DONE and manifest.is_file()
    assert (second / "out/aero-guest-tools.iso").read_bytes()[0x8028:0x802f] == b"OTHER_7"


def check_policies(bench):
    def no_certificates(drivers, guest):
        shutil.rmtree(guest / "certs")
    for policy, meaning in (("test", "test"), ("testsigning", "test"), ("TEST", "test"), ("production", "production"),
                            ("prod", "production"), ("whql", "production"), ("none", "none"),
                            ("nointegritychecks", "none")):
        folder = bench.case(None if meaning == "test" else no_certificates)
        result = bench.make(folder, "--signing-policy", policy)
        assert result.returncode == DONE, (policy, result)
        manifest = json.loads((folder / "out/manifest.json").read_text())
        assert manifest["signing_policy"] == meaning and manifest["certs_required"] is (meaning == "test")
        by_environment = bench.make(folder, out=folder / "env", AERO_GUEST_TOOLS_SIGNING_POLICY=policy)
        assert by_environment.returncode == DONE and snapshot(folder / "env") == snapshot(folder / "out"), policy
    # The option is stronger than the environment.
    folder = bench.case()
    assert bench.make(folder, "--signing-policy", "test", AERO_GUEST_TOOLS_SIGNING_POLICY="none").returncode == DONE


def check_drivers(bench):
    plain = bench.case()
    assert bench.make(plain).returncode == DONE
    for x86, amd64 in (("win32", "x64"), ("i386", "x86_64")):
        def rename(drivers, guest):
            (drivers / "x86").rename(drivers / x86)
            (drivers / "amd64").rename(drivers / amd64)
        folder = bench.case(rename)
        assert bench.make(folder).returncode == DONE and snapshot(folder / "out") == snapshot(plain / "out")
    # A driver pack: its win7/ is taken, and its licences, and the manifest names it.
    folder = bench.case()
    pack = bench.root / "pack" / PACK
    result = bench.make(folder, drivers=pack)
    assert result.returncode == DONE, result
    medium, manifest = read_media(folder / "out", folder / "read")
    assert manifest["provenance"]["driver_pack"]["manifest_sha256"] == digest(pack / "manifest.json")
    assert (medium / "licenses/LICENSE-MIT").is_file() and not (medium / "install.cmd").exists()

    # The folder's name may be of any case; on the medium it is the spec's.
    def other_case(drivers, guest):
        for arch in ARCHES:
            (drivers / arch / BLK).rename(drivers / arch / BLK.upper())
    folder = bench.case(other_case)
    assert bench.make(folder).returncode == DONE and snapshot(folder / "out") == snapshot(plain / "out")


def check_files(bench):
    """What is left out, and what a spec lets in."""
    def leftovers(drivers, guest):
        for name in (f"{BLK}.pdb", "x.OBJ", "x.lib", "x.exp", "x.map", "x.log"):
            (drivers / "x86" / BLK / name).write_text("x")
    folder = bench.case(leftovers)
    result = bench.make(folder, "--json")
    assert result.returncode == DONE and len(json.loads(result.stdout)["left_out"]) == 6
    medium, _ = read_media(folder / "out", folder / "read")
    assert sorted(p.suffix for p in (medium / "drivers/x86" / BLK).iterdir()) == [".cat", ".inf", ".sys"]
    allowed = spec_with(allow_extensions=["pdb", ".TXT"], allow_path_regexes=["^docs/[a-z]+\\.html$"])

    def extras(drivers, guest):
        leftovers(drivers, guest)
        (drivers / "x86" / BLK / "docs").mkdir()
        (drivers / "x86" / BLK / "docs/manual.html").write_text("x")
        (drivers / "x86" / BLK / "notes.txt").write_text("x")
    folder = bench.case(extras, allowed)
    result = bench.make(folder)
    assert result.returncode == DONE and result.stdout.count("left out: ") == 5, result
    medium, _ = read_media(folder / "out", folder / "read")
    assert {str(p.relative_to(medium / "drivers/x86" / BLK)) for p in (medium / "drivers/x86" / BLK).rglob("*")
            if p.is_file()} \
        == {f"{BLK}.inf", f"{BLK}.sys", f"{BLK}.cat", f"{BLK}.pdb", "notes.txt", "docs/manual.html"}
    # An unlisted folder is left out when the spec says so.
    open_spec = dict(SPEC, fail_on_unlisted_driver_dirs=False)
    folder = bench.case(lambda d, g: shutil.copytree(d / "x86" / BLK, d / "x86" / "other"), open_spec)
    result = bench.make(folder, "--json")
    assert result.returncode == DONE and len(json.loads(result.stdout)["left_out"]) == 3
    medium, _ = read_media(folder / "out", folder / "read")
    assert [p.name for p in (medium / "drivers/x86").iterdir()] == [BLK]


def check_optional(bench):
    optional = {"name": "aero_virtio_net", "required": False,
                "expected_hardware_ids_from_devices_cmd_var": "AERO_VIRTIO_NET_HWIDS"}
    spec = dict(SPEC, drivers=SPEC["drivers"] + [optional])
    folder = bench.case(None, spec)
    result = bench.make(folder, "--json")
    assert result.returncode == DONE and json.loads(result.stdout)["absent"] == ["aero_virtio_net"], result

    def net(drivers, guest):
        bench.add_net(drivers)
    folder = bench.case(net, spec)
    result = bench.make(folder, "--json")
    assert result.returncode == DONE and len(json.loads(result.stdout)["packed"]) == 4, result
    folder = bench.case(lambda d, g: net(d, g) or shutil.rmtree(d / "x86/aero_virtio_net"), spec)
    result = bench.make(folder, "--json")
    assert result.returncode == DONE and json.loads(result.stdout)["warnings"] == ["aero_virtio_net is missing for x86"]
    older = {"required_drivers": [SPEC["drivers"][0]], "drivers": [optional]}
    assert bench.make(bench.case(net, older)).returncode == DONE


def check_virtio_win(bench):
    """The shipped specs for virtio-win's drivers, with a pack of them and the contract's variant."""
    root, variant = bench.root / "upstream", bench.root / "devices-virtio-win.json"
    for name, device in (("viostor", "1042"), ("netkvm", "1041"), ("viosnd", "1059"), ("vioinput", "1052")):
        for arch in ARCHES:
            folder = root / ("NetKVM" if name == "netkvm" else name) / "w7" / arch
            folder.mkdir(parents=True)
            shutil.copy(packages / arch / BLK / f"{BLK}.sys", folder / f"{name}.sys")
            ids = [f"PCI\\VEN_1AF4&DEV_{device}&SUBSYS_11001AF4&REV_01"]
            (folder / f"{name}.inf").write_text(inf_text(name, ids), newline="")
            (folder / f"{name}.cat").write_bytes(b"a catalog")
    (root / "LICENSE").write_text("licence of another\n")
    result = tool.run("pack", "--virtio-win-root", root, "--out", bench.root / "vw")
    assert result.returncode == DONE, result.stderr
    assert tool.run("contract", "generate", "--virtio-win", "--out", variant).returncode == DONE
    for spec in ("win7-virtio-win", "win7-virtio-full"):
        folder = bench.case(lambda d, g: shutil.rmtree(g / "certs"))
        shutil.copy(tool.source / f"packaging/specs/{spec}.json", folder / "spec.json")
        result = bench.make(folder, "--windows-device-contract", variant, "--contract-schema",
                            tool.source / "contract/devices.schema.json", "--signing-policy", "none",
                            drivers=bench.root / "vw" / PACK)
        assert result.returncode == DONE, result.stderr
        medium, manifest = read_media(folder / "out", folder / "read")
        assert sorted(p.name for p in (medium / "drivers/amd64").iterdir()) == ["netkvm", "vioinput", "viosnd",
                                                                                "viostor"]
        assert "AERO_VIRTIO_BLK_SERVICE=viostor" in (medium / "config/devices.cmd").read_text()
        assert (medium / "licenses/virtio-win/LICENSE").is_file()
        assert (medium / "licenses/virtio-win/driver-pack-manifest.json").read_bytes() == \
            (bench.root / "vw" / PACK / "manifest.json").read_bytes()
        assert manifest["provenance"]["driver_pack"]["source"]["virtio_win_root"] == "upstream"
        assert manifest["inputs"]["windows_device_contract"]["contract_name"].endswith("-virtio-win")
    # And ours under ours.
    for spec in ("win7-aero-guest-tools", "win7-aero-virtio"):
        folder = bench.case()
        shutil.copy(tool.source / f"packaging/specs/{spec}.json", folder / "spec.json")
        assert bench.make(folder).returncode == DONE


if shutil.which("7z") is None:
    print("SKIPPED: 7z is not installed")
    sys.exit(77)
with tempfile.TemporaryDirectory() as name:
    bench = Bench(tool, packages, pathlib.Path(name))
    check_repeats(bench, check_medium(bench))
    check_policies(bench)
    check_drivers(bench)
    check_files(bench)
    check_optional(bench)
    check_virtio_win(bench)
    assert not [p for p in pathlib.Path(name).rglob("*.part-*")]
