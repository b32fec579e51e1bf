# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every tool fails at every call in turn: the script says so and ends with its documented status, and afterwards
uninstall.cmd leaves the machine as it was before setup.

Left out are calls that only ask (reg query, certutil -store, find): their failure is how Windows says "not there".
Calls that differ only in a device's ID, a value's name or a package's number count as one, to keep the test short."""
import re

import bench
from machine import RECORD
from uninstall_test import CLEAN, lived_in

ASKS = ("reg [query]", "certutil [-store]", "find ", "attrib ")


def kind(call, machine):
    """A call without what tells apart calls of one kind."""
    call = call.rsplit(" => ", 1)[0].replace(str(machine.folder).replace("/", "\\"), "*")
    call = re.sub(r"PCI#[^\\\]]*", "PCI#*", call)
    call = re.sub(r"oem\d+", "oem*", call)
    # Values of one key, apart from the record's: one of them stands for all.
    return re.sub(r"\[/v\] \[(?!Before|StateFolder)[^]]*\].*", "[/v]", call)


def one_of_each_kind(machine):
    numbers = {}
    for number, call in enumerate(machine.calls(), 1):
        if not call.startswith(ASKS):
            numbers.setdefault(kind(call, machine), number)
    return sorted(numbers.values())


def expected_status(call):
    return 10 if call.startswith("fltmc") else 12 if call.startswith("certutil [-addstore]") or "[SHA1]" in call else 1


def part_by_part(b):
    """Two machines that see other parts of setup, so that each run is short: everything but storage; storage alone."""
    rest = b.medium()
    storage = b.medium(policy="none", certificate=False, manifest=False)
    for inf in storage.media.rglob("aero_virtio_net.inf"):
        inf.unlink()
    storage.manifest("none")
    for machine in (rest, storage):
        lived_in(machine)
        machine.before = machine.original()
    return (rest, ("/quiet", "/skipstorage")), (storage, ("/quiet", "/stageonly"))


def setup_fails_at_each_call_and_is_undone(b):
    parts = []
    for good, options in part_by_part(b):
        parts.append((b.clone(good), good, options, b.run(good, "setup.cmd", *options)))
    yield
    cases = []
    for fresh, good, options, run in parts:
        assert run.status == 0, run.out
        calls = good.calls()
        for number in one_of_each_kind(good):
            if any(kind(calls[number - 1], good) == kind(call, machine) for machine, call, *_ in cases):
                continue
            machine = b.clone(fresh)
            machine.file("fail.txt", f"#{number} {-2147024891 if calls[number - 1].startswith('certutil') else 5}")
            cases.append((machine, calls[number - 1], b.run(machine, "setup.cmd", *options), good.before))
    yield
    for machine, call, run, _ in cases:
        assert run.status == expected_status(call), (call, run.status, run.out)
        assert "setup.cmd: " in run.out and (call.startswith("fltmc") or "exit status" in run.out), (call, run.out)
        (machine.folder / "fail.txt").unlink()
    # Without a state folder of its own setup has changed nothing, and there is nothing to undo.
    changed = [case for case in cases if RECORD in case[0].registry()]
    for machine, *_ in changed:
        machine.undone = b.run(machine, "uninstall.cmd", *CLEAN)
    yield
    assert len(changed) > 10
    for machine, call, _, before in cases:
        assert machine.original() == before, call
    for machine, call, *_ in changed:
        assert machine.undone.status == 0, (call, machine.undone.out)
    print(f"setup.cmd: {sum(len(good.calls()) for _, good, *_ in parts)} calls, {len(cases)} kinds failed in turn")
    assert len(cases) > 18, "a run has at least these: the sweep would prove little with fewer"


def uninstall_fails_at_each_call_and_can_be_run_again(b):
    parts = []
    for machine, options in part_by_part(b):
        clean = ("/force", "/noreboot") if "/skipstorage" in options else CLEAN
        b.run(machine, "setup.cmd", *options, "/noreboot")
        parts.append((machine, clean))
    yield
    done = []
    for template, options in parts:
        good = b.clone(template)
        done.append((template, good, options, b.run(good, "uninstall.cmd", *options)))
    yield
    cases = []
    for template, good, options, run in done:
        assert run.status == 0 and good.original() == template.before, run.out
        calls = good.calls()
        for number in one_of_each_kind(good):
            if any(kind(calls[number - 1], good) == kind(call, machine) for machine, call, *_ in cases):
                continue
            machine = b.clone(template)
            machine.file("fail.txt", f"#{number} 5")
            cases.append((machine, calls[number - 1], b.run(machine, "uninstall.cmd", *options), template.before))
    yield
    for machine, call, run, _ in cases:
        assert run.status == expected_status(call), (call, run.status, run.out)
        assert "uninstall.cmd: " in run.out, (call, run.out)
        (machine.folder / "fail.txt").unlink()
        machine.again = b.run(machine, "uninstall.cmd", *CLEAN)
    yield
    for machine, call, _, before in cases:
        assert machine.again.status == 0 and machine.original() == before, (call, machine.again.out)
    print(f"uninstall.cmd: {sum(len(good.calls()) for _, good, *_ in done)} calls, {len(cases)} kinds failed in turn")
    assert len(cases) > 10


if __name__ == "__main__":
    bench.main([setup_fails_at_each_call_and_is_undone, uninstall_fails_at_each_call_and_can_be_run_again])
