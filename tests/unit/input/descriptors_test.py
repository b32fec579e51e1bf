# SPDX-License-Identifier: MIT OR Apache-2.0
"""descriptors_test.py PROGRAM README every|keys|readme|write

every:  each combination of collections has a report descriptor that HID 1.11 allows, with the reports that the driver
        fills in, and HIDCLASS's buffers take the longest of them.
keys:   the key map says what the HID Usage Tables say, and has every key that QEMU has a name for.
readme: the report descriptors in README are those that the driver builds. `write` puts them there."""
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import hid_descriptor
import keys

program, readme, what = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
lines = [line.split() for line in subprocess.run([program], capture_output=True, text=True, check=True,
                                                 timeout=60).stdout.splitlines()]
built = {(int(w[0]), *(x == "1" for x in w[1:4])): (int(w[4]), bytes.fromhex(w[5] if len(w) > 5 else ""))
         for w in lines if w[0].isdigit()}
sizes = {(w[1], int(w[2])): int(w[3]) for w in lines if w[0] == "size"}
KEYBOARD, CONSUMER, SYSTEM, MOUSE, TABLET, TOUCH = (1 << i for i in range(6))
TOP = {KEYBOARD: (1, 6), CONSUMER: (0x0C, 1), SYSTEM: (1, 0x80), MOUSE: (1, 2), TABLET: (1, 2), TOUCH: (0x0D, 4)}
DIAGNOSTICS = (0xFF00, 1)


def check_every():
    assert len(built) == 64 * 8, len(built)
    seen = set()
    for (collections, leds, fine, more), (longest, data) in built.items():
        name = f"collections {collections:#x} leds {leds} fine {fine} more {more}"
        try:
            fields, top = hid_descriptor.walk(data)
        except hid_descriptor.Wrong as wrong:
            raise AssertionError(f"{name}: {wrong}") from None
        wanted = []
        for bit, usage in TOP.items():
            wanted += [usage] * (0 if not collections & bit else 2 if bit == KEYBOARD and more else 1)
        assert [(t.page, t.usage) for t in top] == wanted + [DIAGNOSTICS], name
        found = hid_descriptor.lengths(fields)
        assert all(sizes[key] == length for key, length in found.items()), (name, found)
        assert longest == max([n for (t, _), n in found.items() if t == "input"], default=0), (name, longest)
        assert (("output", 1) in found) == bool(collections & KEYBOARD and leds), name
        assert (("feature", 10) in found) == bool(collections & MOUSE and fine), name
        assert (("feature", 11) in found) == bool(collections & TABLET and fine), name
        seen |= set(found)
    assert seen == set(sizes), seen ^ set(sizes)
    print(len(built), "report descriptors, the longest of", max(len(d) for _, d in built.values()), "bytes;",
          len(seen), "reports")


def check_keys():
    mapped = {int(w[1]): (int(w[2]), int(w[3])) for w in lines if w[0] == "key"}
    wanted, codes = keys.usages_by_code(), keys.linux_codes()
    wrong = {c: (mapped.get(c), wanted.get(c)) for c in set(mapped) | set(wanted) if mapped.get(c) != wanted.get(c)}
    assert not wrong, wrong
    missing = [name for name, key in keys.QEMU.items() if codes[key] not in mapped]
    assert not missing, missing
    print(len(mapped), "keys,", len(keys.QEMU), "of which QEMU has names for")


# ---- readable form ----

PAGES = {1: "Desktop", 7: "Keyboard", 8: "LED", 9: "Button", 0x0C: "Consumer", 0x0D: "Digitizer", 0xFF00: "Vendor"}
NAMES = {(1, 1): "Pointer", (1, 2): "Mouse", (1, 6): "Keyboard", (1, 0x30): "X", (1, 0x31): "Y", (1, 0x38): "Wheel",
         (1, 0x48): "Resolution Multiplier", (1, 0x80): "System Control", (1, 0x81): "Power Down", (1, 0x82): "Sleep",
         (1, 0x83): "Wake Up", (0x0C, 1): "Consumer Control", (0x0C, 0xB5): "Next", (0x0C, 0xB6): "Previous",
         (0x0C, 0xB7): "Stop", (0x0C, 0xCD): "Play/Pause", (0x0C, 0xE2): "Mute", (0x0C, 0xE9): "Volume Up",
         (0x0C, 0xEA): "Volume Down", (0x0C, 0x238): "AC Pan", (0x0D, 4): "Touch Screen", (0x0D, 0x22): "Finger",
         (0x0D, 0x32): "In Range", (0x0D, 0x42): "Tip Switch", (0x0D, 0x51): "Contact Identifier",
         (0x0D, 0x54): "Contact Count", (0x0D, 0x55): "Contact Count Maximum", (0xFF00, 1): "Diagnostics",
         (0xFF00, 2): "counters", (0xFF00, 3): "state", (0xFF00, 4): "interrupts", (0xFF00, 5): "reset of the counters"}
KINDS = (("Keyboard", KEYBOARD | CONSUMER | SYSTEM, True, False, True), ("Mouse", MOUSE, False, False, True),
         ("Mouse with a high-resolution wheel", MOUSE, False, True, True), ("Tablet", TABLET, False, False, True),
         ("Touch screen", TOUCH, False, False, True))
BEGIN, END = "<!-- report descriptors: begin -->\n", "<!-- report descriptors: end -->\n"


def usage_text(usages):
    if len(usages) > 3 and len({p for p, _ in usages}) == 1 and all(
            b[1] == a[1] + 1 for a, b in zip(usages, usages[1:])):
        return f"{PAGES[usages[0][0]]} {usages[0][1]:02X}h to {usages[-1][1]:02X}h"
    return ", ".join(NAMES.get(u, f"{PAGES[u[0]]} {u[1]:02X}h") for u in usages)


def field_line(f):
    if f.constant:
        return f"    {f.count * f.size} bits of padding"
    each = "" if f.count == 1 else f"{f.count} times " if len(f.usages) == 1 or not f.variable else "each "
    kind = "which of " if not f.variable else ""
    return (f"    {kind}{usage_text(f.usages)}: {each}{f.size} bit{'s' if f.size > 1 else ''}, {f.minimum}..{f.maximum}"
            f"{', relative' if f.relative else ''}")


def report_lines(fields, kind, number):
    """A collection that comes several times in a row is written once."""
    out, last = [], None
    mine = [f for f in fields if (f.type, f.id) == (kind, number)]
    groups = []
    for f in mine:
        if not groups or groups[-1][0] is not f.collection:
            groups.append((f.collection, []))
        groups[-1][1].append(field_line(f))
    at = 0
    while at < len(groups):
        same = 1
        while at + same < len(groups) and groups[at + same][1] == groups[at][1]:
            same += 1
        if same > 1:
            c = groups[at][0]
            out.append(f"    {same} times {usage_text([(c.page, c.usage)])}:")
            out += ["  " + line for line in groups[at][1]]
        else:
            out += groups[at][1]
        at += same
    return out


def render():
    out = []
    for name, *combination in KINDS:
        data = built[tuple(combination)][1]
        fields, top = hid_descriptor.walk(data)
        length = hid_descriptor.lengths(fields)
        out += [f"**{name}** ({len(data)} bytes)", "", "```"]
        for collection in top:
            if (collection.page, collection.usage) == DIAGNOSTICS and name != KINDS[-1][0]:
                out.append("Diagnostics: as of the touch screen below")
                continue
            out.append(usage_text([(collection.page, collection.usage)]))
            reports = dict.fromkeys((f.type, f.id) for f in fields if f.application is collection)
            for kind, number in reports:
                out.append(f"  {kind} report {number}, {length[kind, number]} bytes")
                out += report_lines(fields, kind, number)
        out += ["```", ""]
    return "\n".join(out)


if what == "every":
    check_every()
elif what == "keys":
    check_keys()
else:
    text = readme.read_text()
    before, _, rest = text.partition(BEGIN)
    block, _, after = rest.partition(END)
    if what == "write":
        readme.write_text(before + BEGIN + render() + END + after)
    else:
        assert block == render(), f"{readme.name} is not what the driver builds: run this test with 'write'"
        print("README has the descriptors as they are built")
