# SPDX-License-Identifier: MIT OR Apache-2.0
"""killed_test.py AEROW7 SOURCE PACKAGES: an injection that is killed, at any moment, or whose disk is full, at any
byte, leaves the WIM as it was or complete; undo goes back to the original from wherever it stands; nothing is left
beside it by the next run. A file-size limit stands for the full disk, which would need root."""
import fcntl
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from inject_support import CHECK_FAILED, EPOCH, NOT_WRITTEN, Injection, windows_image
from wim_maker import make_wim, wimlib

KILLS = 300 if os.environ.get("AERO_SOAK") else 18
NOISE = random.Random(3).randbytes(8 << 20)


def start(command, **options):
    return subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH}, **options)


def states(injection, folder):
    """The WIM before and after, and how long the way takes."""
    wim = make_wim(folder / "boot.wim", [windows_image("PE", kind="pe").add("big", NOISE)])
    before = wim.read_bytes()
    begin = time.monotonic()
    assert injection.inject(wim)["changed"]
    took = time.monotonic() - begin
    after = wim.read_bytes()
    return wim, before, after, took


def back(injection, wim, before):
    manifest = pathlib.Path(f"{wim}.aerow7.json")
    if manifest.exists():
        injection.undo(manifest)
        manifest.unlink()
    assert wim.read_bytes() == before


def killed(injection, folder):
    wim, before, after, took = states(injection, folder)
    back(injection, wim, before)
    unfinished = 0
    for number in range(KILLS):
        process = start(injection.command("inject", "--wim", wim))
        try:
            process.wait(took * 1.1 * number / KILLS)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
        unfinished += process.wait(20) == -signal.SIGKILL
        now = wim.read_bytes()
        assert now in (before, after), "neither the old file nor the new one"
        if number % 5 == 0:
            # The next run finishes the work and removes what the killed one left.
            injection.inject(wim)
            assert wim.read_bytes() == after
            assert sorted(p.name for p in folder.iterdir()) == ["boot.wim", "boot.wim.aerow7.json"]
        back(injection, wim, before)
    assert unfinished > KILLS // 3, (unfinished, "the moments did not hit the run")


def killed_in_place(injection, folder):
    """The old content with its header, perhaps longer, or the new one; undo makes it the very original."""
    wim, before, after, took = states(injection, folder)
    manifest = pathlib.Path(f"{wim}.aerow7.json")
    back(injection, wim, before)
    longer = 0
    for number in range(KILLS):
        process = start(injection.command("inject", "--wim", wim, "--in-place"))
        try:
            process.wait(took * number / KILLS)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
        process.wait(20)
        now = wim.read_bytes()
        assert now == after or now.startswith(before), "neither the old file nor the new one"
        longer += now != before and now != after
        if number % 5 == 0:
            wimlib("verify", wim)
            injection.inject(wim, "--in-place")
            wimlib("verify", wim)
        if manifest.exists():
            injection.undo(manifest, *(["--in-place"] if number % 2 else []))
            manifest.unlink()
        assert wim.read_bytes() == before
    assert longer > 0, "no moment was one in which the file is longer"
    full = start(injection.command("inject", "--wim", wim, "--in-place"), restore_signals=False,
                 preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (len(after) - 1, len(after) - 1)))
    assert full.wait(30) == NOT_WRITTEN and wim.read_bytes() == before and not manifest.exists()
    with open(wim, "rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        injection.inject(wim, "--in-place", status=CHECK_FAILED)
        assert "is being written by another program" in injection.errors and wim.read_bytes() == before


def undo_killed(injection, folder):
    wim, before, after, took = states(injection, folder)
    manifest = pathlib.Path(f"{wim}.aerow7.json")
    for number in range(KILLS // 3):
        process = start([injection.program, "undo", "--manifest", manifest])
        try:
            process.wait(took * number / KILLS)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
        process.wait(20)
        assert wim.read_bytes() in (before, after)
        wim.write_bytes(after)
    injection.undo(manifest)
    assert wim.read_bytes() == before
    assert sorted(p.name for p in folder.iterdir()) == ["boot.wim", "boot.wim.aerow7.json"]


def full_disk(injection, folder):
    wim, before, after, _ = states(injection, folder)
    back(injection, wim, before)
    for size in (0, 1, 4096, len(before) // 2, len(before) - 1, len(before), len(before) + 1, len(after) - 60,
                 len(after) - 1):
        for restore in (False, True):  # told (EFBIG), or ended by a signal
            def limit(size=size):
                resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            process = start(injection.command("inject", "--wim", wim, "--no-manifest"), preexec_fn=limit,
                            restore_signals=restore)
            assert process.wait(30) in ((-signal.SIGXFSZ, NOT_WRITTEN) if restore else (NOT_WRITTEN,)), size
            assert wim.read_bytes() == before, size
    injection.inject(wim, "--no-manifest")
    assert wim.read_bytes() == after and [p.name for p in folder.iterdir()] == ["boot.wim"]
    wimlib("verify", wim)


def no_room(injection, folder):
    """A file that says it is larger than any disk: refused before anything is written."""
    kind = subprocess.run(["stat", "-f", "-c", "%T", folder], capture_output=True, text=True, timeout=10).stdout.strip()
    if kind in ("btrfs", "xfs"):
        return  # a copy takes no room there
    wim = make_wim(folder / "boot.wim", [windows_image("PE", kind="pe")])
    os.truncate(wim, shutil.disk_usage(folder).free + (1 << 30))
    report = injection.inject(wim, status=NOT_WRITTEN)
    assert "there is no room for it" in injection.errors and not report["changed"]
    assert [p.name for p in folder.iterdir()] == ["boot.wim"]


def main():
    with tempfile.TemporaryDirectory() as folder:
        injection = Injection(*sys.argv[1:4], folder)
        for case in (killed, killed_in_place, undo_killed, full_disk, no_room):
            where = pathlib.Path(folder) / case.__name__
            where.mkdir()
            case(injection, where)


if __name__ == "__main__":
    main()
