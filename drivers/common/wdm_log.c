/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wdm_log.h"

VOID WdmLog(PDEVICE_OBJECT device, NTSTATUS message, ULONG id, NTSTATUS status)
{
    PIO_ERROR_LOG_PACKET entry =
        (PIO_ERROR_LOG_PACKET)IoAllocateErrorLogEntry(device, (UCHAR)sizeof(IO_ERROR_LOG_PACKET));

    if (entry == NULL) {
        return;
    }
    RtlZeroMemory(entry, sizeof(*entry));
    entry->ErrorCode = message;
    entry->UniqueErrorValue = id;
    entry->FinalStatus = status;
    entry->DumpDataSize = sizeof(ULONG); /* the viewer shows dump data, and of the rest only some */
    entry->DumpData[0] = id;
    IoWriteErrorLogEntry(entry);
}
