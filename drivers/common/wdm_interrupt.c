/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wdm_interrupt.h"

NTSTATUS WdmConnectInterrupt(WDM_INTERRUPT *interrupt, PDEVICE_OBJECT pdo, PKMESSAGE_SERVICE_ROUTINE onMessage,
                             PKSERVICE_ROUTINE onLine, PVOID context)
{
    IO_CONNECT_INTERRUPT_PARAMETERS parameters = {.Version = CONNECT_MESSAGE_BASED};
    NTSTATUS status;

    *interrupt = (WDM_INTERRUPT){.Object = NULL};
    parameters.MessageBased.PhysicalDeviceObject = pdo;
    parameters.MessageBased.ConnectionContext.Generic = &interrupt->Object;
    parameters.MessageBased.MessageServiceRoutine = onMessage;
    parameters.MessageBased.ServiceContext = context;
    parameters.MessageBased.FallBackServiceRoutine = onLine;
    status = IoConnectInterruptEx(&parameters);
    if (!NT_SUCCESS(status)) {
        interrupt->Object = NULL;
        return status;
    }
    /* "Version is set to the type of interrupt that was connected": without messages, the line. */
    interrupt->Messages = parameters.Version == CONNECT_MESSAGE_BASED;
    if (interrupt->Messages) {
        interrupt->MessageCount = ((PIO_INTERRUPT_MESSAGE_INFO)interrupt->Object)->MessageCount;
    }
    return STATUS_SUCCESS;
}

VOID WdmDisconnectInterrupt(WDM_INTERRUPT *interrupt)
{
    IO_DISCONNECT_INTERRUPT_PARAMETERS parameters;

    if (interrupt->Object == NULL) {
        return;
    }
    parameters.Version = interrupt->Messages ? CONNECT_MESSAGE_BASED : CONNECT_LINE_BASED;
    parameters.ConnectionContext.Generic = interrupt->Object;
    IoDisconnectInterruptEx(&parameters);
    interrupt->Object = NULL;
}
