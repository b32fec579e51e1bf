# SPDX-License-Identifier: MIT OR Apache-2.0
"""wim_seeds.py OUT: what fuzz_wim begins with: metadata, whole WIMs, a manifest and XML, each behind its number."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tool" / "wim"))
from wim_maker import (ADMINISTRATORS, CREATOR_OWNER, USERS, Image, acl_descriptor, descriptor, image_xml,  # noqa: E402
                       make_wim, metadata)


def image():
    handed_on = acl_descriptor(USERS, [(0x0B, 0x10000000, CREATOR_OWNER), (0x02, 0xA0000000, ADMINISTRATORS)])
    out = Image("one").add("Windows/a.sys", b"a" * 90, security=descriptor(1), short="A~1.SYS", link=3)
    out.add("b", b"a" * 90, link=3).add("c", b"main", streams=[("zone", b"stream")]).add("d", security=handed_on)
    return out.add("e", attributes=0x410).add("f", b"")


def main(out):
    out.mkdir(parents=True, exist_ok=True)
    (out / "metadata").write_bytes(b"\0" + metadata(image()))
    wim = make_wim(out / "wim", [image(), Image("two").add("x", b"y")], boot=2)
    wim.write_bytes(b"\1" + wim.read_bytes())
    state = {"size": 1000, "header": "4d" * 208}
    manifest = {"manifest": "aerow7 inject", "version": 1, "kind": "wim", "file": "boot.wim", "original": state,
                "results": [state], "images": []}
    (out / "manifest").write_bytes(b"\2" + json.dumps(manifest).encode())
    xml = "\ufeff<WIM><TOTALBYTES>5</TOTALBYTES>" + image_xml(image(), 1) + image_xml(image(), 2) + "</WIM>"
    (out / "xml").write_bytes(b"\3" + xml.encode("utf-16-le"))


main(pathlib.Path(sys.argv[1]))
