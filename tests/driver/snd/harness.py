# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs `nthost snd` and reads its results."""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
DONE, WRONG, RULE_BROKEN = 0, 1, 3
DIALECTS = ("aero", "standard")


class Failed(AssertionError):
    pass


class Result:
    def __init__(self, status, output, data):
        self.status, self.output, self.data = status, output, data
        self.ids = [e["unique_id"] for e in data.get("event_log", [])]
        self.render, self.capture, self.model = (data.get(k, {}) for k in ("render", "capture", "model"))

    def __getitem__(self, key):
        return self.data[key]


class Bench:
    def __init__(self, nthost, driver, device, irq):
        self.command = [nthost, "snd", "--driver", driver, "--device", device, "--irq", irq]
        self.device, self.irq = device, irq

    def run(self, *options, script=None, expect=DONE, logged=(), timeout=200, environment=None):
        """`script`: lines. `expect` None: any status but a broken rule or a bench that does not work. `logged`: the
        event log's numbers; None: whatever they are."""
        with tempfile.TemporaryDirectory() as folder:
            path, out = pathlib.Path(folder, "script"), pathlib.Path(folder, "json")
            command = [*self.command, "--json", out, *options]
            if script is not None:
                path.write_text("\n".join(script) + "\n")
                command += ["--script", path]
            done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=timeout,
                                  env=environment)
            data = json.loads(out.read_text()) if out.exists() and out.stat().st_size else {}
        output = done.stdout[-4000:] + done.stderr[-4000:]
        good = done.returncode in (DONE, WRONG) if expect is None else done.returncode == expect
        words = f"{output}\n{' '.join(map(str, command))}\n" + "\n".join(script or [])
        if not good:
            raise Failed(f"exit status {done.returncode}, expected {expect}\n{words}")
        result = Result(done.returncode, output, data)
        if expect == DONE and logged is not None and result.ids != list(logged):
            raise Failed(f"event log {result.ids}, expected {list(logged)}\n{words}")
        return result


def wav(path):
    """(rate, channels, bits, samples) of a WAV file, read by other code than nthost's."""
    data = pathlib.Path(path).read_bytes()
    assert data[:4] == b"RIFF" and data[8:12] == b"WAVE", data[:12]
    at, form = 12, None
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        if name == b"fmt ":
            form = struct.unpack_from("<HHIIHH", data, at + 8)
        if name == b"data":
            return form[2], form[1], form[5], data[at + 8:at + 8 + (size or len(data))]
        at += 8 + size + size % 2
    raise Failed(f"{path} has no samples")


def write_wav(path, rate, channels, bits, samples):
    frame = channels * bits // 8
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(samples), b"WAVE", b"fmt ", 16, 1, channels, rate,
                       rate * frame, frame, bits, b"data", len(samples))
    pathlib.Path(path).write_bytes(head + samples)


def noise(count, seed=1):
    """So many bytes that are nowhere like another part of themselves; none is 0."""
    import random
    return random.Random(seed).randbytes(count).replace(b"\0", b"\1")


def find_in(found, wanted, frame):
    """Where `wanted` lies in `found`, whole and in its place; fails with the place where it goes wrong."""
    at = found.find(wanted[:64])
    while at >= 0 and at % frame:
        at = found.find(wanted[:64], at + 1)
    if at < 0:
        raise Failed(f"nothing of the sound is in what came out ({len(found)} bytes)")
    part = found[at:at + len(wanted)]
    if part != wanted:
        wrong = next((i for i, (a, b) in enumerate(zip(part, wanted)) if a != b), len(part))
        raise Failed(f"the sound is wrong from frame {wrong // frame} of {len(wanted) // frame} on")
    rest = found[:at].strip(b"\0"), found[at + len(wanted):].strip(b"\0")
    if any(rest):
        raise Failed(f"{len(rest[0])} bytes of sound before, {len(rest[1])} behind what was played")
    return at // frame


def in_order(found, wanted, frame):
    """How many frames of `wanted` are missing in `found`, whose frames are those of `wanted` in their order with
    silence in between; fails when one comes twice, or is neither."""
    at = place = lost = 0
    silence = bytes(frame)
    while at < len(found):
        now = found[at:at + frame]
        if now == wanted[place:place + frame]:
            place += frame
        elif now != silence:
            key = found[at:at + 4 * frame].split(silence)[0]
            next_place = wanted.find(key, place)
            while next_place >= 0 and next_place % frame:
                next_place = wanted.find(key, next_place + 1)
            if next_place < 0:
                raise Failed(f"frame {at // frame} of what was played comes twice, or was never written; "
                             f"{place // frame} frames came before it")
            lost += (next_place - place) // frame
            place = next_place + frame
        at += frame
    return lost + (len(wanted) - place) // frame
