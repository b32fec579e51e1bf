# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the project has published about its packages: tools and documents rely on it, so no INF may drift from it.

For each INF: class and GUID, service values, and registry values by place (hardware key, service key, event source).
Numbers are REG_DWORD, texts REG_EXPAND_SZ where they name a file by a variable.
"""
HARDWARE_MSI = "Interrupt Management\\MessageSignaledInterruptProperties"
IO_LOG = {"EventMessageFile": "%SystemRoot%\\System32\\IoLogMsg.dll", "TypesSupported": 7}
SERVICE_KERNEL_DRIVER, BOOT_START, DEMAND_START, ERROR_NORMAL = 1, 0, 3, 1


def _messages(limit):
    return {(HARDWARE_MSI, "MSISupported"): 1, (HARDWARE_MSI, "MessageNumberLimit"): limit}


_INPUT = {
    "class": ("HIDClass", "{745A17A0-74D3-11D0-B6FE-00A0C90F57DA}"),
    "service": "aero_virtio_input", "start": DEMAND_START, "group": None,
    "hardware": _messages(8),
    "parameters": {("Parameters", "StatusQDropOnFull"): 0},
}

PUBLISHED = {
    "aero_virtio_blk.inf": {
        "class": ("SCSIAdapter", "{4D36E97B-E325-11CE-BFC1-08002BE10318}"),
        "service": "aero_virtio_blk", "start": BOOT_START, "group": "SCSI Miniport",
        "hardware": _messages(4),
        "parameters": {("Parameters\\PnpInterface", "5"): 1, ("Parameters", "BusType"): 1},
        "events": IO_LOG,
    },
    "aero_virtio_input.inf": _INPUT,
    "aero_virtio_tablet.inf": _INPUT,
    "virtio-input.inf": _INPUT,
    "aero_virtio_snd.inf": {
        "class": ("MEDIA", "{4D36E96C-E325-11CE-BFC1-08002BE10318}"),
        "service": "aero_virtio_snd", "start": DEMAND_START, "group": None,
        "hardware": {**_messages(8), ("Parameters", "ForceNullBackend"): 0, ("Parameters", "AllowPollingOnly"): 0},
        "parameters": {},
    },
    "aero_virtio_net.inf": {
        "class": ("Net", "{4D36E972-E325-11CE-BFC1-08002BE10318}"),
        "service": "aero_virtio_net", "start": DEMAND_START, "group": "NDIS",
        "hardware": _messages(8),
        "parameters": {},
        "events": IO_LOG,
    },
}
