# SPDX-License-Identifier: MIT OR Apache-2.0
"""What must hold whatever the device is and does: stops, sleep, removal, failures, resets, lies."""
import re
import struct

from harness import CODES, DONE, feature, transitions
from keyboard import USAGES, event

A, B, SHIFT = (CODES["KEY_" + n] for n in ("A", "B", "LEFTSHIFT"))
# A little of everything: keys held over a sleep and a stop, LEDs, feature reports.
MIXED = [event(A, 1), "syn", event(SHIFT, 1), "syn", "wait 3", "sleep", "wait 3", "wake", event(B, 1), "syn", "wait 3",
         "restart", "write 0 01 07", event(A, 1), event(A, 0), "syn", "wait 3", "stop", "wait 3", "start",
         "feature 4 0x20 177", "feature 4 0x21 177", "write 0 01 00", event(A, 1), event(A, 0), "syn", "wait 10"]
KINDS = ("keyboard", "mouse", "tablet", "multitouch")
BITS = {"counters": (4, 0x20), "state": (4, 0x21), "interrupts": (4, 0x22)}


def stop_and_sleep(bench):
    """What is held is released in a report before the device sleeps or stops, once; afterwards keys work as before."""
    result = bench.run("keyboard", MIXED, "--seed", 1)
    found, held = transitions(result)
    assert found == {USAGES[A]: [1, 0, 1, 0, 1, 0], USAGES[SHIFT]: [1, 0], USAGES[B]: [1, 0]}, found
    assert not held
    for kind in KINDS:
        for cycle in (["sleep", "wait 2", "wake"], ["restart"], ["stop", "wait 2", "start"]):
            bench.run(kind, cycle * 5, "--seed", 2)
    return "13 runs"


def diagnostics(bench):
    """Feature reports of the vendor-defined collection: counters that move, the state, the interrupts."""
    script = [event(A, 1), "syn", event(A, 0), "syn", "wait 5", "write 0 01 02", "wait 5"]
    if bench.device == "qemu":
        script = ["key a down", "syn", "wait 3", "key a up", "syn", "wait 3", "write 0 01 02", "wait 5"]
    result = bench.run("keyboard", script + [f"feature {c} {n} 177" for c, n in BITS.values()], "--seed", 3)
    counters = struct.unpack("<44I", feature(result, 0x20)[1:177])
    state = struct.unpack("<16I", feature(result, 0x21)[1:65])
    interrupts = struct.unpack("<5I4H6I", feature(result, 0x22)[1:53])
    assert counters[:2] == (0xB0, 3) and state[:2] == (0x40, 3) and interrupts[:2] == (0x34, 1)
    assert counters[0x74 // 4] == 4, counters  # events: two keys, two SYN
    assert counters[0x4C // 4] == 2 and counters[0x9C // 4] == 1 and counters[0xA8 // 4] == counters[0xA4 // 4] > 0
    assert state[2:8] == (1, 1, 0x10 if bench.device == "model" else 0x1100, 1, 1, state[7]), state
    assert state[8] == 1, state
    mode, messages = interrupts[2:4]
    msix = "msix" in bench.command
    assert (mode, messages > 0) == ((2, True) if msix else (1, False)), interrupts
    assert interrupts[10] > 0 and interrupts[11] > 0, interrupts
    return f"{len(BITS)} feature reports"


def every_step_of_removal(bench):
    """The device is pulled at the n-th kernel call or register access, for n from 1 until the script ends first. With
    messages, whose way through the script is almost the same, at every fifth."""
    runs, n, dense = 0, 1, 0 if "msix" in bench.command else 250
    while n < 3000:
        result = bench.run("keyboard", MIXED, "--seed", n, "--surprise-at", n, "--quiet", expect=None)
        runs += 1
        if result.status == DONE and len(result.raw) == 9:
            break
        n += 1 if n < dense else 3 if dense else 5
    assert 100 < n < 3000, n
    return f"{runs} removals, the last at step {n}"


def every_failing_call(bench):
    """Each allocation, mapping or other call that may fail, fails once; nothing leaks and no rule is broken."""
    out = []
    for kind in KINDS:
        result = bench.run(kind, ["syn", "wait 3"], "--seed", 4, "--failure-sweep")
        out.append(int(re.search(r"ok: \d+ disturbed runs: (\d+) calls that may fail", result.output).group(1)))
    assert min(out) >= 10, out
    return f"{sum(out)} failures"


# What the device does: what the event log says of it (None: it works all the same).
STARTS_REFUSED = {
    "features-refused": 8, "queue-size-zero": 10, "queue-size-odd": 10, "notify-off-huge": 11, "cap-bad-bar": 3,
    "cap-absent-bar": None, "cap-bad-offset": None, "cap-misaligned": 3, "cap-wraps": 3, "cap-short": 3, "cap-loop": 3,
    "no-cap-list": 3, "no-common": 3, "no-notify": 3, "no-isr": 3, "no-device-config": 3, "wrong-revision": 2,
    "reset-hangs": 7, "reset-hangs:2": 7}
FAILS = {"bad-used-id": 13, "used-len-too-long": 13, "used-index-jump": 13, "used-index-back": 13,
         "needs-reset:3+": 16, "unused-used-id": 13, "duplicate-used-id": 13}
GOES_ON = ("needs-reset", "late-completion", "generation-races", "spurious-interrupt", "event-short", "event-short+",
           "event-unknown+", "config-size-lies", "config-size-lies+", "interrupt-lost", "lost-request", "hang",
           "config-changes", "config-all-ones", "config-all-ones+", "unused-used-id+",
           "duplicate-used-id:3", "event-twice+")
# A status queue has descriptors that are not outstanding, for a used entry to name; an event queue hardly ever has.
LEDS = ["write 0 01 02", "wait 20", event(A, 1), "syn", "wait 20"]
KEYS = [event(A, 1), "syn", "wait 3", event(A, 0), "syn", "wait 3", event(SHIFT, 1), "syn", "wait 20"]


def hostile_device(bench):
    """No lie of the device breaks a rule: it is refused, failed or put up with, and the event log says why."""
    for fault, number in STARTS_REFUSED.items():
        result = bench.run("keyboard", KEYS, "--seed", 5, "--model", f"fault={fault}", expect=None)
        ids = [e["unique_id"] for e in result.event_log]
        assert result.status != DONE and "does not start" in result.output, (fault, result.output)
        assert len(ids) == 1 and number in (None, ids[0]), (fault, ids)
    for fault, number in FAILS.items():
        result = bench.run("keyboard", LEDS if fault == "unused-used-id" else KEYS, "--seed", 5, "--model",
                           f"fault={fault}", expect=None)
        ids = [e["unique_id"] for e in result.event_log]
        assert number in ids, (fault, ids)
        assert not transitions(result)[1], (fault, "left held")
    for fault in GOES_ON:
        for kind in KINDS:
            bench.run(kind, MIXED if kind == "keyboard" else ["wait 3", "restart", "wait 3"], "--seed", 5, "--model",
                      f"fault={fault}", expect=None)
    if "msix" in bench.command:
        bench.run("keyboard", KEYS, "--seed", 5, "--model", "fault=vector-refused")
        result = bench.run("keyboard", KEYS, "--seed", 5, "--model", "fault=vector-refused+", expect=None)
        assert [e["unique_id"] for e in result.event_log] == [12], result.event_log
    return f"{len(STARTS_REFUSED) + len(FAILS) + len(GOES_ON) * len(KINDS)} lies"


def resets(bench):
    """The device asks for a reset at any event: keys that were held are released, later ones are seen, each reset is
    logged."""
    for at in range(1, 13):
        script = [event(A, 1), "syn", "wait 5", event(B, 1), "syn", "wait 5", event(A, 0), "syn", "wait 5", event(B, 0),
                  "syn", "wait 5", event(SHIFT, 1), "syn", "wait 5", event(SHIFT, 0), "syn", "wait 20"]
        result = bench.run("keyboard", script, "--seed", at, "--model", f"fault=needs-reset:{at}", logged=[14])
        found, held = transitions(result)
        assert not held, (at, held)
        assert all(moves == [1, 0] * (len(moves) // 2) for moves in found.values()), found
    return "12 resets"


def unplugged(bench):
    """Pulled with a key held, and plugged in again: the key is up, others work, LEDs are as they are set; with nothing
    read in between, too."""
    for cycle in (["pull", "plug"], ["pause", "key c down", "syn", "wait 3", "pull", "plug"], ["pull", "plug"] * 5):
        script = ["key a down", "syn", "wait 5", "write 0 01 07", *cycle, "wait 5", "write 0 01 02",
                  "leds 2" if bench.device == "model" else "wait 5", "key b down", "syn", "wait 5", "key b up", "syn",
                  "wait 20"]
        found, held = transitions(bench.run("keyboard", script, "--seed", 9))
        found.pop(USAGES[CODES["KEY_C"]], None)  # it may be told before the device goes
        assert found == {USAGES[A]: [1, 0], USAGES[B]: [1, 0]} and not held, (found, held)
    for kind in KINDS[1:]:
        bench.run(kind, ["wait 3", "pull", "wait 3", "plug", "wait 3"], "--seed", 9)
    return f"{7 + len(KINDS[1:])} removals"


def message_counts(bench):
    """One message, two, three: queues share what there is."""
    for vectors, limit in ((1, 8), (2, 8), (3, 8), (3, 1), (3, 2)):
        result = bench.run("keyboard", KEYS + ["feature 4 0x22 177"], "--seed", 6, "--model", f"vectors={vectors}",
                           "--messages", limit)
        mapping = struct.unpack("<5I4H6I", feature(result, 0x22)[1:53])[4]
        assert mapping == {1: 1, 2: 3, 3: 2}[min(vectors, limit)], (vectors, limit, mapping)
        assert transitions(result)[0] == {USAGES[A]: [1, 0], USAGES[SHIFT]: [1]}
    return "5 plans"


def odd_devices(bench):
    """Selectors that are missing, QEMU's names, QEMU's register layout, EVENT_IDX, queues of other sizes."""
    for options in (["without=ev_bits"], ["without=name"], ["without=abs_info"], ["selectors=all"], ["identity=qemu"],
                    ["layout=qemu"], ["features=event_idx"], ["queue-size=8"], ["queue-size=256"],
                    ["layout=qemu", "features=event_idx", "isr=spec", "identity=qemu", "selectors=all"]):
        for kind in KINDS:
            bench.run(kind, ["wait 3"], "--seed", 7, *(x for o in options for x in ("--model", o)))
        result = bench.run("keyboard", KEYS, "--seed", 7, *(x for o in options for x in ("--model", o)))
        assert transitions(result)[0] == {USAGES[A]: [1, 0], USAGES[SHIFT]: [1]}, options
    result = bench.run("keyboard", KEYS, "--seed", 7, "--registry", "StrictContract=1")
    refused = bench.run("keyboard", KEYS, "--seed", 7, "--registry", "StrictContract=1", "--model", "layout=qemu",
                        expect=None)
    assert refused.status != DONE and [e["unique_id"] for e in refused.event_log] == [4], refused.event_log
    return "52 devices"


def many_schedules(bench):
    """The same script under other seeds, on four processors, interrupted at any instruction."""
    for seed in range(41, 81) if "msix" in bench.command else range(1, 41):
        result = bench.run("keyboard", MIXED, "--seed", seed, "--processors", 4, "--preempt", 3, "--reads",
                           1 + seed % 4)
        found, held = transitions(result)
        assert found == {USAGES[A]: [1, 0, 1, 0, 1, 0], USAGES[SHIFT]: [1, 0], USAGES[B]: [1, 0]}, (seed, found)
        assert not held
    return "40 schedules"


def any_request(bench):
    """Internal requests of any code and length, the private ones among them: all are answered, none beyond its buffer,
    and the device works as before."""
    for kind in KINDS:
        for seed in range(3):
            script = ["fuzz 2000"] + (KEYS[:6] if kind == "keyboard" else ["wait 3"])
            result = bench.run(kind, script, "--seed", 8 + seed)
            assert kind != "keyboard" or transitions(result)[0] == {USAGES[A]: [1, 0]}
    return "24000 requests"


SCENARIOS = {f.__name__.replace("_", "-"): f for f in
             (stop_and_sleep, diagnostics, every_step_of_removal, every_failing_call, hostile_device, resets,
              unplugged, message_counts, odd_devices, many_schedules, any_request)}
