# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs `nthost input` with a script and reads what programs read, with the tests' own HID parser."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "unit/input"))
from hid_descriptor import decode, lengths, walk  # noqa: E402
from keys import linux_codes  # noqa: E402

CODES = linux_codes()
EV_KEY, EV_REL, EV_ABS = CODES["EV_KEY"], CODES["EV_REL"], CODES["EV_ABS"]
DONE, WRONG, RULE_BROKEN = 0, 1, 3


class Failed(AssertionError):
    pass


class Result:
    def __init__(self, status, output, data):
        self.status, self.output = status, output
        self.__dict__.update(data)
        self.descriptor = bytes.fromhex(data.get("report_descriptor", ""))
        self.fields, self.top = walk(self.descriptor) if self.descriptor else ([], [])
        self.raw = [bytes.fromhex(r["bytes"]) for r in data.get("reports", [])]

    def decoded(self):
        """Every report as (identifier, {usage: value}). HIDCLASS pads each to the collection's longest."""
        bytes_of = lengths(self.fields)
        for report in self.raw:
            length = bytes_of["input", report[0]]
            if any(report[length:]):
                raise Failed(f"report {report.hex()} goes on after its {length} bytes")
            yield report[0], decode(self.fields, report[:length])


def give(path, script, when):
    when.wait(30)
    path.write_text("\n".join(script) + "\n")


class Bench:
    def __init__(self, nthost, driver, device, irq, *options):
        self.command = [nthost, "input", "--driver", driver, "--device", device, "--irq", irq, *options]
        self.device = device
        if device == "model" and irq == "msix":
            self.command += ["--model", "vectors=3"]

    def run(self, kind, script, *options, expect=DONE, logged=None, timeout=300, when=None):
        """`script`: lines. `expect` None: any status but a broken rule or a bench that does not work. `logged`: the event
        log's numbers; by default none of a run that is as expected. `when`: an event to wait for before the script."""
        with tempfile.TemporaryDirectory() as folder:
            path, out = pathlib.Path(folder, "script"), pathlib.Path(folder, "json")
            if when is None:
                path.write_text("\n".join(script) + "\n")
            else:
                os.mkfifo(path)
                threading.Thread(target=give, args=(path, script, when), daemon=True).start()
            command = [*self.command, "--kind", kind, "--script", path, "--json", out, *options]
            done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=timeout)
            data = json.loads(out.read_text()) if out.exists() else {}
        output = done.stdout[-4000:] + done.stderr[-4000:]
        good = done.returncode in (DONE, WRONG) if expect is None else done.returncode == expect
        if not good:
            raise Failed(f"exit status {done.returncode}, expected {expect}\n{output}\n{' '.join(map(str, command))}")
        result = Result(done.returncode, output, data)
        # null with a foreign class driver, whose own cannot be told apart; absent when there was no result.
        made = data.get("allocations_after_start")
        if made:
            raise Failed(f"{made} allocations after the start\n{' '.join(map(str, command))}")
        ids = [e["unique_id"] for e in data.get("event_log", [])]
        if expect == DONE and ids != (logged or []):
            raise Failed(f"event log {ids}, expected {logged}\n{output}\n{' '.join(map(str, command))}")
        return result


def transitions(result, watched=None):
    """{usage: [1, 0, ...]} of everything that is on or off, and that no report says twice. Values of axes are left out."""
    state, out = {}, {}
    for number, values in result.decoded():
        on = {usage for usage, value in values.items() if value == 1 and (watched is None or usage in watched)}
        before = state.get(number, set())
        for usage in before - on:
            out.setdefault(usage, []).append(0)
        for usage in on - before:
            out.setdefault(usage, []).append(1)
        state[number] = on
    held = set().union(*state.values()) if state else set()
    return out, held


def same(found, wanted, what):
    if found == wanted:
        return
    for key in sorted(set(found) | set(wanted), key=str):
        if found.get(key) != wanted.get(key):
            raise Failed(f"{what}: {key}: found {str(found.get(key))[:300]}, wanted {str(wanted.get(key))[:300]}")


def feature(result, number):
    """The last such feature report that the script printed."""
    found = re.findall(rf"^feature {number}: ([0-9a-f ]+)$", result.output, re.M)
    if not found:
        raise Failed(f"no feature report {number} in {result.output}")
    return bytes.fromhex(found[-1].replace(" ", ""))
