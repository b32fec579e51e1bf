/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The register and port routines of storport.sys, and copying. On amd64 headers turn them into plain accesses, on x86
 * they are calls; both exist here. Each access reaches the same windows, counters and rules as one that traps (trap.h).
 */
#include "storport_internal.h"

#include <string.h>

#include "storport_exports.h"

#define REGISTER_ROUTINES(Suffix, suffix, TYPE)                                                                 \
    static TYPE NTAPI read_register_##suffix(PVOID extension, TYPE *address)                                    \
    {                                                                                                           \
        port_enter(extension, "StorPortReadRegister" #Suffix, HIGH_LEVEL, IN_ANY);                              \
        return (TYPE)mmio_read(address, sizeof(TYPE));                                                          \
    }                                                                                                           \
    static VOID NTAPI write_register_##suffix(PVOID extension, TYPE *address, TYPE value)                       \
    {                                                                                                           \
        port_enter(extension, "StorPortWriteRegister" #Suffix, HIGH_LEVEL, IN_ANY);                             \
        mmio_write(address, sizeof(TYPE), value);                                                               \
    }                                                                                                           \
    static VOID NTAPI read_register_buffer_##suffix(PVOID extension, TYPE *address, TYPE *buffer, ULONG count)  \
    {                                                                                                           \
        port_enter(extension, "StorPortReadRegisterBuffer" #Suffix, HIGH_LEVEL, IN_ANY);                        \
        for (ULONG i = 0; i < count; i++)                                                                       \
            buffer[i] = (TYPE)mmio_read(address, sizeof(TYPE));                                                 \
    }                                                                                                           \
    static VOID NTAPI write_register_buffer_##suffix(PVOID extension, TYPE *address, TYPE *buffer, ULONG count) \
    {                                                                                                           \
        port_enter(extension, "StorPortWriteRegisterBuffer" #Suffix, HIGH_LEVEL, IN_ANY);                       \
        for (ULONG i = 0; i < count; i++)                                                                       \
            mmio_write(address, sizeof(TYPE), buffer[i]);                                                       \
    }

static uint16_t check_port(const adapter *a, uintptr_t port, unsigned width)
{
    for (unsigned i = 0; i < a->range_count; i++) {
        uint64_t start = (uint64_t)a->ranges[i].RangeStart.QuadPart;

        if (!a->ranges[i].RangeInMemory && port >= start && port + width <= start + a->ranges[i].RangeLength)
            return (uint16_t)port;
    }
    rule_broken("port-access", "port 0x%lx is in no I/O range of the adapter", (unsigned long)port);
}

#define PORT_ROUTINES(Suffix, suffix, TYPE)                                                                \
    static TYPE NTAPI read_port_##suffix(PVOID extension, TYPE *port)                                      \
    {                                                                                                      \
        adapter *a = port_enter(extension, "StorPortReadPort" #Suffix, HIGH_LEVEL, IN_ANY);                \
        pci_bus *bus = a->device->bus;                                                                     \
        return (TYPE)bus->ops->port_read(bus, check_port(a, (uintptr_t)port, sizeof(TYPE)), sizeof(TYPE)); \
    }                                                                                                      \
    static VOID NTAPI write_port_##suffix(PVOID extension, TYPE *port, TYPE value)                         \
    {                                                                                                      \
        adapter *a = port_enter(extension, "StorPortWritePort" #Suffix, HIGH_LEVEL, IN_ANY);               \
        pci_bus *bus = a->device->bus;                                                                     \
        bus->ops->port_write(bus, check_port(a, (uintptr_t)port, sizeof(TYPE)), sizeof(TYPE), value);      \
    }

REGISTER_ROUTINES(Uchar, uchar, UCHAR)
REGISTER_ROUTINES(Ushort, ushort, USHORT)
REGISTER_ROUTINES(Ulong, ulong, ULONG)
PORT_ROUTINES(Uchar, uchar, UCHAR)
PORT_ROUTINES(Ushort, ushort, USHORT)
PORT_ROUTINES(Ulong, ulong, ULONG)

static VOID NTAPI move_memory(PVOID destination, PVOID source, ULONG length)
{
    memmove(destination, source, length);
}

#define REGISTER_ENTRIES(Suffix, suffix)                                               \
    {"StorPortReadRegister" #Suffix, (void *)read_register_##suffix},                  \
        {"StorPortWriteRegister" #Suffix, (void *)write_register_##suffix},            \
        {"StorPortReadRegisterBuffer" #Suffix, (void *)read_register_buffer_##suffix}, \
    {                                                                                  \
        "StorPortWriteRegisterBuffer" #Suffix, (void *)write_register_buffer_##suffix  \
    }
#define PORT_ENTRIES(Suffix, suffix)                             \
    {"StorPortReadPort" #Suffix, (void *)read_port_##suffix},    \
    {                                                            \
        "StorPortWritePort" #Suffix, (void *)write_port_##suffix \
    }

static const struct export_entry entries[] = {
    REGISTER_ENTRIES(Uchar, uchar),
    REGISTER_ENTRIES(Ushort, ushort),
    REGISTER_ENTRIES(Ulong, ulong),
    PORT_ENTRIES(Uchar, uchar),
    PORT_ENTRIES(Ushort, ushort),
    PORT_ENTRIES(Ulong, ulong),
    {"StorPortMoveMemory", (void *)move_memory},
    {"ScsiPortMoveMemory", (void *)move_memory},
    {NULL, NULL},
};
const struct export_table storport_register_exports = {"storport.sys", entries};
