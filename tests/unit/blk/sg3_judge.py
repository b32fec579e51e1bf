# SPDX-License-Identifier: MIT OR Apache-2.0
"""sg3_judge.py BLK_PAGES WHAT: the driver's answers as sg3_utils decodes them. WHAT: inquiry or sense.

sg3_utils is optional: without it this says so and ends with 77, which CTest shows as skipped.
"""
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77

INQUIRY = [
    "PQual=0  PDT=0  RMB=0", "version=0x05  [SPC-3]", "Resp_data_format=2", "CmdQue=1", "length=36 (0x24)",
    "Peripheral device type: disk", "Vendor identification: AERO ", "Product identification: VIRTIO-BLK ",
    "Product revision level: 0001",
]

# The disk of blk_pages.c: blocks of 4096 bytes, transfers of 1 MiB, discard of 14 segments of 16 MiB aligned to
# 32 KiB.
PAGES = {
    "00": ["Supported VPD pages [sv]", "Unit serial number [sn]", "Device identification [di]",
           "Block limits (SBC) [bl]", "Block device characteristics (SBC) [bdc]",
           "Logical block provisioning (SBC) [lbpv]"],
    "80": ["Unit serial number: ABCDEFGHIJ0123456789"],
    "83": ["Addressed logical unit:", "designator type: T10 vendor identification,  code set: ASCII",
           "vendor id: AERO", "vendor specific: VIRTIO-BLK      ABCDEFGHIJ0123456789"],
    "b0": ["Maximum transfer length: 256 blocks", "Maximum unmap LBA count: 4096",
           "Maximum unmap block descriptor count: 14", "Optimal unmap granularity: 8 blocks"],
    "b1": ["Medium rotation rate is not reported"],
    "b2": ["Unmap command supported (LBPU): 1", "Provisioning type: 2 (thin provisioned)"],
}

SENSE = {
    "031100": ("Medium Error", "Unrecovered read error"),
    "030c00": ("Medium Error", "Write error"),
    "044400": ("Hardware Error", "Internal target failure"),
    "051a00": ("Illegal Request", "Parameter list length error"),
    "052000": ("Illegal Request", "Invalid command operation code"),
    "052100": ("Illegal Request", "Logical block address out of range"),
    "052400": ("Illegal Request", "Invalid field in cdb"),
    "052500": ("Illegal Request", "Logical unit not supported"),
    "052600": ("Illegal Request", "Invalid field in parameter list"),
    "053900": ("Illegal Request", "Saving parameters not supported"),
    "062a09": ("Unit Attention", "Capacity data has changed"),
    "072700": ("Data Protect", "Write protected"),
}


def decoded(pages, ask, tool):
    """What `tool` makes of the driver's answer to `ask`."""
    answer = subprocess.run([pages, *ask], capture_output=True, text=True, check=True, timeout=10).stdout
    with tempfile.NamedTemporaryFile("w", suffix=".hex") as file:
        file.write(answer)
        file.flush()
        result = subprocess.run([word.replace("FILE", file.name) for word in tool],
                                capture_output=True, text=True, timeout=10)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(tool)}: exit status {result.returncode} for {ask}:\n{answer}{result.stderr}")
    return result.stdout


def expect(text, wanted, what):
    for line in wanted:
        if line.lower() not in text.lower():
            raise SystemExit(f"{what}: '{line}' is not in what sg3_utils says:\n{text}")


def main():
    pages, what = sys.argv[1:]
    for tool in ("sg_inq", "sg_vpd", "sg_decode_sense"):
        if shutil.which(tool) is None:
            print(f"SKIPPED: {tool} is not installed (Debian: sg3-utils); nobody else has judged the answers")
            return SKIPPED
    if what == "inquiry":
        expect(decoded(pages, ["inquiry"], ["sg_inq", "--inhex=FILE"]), INQUIRY, "standard INQUIRY")
        for page, wanted in PAGES.items():
            text = decoded(pages, ["vpd", page], ["sg_vpd", "--inhex=FILE", f"--page=0x{page}"])
            expect(text, wanted, f"page {page}h")
    else:
        for sense, wanted in SENSE.items():
            text = decoded(pages, ["sense", sense], ["sg_decode_sense", "--file=FILE"])
            expect(text, ("Fixed format, current",) + wanted, f"sense {sense}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
