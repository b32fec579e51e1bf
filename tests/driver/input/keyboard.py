# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a keyboard must do, from the device's events to what programs read."""
import os
import random
import struct

from harness import CODES, EV_KEY, Failed, feature, same, transitions
from keys import CONSUMER, KEYBOARD, QEMU, usages_by_code

USAGES = usages_by_code()
NAMES = {CODES["KEY_" + c]: c.lower() for c in "QWERTYUIOPASDFGHJKLZXCVBNM1234567890"}
MANY = list(NAMES)


def event(code, value):
    return f"event {EV_KEY} {code} {value}"


def every_key(bench):
    """Each key of each page goes down and up again, and nothing else does."""
    script, order = [], []
    if bench.device == "model":
        for code, usage in USAGES.items():
            script += [event(code, 1), "syn", "wait 2", event(code, 0), "syn", "wait 2"]
            order.append(usage)
    else:
        for name, key in QEMU.items():
            script += [f"key {name} down", "syn", "wait 3", f"key {name} up", "syn", "wait 3"]
            order.append(USAGES[CODES[key]])
    result = bench.run("keyboard", script + ["wait 20"], "--seed", 1)
    moved, state = [], {}
    for number, values in result.decoded():
        on = {u for u, v in values.items() if v}
        moved += [(u, 0) for u in state.get(number, set()) - on] + [(u, 1) for u in on - state.get(number, set())]
        state[number] = on
    wanted = [move for usage in order for move in ((usage, 1), (usage, 0))]
    if moved != wanted:
        at = next(i for i, (a, b) in enumerate(zip(moved + [None], wanted + [None])) if a != b)
        raise Failed(f"transition {at}: {moved[at:at + 3]} instead of {wanted[at:at + 3]}")
    others = sorted(set(USAGES) - {CODES[key] for key in QEMU.values()})
    names = {code: name[4:] for name, code in CODES.items() if name.startswith("KEY_")}
    return f"{len(order)} keys; {len(others)} have no name in QEMU and are the model's: " + " ".join(
        names[code] for code in others)


def chords(bench):
    """Twenty keys at once: every one is seen going down and up, whatever the order."""
    draw = random.Random(2)
    pause = "wait 1" if bench.device == "model" else "wait 2"
    wanted, script = {}, []
    for _ in range(20 if bench.device == "model" else 5):
        held = draw.sample(MANY, 20)
        script += [line for code in held for line in (f"key {NAMES[code]} down", "syn", pause)]
        draw.shuffle(held)
        script += [line for code in held for line in (f"key {NAMES[code]} up", "syn", pause)]
        for code in held:
            wanted.setdefault(USAGES[code], []).extend((1, 0))
    result = bench.run("keyboard", script + ["wait 20"], "--seed", 2)
    found, held = transitions(result)
    same(found, wanted, "chords")
    return f"{len(result.raw)} reports, {len(held)} keys held"


def six_keys(bench):
    """NKeyRollover 0: one collection, and more than six keys are six times ErrorRollOver (HID 1.11, appendix C)."""
    script = [line for code in MANY[:8] for line in (event(code, 1), "syn", "wait 1")]
    script += [line for code in MANY[:3] for line in (event(code, 0), "syn", "wait 1")]
    result = bench.run("keyboard", script + ["wait 20"], "--seed", 3, "--registry", "NKeyRollover=0")
    assert not any(f.id == 5 for f in result.fields)
    shown = [r[3:9] for r in result.raw if r[0] == 1]
    first = [USAGES[code][1] for code in MANY]
    wanted = [bytes(first[:n] + [0] * (6 - n)) for n in range(1, 7)] + [bytes([1] * 6)] * 3
    assert shown[:9] == wanted, [s.hex() for s in shown]
    # Two of eight are gone: the six that are left, the two that were left out among them.
    assert set(shown[9]) == set(first[2:8]) and set(shown[10]) - {0} == set(first[3:8]), [s.hex() for s in shown]
    return f"{len(shown)} reports"


def one_frame(bench):
    """Pressed and released without a SYN between: seen all the same, more than once if it was more than once."""
    a = CODES["KEY_A"]
    script = [event(a, 1), event(a, 0), event(a, 1), event(a, 0), "syn", "wait 10"]
    found, held = transitions(bench.run("keyboard", script, "--seed", 4))
    same(found, {USAGES[a]: [1, 0, 1, 0]}, "one frame")
    assert not held
    return "4 transitions"


def leds(bench):
    """Every LED state reaches the device, one event to a buffer, SYN last (the model checks that)."""
    script = []
    for mask in [*range(32), 0, 31, 0, 5]:
        script += [f"write 0 01 {mask:02x}", f"leds {mask}" if bench.device == "model" else "wait 5"]
    # The device forgets them when it sleeps; the driver does not.
    script += ["wait 20", "sleep", "wait 5", "wake", "leds 5" if bench.device == "model" else "wait 5"]
    result = bench.run("keyboard", script + ["wait 100", "feature 4 0x20 177"], "--seed", 5, *(("--model", "selectors=all") if bench.device == "model" else ()))
    counters = struct.unpack("<44I", feature(result, 0x20)[1:177])
    # All that the device was given came back; it was given a state at least once, and each state or a later one.
    assert counters[0xA4 // 4] == counters[0xA8 // 4] > 0 and counters[0x98 // 4] >= 36, counters
    return f"36 states, {counters[0xA4 // 4]} events"


def identity(bench):
    """Strings and IDs, with all that the device says and with what it does not."""
    strings = {"model": ("Aero Virtio Keyboard", "00000001"), "qemu": ("QEMU Virtio Keyboard", None)}[bench.device]
    script = ["string manufacturer Aero", f"string product {strings[0]}"]
    script += [f"string serial {strings[1]}"] if strings[1] else []
    result = bench.run("keyboard", script, "--seed", 6)
    assert (result.vendor, result.product, result.version) == (0x1AF4, 1, 1)
    return "strings and IDs"


def random_events(bench, events=500000 if os.environ.get("AERO_SOAK") == "1" else 25000, seed=7):
    """Random keys with pauses of the reader, sleep and restart: each key's transitions are those of a keyboard that is
    simulated here; held ones are released when the device goes."""
    draw = random.Random(seed)
    once = {code: usage for code, usage in USAGES.items() if list(USAGES.values()).count(usage) == 1}
    codes = [code for code, (page, _) in once.items() if page == KEYBOARD]
    codes += [CODES["KEY_" + n] for n in ("MUTE", "VOLUMEUP", "PLAYPAUSE", "WAKEUP")]
    codes += [code for code, (page, usage) in once.items() if page == CONSUMER and usage >= 0x180][:3]
    down, wanted, script, since = set(), {}, [], 0
    for i in range(events):
        code = draw.choice(codes)
        value = 0 if code in down else 1
        if draw.random() < 0.1:
            value = draw.choice((0, 1, 2))  # what changes nothing, and a repeat
        script.append(event(code, value))
        if value < 2 and (code in down) != bool(value):
            wanted.setdefault(USAGES[code], []).append(value)
            (down.add if value else down.discard)(code)
        since += 1
        if draw.random() < 0.6:
            script.append("syn")
        if since >= 12 and draw.random() < 0.3:
            script += ["syn", "wait 1"]
            since = 0
        if since > 30:
            script += ["syn", "wait 1"]
            since = 0
        what = draw.random()
        if what < 0.001:
            script += ["syn", "wait 5", *draw.choice((["sleep", "wake"], ["restart"], ["stop", "start"])), "wait 5"]
            for code in down:
                wanted[USAGES[code]].append(0)
            down, since = set(), 0
        elif what < 0.004:
            script += ["syn", "wait 5", "pause"]
            for _ in range(draw.randint(1, 120)):
                code = draw.choice(codes)
                value = 0 if code in down else 1
                script += [event(code, value), "syn"]
                wanted.setdefault(USAGES[code], []).append(value)
                (down.add if value else down.discard)(code)
            script += ["wait 3", "resume", "wait 3"]
            since = 0
    script += ["syn", "wait 20"]
    result = bench.run("keyboard", script, "--seed", seed, timeout=280)
    found, held = transitions(result)
    # A key is in one of two collections, whose programs are not kept in step: each has its order, both have all.
    same({u: sorted(t) for u, t in found.items()}, {u: sorted(t) for u, t in wanted.items()}, "random events")
    assert held == {USAGES[c] for c in down}, (held, down)
    return f"{result.events} events, {sum(map(len, wanted.values()))} transitions, {result.report_count} reports"


def overflow(bench):
    """More transitions than the driver keeps while nobody reads: what happened is lost, the state is not, and nothing
    stays held."""
    draw = random.Random(8)
    down, script = set(), ["pause"]
    for _ in range(2000):
        code = draw.choice(MANY)
        down ^= {code}
        script += [event(code, int(code in down)), "syn"]
        if draw.random() < 0.1:
            script.append("wait 1")
    script += ["wait 20", "resume", "wait 50"]
    result = bench.run("keyboard", script + ["feature 4 0x20 177"], "--seed", 8)
    found, held = transitions(result)
    counters = struct.unpack("<44I", feature(result, 0x20)[1:177])
    assert held == {USAGES[c] for c in down}, (held, down)
    assert counters[0x68 // 4] > 0 and counters[0x64 // 4] >= 512, counters
    released = bench.run("keyboard", script + [event(code, 0) for code in down] + ["syn", "wait 50"], "--seed", 8)
    assert not transitions(released)[1]
    return f"{counters[0x64 // 4]} reports lost, {len(held)} keys held"


SCENARIOS = {f.__name__.replace("_", "-"): f for f in
             (every_key, chords, six_keys, one_frame, leds, identity, random_events, overflow)}
