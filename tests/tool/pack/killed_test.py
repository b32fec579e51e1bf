# SPDX-License-Identifier: MIT OR Apache-2.0
"""killed_test.py AEROW7 SOURCE PACKAGES: a run that is killed at any moment leaves old outputs or new ones, never a
part of one; a manifest that is there tells the truth; the next run removes what the killed ones left beside them. The
moments are spread over the whole of a run, which is timed first."""
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile

from packing import DONE, EPOCH, ISO, PACK, Tool, add_driver, block_driver_only, check_manifest, make_key, snapshot

tool, packages = Tool(sys.argv[1], sys.argv[2]), pathlib.Path(sys.argv[3])
KILLS = 400 if os.environ.get("AERO_SOAK") else 40
GUEST_ISO, GUEST_ZIP, GUEST_MANIFEST = "aero-guest-tools.iso", "aero-guest-tools.zip", "guest.json"


def commands(folder, build, key, epoch):
    out = folder / "out"
    yield ["pack", "--from-build", build, "--out", out, "--cert", key[0], "--key", key[1], "--source-date-epoch", epoch]
    yield ["guest-tools", "--drivers-dir", folder / "fixed" / PACK, "--guest-tools-dir", folder / "guest", "--out-dir",
           out,
           "--manifest", out / GUEST_MANIFEST, "--spec", folder / "spec.json", "--source-date-epoch", epoch]


def start(command):
    return subprocess.Popen([tool.program, *map(str, command)], cwd=tool.source, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, start_new_session=True)


def kill_at(command, moment):
    """Runs the command and kills it after `moment` seconds. True when it was still at work."""
    process = start(command)
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
    return process.wait(10) == -signal.SIGKILL


def whole(path, states):
    return any(path.read_bytes() == (state / path.name).read_bytes() for state in states)


def check_whole(out, states):
    """What is there is as a complete run made it, or has the name of a part."""
    for name in (f"{PACK}.zip", ISO, GUEST_ISO, GUEST_ZIP, GUEST_MANIFEST, "manifest.json"):
        if (out / name).exists():
            assert whole(out / name, states), f"{name} is no complete run's"
    for name in (PACK, "symbols", "certs"):
        if (out / name).exists():
            assert any(snapshot(out / name) == snapshot(s / name) for s in states), f"{name} is no complete run's"
    if (out / "manifest.json").exists():
        manifest = json.loads((out / "manifest.json").read_text())
        others = [str(p.relative_to(out)) for p in out.rglob("*") if ".part-" in str(p) and p.is_file()]
        check_manifest(manifest, out, "manifest.json", [GUEST_ISO, GUEST_ZIP, GUEST_MANIFEST, *others])


def prepare(folder):
    build = block_driver_only(packages, folder / "build")
    for device in ("virtio-net", "virtio-snd"):
        add_driver(tool, packages, build, device)
    guest = folder / "guest"
    (guest / "certs").mkdir(parents=True)
    for name in ("setup.cmd", "uninstall.cmd", "verify.cmd", "verify.ps1"):
        (guest / name).write_text("rem\r\n")
    key = make_key(folder / "keys")
    shutil.copy(key[0], guest / "certs")
    names = sorted(p.name for p in (build / "x86").iterdir())
    (folder / "spec.json").write_text(json.dumps({"drivers": [{"name": n} for n in names]}))
    result = tool.run("pack", "--from-build", build, "--out", folder / "fixed", "--cert", key[0], "--key", key[1])
    assert result.returncode == DONE, result.stderr
    return build, key


def complete_runs(folder, build, key):
    """The two states that complete runs make, and how long each command takes."""
    states, times = [], []
    for epoch in (EPOCH, "1800000000"):
        times = []
        for command in commands(folder, build, key, epoch):
            began = time.monotonic()
            assert start(command).wait(60) == 0
            times.append(time.monotonic() - began)
        state = folder / f"state-{epoch}"
        shutil.copytree(folder / "out", state)
        states.append(state)
    assert snapshot(states[0]) != snapshot(states[1])
    return states, times


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    build, key = prepare(folder)
    states, times = complete_runs(folder, build, key)
    chance = random.Random(7)
    killed, parts = 0, 0
    for i in range(KILLS):
        epoch = (EPOCH, "1800000000")[i % 2]
        which = i // 2 % 2
        command = list(commands(folder, build, key, epoch))[which]
        killed += kill_at(command, chance.uniform(0, times[which]))
        parts += any(".part-" in p.name for p in (folder / "out").iterdir())
        check_whole(folder / "out", states)
    for command in commands(folder, build, key, EPOCH):
        assert start(command).wait(60) == 0
    assert snapshot(folder / "out") == snapshot(states[0]), "the last run leaves what a complete run leaves, no more"
    print(f"{killed} of {KILLS} runs were killed at work, {parts} of them with something half written")
    assert killed >= KILLS // 4, "the moments were too late to say anything"
