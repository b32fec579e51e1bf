/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "inf/inf_inbox.h"

#include <stddef.h>
#include <strings.h>

/*
 * Those that the registry of an installed Windows 7 SP1 names as the source of its devices, and those that Microsoft's
 * documentation has drivers for Windows 7 include. hidclass.inf is not among them: it came later.
 */
static const char *const inbox[] = {
    "1394.inf",     "acpi.inf",     "battery.inf",  "blbdrive.inf", "bth.inf",      "cdrom.inf",    "compositebus.inf",
    "cpu.inf",      "disk.inf",     "errata.inf",   "fdc.inf",      "flpydisk.inf", "hal.inf",      "hdaudbus.inf",
    "hdaudio.inf",  "input.inf",    "keyboard.inf", "ks.inf",       "kscaptur.inf", "ksfilter.inf", "lltdio.inf",
    "lsi_sas.inf",  "machine.inf",  "mdmcpq.inf",   "memory.inf",   "mf.inf",       "modemcsa.inf", "monitor.inf",
    "msdv.inf",     "mshdc.inf",    "msmouse.inf",  "msports.inf",  "ndiscap.inf",  "ndisuio.inf",  "netavpna.inf",
    "netavpnt.inf", "netip6.inf",   "netmscli.inf", "netnb.inf",    "netnwifi.inf", "netpacer.inf", "netrasa.inf",
    "netrass.inf",  "netrast.inf",  "netrndis.inf", "netserv.inf",  "netsstpa.inf", "netsstpt.inf", "nettcpip.inf",
    "nettun.inf",   "ntprint.inf",  "pcmcia.inf",   "rdpbus.inf",   "rspndr.inf",   "sbp2.inf",     "sti.inf",
    "umbus.inf",    "umpass.inf",   "usb.inf",      "usbport.inf",  "usbstor.inf",  "usbvideo.inf", "volsnap.inf",
    "volume.inf",   "wdma_usb.inf", "wdmaudio.inf", "wfplwf.inf",   "winusb.inf",   "wpdfs.inf",    "wpdmtp.inf",
};

bool inf_is_inbox(const char *name)
{
    for (size_t i = 0; i < sizeof(inbox) / sizeof(inbox[0]); ++i) {
        if (strcasecmp(inbox[i], name) == 0) {
            return true;
        }
    }
    return false;
}
