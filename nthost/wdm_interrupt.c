/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Interrupts of WDM drivers. Pages IoConnectInterruptEx, IoDisconnectInterruptEx, IO_CONNECT_INTERRUPT_PARAMETERS,
 * IoConnectInterrupt, KeSynchronizeExecution, KeAcquireInterruptSpinLock.
 *
 * The messages of a device are on as long as one of its interrupt objects is connected to a message.
 */
#include <stdlib.h>
#include <string.h>

#include "wdm_internal.h"

enum { CONNECT_FULLY_SPECIFIED = 1, CONNECT_LINE_BASED, CONNECT_MESSAGE_BASED, CONNECT_FULLY_SPECIFIED_GROUP };
enum { MODE_LEVEL_SENSITIVE, MODE_LATCHED };
enum { MAX_MESSAGES = 64 };

typedef struct _IO_INTERRUPT_MESSAGE_INFO_ENTRY {
    PHYSICAL_ADDRESS MessageAddress;
    KAFFINITY TargetProcessorSet;
    PVOID InterruptObject;
    ULONG MessageData, Vector;
    KIRQL Irql;
    ULONG Mode, Polarity;
} IO_INTERRUPT_MESSAGE_INFO_ENTRY;

typedef struct _IO_INTERRUPT_MESSAGE_INFO {
    KIRQL UnifiedIrql;
    ULONG MessageCount;
    IO_INTERRUPT_MESSAGE_INFO_ENTRY MessageInfo[];
} IO_INTERRUPT_MESSAGE_INFO;

typedef struct _IO_CONNECT_INTERRUPT_PARAMETERS {
    ULONG Version;
    union {
        struct {
            PDEVICE_OBJECT PhysicalDeviceObject;
            PVOID *InterruptObject;
            PVOID ServiceRoutine, ServiceContext;
            ULONG_PTR *SpinLock;
            KIRQL SynchronizeIrql;
            BOOLEAN FloatingSave, ShareVector;
            ULONG Vector;
            KIRQL Irql;
            ULONG InterruptMode;
            KAFFINITY ProcessorEnableMask;
            USHORT Group;
        } FullySpecified;
        struct {
            PDEVICE_OBJECT PhysicalDeviceObject;
            PVOID *InterruptObject;
            PVOID ServiceRoutine, ServiceContext;
            ULONG_PTR *SpinLock;
            KIRQL SynchronizeIrql;
            BOOLEAN FloatingSave;
        } LineBased;
        struct {
            PDEVICE_OBJECT PhysicalDeviceObject;
            PVOID *Generic;
            PVOID MessageServiceRoutine, ServiceContext;
            ULONG_PTR *SpinLock;
            KIRQL SynchronizeIrql;
            BOOLEAN FloatingSave;
            PVOID FallBackServiceRoutine;
        } MessageBased;
    };
} IO_CONNECT_INTERRUPT_PARAMETERS;

typedef struct _IO_DISCONNECT_INTERRUPT_PARAMETERS {
    ULONG Version;
    PVOID Generic;
} IO_DISCONNECT_INTERRUPT_PARAMETERS;

struct isr_lock { /* an interrupt spin lock: the driver's, by address, or the system's */
    struct spin_lock lock;
    const void *address;
    unsigned users;
    struct isr_lock *next;
};

struct connection {
    devnode *node;
    PVOID object; /* what the driver sees as KINTERRUPT: nothing in it is its business */
    PVOID routine, context;
    bool message_routine; /* takes the message's number */
    bool is_message;
    unsigned message;
    uint8_t synchronize_irql;
    struct isr_lock *lock;
    interrupt *connected;
    IO_INTERRUPT_MESSAGE_INFO *table; /* that lists it */
    struct connection *next;
};

static struct connection *connections;
static struct isr_lock *locks;

static struct isr_lock *lock_take(const void *address)
{
    struct isr_lock *l = locks;
    while (l != NULL && (address == NULL || l->address != address))
        l = l->next;
    if (l == NULL) {
        l = calloc(1, sizeof(*l));
        if (l == NULL)
            environment_failed("no memory for an interrupt's lock");
        spin_lock_init(&l->lock, "an interrupt spin lock", 0);
        l->address = address;
        l->next = locks;
        locks = l;
    }
    l->users++;
    return l;
}

static void lock_drop(struct isr_lock *l)
{
    if (--l->users > 0)
        return;
    for (struct isr_lock **link = &locks; *link != NULL; link = &(*link)->next) {
        if (*link == l) {
            *link = l->next;
            break;
        }
    }
    free(l);
}

static bool service(void *context, uint32_t message)
{
    struct connection *c = context;
    uintptr_t arguments[] = {(uintptr_t)c->object, (uintptr_t)c->context, message};
    return (UCHAR)nt_call(c->message_routine ? "the interrupt message service routine"
                                             : "the interrupt service routine",
                          c->routine, c->message_routine ? 3 : 2, arguments) != FALSE;
}

static bool line_asserted(void *context)
{
    const devnode *n = context;
    return n->pci->bus->ops->intx_asserted(n->pci->bus, n->pci->bus->bdf);
}

static void message_arrived(void *context, uint32_t message)
{
    for (struct connection *c = connections; c != NULL; c = c->next) {
        if (c->node == context && c->is_message && c->message == message)
            interrupt_post(c->connected);
    }
}

static bool any_message(const devnode *n)
{
    for (const struct connection *c = connections; c != NULL; c = c->next) {
        if (c->node == n && c->is_message)
            return true;
    }
    return false;
}

static struct connection *connect(devnode *n, bool is_message, unsigned message, PVOID routine, PVOID context,
                                  const void *lock, uint8_t synchronize_irql)
{
    struct connection *c = calloc(1, sizeof(*c));
    if (c == NULL)
        environment_failed("no memory for an interrupt");
    bool first_message = is_message && !any_message(n);
    c->node = n;
    c->object = ram_alloc(sizeof(void *) * 16, 0, "KINTERRUPT, which is opaque");
    c->routine = routine;
    c->context = context;
    c->is_message = is_message;
    c->message = message;
    c->synchronize_irql = synchronize_irql != 0 ? synchronize_irql : DEVICE_LEVEL;
    c->lock = lock_take(lock);
    c->connected = is_message
                       ? interrupt_connect_message(message, service, c, c->synchronize_irql, &c->lock->lock)
                       : interrupt_connect_line(line_asserted, n, service, c, c->synchronize_irql, &c->lock->lock);
    c->next = connections;
    connections = c;
    if (first_message && devnode_present(n))
        pci_msix_enable(n->pci, n->messages, message_arrived, n);
    return c;
}

static void disconnect(struct connection *c)
{
    devnode *n = c->node;
    for (struct connection **link = &connections; *link != NULL; link = &(*link)->next) {
        if (*link == c) {
            *link = c->next;
            break;
        }
    }
    if (c->is_message && !any_message(n) && n->pci->messages != 0)
        pci_msix_disable(n->pci);
    interrupt_disconnect(c->connected);
    lock_drop(c->lock);
    ram_free(c->object);
    free(c);
}

static struct connection *connection_of(const void *object, const char *api)
{
    for (struct connection *c = connections; c != NULL; c = c->next) {
        if (c->object == object)
            return c;
    }
    rule_broken("interrupt-object", "%s with %p, which is no connected interrupt object", api, object);
}

void interrupts_check_released(const devnode *n, const char *when)
{
    for (const struct connection *c = connections; c != NULL; c = c->next) {
        if (c->node == n)
            rule_broken("interrupt-left", "%s the device's interrupt is still connected", when);
    }
}

static devnode *node_with_resources(DEVICE_OBJECT *pdo)
{
    devnode *n = pdo != NULL ? devnode_of_pdo(pdo) : NULL;
    if (n == NULL)
        rule_broken("interrupt-parameters",
                    "IoConnectInterruptEx with PhysicalDeviceObject %p, which is none (the function device object "
                    "perhaps)",
                    (void *)pdo);
    if (!n->has_resources)
        rule_broken("interrupt-parameters",
                    "IoConnectInterruptEx before IRP_MN_START_DEVICE, or after the device was stopped or removed: it "
                    "has no interrupt");
    return n;
}

static NTSTATUS connect_line(devnode *n, PVOID routine, PVOID context, const void *lock, KIRQL irql, PVOID *object)
{
    if (n->pci == NULL || n->messages != 0)
        return STATUS_NOT_FOUND; /* "no interrupt resource of that kind" */
    if (fail_point("interrupt"))
        return STATUS_INSUFFICIENT_RESOURCES;
    struct connection *c = connect(n, false, 0, routine, context, lock, irql);
    ram_hide(c->object, "KINTERRUPT is opaque");
    *object = c->object;
    return STATUS_SUCCESS;
}

static NTSTATUS connect_fully(const IO_CONNECT_INTERRUPT_PARAMETERS *p)
{
    devnode *n = node_with_resources(p->FullySpecified.PhysicalDeviceObject);
    bool is_message = n->messages != 0;
    ULONG first = is_message ? FIRST_MESSAGE_VECTOR : LINE_VECTOR, count = is_message ? n->messages : 1;
    if (n->pci == NULL)
        return STATUS_NOT_FOUND;
    if (p->FullySpecified.Vector - first >= count || p->FullySpecified.Irql != DEVICE_LEVEL ||
        p->FullySpecified.SynchronizeIrql < p->FullySpecified.Irql ||
        p->FullySpecified.InterruptMode != (is_message ? MODE_LATCHED : MODE_LEVEL_SENSITIVE) ||
        (!is_message && !p->FullySpecified.ShareVector))
        rule_broken("interrupt-parameters",
                    "IoConnectInterruptEx, fully specified: vector %#x, IRQL %u, synchronize IRQL %u, mode %u, share "
                    "%u are not those of the translated resources (%#x to %#x, IRQL %u, mode %u)",
                    (unsigned)p->FullySpecified.Vector, p->FullySpecified.Irql, p->FullySpecified.SynchronizeIrql,
                    (unsigned)p->FullySpecified.InterruptMode, p->FullySpecified.ShareVector, (unsigned)first,
                    (unsigned)(first + count - 1), DEVICE_LEVEL, is_message);
    if (fail_point("interrupt"))
        return STATUS_INSUFFICIENT_RESOURCES;
    struct connection *c =
        connect(n, is_message, p->FullySpecified.Vector - first, p->FullySpecified.ServiceRoutine,
                p->FullySpecified.ServiceContext, p->FullySpecified.SpinLock, p->FullySpecified.SynchronizeIrql);
    ram_hide(c->object, "KINTERRUPT is opaque");
    *p->FullySpecified.InterruptObject = c->object;
    return STATUS_SUCCESS;
}

static NTSTATUS connect_messages(const IO_CONNECT_INTERRUPT_PARAMETERS *p, devnode *n)
{
    size_t bytes = sizeof(IO_INTERRUPT_MESSAGE_INFO) + n->messages * sizeof(IO_INTERRUPT_MESSAGE_INFO_ENTRY);
    if (fail_point("interrupt"))
        return STATUS_INSUFFICIENT_RESOURCES;
    IO_INTERRUPT_MESSAGE_INFO *table = ram_alloc(bytes, 0, "IO_INTERRUPT_MESSAGE_INFO");
    memset(table, 0, bytes);
    table->UnifiedIrql = p->MessageBased.SynchronizeIrql != 0 ? p->MessageBased.SynchronizeIrql : DEVICE_LEVEL;
    table->MessageCount = n->messages;
    *p->MessageBased.Generic = table;
    for (unsigned i = 0; i < n->messages; i++) {
        struct connection *c = connect(n, true, i, p->MessageBased.MessageServiceRoutine,
                                       p->MessageBased.ServiceContext, p->MessageBased.SpinLock, table->UnifiedIrql);
        c->message_routine = true;
        c->table = table;
        ram_hide(c->object, "KINTERRUPT is opaque");
        table->MessageInfo[i] = (IO_INTERRUPT_MESSAGE_INFO_ENTRY){.InterruptObject = c->object,
                                                                  .Vector = FIRST_MESSAGE_VECTOR + i,
                                                                  .Irql = DEVICE_LEVEL,
                                                                  .Mode = MODE_LATCHED};
    }
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI io_connect_interrupt_ex(IO_CONNECT_INTERRUPT_PARAMETERS *p)
{
    api_enter("IoConnectInterruptEx", PASSIVE_LEVEL, PASSIVE_LEVEL);
    switch (p->Version) {
    case CONNECT_FULLY_SPECIFIED:
    case CONNECT_FULLY_SPECIFIED_GROUP:
        return connect_fully(p);
    case CONNECT_LINE_BASED:
        return connect_line(node_with_resources(p->LineBased.PhysicalDeviceObject), p->LineBased.ServiceRoutine,
                            p->LineBased.ServiceContext, p->LineBased.SpinLock, p->LineBased.SynchronizeIrql,
                            p->LineBased.InterruptObject);
    case CONNECT_MESSAGE_BASED: {
        devnode *n = node_with_resources(p->MessageBased.PhysicalDeviceObject);
        if (n->messages != 0)
            return connect_messages(p, n);
        if (p->MessageBased.FallBackServiceRoutine == NULL)
            return STATUS_NOT_FOUND;
        p->Version = CONNECT_LINE_BASED;
        return connect_line(n, p->MessageBased.FallBackServiceRoutine, p->MessageBased.ServiceContext,
                            p->MessageBased.SpinLock, p->MessageBased.SynchronizeIrql, p->MessageBased.Generic);
    }
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

static void NTAPI io_disconnect_interrupt_ex(const IO_DISCONNECT_INTERRUPT_PARAMETERS *p)
{
    api_enter("IoDisconnectInterruptEx", PASSIVE_LEVEL, PASSIVE_LEVEL);
    if (p->Version != CONNECT_MESSAGE_BASED) {
        struct connection *c = connection_of(p->Generic, "IoDisconnectInterruptEx");
        if (c->table != NULL)
            rule_broken("interrupt-object",
                        "IoDisconnectInterruptEx with Version %u; the interrupt was connected as "
                        "CONNECT_MESSAGE_BASED, which IoConnectInterruptEx left in Version",
                        (unsigned)p->Version);
        disconnect(c);
        return;
    }
    const IO_INTERRUPT_MESSAGE_INFO *table = p->Generic;
    bool found = false;
    for (struct connection *c = connections, *next; c != NULL; c = next) {
        next = c->next;
        if (c->table == table && table != NULL) {
            disconnect(c);
            found = true;
            next = connections; /* disconnecting may have waited, and the list changed */
        }
    }
    if (!found)
        rule_broken("interrupt-object",
                    "IoDisconnectInterruptEx with the message table %p, which is none: was the interrupt connected "
                    "as line based (Version after IoConnectInterruptEx)?",
                    (const void *)table);
    ram_free(p->Generic);
}

/* ---- synchronization with the ISR ---- */

static KIRQL NTAPI ke_acquire_interrupt_spin_lock(PVOID object)
{
    api_enter("KeAcquireInterruptSpinLock", PASSIVE_LEVEL, HIGH_LEVEL);
    struct connection *c = connection_of(object, "KeAcquireInterruptSpinLock");
    KIRQL old = irql_raise(c->synchronize_irql);
    spin_acquire(&c->lock->lock);
    return old;
}

static void NTAPI ke_release_interrupt_spin_lock(PVOID object, KIRQL old)
{
    struct connection *c = connection_of(object, "KeReleaseInterruptSpinLock");
    api_enter("KeReleaseInterruptSpinLock", c->synchronize_irql, c->synchronize_irql);
    spin_release(&c->lock->lock);
    irql_lower(old);
}

static BOOLEAN NTAPI ke_synchronize_execution(PVOID object, PVOID routine, PVOID context)
{
    api_enter("KeSynchronizeExecution", PASSIVE_LEVEL, HIGH_LEVEL);
    struct connection *c = connection_of(object, "KeSynchronizeExecution");
    uintptr_t arguments[] = {(uintptr_t)context};
    KIRQL old = irql_raise(c->synchronize_irql);
    spin_acquire(&c->lock->lock);
    BOOLEAN result = (BOOLEAN)nt_call("a SynchCritSection routine", routine, 1, arguments);
    spin_release(&c->lock->lock);
    irql_lower(old);
    return result;
}

static const struct export_entry entries[] = {
    EXPORT("IoConnectInterruptEx", io_connect_interrupt_ex),
    EXPORT("IoDisconnectInterruptEx", io_disconnect_interrupt_ex),
    EXPORT("KeAcquireInterruptSpinLock", ke_acquire_interrupt_spin_lock),
    EXPORT("KeReleaseInterruptSpinLock", ke_release_interrupt_spin_lock),
    EXPORT("KeSynchronizeExecution", ke_synchronize_execution),
    EXPORT_END,
};
const struct export_table wdm_interrupt_exports = {"ntoskrnl.exe", entries};
