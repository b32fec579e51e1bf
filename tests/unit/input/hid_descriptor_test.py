# SPDX-License-Identifier: MIT OR Apache-2.0
"""The descriptor reader that other tests lean on: it refuses what HID 1.11 does not allow, and decodes what it does."""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from hid_descriptor import Wrong, decode, walk

# Buttons 1 to 3 with padding, two signed bytes, an array of two of usages 4 to 6.
GOOD = """05 01 09 02 a1 01 85 01 05 09 19 01 29 03 15 00 25 01 75 01 95 03 81 02 75 05 95 01 81 01
          05 01 09 30 09 31 15 81 25 7f 75 08 95 02 81 06 05 07 19 04 29 06 15 01 25 03 95 02 81 00 c0"""


def descriptor(*changes):
    text = " ".join(GOOD.split())
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    return bytes.fromhex(text)


fields, top = walk(descriptor())
assert [(f.at, f.size, f.count) for f in fields] == [(0, 1, 3), (3, 5, 1), (8, 8, 2), (24, 8, 2)], fields
assert decode(fields, bytes.fromhex("01 05 ff 7f 02 01")) == {
    (9, 1): 1, (9, 2): 0, (9, 3): 1, (1, 0x30): -1, (1, 0x31): 127, (7, 5): 1, (7, 4): 1}

BAD = {
    "no end": [("81 00 c0", "81 00")],
    "an end too many": [("c0", "c0 c0")],
    "cut off": [("81 00 c0", "81 00 c0 26 ff")],
    "one byte for 137": [("15 01 25 03", "15 01 25 89")],
    "minimum above maximum": [("25 01 75 01", "25 ff 75 01")],
    "not whole bytes": [("75 05 95 01 81 01", "75 04 95 01 81 01")],
    "padding with usages": [("75 05 95 01 81 01", "09 01 75 05 95 01 81 01")],
    "usages that do not fit the count": [("19 01 29 03 15 00", "19 01 29 02 15 00")],
    "usage maximum without its minimum": [("19 01 29 03", "29 03")],
    "usage minimum without its maximum": [("29 03 15 00 25 01 75 01 95 03", "15 00 25 01 75 01 95 03")],
    "an array that its values do not fit": [("15 01 25 03", "15 01 25 04")],
    "a collection without a usage": [("09 02 a1", "a1")],
    "an application collection within another": [("85 01 05 09", "85 01 09 01 a1 01 c0 05 09")],
    "report 0": [("85 01", "85 00")],
    "no report ID": [("85 01", "")],
    "a report in two top-level collections": [("81 00 c0", "81 00 c0 09 02 a1 01 75 08 95 01 81 01 c0")],
    "a long item": [("05 01 09 02", "fe 00 00 05 01 09 02")],
    "pop without push": [("05 01 09 02", "b4 05 01 09 02")],
    "usages left over": [("81 00 c0", "81 00 09 01 c0")],
    "data outside of a collection": [("05 01 09 02 a1 01", "05 01 85 01 75 08 95 01 81 01 09 02 a1 01")],
}
for name, changes in BAD.items():
    try:
        walk(descriptor(*changes))
    except Wrong:
        continue
    raise AssertionError(f"{name}: taken")
for report in ("01 05 ff 7f 02", "02 00", "01 0d ff 7f 02 01", "01 05 80 7f 02 01", "01 05 ff 7f 02 04"):
    try:
        decode(fields, bytes.fromhex(report))
    except Wrong:
        continue
    raise AssertionError(f"{report}: decoded")
print(len(BAD), "malformed descriptors and 5 reports refused")
