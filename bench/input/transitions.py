#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which keys, buttons and contacts a script makes go down and up, and whether the reports of its run say the same.

usage: transitions.py NTHOST DRIVER DEVICE IRQ KIND|all [--events N] [--runs N] [--seed N] [--soak-runs N]
                      [--parser DIR] [--of-nthost]

Neither half knows the driver: Reference reads the script and keeps the state of a device; Reports reads reports with a
parser written after the HID definition (tests/unit/input). --parser has a foreign hidparse.sys decode them as well, and
both must agree. --soak-runs: as many runs instead when AERO_SOAK=1. --of-nthost: the events are those of nthost's own
"random COUNT pauses", drawn while it runs, so that what happens depends on what has happened.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # nothing is written into the source tree
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/unit/input"))
from hid_descriptor import lengths, walk  # noqa: E402
from keys import CONSUMER, KEYBOARD, QEMU, linux_codes, usages_by_code  # noqa: E402

KINDS = ("keyboard", "mouse", "tablet", "multitouch")
CODES, USAGES = linux_codes(), usages_by_code()
EV_KEY = CODES["EV_KEY"]
BUTTON, DIGITIZER = 0x09, 0x0D
BUTTONS = {"left": 1, "right": 2, "middle": 3, "side": 4, "extra": 5}  # in the order of Linux' BTN_LEFT and the next
AXES = {"x": (1, 0x30), "y": (1, 0x31), "wheel": (1, 0x38), "hwheel": (0x0C, 0x238)}
TIP, CONTACT = (DIGITIZER, 0x42), (DIGITIZER, 0x51)
POSITIONS = 32768  # of the model's and QEMU's absolute axes, and of the reports: nothing is scaled
RELATIVE = {CODES[name]: axis for axis, name in
            (("x", "REL_X"), ("y", "REL_Y"), ("wheel", "REL_WHEEL"), ("hwheel", "REL_HWHEEL"))}
ABSOLUTE = {CODES["ABS_X"]: "x", CODES["ABS_Y"]: "y"}
SLOTS = 10
SETTLED = 5  # ms, after which the device has told everything and the programs have read it
NEEDS_RESET = 14  # of the event log, drivers/input/README.md


class Wrong(Exception):
    """What a report says is not what was done."""


class Packet:
    """What happened between two SYNs, in order, and where the axes were then (None: nobody can know). `least` and
    `most`: how often each transition is told; they differ where a device is lost in the midst of things."""

    def __init__(self, events, position, mark):
        self.events, self.position, self.mark = events, position, mark
        self.moved = collections.Counter(events)
        self.least, self.most = self.moved.copy(), self.moved.copy()


class Settled:
    """A point up to which everything has been told for certain: to the driver, or by it to the programs."""

    def __init__(self, packets, down):
        self.packets, self.down, self.dirty = packets, frozenset(down), False


class Reference:
    """The device's state after each line of a script: packets with transitions (usage or slot, 1 or 0).

    A device that sleeps, stops, is reset or pulled takes what it has not told with it, and what is held is released. So
    between the last time that all was quiet (SETTLED) and then, any part of what happened may be told, in order, and
    then the release of what is down by then; what happened before must be. A device that is pulled ends what is held by
    going, whether or not a report says so."""

    def __init__(self, kind):
        self.kind, self.packets, self.down, self.events = kind, [], set(), []
        self.places = collections.defaultdict(set)  # of contacts: which slots were ever there
        self.slot, self.contact = 0, collections.defaultdict(dict)
        self.position = self.origin()
        self.driver, self.programs = Settled(0, ()), Settled(0, ())
        self.paused, self.mark, self.pulls, self.ends, self.resets = False, 0, set(), {}, 0

    def origin(self):
        return dict.fromkeys(AXES, 0) if self.kind == "mouse" else {}

    def change(self, what, value):
        self.driver.dirty = self.programs.dirty = True
        if (what in self.down) != bool(value):
            self.events.append((what, value))
            (self.down.add if value else self.down.discard)(what)

    def move(self, axis, value):
        self.driver.dirty = self.programs.dirty = True
        if self.kind != "mouse":
            self.position[axis] = value
        elif self.position is not None:
            self.position[axis] += value

    def end_packet(self):
        if self.events:
            position = None if self.position is None else dict(self.position)
            self.packets.append(Packet(self.events, position, self.mark))
        self.events = []

    def settle(self):
        self.end_packet()
        self.driver = Settled(len(self.packets), self.down)
        if not self.paused:
            self.programs = self.driver

    def disturb(self, since):
        self.end_packet()
        possible, state = set(since.down), set(since.down)
        for packet in self.packets[since.packets:]:
            for what, value in packet.events:
                (state.add if value else state.discard)(what)
                possible |= state
            packet.least, packet.position = collections.Counter(), None
        if since.dirty:
            self.position = None if self.kind == "mouse" else {}
        release = Packet([(what, 0) for what in possible], self.position, self.mark)
        release.least = collections.Counter({(what, 0): 1 for what in since.down})
        release.most = collections.Counter({(what, 0): 1 for what in self.down})
        if release.events:
            self.packets.append(release)
        if self.kind != "mouse":
            self.position = {}
        self.down = set()
        self.driver = Settled(len(self.packets), ())

    def set_mark(self):
        """All that happened before has been read by now: the motion counts from here."""
        self.end_packet()
        if self.programs.packets != len(self.packets):
            raise Wrong("the script sets a mark while programs have not read everything")
        self.ends[self.mark] = None if self.position is None else dict(self.position)
        self.mark += 1
        if self.kind == "mouse":
            self.position = self.origin()

    def read_touch(self, slot, x, y):
        self.change(slot, 1)
        self.places[x, y].add(slot)

    def read_event(self, kind, code, value):
        if kind == EV_KEY and value < 2:
            first = CODES["BTN_LEFT"]
            button = first <= code < first + len(BUTTONS)
            self.change((BUTTON, code - first + 1) if button else USAGES[code], value)
        elif kind == CODES["EV_REL"]:
            self.move(RELATIVE[code], value - (value >> 31 << 32))
        elif kind == CODES["EV_ABS"] and code in ABSOLUTE:
            self.move(ABSOLUTE[code], value)
        elif kind == CODES["EV_ABS"]:
            self.read_contact(code, value)

    def read_contact(self, code, value):
        place = self.contact[self.slot]
        if code == CODES["ABS_MT_SLOT"]:
            self.slot = value
        elif code == CODES["ABS_MT_TRACKING_ID"]:
            self.change(self.slot, int(value < 1 << 31))
        elif code == CODES["ABS_MT_POSITION_X"]:
            place["x"] = value
        elif code == CODES["ABS_MT_POSITION_Y"]:
            self.read_touch(self.slot, place["x"], value)

    def read(self, line):
        word = line.split()
        if word[0] == "event":
            self.read_event(*map(int, word[1:]))
        elif word[0] == "key":
            self.change(USAGES[CODES[QEMU[word[1]]]], int(word[2] == "down"))
        elif word[0] == "btn":
            self.change((BUTTON, BUTTONS[word[1]]), int(word[2] == "down"))
        elif word[0] in ("rel", "abs"):
            self.move(word[1], int(word[2]))
        elif word[0] == "touch" and word[2] == "up":
            self.change(int(word[1]), 0)
        elif word[0] == "touch":
            self.read_touch(int(word[1]), int(word[2]), int(word[3]))
        elif word[0] == "syn":
            self.end_packet()
        elif word[0] == "wait" and int(word[1]) >= SETTLED:
            self.settle()
        elif word[0] in ("pause", "resume"):
            self.paused = word[0] == "pause"
        elif word[0] in ("sleep", "stop", "restart", "reset"):
            self.resets += word[0] == "reset"
            self.disturb(self.driver)
        elif word[0] == "pull":
            self.disturb(self.programs)
            self.programs, self.paused = self.driver, False
            self.set_mark()
            self.pulls.add(self.mark)
        elif word[0] == "mark":
            self.set_mark()

    def total(self, which):
        out = collections.Counter()
        for packet in self.packets:
            out.update(getattr(packet, which))
        return out


class Reports:
    """Reports as (mark, identifier, what is on, {axis: value}, {contact: place})."""

    def __init__(self, result):
        self.result = result
        fields, _ = walk(bytes.fromhex(result["report_descriptor"]))
        self.length = {number: n for (kind, number), n in lengths(fields).items() if kind == "input"}
        self.fields = collections.defaultdict(list)
        for f in fields:
            if f.type == "input" and not f.constant:
                self.fields[f.id].append(f)
        # Wine's hidparse.sys takes each byte of an array for an element of its own, whatever the report size.
        self.wide = {f.id for f in fields if f.type == "input" and not f.variable and f.size > 8}

    def one(self, report):
        number = report[0]
        if any(report[self.length[number]:]):
            raise Wrong(f"report {report.hex()} goes on after its {self.length[number]} bytes")
        whole, on, fingers, values = int.from_bytes(report[1:], "little"), set(), {}, {}
        for f in self.fields[number]:
            raw = whole >> f.at & (1 << f.size * f.count) - 1
            finger = fingers.setdefault(id(f.collection), {}) if f.collection is not f.application else values
            for i in range(f.count if raw or f.size > 1 else 0):
                value = raw >> i * f.size & (1 << f.size) - 1
                if f.minimum < 0 and value >> f.size - 1:
                    value -= 1 << f.size
                usage = f.usages[i if len(f.usages) > 1 else 0] if f.variable else f.usages[value - f.minimum]
                if f.size == 1 or not f.variable:
                    if value and usage[1]:
                        on.add(usage)
                        finger[usage] = 1
                else:
                    finger[usage] = value
        contacts = [f for f in fingers.values() if CONTACT in f]
        for f in fingers.values():
            values.update(f if CONTACT not in f else {})
        return number, on, values, contacts

    def __iter__(self):
        for report in self.result["reports"]:
            number, on, values, contacts = self.one(bytes.fromhex(report["bytes"]))
            if report.get("usages") and number not in self.wide:
                self.agree(report, on)
            yield report["mark"], number, on, values, contacts

    @staticmethod
    def agree(report, on):
        theirs = {tuple(int(n, 16) for n in word.split(":")) for word in report["usages"].split() if "=" not in word}
        if theirs != on:
            raise Wrong(f"report {report['bytes']}: hidparse.sys finds {sorted(theirs)}, we {sorted(on)}")


class Comparison:
    """Each collection's reports in the order of the packets; a report tells of one packet at most. What a collection
    does not tell, another one may: only the sums say what was lost."""

    def __init__(self, reference):
        self.reference = reference
        self.at, self.left, self.state = {}, {}, collections.defaultdict(set)
        self.found = collections.Counter()
        self.slot_of, self.position, self.mark = {}, reference.origin(), 0

    def go_on(self, mark):
        """To reports that were read after the device was pulled, or after a mark of the script."""
        while self.mark < mark:
            self.check_end(self.reference.ends[self.mark])
            self.mark += 1
            for state in self.state.values() if self.mark in self.reference.pulls else ():
                self.found.update((what, 0) for what in state)
                state.clear()
            if self.reference.kind == "mouse":
                self.position = self.reference.origin()

    def check_end(self, end):
        for axis, value in (end or {}).items():
            if self.position.get(axis, 0) != value and self.position:
                raise Wrong(f"the motion ends at {self.position}, it was made to {end}")

    def place(self, number, moved):
        """The packet that the transitions of a report belong to, and whether it is told in full."""
        packets, at = self.reference.packets, self.at.get(number, 0)
        left = self.left.get(number)
        while at < len(packets):
            left = packets[at].moved.copy() if left is None else left
            if packets[at].mark == self.mark and all(left[what] > 0 for what in moved):
                left.subtract(moved)
                self.at[number], self.left[number] = at, left
                return packets[at], not any(left.values())
            at, left = at + 1, None
        raise Wrong(f"no packet after {self.at.get(number, 0)} makes the transitions {sorted(moved, key=str)} of one "
                    "report, in the order of the reports")

    def contacts(self, found, held):
        """Contact identifiers are the driver's own: the place where a contact begins says which slot it is."""
        down = set()
        for contact in found:
            if not contact.get(TIP):
                continue
            where = contact[AXES["x"]], contact[AXES["y"]]
            slots = self.reference.places.get(where)
            if not slots:
                raise Wrong(f"contact {contact[CONTACT]} is at {where}, where none ever was")
            known = self.slot_of.get(contact[CONTACT])
            slot = known if known in slots else min(slots)
            if self.slot_of.get(contact[CONTACT], slot) != slot and self.slot_of[contact[CONTACT]] in held:
                raise Wrong(f"contact {contact[CONTACT]} jumps to the place of slot {slot}")
            self.slot_of[contact[CONTACT]] = slot
            down.add(slot)
        return down

    def motion(self, values):
        if self.reference.kind == "mouse":
            for axis, usage in AXES.items():
                self.position[axis] = self.position.get(axis, 0) + values[usage]
        elif self.reference.kind == "tablet":
            self.position = {axis: values[AXES[axis]] for axis in ("x", "y")}

    def report(self, mark, number, on, values, contacts):
        self.go_on(mark)
        before = self.state[number]
        if self.reference.kind == "multitouch":
            now = self.contacts(contacts, before)
        else:
            now = on
        moved = [(what, 0) for what in before - now] + [(what, 1) for what in now - before]
        self.state[number] = now
        self.motion(values)
        if not moved:
            return
        self.found.update(moved)
        packet, complete = self.place(number, moved)
        if complete:
            for axis, value in (packet.position or {}).items():
                if self.position[axis] != value:
                    raise Wrong(f"{sorted(moved)} is told at {self.position}, it was made at {packet.position}")

    def finish(self):
        self.go_on(self.reference.mark)
        self.check_end(self.reference.position)
        least, most = self.reference.total("least"), self.reference.total("most")
        held = set().union(*self.state.values())
        return {"transitions": sum(least.values()), "lost": sum((least - self.found).values()),
                "invented": sum((self.found - most).values()), "held": len(held ^ self.reference.down)}


def compare(kind, script, result):
    """{"transitions", "lost", "invented", "held": that should not be, or the other way round}. Raises Wrong for what
    is out of order or place."""
    reference = Reference(kind)
    for line in script:
        reference.read(line)
    reference.end_packet()
    logged = [entry["unique_id"] for entry in result["event_log"]]
    if logged != [NEEDS_RESET] * reference.resets:
        raise Wrong(f"the event log has {logged}, where the device asked for {reference.resets} resets")
    comparison = Comparison(reference)
    for report in Reports(result):
        comparison.report(*report)
    return comparison.finish()


def without_one_state(kind, result, part):
    """The same result without a report that tells of a transition, and without those that say the same again: the next
    one tells two at once."""
    state, telling = {}, []  # (number, index)
    numbers = []
    for i, (_, number, on, _, contacts) in enumerate(Reports(result)):
        now = on if kind != "multitouch" else {c[CONTACT] for c in contacts if c.get(TIP)}
        if state.get(number, set()) != now:
            telling.append((number, i))
        state[number] = now
        numbers.append(number)
    number, first = telling[int(len(telling) * part)]
    end = next((i for n, i in telling if n == number and i > first), len(numbers))
    return {**result, "reports": [r for i, r in enumerate(result["reports"])
                                  if numbers[i] != number or not first <= i < end]}


def notices_a_loss(kind, script, result):
    """What happened just before the device was lost need not be told, so one of eight places will do."""
    for part in (0.5, 0.25, 0.75, 0.1, 0.9, 0.4, 0.6, 0.2):
        try:
            if compare(kind, script, without_one_state(kind, result, part))["lost"] > 0:
                return True
        except Wrong:
            return True
    return False


# ---- random scripts ----

class Script:
    """Random events of a kind. What is down at the end is released."""

    def __init__(self, kind, device, draw):
        self.kind, self.model, self.draw = kind, device == "model", draw
        self.lines, self.events, self.down, self.used = [], 0, {}, set()
        # Two keys with one usage are one key to a program; of the consumer page's array three are told at once.
        once = [u for u, n in collections.Counter(USAGES.values()).items() if n == 1]
        if self.model:
            codes = [c for c, u in USAGES.items() if u in once and u[0] == KEYBOARD]
            codes += [CODES["KEY_" + n] for n in ("MUTE", "VOLUMEUP", "PLAYPAUSE", "WAKEUP")]
            codes += [c for c, (page, u) in USAGES.items() if page == CONSUMER and u >= 0x180 and (page, u) in once][:3]
            self.keys = codes
        else:
            named = {USAGES[CODES[key]]: name for name, key in QEMU.items()}
            self.keys = [name for usage, name in named.items() if usage[0] == KEYBOARD]

    def add(self, line, events=1):
        self.lines.append(line)
        self.events += events

    def toggle(self, what):
        self.down[what] = not self.down.get(what)
        return self.down[what]

    def key(self):
        name = self.draw.choice(self.keys)
        if self.model and self.draw.random() < 0.1:  # what changes nothing, and a repeat
            self.add(f"event {EV_KEY} {name} {2 if self.draw.random() < 0.5 else int(self.down.get(name, False))}")
        else:
            self.send_key(name, self.toggle(name))

    def send_key(self, name, down):
        self.add(f"event {EV_KEY} {name} {int(down)}" if self.model else f"key {name} {'down' if down else 'up'}")

    def button(self):
        name = self.draw.choice(list(BUTTONS))
        self.add(f"btn {name} {'down' if self.toggle(name) else 'up'}")

    def relative(self):
        axes = ["x", "y", "wheel"] + (["hwheel"] if self.model else [])  # QEMU has no virtio event for its wheel-left
        axis = self.draw.choice(axes)
        step = self.draw.randint(1, 1000) if axis in "xy" else 1
        self.add(f"rel {axis} {self.draw.choice((step, -step))}")

    def absolute(self):
        self.add(f"abs {self.draw.choice('xy')} {self.draw.randrange(POSITIONS)}")

    def touch(self):
        slot = self.draw.randrange(SLOTS)
        if self.down.get(slot) and self.draw.random() < 0.3:
            self.lift(slot)
            return
        where = self.draw.randrange(POSITIONS), self.draw.randrange(POSITIONS)
        if where not in self.used:
            self.used.add(where)
            self.add(f"touch {slot} {where[0]} {where[1]}", 3 if self.down.get(slot) else 4)
            self.down[slot] = True

    def lift(self, slot):
        self.down[slot] = False
        self.add(f"touch {slot} up", 2)

    def disturb(self, quiet):
        """Something happens to the device, in the midst of things or when all is quiet. Keys may be let go before it is
        back, and then nobody is told, or afterwards; contacts stay."""
        self.lines += [f"wait {SETTLED}"] if quiet else []
        self.lines += self.draw.choice((["sleep", "wake"], ["restart"], ["stop", "start"], ["reset"], ["pull", "plug"]))
        self.lines.append("wait 40")
        if self.kind != "multitouch" and self.draw.random() < 0.5:
            self.down = {}

    def one(self):
        moves = {"keyboard": [self.key], "mouse": [self.relative, self.relative, self.button],
                 "tablet": [self.absolute, self.absolute, self.button], "multitouch": [self.touch]}
        self.draw.choice(moves[self.kind])()

    def packet(self):
        for _ in range(self.draw.randint(1, 4)):
            self.one()
        self.lines.append("syn")

    def release_all(self):
        for what in [w for w, down in self.down.items() if down]:
            self.down[what] = False
            if self.kind == "keyboard":
                self.send_key(what, False)
            elif self.kind == "multitouch":
                self.lift(what)
            else:
                self.add(f"btn {what} up")
            self.lines.append("syn")
            self.lines.append("wait 2")


def random_script(kind, device, events, seed):
    """Lines. Nobody reads now and then, for no more packets than the driver keeps reports (what is lost beyond that is
    driver.input.overflow's); the model's device sleeps, restarts, asks for a reset or is pulled and plugged in again.
    It is never given more than it has buffers for: what a device has no room for, it drops itself."""
    draw = random.Random(seed)
    s = Script(kind, device, draw)
    pace, room = ("wait 1", 24) if device == "model" else ("wait 3", 1)
    since = 0
    while s.events < events:
        before = s.events
        s.packet()
        since += s.events - before
        if since >= room:
            s.lines.append(pace)
            since = 0
        what = draw.random()
        if what < 0.003:
            s.lines += ["wait 5", "pause"]
            for _ in range(draw.randint(1, 60)):
                s.packet()
                s.lines.append(pace)
                if device == "model" and draw.random() < 0.003:
                    s.disturb(False)
            s.lines += ["wait 3", "resume", "wait 5", "mark"]
            since = 0
        elif what < 0.007 and device == "model":
            s.disturb(draw.random() < 0.5)
            s.lines.append("mark")
            since = 0
        elif what < 0.03:
            s.lines.append(f"wait {SETTLED}")
            since = 0
    s.release_all()
    return s.lines + ["wait 30"]


def run(nthost, driver, device, irq, kind, script, options=(), seconds=280):
    """The JSON of one run; Wrong with the output when its exit status is not 0."""
    with tempfile.TemporaryDirectory(prefix="nthost-") as folder:
        path, out = pathlib.Path(folder, "script"), pathlib.Path(folder, "json")
        path.write_text("\n".join(script) + "\n")
        command = [nthost, "input", "--driver", driver, "--device", device, "--irq", irq, "--kind", kind, "--script",
                   path, "--json", out, *(["--model", "vectors=3"] if device == "model" and irq == "msix" else []),
                   *options]
        command = [str(word) for word in command]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  errors="replace", timeout=seconds, check=False)
        except subprocess.TimeoutExpired as late:
            raise Wrong(f"no result within {seconds} s: {' '.join(command)}") from late
        if done.returncode != 0:
            raise Wrong(f"exit status {done.returncode}: {' '.join(command)}\n{done.stdout[-4000:]}")
        result = json.loads(out.read_text())
        if result["allocations_after_start"]:
            raise Wrong(f"{result['allocations_after_start']} allocations after the start: {' '.join(command)}")
        result["output"] = done.stdout
        return result


def sent_lines(result):
    """What nthost says it has sent and done, as lines of a script."""
    for entry in result["sent"]:
        if entry["command"] is not None:
            yield f"{entry['command']} {entry['value']}"
        elif entry["type"] == 0:
            yield "syn"
        else:
            yield f"event {entry['type']} {entry['code']} {entry['value']}"


def one_run(o, kind, seed):
    """What was found, and how much there was; Wrong when it is not right."""
    script = [f"random {o.events} pauses"] if o.of_nthost else random_script(kind, o.device, o.events, seed)
    options = ["--seed", seed, *(["--parser", o.parser] if o.parser else [])]
    result = run(o.nthost, o.driver, o.device, o.irq, kind, script, options + ["--log-events"] * o.of_nthost)
    script = list(sent_lines(result)) if o.of_nthost else script
    found = compare(kind, script, result)
    if found["lost"] or found["invented"] or found["held"] or not found["transitions"]:
        raise Wrong(str(found))
    if seed == o.seed and not notices_a_loss(kind, script, result):
        raise Wrong("the comparison does not notice that a report is gone")
    lines = collections.Counter(line.split()[0] for line in script)
    return {**found, "events": result["events"], "reports": result["report_count"], "resets": lines["reset"],
            "pulls": lines["pull"], "rests": lines["sleep"] + lines["stop"] + lines["restart"]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("nthost")
    parser.add_argument("driver")
    parser.add_argument("device", choices=["model", "qemu"])
    parser.add_argument("irq", choices=["intx", "msix"])
    parser.add_argument("kind", choices=[*KINDS, "all"])
    parser.add_argument("--events", type=int, default=50000)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--soak-runs", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--of-nthost", action="store_true")
    parser.add_argument("--parser", help="the folder of a hidparse.sys")
    o = parser.parse_args()
    runs = o.soak_runs if o.soak_runs and os.environ.get("AERO_SOAK") == "1" else o.runs
    for kind in KINDS if o.kind == "all" else [o.kind]:
        total = collections.Counter()
        for seed in range(o.seed, o.seed + runs):
            try:
                total.update(one_run(o, kind, seed))
            except Wrong as wrong:
                print(f"{kind}, {o.device}, {o.irq}, seed {seed}: {wrong}", file=sys.stderr)
                return 1
        if o.device == "model" and not (total["resets"] and total["pulls"] and total["rests"]):
            print(f"{kind}: the device was never disturbed in one of its ways: {total}", file=sys.stderr)
            return 1
        print(f"{kind}, {o.device}, {o.irq}: {total['events']} events, {total['resets']} resets, "
              f"{total['pulls']} removals, {total['rests']} rests, {total['transitions']} transitions, "
              f"{total['reports']} reports, none lost, none invented")
    return 0


if __name__ == "__main__":
    sys.exit(main())
