# SPDX-License-Identifier: MIT OR Apache-2.0
"""offline_seeds.py HIVE_MAKER_FOLDER OUT: small hives of each kind, programs with versions, and texts
that are merged."""
import pathlib
import sys

sys.path.insert(0, sys.argv[1])
from hive_maker import Key, dword, expand_sz, hive, sz  # noqa: E402
from windows_tree import bcd_store, versioned_pe  # noqa: E402

out = pathlib.Path(sys.argv[2])
out.mkdir(parents=True, exist_ok=True)
system = Key()
system.set("Select", Current=dword(1), Default=dword(1), LastKnownGood=dword(2))
for number in (1, 2):
    system.set(f"ControlSet00{number}\\services\\pci", Start=dword(0), ImagePath=expand_sz("a.sys"))
software = Key()
software.set("Microsoft\\Windows\\CurrentVersion", DevicePath=expand_sz("%SystemRoot%\\inf"), x=sz("0123456789"))
long_value = Key({"data": (3, bytes(1000)), "": sz("default"), "\u00e9": dword(1)}, {"\u4e00": Key(), "\u00e9": Key()})
seeds = {"system": hive(system), "software": hive(software), "bcd": bcd_store(), "values": hive(long_value, minor=5),
         "empty": hive(Key()), "ini": b"[LaunchApp]\r\nAppPath = %SYSTEMDRIVE%\\x.exe\r\n",
         "apps": b"; mine\r\n[LaunchApps]\r\n%SYSTEMROOT%\\a.exe, /x\r\n[Other]\r\n",
         "wide": b"\xff\xfe" + "[LaunchApps]\r\nx.exe\r\n".encode("utf-16-le"), "cmd": b"@echo off\r\nexit /b 0\r\n",
         "x86": versioned_pe("x86"), "amd64": versioned_pe("amd64"),
         "blob": bytes.fromhex("030000000100000002000000aabb200000000100000001000000") + b"0"}
for name, content in seeds.items():
    (out / name).write_bytes(content)
