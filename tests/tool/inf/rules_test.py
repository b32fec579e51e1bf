# SPDX-License-Identifier: MIT OR Apache-2.0
"""rules_test.py AEROW7 CONTRACT [CASE...]: breaks one rule after the other in an INF without faults and expects `aerow7
inf check` to report that rule in that line, and nothing else; and that every rule was broken once."""
import json
import pathlib
import sys
import tempfile

from good import GOOD, check, line_of, replaced, run

X86 = "[Aero.NTx86.6.1]\n%DeviceName% = Blk_Install, PCI\\VEN_1AF4&DEV_1042&REV_01 ; x86\n"
ID = "PCI\\VEN_1AF4&DEV_1042&REV_01"
FILES = "[Blk_Files]\naero_virtio_blk.sys"
SERVICE = "AddService = aero_virtio_blk, 0x00000002, Blk_Service, Blk_EventLog"
MSI = 'HKR, "Interrupt Management\\MessageSignaledInterruptProperties", "MSISupported", 0x00010001, 1\n'
LIMIT = '"MessageNumberLimit", 0x00010001, 4'
VALUE = 'HKR, "Parameters\\PnpInterface", "5", 0x00010001, 1'


def value(line):
    return [(VALUE, line)], line


# rule[_variant]: (replacements, what the line that is to be reported holds (or its number), other rules that the same
# fault breaks)
CASES = {
    "1001": ([("$Windows NT$", "$Windows 95$")], "Signature"),
    "1001_missing": ([('Signature   = "$Windows NT$"\n', "")], "[Version]"),
    "1002": ([("; a disk", "a disk")], "a disk"),
    "1002_long": ([('"Disk"', '"' + "d" * 4096 + '"')], "DeviceName = ", "1002*"),
    "1005": ([("CopyFiles = Blk_Files", "CopyFiles ="), (FILES, "")], "CopyFiles =", "2084"),
    "1008": ([("aero_virtio_blk.sys = 1", "aero_virtio_blk.sys = one")], "aero_virtio_blk.sys = one"),
    "1008_disk": ([("1 = %DiskName%", "one = %DiskName%")], "one = ", "1273"),
    "1010": ([("{4D36E97B-E325-11CE-BFC1-08002BE10318}", "4D36E97B-E325-11CE-BFC1-08002BE10318")], "ClassGuid"),
    "1011": ([("Aero, NTx86.6.1, NTamd64.6.1", "Aero, NTx86.6.1, NTamd64.6.1\n%DiskName% =")], "%DiskName% =\n"[:-1],),
    "1015": ([("aero_virtio_blk.sys = 1", "aero_virtio_blk.sys = 1, ..\\elsewhere")], FILES.split("\n")[1] + "\n"),
    "1015_target": ([(FILES, "[Blk_Files]\n..\\evil.sys, aero_virtio_blk.sys")], "evil.sys", "2084"),
    "1015_target_folder": ([("Blk_Files = 12", "Blk_Files = 12, ..")], FILES.split("\n")[1] + "\n", "2084"),
    "1015_slash": ([(FILES, FILES + "\na/b.sys")], "a/b.sys", "1230*"),
    "1199": ([("Blk_Files = 12", "Blk_Files = 13")], "Blk_Files = 13", "2084"),
    "1199_binary": ([("%12%\\aero", "%13%\\aero")], "%13%", "2084"),
    "1199_directive": ([("StartType ", "DelayedAutoStart = 1\nStartType ")], "DelayedAutoStart"),
    "1199_filters": ([("[Blk_Install.HW]", "[Blk_Install.Filters]\nAddFilter = f,, F_Section\n[F_Section]\n"
                                           "FilterLevel = Upper\n[Blk_Install.HW]")], "AddFilter"),
    "1201": ([("Blk_Files = 12", "Blk_Files = 12,, other")], "Blk_Files = 12"),
    "1201_source": ([("blk.sys = 1", "blk.sys = 1,,,5")], "blk.sys = 1,,,5"),
    "1202": ([("CopyFiles = Blk_Files", "CopyFiles = Blk_Files\nInclude = hidclass.inf")], "Include"),
    "1203": ([("AddReg = Blk_HW_AddReg", "AddReg = Blk_HW_AddReg, Blk_Gone")], "Blk_Gone"),
    "1203_files": ([("CopyFiles = Blk_Files", "CopyFiles = Blk_Files, Blk_Gone")], "Blk_Gone"),
    "1203_event_log": ([("Blk_Service, Blk_EventLog", "Blk_Service, Blk_Gone"), ("[Blk_EventLog]\n", "[Blk_X]\n")],
                       "Blk_Gone", "2083*"),
    "1203_models": ([("NTx86.6.1, NTamd64.6.1", "NTx86.6.1, NTamd64.6.1, NTamd64.6.0")], "%Provider% = Aero"),
    "1203_manufacturer": ([("[Manufacturer]", "[Manufacturers]")], 0, "1297", "2083*"),
    "1204": ([('"Aero Project"', '"Microsoft Friends"')], "Provider    ="),
    "1205": ([("CopyFiles = Blk_Files", "CopyFiles = Blk_Files\nDelFiles = Blk_Files")], "DelFiles"),
    "1206": ([("CopyFiles = Blk_Files", "CopyFiles = Blk_Files\nAddReg = Blk_Files")], "AddReg = Blk_Files", "1224"),
    "1209": ([("[Blk_EventLog]", "[Blk_Service]\nDescription = %DeviceName%\n[Blk_EventLog]")],
             "Description", "line-1"),
    "1211": ([(SERVICE, SERVICE + "\nAddService = other, 2, Blk_Service")], "AddService = other", "aero-id"),
    "1213": ([("aero_virtio_blk.sys = 1", "aero_virtio_blk.sys = 1\naero_virtio_blk.cat = 1")], "blk.cat = 1"),
    "1214": ([("= aero_virtio_blk.cat", "= catalogs\\aero_virtio_blk.cat")], "CatalogFile"),
    "1214_suffix": ([("= aero_virtio_blk.cat", "= aero_virtio_blk.p7b")], "CatalogFile"),
    "1217": ([("0.1.0.0", "0.1.0")], "DriverVer"),
    "1217_large": ([("0.1.0.0", "0.1.0.65535")], "DriverVer"),
    "1217_zero": ([("0.1.0.0", "0.0.0.0")], "DriverVer"),
    "1218": ([("01/10/2026", "2026/01/10")], "DriverVer"),
    "1218_short": ([("01/10/2026", "1/10/2026")], "DriverVer"),
    "1218_no_such_day": ([("01/10/2026", "02/29/2026")], "DriverVer"),
    "1224": value("HKEY, Parameters, BusType, 0x00010001, 1"),
    "1229": ([(FILES, FILES + "\n, other.sys")], ", other.sys"),
    "1230": ([(FILES, FILES + "\nother.sys")], "other.sys", "1230*"),
    "1230_one_architecture": ([("[SourceDisksFiles]", "[SourceDisksFiles.amd64]")], FILES.split("\n")[1] + "\n"),
    "1231": ([("aero_virtio_blk.sys = 1", "aero_virtio_blk.sys = 1\naero_virtio_blk.sy_ = 1")], "sy_"),
    "1233": ([("CatalogFile = aero_virtio_blk.cat\n", "")], "[Version]"),
    "1234": ([("Provider    = %Provider%\n", "")], "[Version]"),
    "1234_empty": ([("Class       = SCSIAdapter", "Class       =")], "Class "),
    "1235": ([("1 = %DiskName%", "1 = %NoName%")], "%NoName%"),
    "1235_percent": value('HKR,, Share, 0, "50% of 100%"'),
    "1235_dword": value("HKR,, BusType, %REG_DWORD%, 1") + ("1268",),
    "1243": ([("Blk_Files = 12", "Blk_Files = %12%")], "Blk_Files = %12%", "2084"),
    "1250": ([(SERVICE, SERVICE + ", Kernel")], ", Kernel"),
    "1251": ([("StartType      = 0", "StartType      = 4")], "StartType"),
    "1261": ([("Blk_Install, PCI\\VEN_1AF4&DEV_1042&REV_01 ; x86", "Blk_Gone, PCI\\VEN_1AF4&DEV_1042&REV_01 ; x86")],
             "Blk_Gone"),
    "1264": value("HKR,, Kept, 0x00040000, x"),
    "1265": value("HKR,, Added, 0x00010009, 1"),
    "1267": value("HKR,, Bytes, 0x00000001, 01, 100"),
    "1268": value("HKR,, Number, 0x00010001, one"),
    "1268_wide": value("HKR,, Number, 0x00010001, 0x100000000"),
    "1268_flags": value("HKR,, Number, REG_DWORD, 1"),
    "1271": ([("Blk_Install, " + ID + " ; x86", "Blk_Install")], "= Blk_Install\n"),
    "1271_no_section": ([("Blk_Install, " + ID + " ; x86", ", " + ID)], "= , PCI", "1261?"),
    "1272": ([(SERVICE, SERVICE + "\nAddService = , 0, Blk_Service")], "AddService = ,"),
    "1273": ([("aero_virtio_blk.sys = 1", "aero_virtio_blk.sys = 2")], "aero_virtio_blk.sys = 2"),
    "1274": ([('"Drivers"', '"Drivers for $ARCH$"')], "DiskName   =", "1274*"),
    "1275": ([("Blk_Files = 12", "Other_Files = 12")], "CopyFiles = Blk_Files", "2084"),
    "1275_direct": ([("CopyFiles = Blk_Files", "CopyFiles = Blk_Files, @aero_virtio_blk.sys")], "@aero"),
    "1280": ([("= SCSIAdapter", "= Disks")], "Class "),
    "1281": ([("4D36E97B", "4D36E9FF")], "ClassGuid"),
    "1284": ([("= SCSIAdapter", "= Sound"), ("4D36E97B", "4D36E97C")], "Class "),
    "1285": ([("[Strings]", "[ClassInstall32]\nAddReg = Blk_Class\n[Blk_Class]\nHKR,,,, %DeviceName%\n[Strings]")],
             "[ClassInstall32]"),
    "1286": ([("= SCSIAdapter", "= " + "C" * 32), ("4D36E97B", "4D36E9FF")], "Class "),
    "1287": ([("NTamd64.6.1\n", "NTamd64.6.1, Windows7\n"), ("[Strings]", "[Aero.Windows7]\n[Strings]")], "Windows7"),
    "1288": ([("NTamd64.6.1\n", "NTamd64.6.1, NTamd64.6.1...7601\n"),
              ("[Strings]", "[Aero.NTamd64.6.1...7601]\n[Strings]")], "6.1...7601"),
    "1289": ([("ErrorControl   = 1\n", "")], "[Blk_Service]"),
    "1289_number": ([("StartType      = 0", "StartType      = boot")], "StartType"),
    "1294": ([(X86, X86 + "%DiskName% = Blk_Install, PCI\\VEN_1AF4&DEV_1042&REV_01\n")], "%DiskName% = Blk_Install"),
    "1295": ([('DeviceName = "Disk"', 'DeviceName = "Disk"\n[Strings.0407]\nProvider = "Aero"')], "[Strings.0407]"),
    "1296": ([("0x00000002", "0x00000000")], " ; x86", "1296*"),
    "1297": ([("NTx86.6.1", "NTx86.6.2"), ("NTamd64.6.1", "NTamd64.6.2")], "[Manufacturer]"),
    "1315": ([("CopyFiles = Blk_Files", "CopyFiles = Blk_Files\nNeeds = Elsewhere.NT")], "Needs"),
    "1330": ([(FILES, FILES + "\naero_virtio_blk.sys, other.sys"),
              ("aero_virtio_blk.sys = 1", "aero_virtio_blk.sys = 1\nother.sys = 1")], "sys, other.sys"),
    "2006": ([("0x00000002, Blk_Service, Blk_EventLog", "0x00000002, Blk_Gone, Blk_EventLog"),
              ("[Blk_Service]\n", "[Strings.0409]\nProvider = A\nDiskName = B\nDeviceName = C\n[Blk_X]\n")],
             "Blk_Gone", "2083*"),
    "2010": ([("NTx86.6.1,", "NT.6.1,"), ("[Aero.NTx86.6.1]", "[Aero.NT.6.1]")], "NT.6.1,"),
    "2083": ([("[Strings]", "[Blk_Forgotten]\n[Strings]")], "Blk_Forgotten"),
    "2084": ([("%12%\\aero_virtio_blk.sys", "%12%\\other.sys")], "other.sys"),
    "2085": ([("%12%\\aero", "12\\aero")], "ServiceBinary"),
    "aero-string": ([('DeviceName = "Disk"', 'DeviceName = "Disk of %Provider%"')], "Disk of"),
    "aero-string_itself": ([('DeviceName = "Disk"', 'DeviceName = "%DeviceName%"')], "DeviceName = ", "1235*?"),
    "aero-string-twice": ([('DeviceName = "Disk"', 'DeviceName = "Disk"\nDeviceName = "Other"')], '"Other"'),
    "aero-ascii": ([("; a disk", "; un disque dur \u00e0 plateaux")], "; un disque"),
    "aero-id": ([(ID, "PCI\\VEN_1AF4&DEV_1042&REV_02")], " ; x86", "aero-id*"),
    "aero-id_other_device": ([("1042&REV_01 ; x86", "1059&REV_01 ; x86")], " ; x86", "aero-id*?", "aero-msi*?"),
    "aero-id_service": ([("AddService = aero_virtio_blk,", "AddService = viostor,")], "viostor"),
    "aero-revision-gate": ([("&REV_01 ; x86", "; x86")], "; x86"),
    "aero-revision-gate_transitional": ([("DEV_1042&REV_01 ; x86", "DEV_1001&REV_00 ; x86")], " ; x86"),
    "aero-msi": ([(MSI, "")], "[Blk_Install.HW]"),
    "aero-msi_no_section": ([("[Blk_Install.HW]", "[Blk_Other.HW]")], " ; x86", "aero-msi*", "2083*"),
    "aero-msi_other_extension": ([("[Blk_Install]\n", "[Blk_Install.NT]\n"),
                                  ("[Blk_Install.Services]", "[Blk_Install.NT.Services]")], " ; x86", "aero-msi*"),
    "aero-msi_driver_key": ([("CopyFiles = Blk_Files", "CopyFiles = Blk_Files\nAddReg = Blk_HW_AddReg"),
                             ("[Blk_Install.HW]\nAddReg = Blk_HW_AddReg", "[Blk_Install.HW]\nAddReg = Blk_More"),
                             ("[Blk_EventLog]\n", '[Blk_More]\nHKR,, A, 0, "b"\n[Blk_EventLog]\n')],
                            "[Blk_Install.HW]", "aero-msi*"),
    "aero-msi_string": ([(MSI, MSI.replace("0x00010001", "0x00000000"))], "MSISupported"),
    "aero-msi_off": ([(MSI, MSI.replace(", 1\n", ", 0\n"))], "MSISupported"),
    "aero-msi_too_few": ([(LIMIT, LIMIT[:-1] + "1")], "MessageNumberLimit"),
    "aero-msi_too_many": ([(LIMIT, LIMIT[:-1] + "2049")], "MessageNumberLimit"),
    "aero-msi_doubled_backslash": ([("Management\\Message", "Management\\\\Message")], "MSISupported", "aero-msi*"),
}
# The codes of "INF Validation Errors and Warnings" in Windows driver documentation.
PUBLISHED = """
1000-1003 1005-1006 1008 1010-1011 1013-1017 1019-1022 1078 1080-1088 1100-1103 1110 1141-1142 1144 1150 1160
1180-1182 1199 1201-1214 1217-1218 1220 1222-1226 1229-1231 1233-1235 1241-1243 1245 1250-1254 1256-1258 1260-1268
1270-1275 1280-1281 1284-1290 1292-1297 1299-1326 1328-1333 1340-1341 1380-1384 1400-1402 1420-1423 1430-1431 1450
2004 2006 2008-2010 2083-2085 2090-2093 2400 2402-2403 2405 2411-2420 2500-2501 2600-2603 2650-2652 2660-2663
"""
# Found by comparing files: tests of their own, in sets_test.py; and in bytes: text_test.py.
ELSEWHERE = {"aero-alias-drift", "aero-duplicate-id", "1003"}


def expectation(case, text):
    """The findings that must be there, and the rules that may be there besides."""
    _, mark, *others = CASES[case]
    number = mark if isinstance(mark, int) else line_of_mark(text, mark)
    if "line-1" in others:
        number -= 1
        others.remove("line-1")
    return (case.split("_")[0], number), others


def line_of_mark(text, mark):
    if mark.endswith("\n"):
        return next(n for n, line in enumerate(text.split("\n"), 1) if line.endswith(mark[:-1]))
    return line_of(text, mark)


def one(aerow7, contract, case):
    text = replaced(GOOD, *CASES[case][0])
    (rule, line), others = expectation(case, text)
    # rule: must be there too; rule*: there may be any number; ?: there may be none
    required = {o for o in others if o[-1] not in "*?"}
    tolerated = {o.rstrip("*?") for o in others}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "aero_virtio_blk.inf")
        path.write_bytes(text.encode("cp1252"))
        status, report, _ = check(aerow7, "--contract", contract, path)
        lines = run(aerow7, "check", "--contract", contract, path) if "_" not in case else None
    found = [(f["rule"], f.get("line", 0)) for f in report["findings"]]
    assert (rule, line) in found, f"expected {rule} in line {line}, found {report['findings']}"
    assert found.count((rule, line)) == 1 or rule in tolerated, found
    others_found = {f for f in found if f != (rule, line)}
    assert {r for r, _ in others_found} <= tolerated, f"besides {rule}: {others_found}"
    assert required <= {r for r, _ in others_found}, f"{required} is to be found too: {others_found}"
    finding = next(f for f in report["findings"] if (f["rule"], f.get("line", 0)) == (rule, line))
    errors = sum(f["severity"] == "error" for f in report["findings"])
    assert status == (1 if errors else 0) and report["errors"] == errors
    if lines is None:
        return
    where = f"{path}:{line}: " if line else f"{path}: "
    assert f"{where}{finding['severity']} {rule}: {finding['message']}\n" in lines.stdout, lines.stdout
    assert lines.returncode == status


def numbers(ranges):
    for part in ranges.replace(",", " ").split():
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def every(aerow7, contract):
    rules = json.loads(run(aerow7, "check", "--rules", "--json").stdout)
    published = set(numbers(PUBLISHED))
    applied = {int(r["rule"]) for r in rules["rules"] if r["rule"].isdigit()}
    left_out = [n for r in rules["not_applicable"] for n in numbers(r["rules"]) if n in published]
    assert applied <= published and not applied & set(left_out), applied & set(left_out)
    assert len(left_out) == len(set(left_out)) and applied | set(left_out) == published, (
        f"neither a rule nor left out for a reason: {sorted(published - applied - set(left_out))}")
    assert all(r["reason"] for r in rules["not_applicable"])
    ids = {r["rule"] for r in rules["rules"]}
    tested = {case.split("_")[0] for case in CASES} | ELSEWHERE
    assert ids == tested, f"without a case: {sorted(ids - tested)}; of no rule: {sorted(tested - ids)}"
    assert len(ids) == len(rules["rules"]), "a rule is listed twice"
    assert all(r["meaning"] and r["severity"] in ("error", "warning") for r in rules["rules"])
    text = run(aerow7, "check", "--rules").stdout
    assert all(f"\n{i} " in "\n" + text for i in ids)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "aero_virtio_blk.inf")
        path.write_text(GOOD)
        status, report, _ = check(aerow7, "--contract", contract, path)
        assert (status, report["findings"]) == (0, []), report
        # Our own rules are asked only with a contract.
        path.write_text(GOOD.replace("DEV_1042", "DEV_1234"))
        assert check(aerow7, path)[1]["findings"] == []
        assert check(aerow7, "--contract", contract, path)[0] == 1


if __name__ == "__main__":
    aerow7, contract, *cases = sys.argv[1:]
    for case in cases or CASES:
        try:
            one(aerow7, contract, case)
        except AssertionError:
            print(f"the case is {case}", file=sys.stderr)
            raise
    every(aerow7, contract)
    print(f"{len(cases or CASES)} faults found")
