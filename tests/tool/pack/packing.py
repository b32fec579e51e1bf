# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the tests of packaging share: running aerow7, keys, drivers made of a built one under other names, INFs."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess

DONE, CHECK_FAILED, USAGE, BAD_INPUT, NOT_WRITTEN = range(5)
EPOCH = "1700000000"
PACK, ISO = "aero-win7-driver-pack", "aero-virtio-win7-drivers.iso"
BLK = "aero_virtio_blk"
ARCHES = ("x86", "amd64")


class Tool:
    """aerow7, run with the project's folder as the current one, so that defaults are the project's own files."""

    def __init__(self, program, source):
        self.program, self.source = program, pathlib.Path(source)
        self.contract = json.loads((self.source / "contract/devices.json").read_text())

    def run(self, *arguments, epoch=EPOCH, **environment):
        variables = {**os.environ, "SOURCE_DATE_EPOCH": epoch, **environment}
        variables.pop("AERO_GUEST_TOOLS_SIGNING_POLICY", None)
        variables.update(environment)
        return subprocess.run([self.program, *map(str, arguments)], capture_output=True, text=True, timeout=60,
                              errors="backslashreplace", cwd=self.source, env=variables)

    def device(self, name):
        return next(d for d in self.contract["devices"] if d["device"] == name)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def snapshot(folder):
    return {str(p.relative_to(folder)): digest(p) for p in sorted(folder.rglob("*")) if p.is_file()}


def check_manifest(manifest, root, itself, others=()):
    """Every file below root, but the manifest and `others`, is listed with its size and digest, in order."""
    listed = {entry["path"]: entry for entry in manifest["files"]}
    there = {str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()} - {itself, *others}
    assert set(listed) == there, set(listed) ^ there
    assert list(listed) == sorted(listed)
    for path, entry in listed.items():
        assert entry["size"] == (root / path).stat().st_size and entry["sha256"] == digest(root / path), path


def make_key(folder, name="aero-test", digest_name="sha1"):
    """A self-signed code-signing certificate, by OpenSSL's own program: NAME.cer (DER) and NAME.pem (the key)."""
    folder.mkdir(parents=True, exist_ok=True)
    key, pem, cer = folder / f"{name}.pem", folder / f"{name}.crt", folder / f"{name}.cer"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", f"-{digest_name}", "-days", "3650",
                    "-subj", f"/CN={name} of a test", "-addext", "extendedKeyUsage=codeSigning",
                    "-addext", "keyUsage=digitalSignature,keyCertSign", "-keyout", str(key), "-out", str(pem)],
                   check=True, capture_output=True, timeout=60)
    subprocess.run(["openssl", "x509", "-in", str(pem), "-outform", "DER", "-out", str(cer)], check=True, timeout=60)
    key.chmod(0o600)
    return cer, key, pem


def inf_text(service, ids, sys_name=None, catalog=None, inf_class="System", models=None):
    """An INF for Windows 7 x86 and amd64 that installs one function driver."""
    sys_name, catalog = sys_name or service + ".sys", catalog or service + ".cat"
    lines = "\r\n".join(f"%Name% = Install, {i}" for i in ids)
    sections = models or ("NTx86.6.1", "NTamd64.6.1")
    return "\r\n".join(["[Version]", 'Signature = "$WINDOWS NT$"', f"Class = {inf_class}",
                        "ClassGuid = {4D36E97D-E325-11CE-BFC1-08002BE10318}", "Provider = %Name%",
                        "DriverVer = 01/02/2024,1.2.3.4", f"CatalogFile = {catalog}", "[SourceDisksNames]",
                        "1 = %Name%",
                        "[SourceDisksFiles]", f"{sys_name} = 1", "[DestinationDirs]", "DefaultDestDir = 12",
                        "[Manufacturer]", "%Name% = Models, " + ", ".join(sections),
                        *[f"[Models.{s}]\r\n{lines}" for s in sections],
                        "[Install]", "CopyFiles = Files", "[Files]", sys_name,
                        "[Install.Services]", f"AddService = {service}, 2, Service", "[Service]", "ServiceType = 1",
                        "StartType = 3", "ErrorControl = 1", f"ServiceBinary = %12%\\{sys_name}",
                        "[Strings]", f'Name = "{service} of a test"', ""])


def block_driver_only(packages, target):
    """The build of the block driver alone, whatever else was built: these tests add what they need by themselves."""
    for arch in ARCHES:
        shutil.copytree(packages / arch / BLK, target / arch / BLK)
    return target


def add_driver(tool, packages, build, device, folder=None, opt_in=False, more_infs=()):
    """A driver for a device of the contract: the built block driver under that driver's name."""
    entry = tool.device(device)
    service = entry["driver_service_name"]
    ids = [p for p in entry["hardware_id_patterns"] if "REV_" in p]
    for arch in ARCHES:
        target = build / arch / ("opt-in" if opt_in else "") / (folder or service)
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(packages / arch / BLK / f"{BLK}.sys", target / f"{service}.sys")
        shutil.copy(packages / arch / BLK / f"{BLK}.pdb", target / f"{service}.pdb")
        (target / entry["inf_name"]).write_text(inf_text(service, ids, catalog=entry["inf_name"][:-4] + ".cat"),
                                                newline="")
        for name, text in more_infs:
            (target / name).write_text(text, newline="")
    return service
