/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "shared_data.h"

#include <string.h>
#include <sys/mman.h>

#include "cpu_internal.h"
#include "guest_ram.h"
#include "trap_internal.h"

/* KUSER_SHARED_DATA (ntddk.h). A KSYSTEM_TIME is low, high, high again. */
enum {
    TICK_COUNT_MULTIPLIER = 0x4,
    INTERRUPT_TIME = 0x8,
    SYSTEM_TIME = 0x14,
    NT_MAJOR_VERSION = 0x26c,
    NT_MINOR_VERSION = 0x270,
    TICK_COUNT = 0x320,
    SHARED_BYTES = 0x400,
};
#if defined(__x86_64__)
#define SHARED_DATA_ADDRESS ((uintptr_t)0xfffff78000000000ull)
#else
/* Linux may have put something of its own there: then a driver reads that. Drivers for x86 import functions and
 * KeTickCount instead. */
#define SHARED_DATA_ADDRESS ((uintptr_t)0xffdf0000u)
#endif
#define START_DATE_100NS 129745152000000000ull /* 2012-02-25: a model run is the same on every day */

uint64_t interrupt_time_100ns(void)
{
    return clock_us() * 10;
}

uint64_t system_time_100ns(void)
{
    return START_DATE_100NS + interrupt_time_100ns();
}

uint64_t tick_count(void)
{
    return clock_us() / TICK_US;
}

uint8_t ke_tick_count[PAGE_BYTES] __attribute__((aligned(4096)));

void shared_data_init(void)
{
    mprotect(ke_tick_count, sizeof(ke_tick_count), PROT_NONE);
}

/* The offset in KUSER_SHARED_DATA that an address stands for, or UINTPTR_MAX. */
static uintptr_t offset_of(uintptr_t address)
{
    if (address - (uintptr_t)ke_tick_count < 12)
        return TICK_COUNT + (address - (uintptr_t)ke_tick_count);
    return address - SHARED_DATA_ADDRESS < PAGE_BYTES ? address - SHARED_DATA_ADDRESS : UINTPTR_MAX;
}

bool shared_data_at(uintptr_t address)
{
    return offset_of(address) != UINTPTR_MAX;
}

static void put32(uint8_t *at, uint64_t value)
{
    uint32_t low = (uint32_t)value;
    memcpy(at, &low, sizeof(low));
}

static void put_time(uint8_t *at, uint64_t value)
{
    put32(at, value);
    put32(at + 4, value >> 32);
    put32(at + 8, value >> 32);
}

uint64_t shared_data_read(uintptr_t address, unsigned width)
{
    uint8_t data[SHARED_BYTES + 8] = {0};
    uintptr_t offset = offset_of(address);
    uint64_t value = 0;
    put32(data + TICK_COUNT_MULTIPLIER, ((uint64_t)TICK_US << 24) / 1000);
    put_time(data + INTERRUPT_TIME, interrupt_time_100ns());
    put_time(data + SYSTEM_TIME, system_time_100ns());
    put32(data + NT_MAJOR_VERSION, 6);
    put32(data + NT_MINOR_VERSION, 1);
    put_time(data + TICK_COUNT, tick_count());
    if (offset < SHARED_BYTES)
        memcpy(&value, data + offset, width);
    return value;
}
