# SPDX-License-Identifier: MIT OR Apache-2.0
"""A strict reader of the self-test's lines, as a host's harness has them from COM1. Anything else is an error."""
import re

MAGIC = "AERO_VIRTIO_SELFTEST"
NAMES = """virtio-blk virtio-blk-counters virtio-blk-reset-recovery virtio-blk-msix virtio-blk-reset virtio-blk-resize
virtio-net virtio-net-udp virtio-net-udp-dns virtio-net-offload-csum virtio-net-msix virtio-net-link-flap
virtio-input virtio-input-bind virtio-input-binding virtio-input-tablet virtio-input-msix virtio-input-events
virtio-input-events-modifiers virtio-input-events-buttons virtio-input-events-wheel virtio-input-wheel
virtio-input-media-keys virtio-input-led virtio-input-leds virtio-input-tablet-events
virtio-snd virtio-snd-capture virtio-snd-duplex virtio-snd-format virtio-snd-buffer-limits virtio-snd-eventq
virtio-snd-msix""".split()
SKIP_REASONS = {"flag_not_set", "device_missing", "disabled", "not_present", "diag_unavailable", "not_supported"}
CLOSING = {"PASS", "FAIL", "SKIP"}


class LineError(Exception):
    pass


def fields(parts, line):
    """[(key, value)] of key=value fields; a key may come again (streams of a duplex run)."""
    found = []
    for part in parts:
        match = re.fullmatch(r"([a-z][a-z0-9_]*)=([^|\x00-\x1f\x7f]*)", part)
        if match is None:
            raise LineError(f"not key=value: {part!r} in {line!r}")
        found.append((match[1], match[2]))
    return found


class Run:
    def __init__(self, text, status):
        lines = text.split("\n")
        if lines.pop() != "":
            raise LineError("the last line has no end")
        self.config, self.tests, self.order = [], {}, []
        self.ready, self.info = {}, {}
        self.result = None
        for number, line in enumerate(lines):
            self.read(number, line, len(lines))
        if self.result is None:
            raise LineError("there is no RESULT")
        missing = [name for name in NAMES if name not in self.tests]
        if missing:
            raise LineError(f"no closing line for {missing}")
        outcomes = {outcome for outcome, _, _ in self.tests.values()}
        should = "PASS" if "FAIL" not in outcomes and "PASS" in outcomes else "FAIL"
        if self.result != should and not any(dict(c).get("devices") == "unknown" for c in self.config):
            raise LineError(f"RESULT is {self.result}, the tests say {should}")
        if status != (0 if self.result == "PASS" else 1):
            raise LineError(f"RESULT is {self.result}, the exit status {status}")

    def read(self, number, line, count):
        if self.result is not None:
            raise LineError(f"a line after RESULT: {line!r}")
        magic, kind, *rest = line.split("|") + [""]
        rest = rest[:-1] if rest else rest
        if magic != MAGIC or (kind == "START") != (number == 0):
            raise LineError(f"line {number + 1}: {line!r}")
        if kind == "START":
            self.start = dict(fields(rest, line))
        elif kind == "CONFIG":
            self.config.append(fields(rest, line))
        elif kind == "RESULT":
            if rest not in (["PASS"], ["FAIL"]) or number != count - 1:
                raise LineError(f"line {number + 1}: {line!r}")
            self.result = rest[0]
        elif kind == "TEST":
            self.read_test(rest, line)
        else:
            raise LineError(f"unknown kind: {line!r}")

    def read_test(self, rest, line):
        if len(rest) < 2 or rest[0] not in NAMES:
            raise LineError(f"unknown test: {line!r}")
        name, outcome, *more = rest
        if name in self.tests:
            raise LineError(f"a line after its closing line: {line!r}")
        reason = None
        if outcome == "SKIP":
            reason = more.pop(0) if more else None
            if reason not in SKIP_REASONS:
                raise LineError(f"unknown reason: {line!r}")
        values = fields(more, line)
        if outcome == "FAIL":
            reason = dict(values).get("reason")
            if not reason:
                raise LineError(f"FAIL without a reason: {line!r}")
        if outcome in CLOSING:
            self.tests[name] = (outcome, reason, values)
            self.order.append(name)
        elif outcome == "READY":
            if name in self.ready:
                raise LineError(f"READY twice: {line!r}")
            self.ready[name] = values
        elif outcome == "INFO":
            self.info.setdefault(name, []).append(values)
        else:
            raise LineError(f"unknown outcome: {line!r}")

    def value(self, name, key):
        return dict(self.tests[name][2]).get(key)
