# SPDX-License-Identifier: MIT OR Apache-2.0
"""extract_test.py AEROW7: what `aerow7 extract` takes of a virtio-win style ISO, its provenance, its options, which
folders it refuses to replace, and that a run that is killed leaves the output folder as it was."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from media_tools import *

tool = sys.argv[1]

NOTICES = {"virtio-win_license.txt": b"l", "LICENSE": b"l", "Copying.txt": b"c", "NOTICE.md": b"n", "EULA.rtf": b"e",
           "authors": b"a", "CREDITS": b"c", "README.md": b"r", "version.txt": b"0.1.173\n"}
OPTIONAL = {"vioinput/w7/amd64/vioinput.inf": b"i", "vioinput/w7/x86/vioinput.inf": b"i", "vioinput/w7/x86/sub/x": b"s",
            "viosnd/win7/i386/viosnd.inf": b"s"}
OTHER = {"Balloon/w7/amd64/balloon.inf": b"b", "viostor/w8/amd64/viostor.inf": b"w8", 
         "viostor/readme": b"not the root's", "guest-agent/LICENSE": b"not the root's",
         "viostor/w7/ia64/viostor.inf": b"ia64", "autorun.inf": b"a",
         "NetKVM/w7/x86.txt": b"beside", "viosnd/w7/amd64/readme.txt": b"no INF"}


DATE = 1600000000


def iso_of(root, name, files, *options):
    source = write_files(root / "sources" / name, files)
    for path in source.rglob("*"):
        os.utime(path, (DATE, DATE))
    made("genisoimage", "-quiet", "-r", "-iso-level", "4", "-V", "virtio-win-0.1.173", *options, "-o", root / name,
         source)
    return root / name


def extract(iso, out, *more, **environment):
    return run(tool, "extract", "--virtio-win-iso", iso, "--out-root", out, *more, **environment)


def taken(out):
    files = read_files(out)
    files.pop("virtio-win-provenance.json", None)
    return files


def check_selection(root, iso):
    out = root / "deep" / "out"
    result = extract(iso, out)
    assert result.returncode == DONE and taken(out) == {**REQUIRED, **NOTICES, **OPTIONAL}, (result, sorted(taken(out)))
    assert "viosnd   viosnd/win7/i386, not there for amd64" in result.stdout
    provenance = json.loads((out / "virtio-win-provenance.json").read_text())
    assert provenance["schema_version"] == 1 and provenance["names"] == "rockridge"
    assert provenance["virtio_win_iso"] == {"path": str(iso), "sha256": digest(iso), "volume_id": "virtio-win-0.1.173"}
    assert provenance["extracted_paths"] == sorted(taken(out))
    assert {f["path"]: (f["size"], f["sha256"]) for f in provenance["files"]} == \
        {p: (len(c), digest(out / p)) for p, c in taken(out).items()}
    assert {d["name"]: (d["required"], d["x86"], d["amd64"]) for d in provenance["drivers"]} == {
        "viostor": (True, "viostor/w7/x86", "viostor/w7/amd64"), "NetKVM": (True, "NetKVM/w7/x86", "NetKVM/w7/amd64"),
        "viosnd": (False, "viosnd/win7/i386", None), "vioinput": (False, "vioinput/w7/x86", "vioinput/w7/amd64")}
    again = root / "again"
    assert extract(iso, again, TZ="Pacific/Auckland", LC_ALL="C").returncode == DONE
    assert read_files(again) == read_files(out)
    assert {os.stat(folder / p).st_mtime for p in taken(out) for folder in (out, again)} == {DATE}
    for names, more in (("vioinput", OPTIONAL.keys() - {"viosnd/win7/i386/viosnd.inf"}), ("NETKVM,viostor", set()),
                        ("viosnd", {"viosnd/win7/i386/viosnd.inf"})):
        result = extract(iso, root / names, "--driver", names)
        assert result.returncode == DONE and set(taken(root / names)) == {*REQUIRED, *NOTICES, *more}, names
    result = extract(iso, root / "repeated", "--driver", "viosnd", "--driver=vioinput", "--json")
    assert taken(root / "repeated") == taken(out) and json.loads(result.stdout)["names"] == "rockridge"
    elsewhere = root / "elsewhere" / "p.json"
    assert extract(iso, root / "separate", "--provenance", elsewhere).returncode == DONE
    assert json.loads(elsewhere.read_text()) == provenance
    assert "virtio-win-provenance.json" not in read_files(root / "separate")
    everything = extract(iso, root / "all", "--all")
    assert everything.returncode == DONE and taken(root / "all") == {**REQUIRED, **NOTICES, **OPTIONAL, **OTHER}


def check_folder_names(root):
    """Names in any case, the candidates in their order, the other architectures' names."""
    names = (("viostor/", "VioStor/"), ("NetKVM/", "netkvm/"), ("VioStor/w7/amd64", "VioStor/W7.1/X64"),
             ("netkvm/w7/x86", "netkvm/Win7/I386"))
    files = {}
    for path, content in REQUIRED.items():
        for old, new in names:
            path = path.replace(old, new)
        files[path] = content
    older = {"VioStor/w7/amd64/VioStor.inf": b"later in the list"}
    out = root / "candidates"
    result = extract(iso_of(root, "candidates.iso", {**files, **older}), out)
    assert result.returncode == DONE and taken(out) == files, result
    for missing in ("viostor/w7/amd64", "NetKVM/w7/x86"):
        some = {p: c for p, c in REQUIRED.items() if not p.startswith(missing)}
        result = extract(iso_of(root, missing.replace("/", "_") + ".iso", some), root / "missing")
        driver, _, arch = missing.split("/")
        assert result.returncode == CHECK_FAILED, result
        assert f"no driver {driver} for Windows 7 on {arch}:" in result.stderr, result
        assert not (root / "missing").exists()


def check_refused_targets(root, iso):
    full = write_files(root / "full", {"keep": b"keep"})
    (root / "empty").mkdir()
    assert extract(iso, root / "empty").returncode == DONE, "an empty folder is as good as none"

    def refused(out, message, *more, status=NOT_WRITTEN, cwd=None, home=None):
        result = run(tool, "extract", "--virtio-win-iso", iso, "--out-root", out, *more, cwd=cwd,
                     **({"HOME": str(home)} if home else {}))
        assert result.returncode == status and message in result.stderr, (out, more, result)
        print(f"{out} {' '.join(map(str, more))}: {result.stderr.strip()}")

    refused(full, "not empty")
    refused("/", "root of the file system", "--clean")
    refused("/", "not empty")
    (root / "tree" / ".git").mkdir(parents=True)
    refused(root / "tree", "Git work tree", "--clean")
    (root / "worktree").mkdir()
    (root / "worktree" / ".git").write_text("gitdir: elsewhere")
    refused(root / "worktree", "Git work tree", "--clean")
    refused(root, "the input is in it", "--clean")
    (full / "home").mkdir()
    refused(full, "home folder", "--clean", home=full / "home")
    refused(full, "current folder", "--clean", cwd=full / "home")
    (root / "link").symlink_to(root / "tree")
    refused(root / "link", "Git work tree", "--clean")
    refused(iso, "Not a directory", "--clean")
    refused("/proc/aerow7", "", status=NOT_WRITTEN)
    assert read_files(full) == {"keep": b"keep"}
    (root / "link2").symlink_to(full)
    assert extract(iso, root / "link2", "--clean").returncode == DONE
    assert (root / "link2").is_symlink() and "keep" not in read_files(full) and len(taken(full)) > 8
    refused(root / "x", "is no driver", "--driver", "viostor,foo", status=USAGE)
    refused(root / "x", "is no driver", "--driver", "viostor,,NetKVM", status=USAGE)
    refused(root / "x", "not understood", "operand", status=USAGE)
    for source, status in ((root / "none", BAD_INPUT), (root / "full", BAD_INPUT), ("/dev/zero", BAD_INPUT)):
        result = extract(source, root / "x")
        assert result.returncode == status and result.stderr.startswith("aerow7: "), (source, result)
    assert run(tool, "extract", "--out-root", root / "x").returncode == USAGE and not (root / "x").exists()
    assert "Exit status" in run(tool, "extract", "--help").stdout


def kill_while_writing(iso, out):
    """SIGKILL as soon as there is a part of the output beside the target."""
    process = subprocess.Popen([tool, "extract", "--all", "--clean", "--virtio-win-iso", iso, "--out-root", out],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        if any(p.is_file() for part in out.parent.glob(out.name + ".part-*") for p in part.rglob("*")):
            break
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    return process.returncode == -signal.SIGKILL


def check_kill(root):
    files = {**REQUIRED, **{f"data/{i}": os.urandom(200000) for i in range(150)}}
    iso = iso_of(root, "large.iso", files)
    killed = 0
    for attempt in range(6):
        folder = root / "kill" / str(attempt)
        folder.mkdir(parents=True)
        out = folder / "out"
        before = {"old": b"old"} if attempt % 2 else None
        if before:
            write_files(out, before)
        if not kill_while_writing(iso, out):
            continue
        killed += 1
        assert (read_files(out) if out.exists() else None) == before, "nothing half made"
        assert extract(iso, folder / "out", "--clean").returncode == DONE and taken(folder / "out") == REQUIRED
        assert [p.name for p in folder.iterdir()] == ["out"], "the next run takes away what the killed one left"
    assert killed >= 3, "the runs were too quick to be killed"
    assert extract(iso, out, "--all", "--clean").returncode == DONE and taken(out) == files
    print(f"killed {killed} of 6 runs")


with tempfile.TemporaryDirectory() as name:
    root = pathlib.Path(os.path.realpath(name))
    iso = iso_of(root, "virtio-win.iso", {**REQUIRED, **NOTICES, **OPTIONAL, **OTHER})
    check_selection(root, iso)
    check_folder_names(root)
    check_refused_targets(root, iso)
    nothing_beside(root)
    check_kill(root)
