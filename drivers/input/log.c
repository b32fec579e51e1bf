/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The event log: one entry for each failure, told apart by its unique id (README.md). Texts are those of IoLogMsg.dll,
 * which the INF registers as the source's message file.
 */
#include "device.h"

#include <ntiologc.h>

#include "drivers/common/wdm_log.h"

static NTSTATUS MessageOf(INPUT_LOG what)
{
    switch (what) {
    case InputLogMemory:
        return IO_ERR_INSUFFICIENT_RESOURCES;
    case InputLogNoReset:
    case InputLogNonsense:
    case InputLogTooManyResets:
        return IO_ERR_CONTROLLER_ERROR;
    case InputLogNeedsReset:
        return IO_WARNING_RESET;
    default:
        return IO_ERR_CONFIGURATION_ERROR;
    }
}

VOID InputLog(INPUT_DEVICE *device, INPUT_LOG what, NTSTATUS status)
{
    WdmLog(device->Fdo, MessageOf(what), (ULONG)what, status);
}

NTSTATUS InputRefuse(INPUT_DEVICE *device, INPUT_LOG what)
{
    NTSTATUS status = STATUS_DEVICE_CONFIGURATION_ERROR;

    if (what == InputLogMemory) {
        status = STATUS_INSUFFICIENT_RESOURCES;
    } else if (what == InputLogIdentity) {
        status = STATUS_NO_SUCH_DEVICE;
    }
    InputLog(device, what, status);
    return status;
}
