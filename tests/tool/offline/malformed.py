# SPDX-License-Identifier: MIT OR Apache-2.0
"""Windows that nothing may be put into, each with the words that the refusal has to contain: {name: (options, changes,
status, words)}. `changes` maps a path to new bytes, None (removed), or a function of the old bytes."""
import struct

from hive_maker import Key, checksum, dword, hive, sz
from offline_support import BAD_INPUT, CHECK_FAILED, CONFIG
import registry
import windows_tree

SYSTEM, SOFTWARE, TEMPLATE = CONFIG + "SYSTEM", CONFIG + "SOFTWARE", CONFIG + "BCD-Template"


def sealed(data):
    """With the right checksum in the first block."""
    data = bytearray(data)
    struct.pack_into("<I", data, 508, checksum(bytes(data[:508])))
    return bytes(data)


def patched(signature, offset, value, which=0, size=4):
    """The which-th cell with the signature gets a value at an offset of its content."""
    def change(data):
        data, at = bytearray(data), 4096
        for _ in range(which + 1):
            at = data.index(signature, at + 1)
        data[at + offset:at + offset + size] = value.to_bytes(size, "little")
        return bytes(data)
    return change


def dirty(data):
    data = bytearray(data)
    struct.pack_into("<I", data, 4, 8)
    return sealed(data)


def log_of(data, ahead):
    base = bytearray(data[:4096])
    struct.pack_into("<II", base, 4, 7 + ahead, 7 + ahead)
    return sealed(base)[:512] + b"DIRT" + bytes(508)


def later(root, **values):
    return hive(Key().set(root, **values))


def key_loop(data):
    """The first list of subkeys names the root."""
    root = struct.unpack_from("<I", data, 36)[0]
    return patched(b"lh\x05\0", 4, root)(data) if b"lh\x05\0" in data else patched(b"lh", 4, root)(data)


def with_long_value():
    """A SOFTWARE hive as read, with one more value than a cell of version 1.5 holds."""
    root = Key()
    for path, values in registry.read(windows_tree.software_hive()).items():
        (root.at(path) if path else root).values.update(values)
    return root.set("Microsoft\\Windows\\CurrentVersion", Long=(3, bytes(20000)))


CASES = {
    "windows 8, by its version": ({}, {SOFTWARE: windows_tree.software_hive(version="6.2")}, CHECK_FAILED,
                                  "its version is 6.2, and Windows 7 is 6.1"),
    "windows 8, by its driver database": ({}, {SYSTEM: windows_tree.system_hive(windows8=True)}, CHECK_FAILED,
                                          "has a DriverDatabase, which came with Windows 8"),
    "no windows": ({}, {SYSTEM: None, SOFTWARE: None}, CHECK_FAILED, "it is missing"),
    "dirty system hive": ({}, {SYSTEM: dirty}, CHECK_FAILED, "was not written to its end (sequence numbers 8 and 7)"),
    "dirty software hive": ({}, {SOFTWARE: dirty}, CHECK_FAILED, "was not written to its end"),
    "log newer than its hive": ({}, {SYSTEM + ".LOG1": log_of(windows_tree.system_hive(), 1)}, CHECK_FAILED,
                                "SYSTEM.LOG1 has changes that are not in it yet"),
    "hive cut off": ({}, {SYSTEM: lambda d: d[:-4096]}, CHECK_FAILED, "it is cut off"),
    "hive of a few bytes": ({}, {SOFTWARE: b"regf"}, CHECK_FAILED, "it is no registry hive"),
    "empty hive": ({}, {SOFTWARE: b""}, CHECK_FAILED, "it is no registry hive"),
    "hive that is something else": ({}, {SYSTEM: b"MZ" + bytes(20000)}, CHECK_FAILED, "it is no registry hive"),
    "wrong checksum": ({}, {SYSTEM: lambda d: d[:508] + bytes(4) + d[512:]}, CHECK_FAILED, "checksum"),
    "unknown version of hives": ({}, {SYSTEM: lambda d: sealed(d[:24] + struct.pack("<I", 9) + d[28:])}, CHECK_FAILED,
                                 "unknown version, 1.9"),
    "bin without a header": ({}, {SYSTEM: lambda d: d[:4096] + b"xbin" + d[4100:]}, CHECK_FAILED, "no bin at 0x0"),
    "bin that reaches too far": ({}, {SYSTEM: lambda d: d[:4104] + struct.pack("<I", 1 << 30) + d[4108:]},
                                 CHECK_FAILED, "has a wrong size"),
    "cell that reaches too far": ({}, {SYSTEM: patched(b"nk", -4, 0x80000000)}, CHECK_FAILED, "has a wrong size"),
    "root elsewhere": ({}, {SYSTEM: lambda d: sealed(d[:36] + struct.pack("<I", 0xFFFFFFF8) + d[40:])}, CHECK_FAILED,
                       "there is no cell at 0xFFFFFFF8"),
    "wrong hash of a key": ({}, {SYSTEM: patched(b"lh", 8, 1)}, CHECK_FAILED, "the hash of the key"),
    "list longer than its cell": ({}, {SYSTEM: patched(b"lh", 2, 60000, size=2)}, CHECK_FAILED, "longer than its cell"),
    "key below itself": ({}, {SYSTEM: key_loop}, CHECK_FAILED, "the "),
    "value that reaches too far": ({}, {SOFTWARE: patched(b"vk", 4, 100000)}, CHECK_FAILED,
                                   "is not what is expected there"),
    "name longer than its value": ({}, {SOFTWARE: patched(b"vk", 2, 4000, size=2)}, CHECK_FAILED,
                                   "a name that is too long"),
    "too few subkeys": ({}, {SYSTEM: patched(b"nk", 20, 1)}, CHECK_FAILED, "counts 1 subkeys"),
    "no control set": ({}, {SYSTEM: later("Setup", CmdLine=sz(""))}, BAD_INPUT, "no key Select"),
    "control set that is not there": ({}, {SYSTEM: later("Select", Current=dword(3), Default=dword(4))}, BAD_INPUT,
                                      "names no control set that is there"),
    "no kernel": ({}, {"Windows/System32/ntoskrnl.exe": None}, CHECK_FAILED, "there is no kernel"),
    "kernel of another architecture": ({}, {"Windows/System32/ntoskrnl.exe": windows_tree.versioned_pe("x86")},
                                       CHECK_FAILED, "its kernel is for x86, and its registry says AMD64"),
    "kernel of another version": ({}, {"Windows/System32/ntoskrnl.exe": windows_tree.versioned_pe(
        "amd64", (6, 3, 9600, 1))}, CHECK_FAILED, "its kernel is of version 6.3"),
    "kernel that is no program": ({}, {"Windows/System32/ntoskrnl.exe": b"x" * 100}, CHECK_FAILED,
                                  "there is no kernel"),
    "boot store without loaders": ({}, {TEMPLATE: hive(Key().set("Objects"))}, CHECK_FAILED,
                                   "no object that starts a Windows"),
    "boot store that is another hive": ({}, {TEMPLATE: windows_tree.software_hive()}, CHECK_FAILED,
                                        "it is no boot configuration store"),
    "boot store cut off": ({}, {TEMPLATE: lambda d: d[:5000]}, CHECK_FAILED, "it is no registry hive"),
    "setup script in UTF-16": ({}, {"Windows/Setup/Scripts/SetupComplete.cmd": "\ufeffecho".encode("utf-16-le")},
                               CHECK_FAILED, "is no text that cmd.exe reads"),
    "ini file in no encoding": ({"kind": "pe"}, {"Windows/System32/winpeshl.ini": b"[LaunchApps]\0x"}, CHECK_FAILED,
                                "in no encoding that Windows reads"),
    "value in parts beside ours": ({}, {SOFTWARE: hive(with_long_value(), minor=5)}, CHECK_FAILED,
                                   "the key has a value of more than 16344 bytes"),
    "file where a folder is needed": ({}, {"Windows/Drivers": b""}, BAD_INPUT, "Windows/Drivers is no folder"),
    "folder where a file is needed": ({}, {"Windows/System32/drivers/aero_virtio_blk.sys/x": b""}, BAD_INPUT,
                                      "is a folder, and a file is expected there"),
}
