# SPDX-License-Identifier: MIT OR Apache-2.0
"""malformed_test.py AEROW7: every malformed catalog is refused with its reason and status 3 by each command that reads
catalogs, whatever it is; README.md has them all, and no other."""
import pathlib
import re
import subprocess
import sys
import tempfile

import malformed

aerow7 = sys.argv[1]


def check(path, data, reason, command):
    path.write_bytes(data)
    done = subprocess.run([aerow7, *command, str(path)], capture_output=True, text=True, timeout=20)
    assert done.returncode == malformed.MALFORMED_EXIT, f"{path.name}: {command}: {done}"
    assert done.stderr.startswith(f"aerow7: {path}") and reason in done.stderr, f"{path.name}: {command}: {done.stderr}"
    assert len(done.stderr.splitlines()) == 1 and not done.stdout, f"{path.name}: {command}: {done}"


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    for commands in (["cat", "show"], ["cat", "show", "--json"], ["cat", "verify"]):
        for case, (data, reason) in malformed.CASES.items():
            check(folder / f"{case}.cat", data, reason, commands)
        (folder / "good.cat").write_bytes(malformed.GOOD)
    # What it all started from is a catalog.
    subprocess.run([aerow7, "cat", "show", str(folder / "good.cat")], check=True, capture_output=True, timeout=20)
    with open(folder / "big.cat", "wb") as big:
        big.truncate((16 << 20) + 1)
    done = subprocess.run([aerow7, "cat", "show", str(folder / "big.cat")], capture_output=True, text=True, timeout=20)
    assert done.returncode == malformed.MALFORMED_EXIT and "more than" in done.stderr, done

readme = (pathlib.Path(__file__).parent / "README.md").read_text()
described = re.findall(r"^\| `([a-z0-9-]+)` \|", readme, re.M)
assert described == list(malformed.CASES), set(described) ^ set(malformed.CASES)
print(len(malformed.CASES), "malformed catalogs refused, each described")
