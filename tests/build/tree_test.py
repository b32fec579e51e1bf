# SPDX-License-Identifier: MIT OR Apache-2.0
"""tree_test.py SOURCE: every source file says under which licence it is, is text, and is no key."""
import pathlib
import subprocess
import sys

SPDX = "SPDX-License-Identifier: MIT OR Apache-2.0"
SOURCES = {".c", ".h", ".S", ".sh", ".py", ".cmake", ".cmd", ".ps1", ".def", ".in"}
# A VERSIONINFO template holds what is compiled into the driver and has no comments.
WITHOUT = {"cmake/version.rc.in"}
KEYS = {".pem", ".key", ".pfx", ".p12", ".pvk", ".der", ".cer", ".crt"}

source = pathlib.Path(sys.argv[1])
listed = subprocess.run(["git", "-c", f"safe.directory={source}", "ls-files"], cwd=source, capture_output=True, text=True)
if listed.returncode != 0:
    print("SKIPPED: not a git checkout, so what belongs to the tree is not known")
    sys.exit(77)
faults, checked = [], 0
for name in listed.stdout.splitlines():
    path = source / name
    if not path.is_file():
        continue
    if path.suffix in KEYS:
        faults.append(f"{name}: a key or certificate")
    data = path.read_bytes()
    if b"\0" in data:
        faults.append(f"{name}: binary")
        continue
    if (path.suffix in SOURCES or path.name == "CMakeLists.txt" or data.startswith(b"#!")) and name not in WITHOUT:
        checked += 1
        if SPDX not in "\n".join(data.decode("utf-8").splitlines()[:3]):
            faults.append(f"{name}: no '{SPDX}' in its first three lines")
print(checked, "files have to name their licence")
if faults or checked < 20:
    sys.exit("\n".join(faults) or "too few files")
