/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The event log: one entry for each failure, told apart by its unique id (README.md). Texts are those of IoLogMsg.dll,
 * which the INF registers as the source's message file.
 */
#include "device.h"

#include <ntiologc.h>

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
    PIO_ERROR_LOG_PACKET entry;

    if (device->Fdo == NULL) {
        return; /* removed: a stream that is still open has nobody to tell */
    }
    entry = (PIO_ERROR_LOG_PACKET)IoAllocateErrorLogEntry(device->Fdo, (UCHAR)sizeof(IO_ERROR_LOG_PACKET));
    if (entry == NULL) {
        return;
    }
    RtlZeroMemory(entry, sizeof(*entry));
    entry->ErrorCode = MessageOf(what);
    entry->UniqueErrorValue = (ULONG)what;
    entry->FinalStatus = status;
    entry->DumpDataSize = sizeof(ULONG); /* the viewer shows dump data, and of the rest only some */
    entry->DumpData[0] = (ULONG)what;
    IoWriteErrorLogEntry(entry);
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
