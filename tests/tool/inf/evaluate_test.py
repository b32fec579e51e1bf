# SPDX-License-Identifier: MIT OR Apache-2.0
"""evaluate_test.py AEROW7: what INFs in the style of real drivers say to Windows 7, against what the documentation of
their sections says that Windows makes of them."""
import pathlib
import sys
import tempfile

from good import show

aerow7 = sys.argv[1]

VERSION = r"""[Version]
Signature="$Windows NT$"
Class=Net
ClassGUID={4d36e972-e325-11ce-bfc1-08002be10318}
Provider=%V%
DriverVer=11-22-2012,6.1.7601.17514
[Strings]
V="Vendor"
D="Device"
"""


def install(name, service="svc"):
    return f"""
[{name}]
CopyFiles={name}.Copy
AddReg={name}.Reg
[{name}.Copy]
{name}.sys
[{name}.Reg]
HKR,,Said,,{name}
[{name}.Services]
AddService={service},2,{name}.Svc
[{name}.Svc]
ServiceType=0x1
StartType=0x3
ErrorControl=1
ServiceBinary=%12%\\{name}.sys
[SourceDisksNames]
1="disk"
[SourceDisksFiles]
{name}.sys=1
[DestinationDirs]
DefaultDestDir=12
"""


def package(folder, text, architecture, status=0):
    path = folder / "vendor.inf"
    path.write_text(text)
    found, result, errors = show(aerow7, path, architecture)
    assert found == status, (found, errors)
    return result


def installed(folder, text, architecture):
    return [m["install_section"] for m in package(folder, text, architecture)["models"]]


def decorations(folder):
    """[Manufacturer]: "Windows selects the INF Models section that is closest"."""
    for listed, sections, x86, amd64 in (
            # An undecorated models section is for x86 alone, since Windows Server 2003 SP1.
            ("", ["M"], "M", None),
            (", NTamd64", ["M", "M.NTamd64"], "M", "M.NTamd64"),
            (", NTx86, NTamd64", ["M.NTx86", "M.NTamd64"], "M.NTx86", "M.NTamd64"),
            (", NTamd64", ["M.NTamd64"], None, "M.NTamd64"),
            (", NTx86", ["M.NTx86"], "M.NTx86", None),
            # The highest version that is not higher than 6.1.
            (", NTamd64.5.1, NTamd64.6.0, NTamd64.6.2", ["M.NTamd64.5.1", "M.NTamd64.6.0", "M.NTamd64.6.2"],
             None, "M.NTamd64.6.0"),
            (", NTamd64, NTamd64.6.1, NTamd64.10.0", ["M.NTamd64", "M.NTamd64.6.1", "M.NTamd64.10.0"],
             None, "M.NTamd64.6.1"),
            (", NTx86.6.1, NTx86.6.0, NTx86", ["M.NTx86.6.1", "M.NTx86.6.0", "M.NTx86"], "M.NTx86.6.1", None),
            (", NTx86.6.2, NTamd64.6.2", ["M.NTx86.6.2", "M.NTamd64.6.2"], None, None),
            (", NTx86.6.2", ["M", "M.NTx86.6.2"], "M", None),
            (", NT.6.1, NTx86.5.1", ["M.NT.6.1", "M.NTx86.5.1"], "M.NT.6.1", None),
            (", NT, NTx86", ["M.NT", "M.NTx86"], "M.NTx86", None),
            (", NT", ["M.NT"], "M.NT", None),
            (", NTx86.5", ["M.NTx86.5"], "M.NTx86.5", None),
            (", NTx86.6", ["M.NTx86.6"], "M.NTx86.6", None),
            (", NTx86.7", ["M.NTx86.7"], None, None),
            # Other architectures, names in any case.
            (", NTia64, NTarm, ntAMD64.6.1", ["M.NTia64", "M.NTarm", "m.NTAMD64.6.1"], None, "m.NTAMD64.6.1"),
            # Product types and suites: 1 is a workstation, 3 a server, 0x80 a data center.
            (", NTx86.6.1.3, NTx86.6.1", ["M.NTx86.6.1.3", "M.NTx86.6.1"], "M.NTx86.6.1", None),
            (", NTx86.6.1, NTx86.6.1.1", ["M.NTx86.6.1", "M.NTx86.6.1.1"], "M.NTx86.6.1.1", None),
            (", NTamd64...1", ["M.NTamd64...1"], None, "M.NTamd64...1"),
            (", NTamd64....0x80, NTamd64", ["M.NTamd64....0x80", "M.NTamd64"], None, "M.NTamd64"),
            (", NTamd64...1, NTamd64.5", ["M.NTamd64...1", "M.NTamd64.5"], None, "M.NTamd64.5"),
            # "Earlier versions of the operating system [...] will not parse" a build number.
            (", NTamd64.10.0...14393, NTamd64.6.1", ["M.NTamd64.10.0...14393", "M.NTamd64.6.1"], None, "M.NTamd64.6.1"),
            (", NTamd64.6.1...7601", ["M.NTamd64.6.1...7601"], None, None),
            # What is not listed is not looked at, what cannot be read is passed over, a trailing comma is nothing.
            (", NTamd64", ["M.NTamd64", "M.NTamd64.6.1"], None, "M.NTamd64"),
            (", NTamd64, NTalpha, XP", ["M.NTamd64", "M.NTalpha", "M.XP"], None, "M.NTamd64"),
            (", NTamd64.6.1,", ["M.NTamd64.6.1"], None, "M.NTamd64.6.1")):
        text = VERSION + f"[Manufacturer]\n%V%=M{listed}\n"
        for number, section in enumerate(sections):
            text += f"[{section}]\n%D%=I{number}, ROOT\\X\n" + install(f"I{number}")
        for architecture, expected in (("x86", x86), ("amd64", amd64)):
            wanted = [f"I{[s.lower() for s in sections].index(expected.lower())}"] if expected else []
            found = installed(folder, text, architecture)
            assert found == wanted, (listed, architecture, wanted, found)
    # "Create an empty Models section" to exclude a version.
    text = (VERSION + "[Manufacturer]\n%V%=M,NTx86.5.1,NTx86.6.0\n[M.NTx86.6.0]\n[M.NTx86.5.1]\n%D%=I,ROOT\\X\n"
            + install("I"))
    assert installed(folder, text, "x86") == []
    # "Each line may have up to one applicable section", several lines have several; a line may be the name alone.
    text = (VERSION + "[Manufacturer]\n%V%=M,NTamd64\nOther\nThird=T,NTx86.6.1,NTamd64.6.1\n"
            "[M.NTamd64]\n%D%=I,ROOT\\X\n[Other]\nOld=J,ROOT\\Y\n"
            "[T.NTx86.6.1]\nNew=K,ROOT\\Z\n[T.NTamd64.6.1]\nNew=K,ROOT\\Z\n"
            + install("I") + install("J") + install("K"))
    assert installed(folder, text, "amd64") == ["I", "K"]
    assert installed(folder, text, "x86") == ["J", "K"]
    # A section that the INF names and does not have.
    text = VERSION + "[Manufacturer]\n%V%=M,NTx86,NTamd64\n[M.NTx86]\n%D%=I,ROOT\\X\n" + install("I")
    assert len(package(folder, text, "x86")["models"]) == 1
    assert package(folder, text, "amd64", status=1)["models"] == []


def install_sections(folder):
    """DDInstall: ".nt<architecture>", else ".nt", else without extension; and its parts alike."""
    models = "[Manufacturer]\n%V%=M,NTx86,NTamd64\n[M.NTx86]\n%D%=I,ROOT\\X\n[M.NTamd64]\n%D%=I,ROOT\\X\n"
    for names, x86, amd64 in (
            (["I"], "I", "I"), (["I", "I.NT"], "I.NT", "I.NT"), (["I", "I.NTx86"], "I.NTx86", "I"),
            (["I.NT", "I.NTamd64", "I"], "I.NT", "I.NTamd64"), (["i.ntX86", "I.NTAMD64"], "i.ntX86", "I.NTAMD64"),
            (["I.NTia64", "I"], "I", "I")):
        text = VERSION + models + "".join(install(n) for n in names)
        for architecture, expected in (("x86", x86), ("amd64", amd64)):
            found = package(folder, text, architecture)
            assert [m["install_section"] for m in found["models"]] == [expected], (names, architecture)
            assert [f["source"] for f in found["files"]] == [expected + ".sys"]
            assert [s["binary"] for s in found["services"]] == [f"12\\{expected}.sys"]
            assert [v["data"] for v in found["software_values"]] == [[expected]]
    # Several models share a section, and each thing is listed once.
    text = VERSION + ("[Manufacturer]\n%V%=M,NTamd64\n[M.NTamd64]\n%D%=I,ROOT\\X,ROOT\\Y\n"
                      "\"Second\"=I,ROOT\\Z,,ROOT\\W\nThird=J\n") + install("I") + install("J", service="other")
    found = package(folder, text, "amd64")
    assert [(m["description"], m["ids"]) for m in found["models"]] == [
        ("Device", ["ROOT\\X", "ROOT\\Y"]), ("Second", ["ROOT\\Z", "ROOT\\W"]), ("Third", [])]
    assert [f["source"] for f in found["files"]] == ["I.sys", "J.sys"]
    assert [s["name"] for s in found["services"]] == ["svc", "other"]
    assert len(found["software_values"]) == 2


def file_rows(package_found):
    keys = ("source_folder", "source", "directory_id", "target_folder", "target")
    return [tuple(f[k] for k in keys) for f in package_found["files"]]


def files(folder):
    """Where files come from and go to, with sections for one architecture."""
    text = VERSION + r"""
CatalogFile=strings.cat
[Version]
CatalogFile=all.cat
CatalogFile.NTx86=x86.cat
[Manufacturer]
%V%=M,NTx86,NTamd64
[M.NTx86]
%D%=I,ROOT\X
[M.NTamd64]
%D%=I,ROOT\X
[I]
CopyFiles=@readme.txt,Drivers
CopyFiles=Dlls,Dlls.Again
[I.NTamd64]
CopyFiles=Drivers,Dlls,Wow
[Drivers]
d.sys
renamed.sys,original.sys
[Dlls]
d.dll,,,0x2
[Dlls.Again]
d.dll
[Wow]
d.dll,d32.dll
[I.CoInstallers]
CopyFiles=Co
[I.NTamd64.CoInstallers]
CopyFiles=Co
AddReg=Co.Reg
[Co]
co.dll
[Co.Reg]
HKR,,CoInstallers32,0x00010000,"co.dll,Entry","second"
[I.Services]
AddService=,2
[I.NTamd64.Services]
Include=other.inf
Needs=Other.Services
[I.NTamd64.Interfaces]
AddInterface={6994ad04-93ef-11d0-a3cc-00a0c9223196},"ref",I.If
[I.If]
CopyFiles=IfFiles
[IfFiles]
if.dll
[SourceDisksNames]
1="one",,,\common
2="two",tag,,
[SourceDisksNames.x86]
3="three",,,".\win7\x86\"
[SourceDisksNames.amd64]
3="three",,,win7\amd64
[SourceDisksFiles]
readme.txt=2
d.sys=3
original.sys=3,drivers
d.dll=1,generic,1000
co.dll=2,"\"
if.dll=2
[SourceDisksFiles.amd64]
d.dll=3,dll
d32.dll=3,..\x86
[DestinationDirs]
DefaultDestDir=11
Drivers=12
Dlls=0x0b,vendor\dlls
Wow=16425,sub
Co=11
"""
    x86 = package(folder, text, "x86")
    rows = file_rows(x86)
    assert rows == [("", "readme.txt", 11, "", "readme.txt"),
                    ("win7/x86", "d.sys", 12, "", "d.sys"),
                    ("win7/x86/drivers", "original.sys", 12, "", "renamed.sys"),
                    ("common/generic", "d.dll", 11, "vendor/dlls", "d.dll"),
                    ("common/generic", "d.dll", 11, "", "d.dll"),
                    ("", "co.dll", 11, "", "co.dll")], rows
    assert x86["catalog"] == "x86.cat" and x86["services"] == [] and x86["software_values"] == []
    # A file outside the package is refused, and listed all the same.
    amd64 = package(folder, text, "amd64", status=1)
    assert amd64["catalog"] == "all.cat"
    amd64 = package(folder, text.replace(r"3,..\x86", "3,wow"), "amd64")
    rows = file_rows(amd64)
    assert rows == [("win7/amd64", "d.sys", 12, "", "d.sys"),
                    ("win7/amd64/drivers", "original.sys", 12, "", "renamed.sys"),
                    ("win7/amd64/dll", "d.dll", 11, "vendor/dlls", "d.dll"),
                    ("win7/amd64/wow", "d32.dll", 16425, "sub", "d.dll"),
                    ("", "co.dll", 11, "", "co.dll"),
                    ("", "if.dll", 11, "", "if.dll")], rows
    assert [(v["name"], v["flags"], v["data"]) for v in amd64["software_values"]] == [
        ("CoInstallers32", 0x10000, ["co.dll,Entry", "second"])]
    assert amd64["services"] == []
    # Nothing says where to.
    text = VERSION + "[Manufacturer]\n%V%=M,NTx86\n[M.NTx86]\n%D%=I,ROOT\\X\n[I]\nCopyFiles=F\n[F]\na.sys\n"
    assert [(f["directory_id"], f["source_folder"]) for f in package(folder, text, "x86")["files"]] == [(-1, "")]


def services(folder):
    """Services with everything that one can have, sections needed from this file, and what is missing."""
    text = VERSION + r"""
[Manufacturer]
%V%=M,NTx86
[M.NTx86]
%D%=I,PCI\VEN_8086&DEV_100E
[I]
Include=machine.inf
Needs=Windows.Own,I.Shared
AddReg=I.Reg
[I.Shared]
AddReg=I.SharedReg
Needs=I
[I.HW]
Needs=I.SharedHW
AddReg=I.HwReg
[I.SharedHW]
AddReg=I.HwReg,I.HwMore
[I.Reg]
HKR,Ndi\Interfaces,UpperRange,,"ndis5"
HKR,,"",,"default"
HKLM,"Software\V",Bin,1,0a,FF
[I.SharedReg]
HKR,,Shared,0x00010001,0x10
[I.HwReg]
HKR,,UpperFilters,0x00010008,f
[I.HwMore]
HKR,Key,,0x10
[I.Services]
AddService=net,2,Net.Svc,Net.Log,Application,NetEvents
AddService=filter,,Filter.Svc
AddService=net,2,Net.Svc
[Net.Svc]
DisplayName=%D%
ServiceType=1
StartType=0x3
ErrorControl=0
ServiceBinary=%12%\net.sys
LoadOrderGroup=NDIS
AddReg=Net.Reg
[Net.Log]
AddReg=Net.LogReg
[Net.LogReg]
HKR,,EventMessageFile,0x00020000,"%%SystemRoot%%\System32\netevent.dll"
[Net.Reg]
HKR,Parameters,Depth,0x00010001,64
[Filter.Svc]
ServiceType=1
ErrorControl=1
ServiceBinary="%11%\drivers\filter.sys"
"""
    found = package(folder, text, "x86")
    assert found["provider"] == "Vendor" and found["class"] == "Net" and found["driver_date"] == "11-22-2012"
    assert found["driver_version"] == "6.1.7601.17514" and "catalog" not in found
    net, other, again = found["services"]
    assert {k: v for k, v in net.items() if k not in ("values", "line")} == {
        "name": "net", "flags": 2, "type": 1, "start": 3, "error_control": 0, "display_name": "Device",
        "binary": "12\\net.sys", "load_order_group": "NDIS"}
    assert [(v["key"], v["name"], v["data"]) for v in net["values"]] == [("Parameters", "Depth", ["64"])]
    assert {k: v for k, v in other.items() if k != "line"} == {
        "name": "filter", "flags": 0, "type": 1, "error_control": 1, "binary": "11\\drivers\\filter.sys", "values": []}
    assert again["name"] == "net" and again["line"] > net["line"]
    rows = [(v["root"], v["key"], v["name"], v["flags"], v["data"]) for v in found["software_values"]]
    assert rows == [("HKR", "", "Shared", 0x10001, ["0x10"]), ("HKR", "Ndi\\Interfaces", "UpperRange", 0, ["ndis5"]),
                    ("HKR", "", "", 0, ["default"]), ("HKLM", "Software\\V", "Bin", 1, ["0a", "FF"])], rows
    rows = [(v["key"], v["name"], v["flags"], v["data"]) for v in found["hardware_values"]]
    assert rows == [("", "UpperFilters", 0x10008, ["f"]), ("Key", "", 0x10, [])], rows
    for old, new in (("AddReg=I.Reg\n", "AddReg=I.Gone\n"), ("2,Net.Svc,", "2,Net.Gone,"),
                     ("=filter,,Filter.Svc", "=filter"), ("=I,PCI", "=Gone,PCI"), ("AddReg=Net.Reg", "AddReg=Gone")):
        assert old in text
        assert package(folder, text.replace(old, new), "x86", status=1) is not None


with tempfile.TemporaryDirectory() as name:
    for test in (decorations, install_sections, files, services):
        test(pathlib.Path(name))
        print(test.__name__)
