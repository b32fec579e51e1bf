# SPDX-License-Identifier: MIT OR Apache-2.0
"""imports_evidence.py SOURCE lists|seen

lists: ddk/*.def and ddk/imports-win7.txt name the same functions for each architecture, so that no import library offers
       what the allow list refuses, and nothing is allowed that nobody can link.
seen:  every entry whose evidence is "seen" stands in the record of names found in released drivers' import tables
       (../shared/abi/imports-seen.txt beside the project). Exits with 77 where that record is not there."""
import pathlib
import re
import sys

source = pathlib.Path(sys.argv[1])
allowed = {}
for line in (source / "ddk/imports-win7.txt").read_text().splitlines():
    if line and not line.startswith("#"):
        module, name, architectures, evidence = line.split()
        for architecture in architectures.split(","):
            allowed[module, name, architecture] = evidence


def read_def(path):
    architecture = "x86" if path.name.endswith(".x86.def") else "amd64"
    module, names = None, []
    for line in path.read_text().splitlines():
        line = line.split(";")[0].strip()
        if line.startswith("LIBRARY"):
            module = line.split()[1]
        elif line and line != "EXPORTS":
            # stdcall Name@8 and fastcall @Name@8 are exported by Windows without decoration.
            names.append(re.sub(r"^@?([^@]+?)(@\d+)?$", r"\1", line.split()[0]))
    return {(module, name, architecture) for name in names}


if sys.argv[2] == "lists":
    linkable = set().union(*(read_def(p) for p in (source / "ddk").glob("*.def")))
    assert linkable, "ddk/ has no import library definitions"
    assert linkable == set(allowed), f"in one list only: {sorted(linkable ^ set(allowed))}"
    print(len(linkable), "names, the same in both lists")
else:
    record = source.parent / "shared/abi/imports-seen.txt"
    if not record.exists():
        print(f"SKIPPED: {record.name} is not beside the project, so the evidence 'seen' was not compared with it")
        sys.exit(77)
    seen, module = set(), None
    for line in record.read_text().splitlines():
        if line.startswith("["):
            module = line.strip("[]")
        elif line and not line.startswith("#"):
            name, built_for_7, _ = line.split()
            seen |= {(module, name, architecture) for architecture in built_for_7.split(",")}
    claimed = {entry for entry, evidence in allowed.items() if evidence == "seen"}
    assert claimed <= seen, f"not in the record: {sorted(claimed - seen)}"
    print(len(claimed), "entries are in the record")
