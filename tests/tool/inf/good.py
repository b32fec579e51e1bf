# SPDX-License-Identifier: MIT OR Apache-2.0
"""An INF without a fault, which the tests break in one place each, and what they share."""
import json
import subprocess

GOOD = r"""; a disk
[Version]
Signature   = "$Windows NT$"
Class       = SCSIAdapter
ClassGuid   = {4D36E97B-E325-11CE-BFC1-08002BE10318}
Provider    = %Provider%
DriverVer   = 01/10/2026,0.1.0.0
CatalogFile = aero_virtio_blk.cat

[SourceDisksNames]
1 = %DiskName%

[SourceDisksFiles]
aero_virtio_blk.sys = 1

[DestinationDirs]
Blk_Files = 12

[Manufacturer]
%Provider% = Aero, NTx86.6.1, NTamd64.6.1

[Aero.NTx86.6.1]
%DeviceName% = Blk_Install, PCI\VEN_1AF4&DEV_1042&REV_01 ; x86

[Aero.NTamd64.6.1]
%DeviceName% = Blk_Install, PCI\VEN_1AF4&DEV_1042&REV_01 ; amd64

[Blk_Install]
CopyFiles = Blk_Files

[Blk_Files]
aero_virtio_blk.sys

[Blk_Install.Services]
AddService = aero_virtio_blk, 0x00000002, Blk_Service, Blk_EventLog

[Blk_Service]
DisplayName    = %DeviceName%
ServiceType    = 1
StartType      = 0
ErrorControl   = 1
ServiceBinary  = %12%\aero_virtio_blk.sys
LoadOrderGroup = SCSI Miniport
AddReg         = Blk_Service_AddReg

[Blk_Service_AddReg]
HKR, "Parameters\PnpInterface", "5", 0x00010001, 1

[Blk_EventLog]
AddReg = Blk_EventLog_AddReg

[Blk_EventLog_AddReg]
HKR,, EventMessageFile, 0x00020000, "%%SystemRoot%%\System32\IoLogMsg.dll"
HKR,, TypesSupported, 0x00010001, 7

[Blk_Install.HW]
AddReg = Blk_HW_AddReg

[Blk_HW_AddReg]
HKR, "Interrupt Management", , 0x00000010
HKR, "Interrupt Management\MessageSignaledInterruptProperties", "MSISupported", 0x00010001, 1
HKR, "Interrupt Management\MessageSignaledInterruptProperties", "MessageNumberLimit", 0x00010001, 4

[Strings]
Provider   = "Aero Project"
DiskName   = "Drivers"
DeviceName = "Disk"
"""


def run(aerow7, *arguments, cwd=None):
    return subprocess.run([aerow7, "inf", *map(str, arguments)], capture_output=True, text=True, timeout=30, cwd=cwd)


def check(aerow7, *arguments, cwd=None):
    """The exit status and the report of inf check --json, which is one object on stdout and nothing else."""
    result = run(aerow7, "check", "--json", *arguments, cwd=cwd)
    assert "Sanitizer" not in result.stderr, result.stderr
    return result.returncode, json.loads(result.stdout), result.stderr


def show(aerow7, path, architecture):
    result = run(aerow7, "show", "--json", "--arch", architecture, path)
    assert "Sanitizer" not in result.stderr, result.stderr
    return result.returncode, json.loads(result.stdout) if result.stdout else None, result.stderr


def replaced(text, *pairs):
    for old, new in pairs:
        assert old in text, f"{old!r} is not in the INF"
        text = text.replace(old, new)
    return text


def line_of(text, mark):
    for number, line in enumerate(text.splitlines(), 1):
        if mark in line:
            return number
    raise AssertionError(f"{mark!r} is not in the INF")
