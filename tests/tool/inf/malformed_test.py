# SPDX-License-Identifier: MIT OR Apache-2.0
"""malformed_test.py AEROW7 CONTRACT README: every malformed INF gets its exit status, a reason with its place, in
bounded time, from show for both architectures and from check; and README.md says what each one is."""
import pathlib
import re
import sys
import tempfile
import time

from malformed import MALFORMED
from good import check, show

aerow7, contract, readme = sys.argv[1:]
described = set(re.findall(r"^\| `(\w+)` \|", pathlib.Path(readme).read_text(), re.M))
assert described == set(MALFORMED), described ^ set(MALFORMED)
slowest = (0.0, "")
with tempfile.TemporaryDirectory() as folder:
    for name, (data, expected) in MALFORMED.items():
        path = pathlib.Path(folder, name + ".inf")
        path.write_bytes(data)
        # What is large costs the same for both.
        for architecture in ("x86", "amd64") if len(data) < 100000 else ("amd64",):
            began = time.monotonic()
            status, package, errors = show(aerow7, path, architecture)
            slowest = max(slowest, (time.monotonic() - began, name))
            # What is wrong with the models for one architecture is no matter of the other.
            assert status == expected or (status == 0 and architecture == "x86"), (name, architecture, status, errors)
            assert (package is None) == (status == 3), name
            assert (errors == "") == (status == 0), (name, errors)
            assert all(line.startswith(f"aerow7: {path}") for line in errors.splitlines()), (name, errors)
        began = time.monotonic()
        status, report, errors = check(aerow7, "--contract", contract, path)
        slowest = max(slowest, (time.monotonic() - began, name))
        assert status == 3 if expected == 3 else status in (0, 1), (name, status)
        assert status != 1 or all(f["message"] and f["rule"] for f in report["findings"])
print(f"{len(MALFORMED)} files, the slowest {slowest[1]} in {slowest[0]:.2f} s")
assert slowest[0] < 10
