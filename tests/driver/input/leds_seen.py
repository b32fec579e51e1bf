# SPDX-License-Identifier: MIT OR Apache-2.0
"""leds_seen.py NTHOST DRIVER IRQ: LED states written by the host are seen by QEMU. QEMU tells the state of its
keyboard's LEDs to VNC clients (RFB, QEMU LED State pseudo-encoding), so a client on a local socket writes down what it
hears while the driver sends states."""
import pathlib
import socket
import struct
import sys
import tempfile
import threading
import time

from harness import Bench

LED_STATE = -261
RAW = 0
# HID: Num 1, Caps 2, Scroll 4; RFB: Scroll 1, Num 2, Caps 4.
STATES = {1: 2, 2: 4, 4: 1, 7: 7, 0: 0, 5: 3}


def receive(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def handshake(connection):
    """RFC 6143, 7.1 and 7.3: version 3.8, no security, shared; then the two encodings."""
    receive(connection, 12)
    connection.sendall(b"RFB 003.008\n")
    receive(connection, receive(connection, 1)[0])
    connection.sendall(b"\x01")
    assert receive(connection, 4) == bytes(4), "QEMU wants a password"
    connection.sendall(b"\x01")
    receive(connection, struct.unpack(">I", receive(connection, 24)[20:])[0])
    connection.sendall(struct.pack(">BxHii", 2, 2, RAW, LED_STATE))


def listen(path, heard, ready):
    """Until QEMU ends: appends every LED state to `heard`."""
    end = time.monotonic() + 30
    while not path.exists() and time.monotonic() < end:
        time.sleep(0.02)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        connection.connect(str(path))
        handshake(connection)
        ready.set()
        try:
            while receive(connection, 1) == b"\x00":  # FramebufferUpdate
                for _ in range(struct.unpack(">xH", receive(connection, 3))[0]):
                    width, height, encoding = struct.unpack(">4xHHi", receive(connection, 12))
                    if encoding == LED_STATE:
                        heard.append(receive(connection, 1)[0])
                    else:
                        receive(connection, width * height * 4)
        except (EOFError, ConnectionResetError):
            pass


def main():
    nthost, driver, irq = sys.argv[1:]
    heard = []
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "vnc")
        ready = threading.Event()
        client = threading.Thread(target=listen, args=(path, heard, ready), daemon=True)
        client.start()
        script = ["wait 200"]
        for mask in STATES:
            script += [f"write 0 01 {mask:02x}", "wait 200"]
        Bench(nthost, driver, "qemu", irq).run("keyboard", script, "--qemu", "argument=-vnc",
                                               "--qemu", f"argument=unix:{path}", when=ready)
        client.join(30)
        assert not client.is_alive(), "the client does not end"
    # QEMU takes LEDs one by one, so states in between are heard, too.
    left = iter(heard)
    missing = [mask for mask, state in STATES.items() if state not in left]
    assert not missing and heard[-1] == list(STATES.values())[-1], (missing, heard)
    print(f"{len(STATES)} states, {len(heard)} heard: {heard}")


if __name__ == "__main__":
    main()
