#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which keys, buttons and contacts a script makes go down and up, and whether the reports of its run say the same.

usage: transitions.py NTHOST DRIVER DEVICE IRQ KIND [--events N] [--runs N] [--seed N] [--soak-runs N] [--parser DIR]

Neither half knows the driver: Reference reads the script and keeps the state of a device; Reports reads reports with a
parser written after the HID definition (tests/unit/input). --parser has a foreign hidparse.sys decode them as well, and
both must agree. --soak-runs: as many runs instead when AERO_SOAK=1.
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
SLOTS = 10
# Key names of QEMU's that nthost does not send.
NOT_SENT = {"menu", "sysrq", "asterisk", "props", "front", "hiragana"} | {f"f{n}" for n in range(13, 25)}


class Wrong(Exception):
    """What a report says is not what was done."""


class Reference:
    """The device's state after each line of a script. A packet is what lies between two SYNs, as
    (transitions {(usage or slot, 1 or 0): times}, position at its end, axis by axis)."""

    def __init__(self, kind):
        self.kind, self.packets, self.down = kind, [], set()
        self.moved = collections.Counter()
        self.position = {} if kind != "mouse" else dict.fromkeys(AXES, 0)
        self.places, self.states = {}, set()  # of contacts; of a tablet
        self.packet_number = 0

    def change(self, what, value):
        if (what in self.down) != bool(value):
            self.moved[what, value] += 1
            (self.down.add if value else self.down.discard)(what)

    def end_packet(self):
        if self.moved:
            self.packets.append((self.moved, dict(self.position)))
        self.moved = collections.Counter()

    def read(self, line):
        word = line.split()
        if word[0] == "event" and int(word[1]) == EV_KEY and int(word[3]) < 2:
            self.change(USAGES[int(word[2])], int(word[3]))
        elif word[0] == "key":
            self.change(USAGES[CODES[QEMU[word[1]]]], int(word[2] == "down"))
        elif word[0] == "btn":
            self.change((BUTTON, BUTTONS[word[1]]), int(word[2] == "down"))
        elif word[0] == "rel":
            self.position[word[1]] += int(word[2])
        elif word[0] == "abs":
            self.position[word[1]] = int(word[2])
            self.states.add((self.position.get("x"), self.position.get("y")))
        elif word[0] == "touch":
            self.change(int(word[1]), int(word[2] != "up"))
            if word[2] != "up":
                self.places[int(word[2]), int(word[3])] = int(word[1])
        elif word[0] == "syn":
            self.end_packet()
        elif word[0] in ("sleep", "stop", "restart"):  # what is held is released before the device goes
            for what in list(self.down):
                self.change(what, 0)
            self.position = self.position if self.kind == "mouse" else {}
            self.end_packet()

    def transitions(self):
        return sum((sum(moved.values()) for moved, _ in self.packets))


class Reports:
    """Reports as (identifier, what is on, {axis: value}, {contact: place})."""

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
            yield number, on, values, contacts

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
        self.slot_of, self.position = {}, {}

    def place(self, number, moved):
        """The packet that the transitions of a report belong to, and whether it is told in full."""
        packets, at = self.reference.packets, self.at.get(number, 0)
        left = self.left.get(number)
        while at < len(packets):
            left = packets[at][0].copy() if left is None else left
            if all(left[what] > 0 for what in moved):
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
            slot = self.reference.places.get(where)
            if slot is None:
                raise Wrong(f"contact {contact[CONTACT]} is at {where}, where none ever was")
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

    def report(self, number, on, values, contacts):
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
        (_, position), complete = self.place(number, moved)
        if complete:
            for axis, value in position.items():
                if self.position[axis] != value:
                    raise Wrong(f"{sorted(moved)} is told at {self.position}, it was made at {position}")

    def finish(self):
        wanted = collections.Counter()
        for moved, _ in self.reference.packets:
            wanted.update(moved)
        held = set().union(*self.state.values())
        for axis, value in self.reference.position.items():
            if self.position.get(axis, 0) != value and self.position:
                raise Wrong(f"the motion ends at {self.position}, it was made to {self.reference.position}")
        return {"transitions": sum(wanted.values()), "lost": sum((wanted - self.found).values()),
                "invented": sum((self.found - wanted).values()), "held": len(held ^ self.reference.down)}


def compare(kind, script, result):
    """{"transitions", "lost", "invented", "held": that should not be, or the other way round}. Raises Wrong for what
    is out of order or place."""
    reference = Reference(kind)
    for line in script:
        reference.read(line)
    reference.end_packet()
    comparison = Comparison(reference)
    for report in Reports(result):
        comparison.report(*report)
    return comparison.finish()


def without_one_report(kind, result):
    """The same result without a report in the middle that tells of a transition: a comparison must notice."""
    state, telling = {}, []
    for i, (number, on, _, contacts) in enumerate(Reports(result)):
        now = on if kind != "multitouch" else {c[CONTACT] for c in contacts if c.get(TIP)}
        if state.get(number, set()) != now:
            telling.append(i)
        state[number] = now
    gone = telling[len(telling) // 2]
    return {**result, "reports": result["reports"][:gone] + result["reports"][gone + 1:]}


def notices_a_loss(kind, script, result):
    try:
        found = compare(kind, script, without_one_report(kind, result))
    except Wrong:
        return True
    return found["lost"] > 0


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
            named = {USAGES[CODES[key]]: name for name, key in QEMU.items() if name not in NOT_SENT}
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
        # nthost gives a QEMU contact that moves a new tracking ID, which makes it another contact.
        if self.down.get(slot) and (not self.model or self.draw.random() < 0.3):
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

    def fingers_leave(self):
        """After a reset: a contact that stayed down over it never begins again, so the driver cannot know of it."""
        if self.kind == "multitouch":
            for slot in [slot for slot, down in self.down.items() if down]:
                self.lift(slot)
            self.lines.append("syn")

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
    driver.input.overflow's); the device sleeps or restarts now and then; it is never given more than it has buffers
    for: what a device has no room for, it drops itself."""
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
            s.lines += ["wait 3", "resume", "wait 5"]
            since = 0
        elif what < 0.004 and device == "model":
            s.lines += ["wait 5", *draw.choice((["sleep", "wake"], ["restart"], ["stop", "start"])), "wait 5"]
            s.fingers_leave()
            s.down, since = {}, 0
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
        result["output"] = done.stdout
        return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("nthost")
    parser.add_argument("driver")
    parser.add_argument("device", choices=["model", "qemu"])
    parser.add_argument("irq", choices=["intx", "msix"])
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--events", type=int, default=50000)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--soak-runs", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--parser", help="the folder of a hidparse.sys")
    o = parser.parse_args()
    runs = o.soak_runs if o.soak_runs and os.environ.get("AERO_SOAK") == "1" else o.runs
    total = collections.Counter()
    for seed in range(o.seed, o.seed + runs):
        script = random_script(o.kind, o.device, o.events, seed)
        try:
            result = run(o.nthost, o.driver, o.device, o.irq, o.kind, script,
                         ["--seed", seed, *(["--parser", o.parser] if o.parser else [])])
            found = compare(o.kind, script, result)
        except Wrong as wrong:
            print(f"{o.kind}, {o.device}, {o.irq}, seed {seed}: {wrong}", file=sys.stderr)
            return 1
        total.update(found)
        total.update(events=result["events"], reports=result["report_count"])
        if found["lost"] or found["invented"] or found["held"] or not found["transitions"]:
            print(f"{o.kind}, {o.device}, {o.irq}, seed {seed}: {found}", file=sys.stderr)
            return 1
        if seed == o.seed and not notices_a_loss(o.kind, script, result):
            print("the comparison does not notice that a report is gone", file=sys.stderr)
            return 1
    print(f"{o.kind}, {o.device}, {o.irq}: {total['events']} events, {total['transitions']} transitions, "
          f"{total['reports']} reports, none lost, none invented")
    return 0


if __name__ == "__main__":
    sys.exit(main())
