# SPDX-License-Identifier: MIT OR Apache-2.0
"""A strict reader of HID report descriptors, written after "Device Class Definition for HID 1.11", 5.4 to 5.8 and 6.2.2,
and nothing else. walk(bytes) gives the fields of every report; what the definition forbids raises Wrong.

decode(fields, report) reads a report as those fields say: {(page, usage): value}, arrays as {(page, usage): 1}."""
import dataclasses

INPUT, OUTPUT, FEATURE = "input", "output", "feature"
MAIN = {0x8: INPUT, 0x9: OUTPUT, 0xB: FEATURE, 0xA: "collection", 0xC: "end"}
GLOBAL = {0: "page", 1: "logical_minimum", 2: "logical_maximum", 3: "physical_minimum", 4: "physical_maximum",
          5: "unit_exponent", 6: "unit", 7: "size", 8: "id", 9: "count", 10: "push", 11: "pop"}
LOCAL = {0: "usage", 1: "usage_minimum", 2: "usage_maximum"}
SIGNED = {"logical_minimum", "logical_maximum", "physical_minimum", "physical_maximum"}


class Wrong(Exception):
    pass


@dataclasses.dataclass
class Collection:
    kind: int
    page: int
    usage: int
    parent: object
    reports: dict = dataclasses.field(default_factory=dict)  # (type, id) -> bits


@dataclasses.dataclass
class Field:
    type: str
    id: int
    at: int  # in bits, after the identifier
    size: int
    count: int
    constant: bool
    variable: bool
    relative: bool
    minimum: int
    maximum: int
    usages: list  # of (page, usage); of an array: all that a value can mean, in order
    collection: Collection
    application: Collection


def _items(data):
    at = 0
    while at < len(data):
        prefix = data[at]
        if prefix == 0xFE:
            raise Wrong(f"long item at {at}: none is defined")
        size = (0, 1, 2, 4)[prefix & 3]
        if at + 1 + size > len(data):
            raise Wrong(f"item at {at} runs past the end")
        yield at, prefix >> 4, prefix >> 2 & 3, data[at + 1:at + 1 + size]
        at += 1 + size


class _Walker:
    def __init__(self):
        self.state = {"physical_minimum": 0, "physical_maximum": 0, "unit_exponent": 0, "unit": 0}
        self.stack = []
        self.local = []
        self.open = []
        self.top = []
        self.fields = []
        self.bits = {}

    def need(self, name, at):
        if name not in self.state:
            raise Wrong(f"item at {at} needs {name}, which was never set")
        return self.state[name]

    def usages(self, at):
        page, out, minimum = self.state.get("page"), [], None
        for name, size, value in self.local:
            if size < 4 and page is None:
                raise Wrong(f"usage before item at {at} without a usage page")
            whole = (value >> 16, value & 0xFFFF) if size == 4 else (page, value)
            if name == "usage":
                out.append(whole)
            elif name == "usage_minimum":
                if minimum is not None:
                    raise Wrong(f"before item at {at}: two usage minima")
                minimum = whole
            else:
                if minimum is None or minimum[0] != whole[0] or minimum[1] > whole[1]:
                    raise Wrong(f"before item at {at}: usage maximum without its minimum")
                out += [(whole[0], u) for u in range(minimum[1], whole[1] + 1)]
                minimum = None
        if minimum is not None:
            raise Wrong(f"before item at {at}: usage minimum without its maximum")
        return out

    def main(self, at, tag, data):
        kind = MAIN.get(tag)
        value = int.from_bytes(data, "little")
        if kind is None:
            raise Wrong(f"main item at {at} has the reserved tag {tag}")
        if kind == "collection":
            usages = self.usages(at)
            if len(data) != 1 or len(usages) != 1:
                raise Wrong(f"collection at {at}: one byte of type and one usage, not {len(data)} and {len(usages)}")
            if (value == 1) != (not self.open):
                raise Wrong(f"collection at {at}: application collections are on top, all others within one")
            new = Collection(value, *usages[0], self.open[-1] if self.open else None)
            if not self.open:
                self.top.append(new)
            self.open.append(new)
        elif kind == "end":
            if data or not self.open or self.local:
                raise Wrong(f"end of collection at {at}: with data, without a collection, or with unused usages")
            self.open.pop()
        else:
            self.field(at, kind, value, data)
        self.local = []

    def field(self, at, kind, value, data):
        if not self.open:
            raise Wrong(f"item at {at} is outside of any collection")
        if len(data) != 1:
            raise Wrong(f"item at {at}: flags of one byte")
        size, count, number = (self.need(n, at) for n in ("size", "count", "id"))
        minimum, maximum = self.need("logical_minimum", at), self.need("logical_maximum", at)
        usages, constant, variable = self.usages(at), bool(value & 1), bool(value & 2)
        if not 1 <= size <= 32 or not 1 <= count:
            raise Wrong(f"item at {at}: {count} fields of {size} bits")
        if constant:
            if usages:
                raise Wrong(f"item at {at}: padding with usages")
        else:
            lowest, highest = (-(1 << size - 1), (1 << size - 1) - 1) if minimum < 0 else (0, (1 << size) - 1)
            if not lowest <= minimum < maximum <= highest:
                raise Wrong(f"item at {at}: values {minimum}..{maximum} in {size} bits")
            if not usages:
                raise Wrong(f"item at {at}: data without a usage")
            if variable and len(usages) != count and len(usages) != 1:
                raise Wrong(f"item at {at}: {len(usages)} usages for {count} fields")
            if not variable and len(usages) != maximum - minimum + 1:
                raise Wrong(f"item at {at}: an array of {len(usages)} usages with values {minimum}..{maximum}")
            if len(set(usages)) != len(usages):
                raise Wrong(f"item at {at}: a usage twice")
        place = self.bits.get((kind, number), 0)
        self.fields.append(Field(kind, number, place, size, count, constant, variable, bool(value & 4), minimum,
                                 maximum, usages, self.open[-1], self.open[0]))
        self.bits[kind, number] = place + size * count
        for c in self.open:
            c.reports[kind, number] = c.reports.get((kind, number), 0) + size * count

    def global_item(self, at, tag, data):
        name = GLOBAL.get(tag)
        if name is None:
            raise Wrong(f"global item at {at} has the reserved tag {tag}")
        if name == "push":
            self.stack.append(dict(self.state))
        elif name == "pop":
            if not self.stack:
                raise Wrong(f"pop at {at} without a push")
            self.state = self.stack.pop()
        else:
            if not data:
                raise Wrong(f"{name} at {at} without a value")
            self.state[name] = int.from_bytes(data, "little", signed=name in SIGNED)
            if name == "id" and not 1 <= self.state[name] <= 255:
                raise Wrong(f"report ID {self.state[name]} at {at}")
            if name == "page" and self.state[name] == 0:
                raise Wrong(f"usage page 0 at {at}")

    def local_item(self, at, tag, data):
        if tag not in LOCAL or not data:
            raise Wrong(f"local item at {at}: tag {tag} with {len(data)} bytes")
        self.local.append((LOCAL[tag], len(data), int.from_bytes(data, "little")))


def walk(data):
    """(fields, top-level collections)"""
    walker = _Walker()
    for at, tag, kind, payload in _items(bytes(data)):
        (walker.main, walker.global_item, walker.local_item, None)[kind](at, tag, payload) if kind < 3 else _reserved(at)
    if walker.open or walker.local or walker.stack:
        raise Wrong("the descriptor ends within a collection, after a usage or before a pop")
    owner = {}
    for f in walker.fields:
        if owner.setdefault((f.type, f.id), f.application) is not f.application:
            raise Wrong(f"{f.type} report {f.id} belongs to two top-level collections")
    for (kind, number), bits in walker.bits.items():
        if bits % 8:
            raise Wrong(f"{kind} report {number} has {bits} bits")
    return walker.fields, walker.top


def _reserved(at):
    raise Wrong(f"item at {at} of the reserved type")


def lengths(fields):
    """{(type, id): bytes}, identifiers included"""
    bits = {}
    for f in fields:
        bits[f.type, f.id] = bits.get((f.type, f.id), 0) + f.size * f.count
    return {key: 1 + b // 8 for key, b in bits.items()}


def decode(fields, report, kind=INPUT):
    number, whole = report[0], int.from_bytes(report[1:], "little")
    mine = [f for f in fields if f.type == kind and f.id == number]
    if not mine:
        raise Wrong(f"{kind} report {number} is not described")
    if len(report) != lengths(fields)[kind, number]:
        raise Wrong(f"{kind} report {number} has {len(report)} bytes")
    values = {}
    for f in mine:
        for i in range(f.count):
            raw = whole >> f.at + i * f.size & (1 << f.size) - 1
            value = raw - (1 << f.size) if f.minimum < 0 and raw >> f.size - 1 else raw
            if f.constant:
                if raw:
                    raise Wrong(f"{kind} report {number}: padding is not zero")
            elif not f.minimum <= value <= f.maximum:
                raise Wrong(f"{kind} report {number}: {value} is not within {f.minimum}..{f.maximum}")
            elif f.variable:
                key = f.usages[i] if len(f.usages) > 1 else f.usages[0]
                # The same usage may stand in several collections (fingers): then the collection tells them apart.
                if key in values:
                    key = (*key, sum(1 for k in values if k[:2] == key))
                values[key] = value
            else:
                usage = f.usages[value - f.minimum]
                if usage[1] != 0:
                    values[usage] = 1
    return values
