# SPDX-License-Identifier: MIT OR Apache-2.0
"""catalog_seeds.py CASES FOLDER: what the fuzzer starts from. Good catalogs of both versions, made by the writer in
CASES (tests/tool/cat), and every malformed one that is small."""
import pathlib
import sys

sys.path.insert(0, sys.argv[1])
import der  # noqa: E402
import malformed  # noqa: E402

LARGEST = 4096

seeds = {"good": malformed.GOOD, **{name: data for name, (data, _) in malformed.CASES.items()}}
small = {**malformed.SPEC, "attributes": [], "members": malformed.SPEC["members"][:1]}
seeds["small"] = der.catalog(small)
for member in small["members"]:
    member["sha256"] = "33" * 32
seeds["version-2"] = der.catalog(small, version=2)
folder = pathlib.Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
for name, data in seeds.items():
    if len(data) <= LARGEST:
        (folder / name).write_bytes(data)
