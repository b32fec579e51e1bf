/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The event log: one entry for each failure, told apart by its unique id (README.md). Texts are those of IoLogMsg.dll,
 * which the INF registers as the source's message file.
 */
#include "device.h"

#include <ntiologc.h>

#include "drivers/common/wdm_log.h"

static NTSTATUS MessageOf(SND_LOG what)
{
    switch (what) {
    case SndLogMemory:
        return IO_ERR_INSUFFICIENT_RESOURCES;
    case SndLogNoReset:
    case SndLogNonsense:
    case SndLogTooManyResets:
        return IO_ERR_CONTROLLER_ERROR;
    case SndLogNeedsReset:
        return IO_WARNING_RESET;
    default:
        return IO_ERR_CONFIGURATION_ERROR;
    }
}

VOID SndLog(SND_DEVICE *device, SND_LOG what, NTSTATUS status)
{
    /* Removed: a stream that is still open has nobody to tell. */
    if (device->Fdo != NULL) {
        WdmLog(device->Fdo, MessageOf(what), (ULONG)what, status);
    }
}

NTSTATUS SndRefuse(SND_DEVICE *device, SND_LOG what)
{
    NTSTATUS status = STATUS_DEVICE_CONFIGURATION_ERROR;

    if (what == SndLogMemory) {
        status = STATUS_INSUFFICIENT_RESOURCES;
    } else if (what == SndLogIdentity) {
        status = STATUS_NO_SUCH_DEVICE;
    }
    SndLog(device, what, status);
    return status;
}
