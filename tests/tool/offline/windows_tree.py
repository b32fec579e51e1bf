# SPDX-License-Identifier: MIT OR Apache-2.0
"""A Windows 7 to be changed offline: the files and registry values that injection reads, made up, none of Microsoft's."""
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from hive_maker import Key, dword, expand_sz, hive, multi_sz, sz, BINARY  # noqa: E402

MACHINES = {"x86": 0x014C, "amd64": 0x8664}
SP1 = (6, 1, 7601, 17514)
LOADER, RESUME, BOOTMGR, LOADER_SETTINGS, GLOBAL_SETTINGS = 0x10200003, 0x10200004, 0x10100002, 0x20200003, 0x20100000
LOADER_ID, RESUME_ID = "{9a1b8b7e-6b11-4f4c-9d0c-0a0b0c0d0e01}", "{9a1b8b7e-6b11-4f4c-9d0c-0a0b0c0d0e02}"
BOOTMGR_ID, LOADER_SETTINGS_ID = "{9dea862c-5cdd-4e70-acc1-f32b344d4795}", "{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}"
GLOBAL_SETTINGS_ID = "{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}"


def versioned_pe(arch, version=SP1, payload=b""):
    """A PE image with a version resource (VS_FIXEDFILEINFO) and, if wanted, more bytes."""
    fixed = struct.pack("<13I", 0xFEEF04BD, 0x10000, version[0] << 16 | version[1], version[2] << 16 | version[3],
                        version[0] << 16 | version[1], version[2] << 16 | version[3], 0x3F, 0, 0x40004, 2, 0, 0, 0)
    key = "VS_VERSION_INFO".encode("utf-16-le") + b"\0\0"
    info = struct.pack("<HHH", 0, len(fixed), 0) + key
    info = info.ljust(-(-len(info) // 4) * 4, b"\0") + fixed
    info = struct.pack("<H", len(info)) + info[2:]

    def directory(identity, where):
        return struct.pack("<IIHHHHII", 0, 0, 0, 0, 0, 1, identity, where)
    tree = directory(16, 0x80000018) + directory(1, 0x80000030) + directory(1033, 0x48)
    resource = tree + struct.pack("<IIII", 0x1000 + 0x58, len(info), 0, 0) + info + payload
    plus = arch == "amd64"
    size = -(-len(resource) // 0x200) * 0x200
    optional = struct.pack("<HBBIIIII", 0x20B if plus else 0x10B, 14, 0, 0, size, 0, 0x1000, 0x1000)
    optional += struct.pack("<Q", 0x140000000) if plus else struct.pack("<II", 0x1000, 0x10000)
    pages = -(-len(resource) // 0x1000) * 0x1000
    optional += struct.pack("<IIHHHHHHIIIIHH", 0x1000, 0x200, 6, 1, 6, 1, 6, 1, 0, 0x1000 + pages, 0x200, 0, 1, 0x0100)
    optional += struct.pack("<QQQQ" if plus else "<IIII", 0x100000, 0x1000, 0x100000, 0x1000) + struct.pack("<II", 0, 16)
    optional += bytes(16) + struct.pack("<II", 0x1000, len(resource)) + bytes(13 * 8)
    coff = struct.pack("<HHIIIHH", MACHINES[arch], 1, 0, 0, 0, len(optional), 0x0022 if plus else 0x0102)
    section = struct.pack("<8sIIIIIIHHI", b".rsrc", len(resource), 0x1000, size, 0x200, 0, 0, 0, 0, 0x40000040)
    head = (b"MZ" + bytes(0x3A) + struct.pack("<I", 0x80)).ljust(0x80, b"\0") + b"PE\0\0" + coff + optional + section
    return head.ljust(0x200, b"\0") + resource.ljust(size, b"\0")


def system_hive(arch="amd64", kind="os", installed=False, windows8=False, control_sets=(1,)):
    root = Key()
    root.set("Select", Current=dword(1), Default=dword(1), Failed=dword(0),
             LastKnownGood=dword(control_sets[-1] if installed else 0))
    root.set("Setup", CmdLine=sz("winpeshl.exe" if kind != "os" else "" if installed else "oobe\\windeploy.exe"),
             SystemSetupInProgress=dword(0 if installed else 1), SetupType=dword(0 if installed else 2))
    for number in control_sets:
        control = root.at(f"ControlSet00{number}")
        control.set("Control\\Session Manager\\Environment",
                    PROCESSOR_ARCHITECTURE=sz({"x86": "x86", "amd64": "AMD64"}[arch]), OS=sz("Windows_NT"))
        control.set("Control\\CriticalDeviceDatabase\\PCI#CC_0101", Service=sz("pciide"),
                    ClassGUID=sz("{4D36E96A-E325-11CE-BFC1-08002BE10318}"))
        control.set("Control\\CriticalDeviceDatabase\\PCI#VEN_8086&DEV_2922", Service=sz("msahci"),
                    ClassGUID=sz("{4D36E96A-E325-11CE-BFC1-08002BE10318}"))
        control.set("Control\\Windows", CSDVersion=dword(0x100), CSDBuildNumber=dword(1130))
        for name, start in (("ACPI", 0), ("msahci", 0), ("pci", 0), ("volmgr", 0), ("wuauserv", 2)):
            control.set(f"services\\{name}", Type=dword(1), Start=dword(start), ErrorControl=dword(1),
                        ImagePath=expand_sz(f"system32\\drivers\\{name}.sys"))
        control.set("services\\pci\\Parameters")
        control.set("services\\PlugPlay", Type=dword(32), Start=dword(2))
    if windows8:
        root.set("DriverDatabase", Version=dword(1))
    return hive(root, "SYSTEM")


def software_hive(arch="amd64", kind="os", installed=False, version="6.1", updates=(), edition="Professional"):
    root = Key()
    pe = kind != "os"
    root.set("Microsoft\\Windows NT\\CurrentVersion", CurrentVersion=sz(version), CurrentBuildNumber=sz("7601"),
             CurrentBuild=sz("7601"), BuildLab=sz("7601.win7sp1_rtm.101119-1850"), CSDVersion=sz("Service Pack 1"),
             ProductName=sz("Windows 7 " + edition), EditionID=sz("WindowsPE" if pe else edition),
             InstallationType=sz("WindowsPE" if pe else "Client"), SystemRoot=sz("X:\\windows" if pe else "C:\\Windows"))
    root.set("Microsoft\\Windows\\CurrentVersion", DevicePath=expand_sz("%SystemRoot%\\inf"),
             ProgramFilesDir=sz("C:\\Program Files"), ProductId=sz("00000-000-0000000-00000"))
    root.set("Microsoft\\Windows\\CurrentVersion\\Setup\\State", ImageState=sz(
        "IMAGE_STATE_COMPLETE" if installed else "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE"))
    for store in ("ROOT", "CA", "TrustedPublisher"):
        root.set(f"Microsoft\\SystemCertificates\\{store}\\Certificates")
    for update in updates:
        name = f"Package_for_{update}~31bf3856ad364e35~{arch}~~6.1.1.1"
        root.set(f"Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages\\{name}",
                 CurrentState=dword(112))
    return hive(root, "SOFTWARE")


def bcd_store(loaders=1, test_signing=None):
    """A boot configuration store; test_signing: the byte of element 16000049 of each loader, None for none."""
    root = Key()
    root.set("Description", KeyName=sz("BCD00000000"), System=dword(1), TreatAsSystem=dword(1))

    def element(identity, number, value):
        root.set(f"Objects\\{identity}\\Elements\\{number:08x}", Element=value)

    def add(identity, kind, **elements):
        root.set(f"Objects\\{identity}\\Description", Type=dword(kind))
        root.at(f"Objects\\{identity}\\Elements")
        for number, value in elements.items():
            element(identity, int(number[1:], 16), value)
    identities = [LOADER_ID[:-3] + f"{n + 0x10:02x}}}" for n in range(loaders)]
    add(BOOTMGR_ID, BOOTMGR, x24000001=multi_sz(*identities), x25000004=(BINARY, struct.pack("<Q", 30)))
    add(GLOBAL_SETTINGS_ID, GLOBAL_SETTINGS)
    add(LOADER_SETTINGS_ID, LOADER_SETTINGS, x14000006=multi_sz(GLOBAL_SETTINGS_ID))
    add(RESUME_ID, RESUME, x12000002=sz("\\Windows\\system32\\winresume.exe"))
    for identity in identities:
        add(identity, LOADER, x12000002=sz("\\Windows\\system32\\winload.exe"), x12000004=sz("Windows 7"),
            x14000006=multi_sz(LOADER_SETTINGS_ID), x26000010=(BINARY, b"\1"))
        if test_signing is not None:
            element(identity, 0x16000049, (BINARY, bytes([test_signing])))
    return hive(root, "BCD", root_name="NewStoreRoot")


def windows_files(arch="amd64", kind="os", installed=False, updates=(), version=SP1, edition="Professional",
                  control_sets=(1,)):
    """{path: bytes} of a Windows 7 SP1. kind: "os" (install.wim, or a disk when installed), "pe", "setup" (boot.wim 1, 2)."""
    files = {
        "Windows/System32/config/SYSTEM": system_hive(arch, kind, installed, control_sets=control_sets),
        "Windows/System32/config/SOFTWARE": software_hive(arch, kind, installed, updates=updates, edition=edition),
        "Windows/System32/config/SYSTEM.LOG1": b"", "Windows/System32/config/SYSTEM.LOG2": b"",
        "Windows/System32/drivers/pci.sys": versioned_pe(arch, version),
        "Windows/System32/DriverStore/FileRepository/pci.inf_x/pci.inf": b"[Version]\r\n",
        "Windows/inf/pci.inf": b"[Version]\r\n",
        "Windows/explorer.exe" if kind == "os" else "Windows/System32/winpeshl.exe": versioned_pe(arch, version),
    }
    for name in ("ntoskrnl.exe", "winload.exe", "winload.efi", "ci.dll", "wintrust.dll", "drvload.exe"):
        files["Windows/System32/" + name] = versioned_pe(arch, version)
    if kind == "os":
        files["Windows/System32/config/BCD-Template"] = bcd_store()
        files["Windows/System32/pnputil.exe"] = versioned_pe(arch, version)
        files["Users/Default/NTUSER.DAT"] = hive(Key({}, {"Software": Key()}), "NTUSER.DAT")
    else:
        files["Windows/System32/startnet.cmd"] = b"wpeinit\r\n"
    if kind == "setup":
        files["setup.exe"] = files["sources/setup.exe"] = versioned_pe(arch, version)
    if installed:
        files["Boot/BCD"] = bcd_store()
    return files


def write_files(folder, files):
    for path, content in files.items():
        target = pathlib.Path(folder) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def make_windows(folder, **options):
    files = windows_files(**options)
    write_files(folder, files)
    return files
