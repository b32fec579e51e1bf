# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a mouse, a tablet and a touch screen must do."""
import random
from fractions import Fraction

from harness import CODES, EV_ABS, EV_KEY, EV_REL, Failed

DESKTOP, BUTTON, CONSUMER, DIGITIZER = 1, 9, 0x0C, 0x0D
X, Y, WHEEL, PAN = (DESKTOP, 0x30), (DESKTOP, 0x31), (DESKTOP, 0x38), (CONSUMER, 0x238)
BUTTONS = {"left": 1, "right": 2, "middle": 3, "side": 4, "extra": 5}


def rel(axis, value):
    return f"rel {axis} {value}"


def moves(result):
    """Reports as (x, y, wheel, pan, pressed buttons)."""
    out = []
    for _, v in result.decoded():
        out.append((v[X], v[Y], v[WHEEL], v[PAN], frozenset(u[1] for u, on in v.items() if u[0] == BUTTON and on)))
    return out


def mouse(bench):
    """Deltas of any size add up; wheel, pan and side buttons; a click stays at its place among the motion."""
    script, x, y = [], 0, 0
    big = (40000, -100000, 7, -1) if bench.device == "model" else (300, -500, 7, -1)
    for dx, dy in ((1, 0), (0, -1), (127, -128), (1000, 2000), big[:2], big[2:]):
        script += [rel("x", dx), rel("y", dy), "syn", "wait 3"]
        x, y = x + dx, y + dy
    pans = (1, -1, 3, -2) if bench.device == "model" else ()  # QEMU has no virtio event for its wheel-left
    for value in (1, -1, 3, -2):
        script += [rel("wheel", value), "syn", "wait 3"]
    for value in pans:
        script += [rel("hwheel", value), "syn", "wait 3"]
    for name in BUTTONS:
        script += [f"btn {name} down", "syn", "wait 3", rel("x", 5), "syn", "wait 3", f"btn {name} up", "syn", "wait 3"]
        x += 5
    result = bench.run("mouse", script + ["wait 20"], "--seed", 1)
    got = moves(result)
    assert (sum(m[0] for m in got), sum(m[1] for m in got)) == (x, y), got
    assert [m[2] for m in got if m[2]] == [1, -1, 3, -2], got
    assert [m[3] for m in got if m[3]] == list(pans), got
    wanted = [(0, 0, 0, 0, b) for n in BUTTONS.values() for b in (frozenset({n}), frozenset())]
    wanted = [w for pair in zip(wanted[::2], wanted[1::2]) for w in (pair[0], (5, *pair[0][1:]), pair[1])]
    assert got[-len(wanted):] == wanted, got[-len(wanted):]
    return f"{len(got)} reports"


def fine_wheel(bench):
    """High-resolution wheels count detents until the host asks for more; no fraction is ever lost."""
    wheel, pan = CODES["REL_WHEEL_HI_RES"], CODES["REL_HWHEEL_HI_RES"]
    steps = [(wheel, 60), (wheel, 60), (wheel, 30), (wheel, -30), (wheel, 240), (pan, 119), (pan, 1), (pan, -240)]
    script = [line for code, value in steps for line in (f"event {EV_REL} {code} {value}", "syn", "wait 2")]
    # Devices send the coarse event beside the fine one: it counts once.
    script += [f"event {EV_REL} {CODES['REL_WHEEL']} 1", f"event {EV_REL} {wheel} 120", "syn", "wait 10"]
    result = bench.run("mouse", script, "--seed", 2, "--model", "hi-res=on")
    got = moves(result)
    assert [m[2] for m in got if m[2]] == [1, 2, 1] and [m[3] for m in got if m[3]] == [1, -2], got
    return f"{len(got)} reports"


def random_mouse(bench, frames=20000):
    """Random motion and clicks while programs stop reading and go on: all of the motion arrives, and every click where
    it was made."""
    draw = random.Random(3)
    script, held, where, clicks, since = [], set(), [0, 0], [], 0
    for _ in range(frames):
        if draw.random() < 0.9:
            d = [draw.randint(-300, 300), draw.randint(-300, 300)]
            script += [rel("x", d[0]), rel("y", d[1])]
            where = [a + b for a, b in zip(where, d)]
        if draw.random() < 0.2:
            name = draw.choice(list(BUTTONS))
            held ^= {BUTTONS[name]}
            script.append(f"btn {name} {'down' if BUTTONS[name] in held else 'up'}")
            clicks.append((*where, frozenset(held)))
            since += 1
        script.append("syn")
        if draw.random() < 0.003:
            script.append("pause")
            since = -draw.randint(1, 80)
        if since >= 8:
            script += ["resume", "wait 1"]
            since = 0
    result = bench.run("mouse", script + ["resume", "wait 30"], "--seed", 3)
    place, last, found = [0, 0], frozenset(), []
    for x, y, _, _, now in moves(result):
        place = [place[0] + x, place[1] + y]
        if now != last:
            found.append((*place, now))
        last = now
    if found != clicks:
        at = next(i for i, (a, b) in enumerate(zip(found + [None], clicks + [None])) if a != b)
        raise Failed(f"click {at}: {found[at:at + 2]} instead of {clicks[at:at + 2]}")
    assert place == where, (place, where)
    return f"{result.events} events, {result.report_count} reports, {len(clicks)} clicks"


def scaled(value, low, high):
    """To 0..32767, to the nearest; halves may go either way."""
    if low == high:
        return {0}
    value = min(max(value, min(low, high)), max(low, high))
    exact = Fraction(32767) * (value - low) / (high - low)
    below = exact.numerator // exact.denominator
    return {below} if exact - below < Fraction(1, 2) else {below + 1} if exact - below > Fraction(1, 2) else {below,
                                                                                                             below + 1}


RANGES = ((0, 32767), (0, 1), (0, 65535), (-100, 100), (1000, 0), (-2147483648, 2147483647), (5, 5), (0, 2147483647),
          (2147483647, -2147483648), (-7, 4093))


def tablet(bench):
    """Corners and places between, at every range that a device may give, negative and swapped ones too; buttons, wheel."""
    count = 0
    ranges = RANGES if bench.device == "model" else ((0, 32767),)
    for low, high in ranges:
        span = high - low
        values = [low, high, low + span // 2, low + span // 3, low + span * 9 // 10]
        values += [min(low, high) - 1, max(low, high) + 1] if bench.device == "model" and abs(span) < 1 << 20 else []
        script, wanted = [], []
        for a, b in zip(values, values[1:] + values[:1]):
            script += [f"abs x {a}", f"abs y {b}", "syn", "wait 3"]
            wanted.append((scaled(a, low, high), scaled(b, low, high)))
        script += ["btn left press", "wait 3", "btn side press", "wait 3", rel("wheel", 1), "syn", "wait 20"]
        options = ("--model", f"abs-min={low}", "--model", f"abs-max={high}") if bench.device == "model" else ()
        got = moves(bench.run("tablet", script, "--seed", 4, *options))
        place, at = (0, 0), 0
        for x, y, *_ in got:
            if (x, y) == place:
                continue
            while at < len(wanted) and not (x in wanted[at][0] and y in wanted[at][1]):
                # A place that is the one before is not told again.
                assert place[0] in wanted[at][0] and place[1] in wanted[at][1], (low, high, (x, y), wanted[at])
                at += 1
            assert at < len(wanted), (low, high, (x, y))
            place, at, count = (x, y), at + 1, count + 1
        assert all(place[0] in w[0] and place[1] in w[1] for w in wanted[at:]), (low, high, place, wanted[at:])
        assert {b for m in got for b in m[4]} == {1, 4} and [m[2] for m in got if m[2]] == [1], got
    return f"{len(ranges)} ranges, {count} places"


def contacts(values):
    """{identifier: (x, y)} of what is down, and the contact count; fingers come in the order of the report."""
    def of(usage, n):
        return values[usage] if n == 0 else values[(*usage, n)]

    down = {}
    for n in range(min(values[DIGITIZER, 0x54], 10)):
        if of((DIGITIZER, 0x42), n):
            down[of((DIGITIZER, 0x51), n)] = of(X, n), of(Y, n)
    return down, values[DIGITIZER, 0x54]


def touch(bench):
    """Ten contacts come down, wander and go, in any order; each is told with its identifier, its place and its end.
    What is still down when the device restarts is lifted, and begins again when it moves."""
    draw = random.Random(5)
    script, wanted, down = [], [], {}

    # A frame of ten contacts is 41 events; QEMU's device drops what its 64 buffers do not take.
    most, pace = (10, "wait 3") if bench.device == "model" else (4, "wait 10")

    def frame():
        script.extend(("syn", pace))
        wanted.append(dict(down))

    for slot in range(10):
        down[slot] = draw.randrange(32768), draw.randrange(32768)
        script.append(f"touch {slot} {down[slot][0]} {down[slot][1]}")
        frame()

    def wander(frames):
        for _ in range(frames):
            for slot in draw.sample(range(10), draw.randint(1, most)):
                down[slot] = draw.randrange(32768), draw.randrange(32768)
                script.append(f"touch {slot} {down[slot][0]} {down[slot][1]}")
            frame()

    wander(20)
    if "--class" not in bench.command:
        script.extend(("wait 20", "restart", "wait 20"))
        down.clear()
        wanted.append({})
        wander(10)
    for slot in draw.sample(sorted(down), len(down)):
        del down[slot]
        script.append(f"touch {slot} up")
        frame()
    result = bench.run("multitouch", script + ["wait 20"], "--seed", 5)
    seen = [contacts(v) for number, v in result.decoded() if number == 8]
    identifiers = {}
    frames = []
    for found, _ in seen:
        frames.append(found)
    # Identifiers are the driver's own: which is which follows from the places.
    wanted_places = [sorted(w.values()) for w in wanted]
    found_places = [sorted(f.values()) for f in frames]
    found_places = [f for i, f in enumerate(found_places) if i == 0 or f != found_places[i - 1]]
    if found_places != wanted_places:
        at = next(i for i, (a, b) in enumerate(zip(found_places + [None], wanted_places + [None])) if a != b)
        raise Failed(f"frame {at}: {found_places[at:at + 1]} instead of {wanted_places[at:at + 1]}")
    for places, found in zip(wanted, [f for i, f in enumerate(frames) if i == 0 or f != frames[i - 1]]):
        for slot, place in places.items():
            names = [i for i, p in found.items() if p == place]
            assert identifiers.setdefault(slot, names[0]) in names, (slot, names, identifiers)
    assert max(count for _, count in seen) == 10
    return f"{len(seen)} reports"


SCENARIOS = {f.__name__.replace("_", "-"): f for f in (mouse, fine_wheel, random_mouse, tablet, touch)}
