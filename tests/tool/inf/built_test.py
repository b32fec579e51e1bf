# SPDX-License-Identifier: MIT OR Apache-2.0
"""built_test.py AEROW7 CONTRACT FOLDER...: the project's own INFs, as they were built and packed, break no rule
and say the same to both architectures. Skips when nothing was built."""
import pathlib
import sys

from good import check, show

aerow7, contract, *folders = sys.argv[1:]
there = [f for f in folders if list(pathlib.Path(f).rglob("*.inf"))]
if not there:
    print("SKIPPED: no INF in " + " or ".join(folders))
    sys.exit(77)
for folder in there:
    status, report, errors = check(aerow7, "--contract", contract, "--tree", folder)
    assert (status, report["findings"], errors) == (0, [], ""), (report["findings"], errors)
    for file in report["files"]:
        x86, amd64 = (show(aerow7, file["file"], a)[1] for a in ("x86", "amd64"))
        assert x86["models"] and x86["files"] and x86["services"] and x86["hardware_values"], file
        for key in ("models", "services", "hardware_values", "software_values"):
            without_lines = [[{k: v for k, v in item.items() if k != "line"} for item in p[key]] for p in (x86, amd64)]
            assert without_lines[0] == without_lines[1], (file, key)
        assert {f["directory_id"] for f in amd64["files"]} <= {11, 12}, file
    print(f"{folder}: {len(report['files'])} INFs without a fault")
