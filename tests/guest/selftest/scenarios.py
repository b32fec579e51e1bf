# SPDX-License-Identifier: MIT OR Apache-2.0
"""Descriptions of machines for fake_selftest, built from parts that single tests change."""
import json
import pathlib
import struct

ROOT = pathlib.Path(__file__).resolve().parents[3]
CONTRACT = {d["device"]: d for d in json.loads((ROOT / "contract/devices.json").read_text("utf-8-sig"))["devices"]}

SCSI_MINIPORT, SCSI_GET_ADDRESS = 0x4D008, 0x41018
STORAGE_QUERY_PROPERTY, DISK_LENGTH, VOLUME_EXTENTS, KS_PROPERTY = 0x2D1400, 0x7405C, 0x560000, 0x2F0003
BLK_QUERY, BLK_RESET = 0x8000A001, 0x8000A002
INPUT_COUNTERS, INPUT_STATE, INPUT_INTERRUPTS, SND_DIAG = 0x226000, 0x226004, 0x226008, 0x226804
PORT, DISK, VOLUME, FILE = "\\\\.\\Scsi2:", "\\\\.\\PhysicalDrive1", "\\\\.\\D:", "D:\\aero-selftest.tmp"
SND_DIAG_PATH = "\\\\.\\aero_virtio_snd_diag"
DISK_BYTES = 64 << 20
NOT_SUPPORTED = 0xC00000BB


def hardware_ids(device):
    """Most specific first, as Windows lists them."""
    return sorted(CONTRACT[device]["hardware_id_patterns"], key=len, reverse=True)


def identity(device):
    vendor, product = (CONTRACT[device][k][2:].lower() for k in ("pci_vendor_id", "pci_device_id"))
    return f"ven_{vendor}&dev_{product}"


INPUT_VENDOR = int(CONTRACT["virtio-input"]["pci_vendor_id"], 16)


class Machine:
    """Records by name; a test replaces or removes the ones it is about."""

    def __init__(self):
        self.parts = {}

    def set(self, part, *records):
        self.parts[part] = ["\t".join(str(field) for field in record) for record in records]
        return self

    def without(self, *parts):
        for part in parts:
            del self.parts[part]
        return self

    def text(self):
        return "".join(line + "\n" for lines in self.parts.values() for line in lines)


def pci(device, service=None, problem=0, ids=None):
    if service is None:
        service = CONTRACT[device]["driver_service_name"]
    ids = ",".join(hardware_ids(device) if ids is None else ids)
    return ("pci", f"PCI\\{identity(device)}\\3&1&0&{len(device)}", ids, service, "0.1.0.0", "Aero Project", problem)


def srb(payload, status=0, filled=None):
    """SRB_IO_CONTROL with what the driver put behind it."""
    length = len(payload) if filled is None else filled
    return (struct.pack("<I8sIIII", 28, b"AEROVBLK", 10, 0, status, length) + payload).hex()


def blk_info(**changes):
    """AEROVBLK_QUERY_INFO."""
    values = dict(features=0x130000244, queue_size=128, free=120, avail=7, used=5, mode=1, config_vector=0,
                  queue_vector=1, messages=2, flags=0, aborts=1, device_resets=2, bus_resets=3, pnp=4, ioctl_resets=5,
                  capacity=6, detected=7, hw_bus=8)
    assert set(changes) <= set(values), changes
    values.update(changes)
    return struct.pack("<QHHHHIHHIIIIIIIIII", *values.values())


def descriptor(vendor="AERO    ", product="VIRTIO-BLK      ", serial="ROOT0001"):
    """STORAGE_DEVICE_DESCRIPTOR with its texts behind it."""
    texts, places = b"", []
    for text in (vendor, product, "0001", serial):
        places.append(36 + len(texts))
        texts += text.encode() + b"\0"
    return (struct.pack("<II4BIIIIII", 36, 36 + len(texts), 0, 0, 0, 1, *places, 1, 0) + texts).hex()


def extents(*disks):
    return (struct.pack("<II", len(disks), 0) +
            b"".join(struct.pack("<IIQQ", disk, 0, 1 << 20, 32 << 20) for disk in disks)).hex()


def blk_controls(info=None):
    return ("io", PORT, SCSI_MINIPORT, BLK_QUERY, 0, srb(blk_info() if info is None else info))


def add_blk(machine, file_bytes=32 << 20):
    machine.set("blk pci", pci("virtio-blk"))
    machine.set("blk port", ("path", PORT), blk_controls())
    # Another miniport, which refuses the signature, and a disk of it.
    machine.set("other port", ("path", "\\\\.\\Scsi0:"), ("path", "\\\\.\\PhysicalDrive0", 1 << 20),
                ("io", "\\\\.\\PhysicalDrive0", STORAGE_QUERY_PROPERTY, 0, 0, descriptor("ATA     ", "QEMU HARDDISK")))
    machine.set("blk disk", ("path", DISK, DISK_BYTES),
                ("io", DISK, STORAGE_QUERY_PROPERTY, 0, 0, descriptor()),
                ("io", DISK, SCSI_GET_ADDRESS, 0, 0, "0800000002000000"))
    machine.set("blk length", ("io", DISK, DISK_LENGTH, 0, 0, struct.pack("<Q", DISK_BYTES).hex()))
    machine.set("blk volume", ("path", VOLUME), ("io", VOLUME, VOLUME_EXTENTS, 0, 0, extents(1)))
    machine.set("blk file", ("path", FILE, file_bytes))
    return machine


def collection(kind):
    return f"\\\\?\\hid#vid_{INPUT_VENDOR:04x}&pid_{kind}"


KEYBOARD, CONSUMER, MOUSE, TABLET = (collection(k) for k in ("0001&col01", "0001&col02", "0002&col01", "0003&col01"))
# The vendor-defined collection of each device, for the driver's state and counters.
DIAGNOSTICS = [collection(k) for k in ("0001&col03", "0002&col02", "0003&col02")]
COUNTERS_REPORT, STATE_REPORT, INTERRUPTS_REPORT = 0x20, 0x21, 0x22


def feature(path, report, data, error=0):
    return ("feature", path, report, error, f"{report:02x}{data}")


def input_state():
    return struct.pack("<IIIIIIIIIIQIIII", 0x40, 3, 1, 1, 16, 1, 1, 1, 1, 0, 0x130000000, 0, 0x1F, 1, 0).hex()


def input_counters(requested=0, completions=0, events=77):
    data = bytearray(0xB0)
    for offset, value in ((0, 0xB0), (4, 3), (0x64, 2), (0x6C, 50), (0x74, events), (0x78, 1), (0x98, requested),
                          (0x9C, requested), (0xA8, completions)):
        struct.pack_into("<I", data, offset, value)
    return data.hex()


def input_interrupts(mode=2):
    return struct.pack("<IIIIIHHHHIIIIII", 0x34, 1, mode, 3, 2, 3, 0, 1, 2, 0, 9, 9, 1, 7, 1).hex()[:0x34 * 2]


def diagnostics_rows(count):
    return [("hid", path, INPUT_VENDOR, product + 1, 0xFF00, 1, 0, 0, 0, 0, 0xB1)
            for product, path in enumerate(DIAGNOSTICS[:count])]


def add_input(machine, mode=2, tablet=True):
    devices = 3 if tablet else 2
    machine.set("input pci", pci("virtio-input"))
    rows = [("hid", KEYBOARD, INPUT_VENDOR, 1, 1, 6, 9, 2, 1, 1, 0),
            ("hid", CONSUMER, INPUT_VENDOR, 1, 0xC, 1, 2, 0, 1, 0, 0),
            ("hid", MOUSE, INPUT_VENDOR, 2, 1, 2, 10, 0, 1, 3, 2),
            ("hid", TABLET, INPUT_VENDOR, 3, 1, 2, 10, 0, 1, 2, 2)]
    machine.set("hid", *rows[:devices + 1], *diagnostics_rows(devices),
                ("hid", "\\\\?\\hid#somebody", 0x45E, 1, 1, 6, 9, 2, 1, 1, 0))
    paths = DIAGNOSTICS[:devices]
    machine.set("hid state", *[feature(p, STATE_REPORT, input_state()) for p in paths])
    machine.set("hid counters", *[feature(p, COUNTERS_REPORT, input_counters()) for p in paths])
    machine.set("hid interrupts", *[feature(p, INTERRUPTS_REPORT, input_interrupts(mode)) for p in paths])
    return machine


def snd_diag(mode=2):
    return struct.pack("<IIIIHHHHHHIII4I", 0x38, 1, mode, 5, 0, 0, 1, 2, 3, 4, 0, 11, 12, 1, 2, 3, 4).hex()


def snd_events(short=0):
    return struct.pack("<10I", 40, 3, 3, short, 0, 1, 0, 2, 0, 0).hex()


def add_snd(machine):
    filter_path = f"\\\\?\\pci#{identity('virtio-snd')}#wave"
    machine.set("snd pci", pci("virtio-snd"))
    machine.set("snd render", ("sound", 0, "Speakers (USB)"), ("sound", 0, "Speakers (Aero VirtIO Sound Dev"))
    machine.set("snd capture", ("sound", 1, "Microphone (Aero VirtIO Sound D"))
    machine.set("snd formats", ("format", 0, 48000, 2), ("format", 0, 44100, 2), ("format", 1, 48000, 1))
    machine.set("snd runs", ("run", 0, 1, 100, 1010, 5000))
    machine.set("snd diag", ("path", SND_DIAG_PATH), ("io", SND_DIAG_PATH, SND_DIAG, 0, 0, snd_diag()))
    machine.set("snd filter", ("filter", "\\\\?\\usb#other"), ("filter", filter_path), ("path", filter_path))
    machine.set("snd events", ("io", filter_path, KS_PROPERTY, 0, 0, snd_events()))
    return machine


def full():
    return add_snd(add_input(add_blk(Machine())))
