# SPDX-License-Identifier: MIT OR Apache-2.0
"""malformed_test.py AEROW7: of every malformed or hostile medium, either nothing is written and the refusal says why,
or (where the fault is only in what a name looks like) what is written stays below the output folder."""
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import malformed
from media_tools import *

tool = sys.argv[1]
readme = (pathlib.Path(__file__).parent / "README.md").read_text()


def check(root, name):
    medium, out = root / "media" / name, root / "work" / name / "out"
    malformed.make(name, medium)
    out.parent.mkdir(parents=True)
    result = run(tool, "extract", "--all", "--virtio-win-iso", medium, "--out-root", out)
    wanted = malformed.MAKERS[name][1]
    first = (result.stderr.strip().splitlines() or [""])[-1]
    if wanted is None:
        # A reader may take this for what it can be: then it is a good name.
        assert result.returncode in (DONE, BAD_INPUT), (name, result)
    else:
        assert result.returncode == BAD_INPUT and wanted in result.stderr, (name, result)
    assert (result.returncode == DONE) == out.exists(), name
    assert result.returncode == DONE or f"aerow7: {medium}: " in result.stderr, (name, result)
    assert not set(result.stderr) & {"\x1b", "\r"}, "no terminal is steered"
    assert [p.name for p in out.parent.iterdir()] in ([], ["out"]), "nothing beside"
    assert not any(p.is_symlink() for p in out.rglob("*"))
    assert f"`{name}`" in readme, f"README.md does not say what {name} is"
    return f"{name}: status {result.returncode}: {first[len(f'aerow7: {medium}: '):]}"


with tempfile.TemporaryDirectory() as folder:
    root = pathlib.Path(folder)
    (root / "media").mkdir()
    for case in malformed.MAKERS:
        print(check(root, case))
    assert sorted(p.name for p in root.iterdir()) == ["media", "work"]
    described = {l.split("`")[1] for l in readme.splitlines() if l.startswith("| `")}
    assert described == set(malformed.MAKERS), described ^ set(malformed.MAKERS)
