# SPDX-License-Identifier: MIT OR Apache-2.0
"""A driver package for the tests: an INF for both architectures with its files, and what its catalogs must say."""
import hashlib
import os
import subprocess

import pe

INF = """; A package of the tests.
[Version]
Signature="$WINDOWS NT$"
Class=System
ClassGuid={4D36E97D-E325-11CE-BFC1-08002BE10318}
Provider=%Provider%
DriverVer=02/28/2011,1.2.3.4
CatalogFile=Sample.CAT

[SourceDisksNames.x86]
1=%Disk%,,,\\i386
[SourceDisksNames.amd64]
1=%Disk%,,,\\AMD64
[SourceDisksFiles]
Sample.SYS=1
helper.dll=1
readme.txt=1

[DestinationDirs]
DefaultDestDir=12

[Manufacturer]
%Provider%=Sample,NTx86.6.1,NTamd64.6.1

[Sample.NTx86.6.1]
"Sample X"=Install,PCI\\VEN_ABCD&DEV_0001

[Sample.NTamd64.6.1]
"Sample A"=Install,PCI\\VEN_ABCD&DEV_0002&REV_01,PCI\\VEN_ABCD&DEV_0002
"Sample B"=Install,PCI\\VEN_ABCD&DEV_0003,PCI\\ven_abcd&dev_0002,*SAMPLE

[Install]
CopyFiles=Install.Files

[Install.Files]
Sample.SYS
helper.dll
readme.txt

[Install.Services]
AddService=sample,2,Sample.Service

[Sample.Service]
ServiceType=1
StartType=3
ErrorControl=1
ServiceBinary=%12%\\Sample.SYS

[Strings]
Provider="Sample"
Disk="Sample Disk"
"""
FOLDERS = {"x86": "i386", "amd64": "AMD64"}
OS = {"x86": "7X86", "amd64": "7X64"}
HARDWARE_IDS = {
    "x86": ["pci\\ven_abcd&dev_0001"],
    "amd64": ["pci\\ven_abcd&dev_0002&rev_01", "pci\\ven_abcd&dev_0002", "pci\\ven_abcd&dev_0003", "*sample"],
}
TIME = "2011-02-28T00:00:00Z"


def make(folder, inf=INF):
    """The package, in a new folder. The file names are not written as in the INF: Windows does not mind."""
    folder.mkdir()
    (folder / "sample.inf").write_bytes(inf.replace("\n", "\r\n").encode())
    for arch, name in FOLDERS.items():
        below = folder / name.lower()
        below.mkdir()
        (below / "sample.sys").write_bytes(pe.image(arch, b"driver " + arch.encode()))
        # Not a multiple of 8: hashed as if padded.
        (below / "Helper.dll").write_bytes(pe.image(arch, b"helper") + b"odd")
        (below / "readme.txt").write_bytes(b"the same on both\n")
    return folder


def hash_of(kind, data):
    return pe.authentihash(data) if kind == "pe" else hashlib.sha1(data).hexdigest()


def members(folder, arch, osattr="2:6.1"):
    below = folder / FOLDERS[arch].lower()
    made = [("sample.inf", "flat", folder / "sample.inf"), ("readme.txt", "flat", below / "readme.txt"),
            ("sample.sys", "pe", below / "sample.sys"), ("helper.dll", "pe", below / "Helper.dll")]
    found = [{"name": name, "kind": kind, "osattr": osattr, "sha1": hash_of(kind, path.read_bytes())}
             for name, kind, path in made]
    return sorted(found, key=lambda member: member["sha1"])


def attributes(arch, os_name=None):
    ids = HARDWARE_IDS[arch]
    numbered = [{"name": f"HWID{i + 1}", "value": value} for i, value in enumerate(ids)]
    return [{"name": "OS", "value": os_name or OS[arch]}, *reversed(numbered)]


def run(*command, epoch=None, timeout=60):
    environment = {**os.environ}
    environment.pop("SOURCE_DATE_EPOCH", None)
    if epoch is not None:
        environment["SOURCE_DATE_EPOCH"] = str(epoch)
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=timeout,
                          env=environment)


def done(*command, **options):
    result = run(*command, **options)
    assert result.returncode == 0, result
    return result.stdout
