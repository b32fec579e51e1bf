# SPDX-License-Identifier: MIT OR Apache-2.0
"""inf_seeds.py CASES CORPUS DICTIONARY: seeds for fuzz_inf: the INF without faults, each that the tests of the rules
break, the malformed ones, encodings; and the words of the format."""
import pathlib
import sys

cases, corpus, dictionary = map(pathlib.Path, sys.argv[1:])
sys.path.insert(0, str(cases))
from good import GOOD, replaced  # noqa: E402
from malformed import MALFORMED  # noqa: E402
from rules_test import CASES  # noqa: E402

WORDS = """[ ] = , ; " % \\ @ \n \r\n "" %% .NT .NTx86 .NTamd64 .NTamd64.6.1 .HW .Services
.CoInstallers .Interfaces .Security [Version] [Manufacturer] [Strings] [Strings.0409] [SourceDisksNames]
[SourceDisksFiles] [SourceDisksFiles.x86]
[DestinationDirs] DefaultDestDir CopyFiles DelFiles AddReg DelReg AddService AddInterface Needs Include CatalogFile
ClassGuid DriverVer Provider Signature $WINDOWS ServiceBinary StartType HKR HKLM 0x00010001 0xFFFFFFFF %12% %Provider%
[Blk_Install] [Blk_Install.HW] [ClassInstall32] [DefaultInstall] [InterfaceInstall32]""".split()

corpus.mkdir(parents=True, exist_ok=True)
seeds = {"good": GOOD.encode(), "utf16": b"\xff\xfe" + GOOD.encode("utf-16-le"), "utf16_bare": GOOD.encode("utf-16-le"),
         "utf8": b"\xef\xbb\xbf" + GOOD.encode()}
seeds.update({"rule_" + name: replaced(GOOD, *case[0]).encode("cp1252")[:8192] for name, case in CASES.items()})
seeds.update({"malformed_" + name: data[:8192] for name, (data, _) in MALFORMED.items()})
for name, data in seeds.items():
    (corpus / name).write_bytes(data)
dictionary.write_text("".join('"' + "".join(f"\\x{b:02X}" for b in word.encode()) + '"\n' for word in WORDS))
