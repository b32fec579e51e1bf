/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * READ_REGISTER_* and WRITE_REGISTER_* (exports on x86, inline on amd64), READ_PORT_* and WRITE_PORT_* (exports of
 * HAL on x86).
 */
#include <ntdef.h>

#include "nt_exports.h"
#include "cpu.h"
#include "trap.h"

#define REGISTER_FUNCTIONS(name, type, width)                                               \
    static type NTAPI read_register_##name(type *at)                                        \
    {                                                                                       \
        api_enter("READ_REGISTER_" #name, PASSIVE_LEVEL, HIGH_LEVEL);                       \
        return (type)mmio_read(at, width);                                                  \
    }                                                                                       \
    static void NTAPI write_register_##name(type *at, type value)                           \
    {                                                                                       \
        api_enter("WRITE_REGISTER_" #name, PASSIVE_LEVEL, HIGH_LEVEL);                      \
        mmio_write(at, width, value);                                                       \
    }                                                                                       \
    static void NTAPI read_register_buffer_##name(type *at, type *to, ULONG count)          \
    {                                                                                       \
        api_enter("READ_REGISTER_BUFFER_" #name, PASSIVE_LEVEL, HIGH_LEVEL);                \
        for (ULONG i = 0; i < count; i++)                                                   \
            to[i] = (type)mmio_read(at + i, width);                                         \
    }                                                                                       \
    static void NTAPI write_register_buffer_##name(type *at, const type *from, ULONG count) \
    {                                                                                       \
        api_enter("WRITE_REGISTER_BUFFER_" #name, PASSIVE_LEVEL, HIGH_LEVEL);               \
        for (ULONG i = 0; i < count; i++)                                                   \
            mmio_write(at + i, width, from[i]);                                             \
    }

#define PORT_FUNCTIONS(name, type, width)                                                 \
    static type NTAPI read_port_##name(type *port)                                        \
    {                                                                                     \
        api_enter("READ_PORT_" #name, PASSIVE_LEVEL, HIGH_LEVEL);                         \
        return (type)port_read((uint16_t)(uintptr_t)port, width);                         \
    }                                                                                     \
    static void NTAPI write_port_##name(type *port, type value)                           \
    {                                                                                     \
        api_enter("WRITE_PORT_" #name, PASSIVE_LEVEL, HIGH_LEVEL);                        \
        port_write((uint16_t)(uintptr_t)port, width, value);                              \
    }                                                                                     \
    static void NTAPI read_port_buffer_##name(type *port, type *to, ULONG count)          \
    {                                                                                     \
        api_enter("READ_PORT_BUFFER_" #name, PASSIVE_LEVEL, HIGH_LEVEL);                  \
        for (ULONG i = 0; i < count; i++)                                                 \
            to[i] = (type)port_read((uint16_t)(uintptr_t)port, width);                    \
    }                                                                                     \
    static void NTAPI write_port_buffer_##name(type *port, const type *from, ULONG count) \
    {                                                                                     \
        api_enter("WRITE_PORT_BUFFER_" #name, PASSIVE_LEVEL, HIGH_LEVEL);                 \
        for (ULONG i = 0; i < count; i++)                                                 \
            port_write((uint16_t)(uintptr_t)port, width, from[i]);                        \
    }

REGISTER_FUNCTIONS(UCHAR, UCHAR, 1)
REGISTER_FUNCTIONS(USHORT, USHORT, 2)
REGISTER_FUNCTIONS(ULONG, ULONG, 4)
PORT_FUNCTIONS(UCHAR, UCHAR, 1)
PORT_FUNCTIONS(USHORT, USHORT, 2)
PORT_FUNCTIONS(ULONG, ULONG, 4)

#define REGISTER_ENTRIES(name)                                                                                    \
    EXPORT("READ_REGISTER_" #name, read_register_##name), EXPORT("WRITE_REGISTER_" #name, write_register_##name), \
        EXPORT("READ_REGISTER_BUFFER_" #name, read_register_buffer_##name),                                       \
        EXPORT("WRITE_REGISTER_BUFFER_" #name, write_register_buffer_##name)
#define PORT_ENTRIES(name)                                                                        \
    EXPORT("READ_PORT_" #name, read_port_##name), EXPORT("WRITE_PORT_" #name, write_port_##name), \
        EXPORT("READ_PORT_BUFFER_" #name, read_port_buffer_##name),                               \
        EXPORT("WRITE_PORT_BUFFER_" #name, write_port_buffer_##name)

static const struct export_entry entries[] = {
    REGISTER_ENTRIES(UCHAR),
    REGISTER_ENTRIES(USHORT),
    REGISTER_ENTRIES(ULONG),
    EXPORT_END,
};
const struct export_table nt_register_exports = {"ntoskrnl.exe", entries};

static const struct export_entry hal_entries[] = {
    PORT_ENTRIES(UCHAR),
    PORT_ENTRIES(USHORT),
    PORT_ENTRIES(ULONG),
    EXPORT_END,
};
const struct export_table nt_port_hal_exports = {"hal.dll", hal_entries};
