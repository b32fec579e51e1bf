/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "stub_core.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../../nthost/cpu.h"
#include "../../nthost/guest_ram.h"
#include "../../nthost/verifier.h"

#define FIRST_BYTE 0x100000u

uint64_t stub_clock_us;
unsigned stub_processor;

static int fd = -1;
static uint8_t *memory;
static uint64_t low_size, high_size, low_next = FIRST_BYTE, high_next = HIGH_RAM_BASE;
static void (*poll_function)(void *);
static void *poll_context;
static struct {
    uint64_t physical, bytes;
} forbidden[16];
static unsigned forbidden_count;

void stub_init(uint64_t low_bytes, uint64_t high_bytes)
{
    low_size = low_bytes;
    high_size = high_bytes;
    fd = memfd_create("guest-ram", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)(low_bytes + high_bytes)) != 0) {
        environment_failed("cannot make guest RAM");
    }
    memory = mmap(NULL, (size_t)(low_bytes + high_bytes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (memory == MAP_FAILED) {
        environment_failed("cannot map guest RAM");
    }
}

static uint8_t *at(uint64_t physical, size_t bytes)
{
    if (physical < low_size && bytes <= low_size - physical) {
        return memory + physical;
    }
    if (physical >= HIGH_RAM_BASE && physical - HIGH_RAM_BASE < high_size &&
        bytes <= high_size - (physical - HIGH_RAM_BASE)) {
        return memory + low_size + (physical - HIGH_RAM_BASE);
    }
    return NULL;
}

void *stub_alloc(size_t bytes, size_t alignment, bool high, uint64_t *physical)
{
    uint64_t *next = high && high_size != 0 ? &high_next : &low_next;

    *next = (*next + alignment - 1) & ~(uint64_t)(alignment - 1);
    *physical = *next;
    *next += bytes;
    uint8_t *address = at(*physical, bytes);
    if (address == NULL) {
        environment_failed("the test's guest RAM is used up");
    }
    memset(address, 0, bytes);
    return address;
}

void stub_forbid(const void *address, size_t bytes)
{
    uint64_t offset = (uint64_t)((const uint8_t *)address - memory);

    forbidden[forbidden_count].physical = offset < low_size ? offset : HIGH_RAM_BASE + offset - low_size;
    forbidden[forbidden_count++].bytes = bytes;
}

int ram_fd(void)
{
    return fd;
}

uint64_t ram_low_bytes(void)
{
    return low_size;
}

uint64_t ram_high_bytes(void)
{
    return high_size;
}

uint64_t ram_take_page(bool below_4g)
{
    uint64_t physical;

    stub_alloc(PAGE_BYTES, PAGE_BYTES, !below_4g, &physical);
    return physical;
}

void *ram_map_physical(uint64_t physical, size_t bytes)
{
    return at(physical, bytes);
}

static uint8_t *dma(uint64_t physical, size_t bytes)
{
    for (unsigned i = 0; i < forbidden_count; i++) {
        if (physical < forbidden[i].physical + forbidden[i].bytes && forbidden[i].physical < physical + bytes) {
            return NULL;
        }
    }
    return at(physical, bytes);
}

bool dma_try_read(uint64_t physical, void *buffer, size_t bytes)
{
    const uint8_t *source = dma(physical, bytes);

    if (source != NULL) {
        memcpy(buffer, source, bytes);
    }
    return source != NULL;
}

bool dma_try_write(uint64_t physical, const void *buffer, size_t bytes)
{
    uint8_t *target = dma(physical, bytes);

    if (target != NULL) {
        memcpy(target, buffer, bytes);
    }
    return target != NULL;
}

void dma_read(uint64_t physical, void *buffer, size_t bytes)
{
    if (!dma_try_read(physical, buffer, bytes)) {
        rule_broken("dma-stray", "device read of %zu bytes at 0x%llx", bytes, (unsigned long long)physical);
    }
}

void dma_write(uint64_t physical, const void *buffer, size_t bytes)
{
    if (!dma_try_write(physical, buffer, bytes)) {
        rule_broken("dma-stray", "device write of %zu bytes at 0x%llx", bytes, (unsigned long long)physical);
    }
}

uint64_t clock_us(void)
{
    struct timespec now;

    if (stub_clock_us != 0) {
        return stub_clock_us;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

unsigned cpu_current(void)
{
    return stub_processor;
}

uint64_t cpu_flow(void)
{
    return 1 + stub_processor;
}

void interrupt_set_poll(void (*poll)(void *), void *context)
{
    poll_function = poll;
    poll_context = context;
}

void stub_poll_interrupts(void)
{
    if (poll_function != NULL) {
        poll_function(poll_context);
    }
}

void rule_broken(const char *rule, const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "nthost: rule broken: %s: ", rule);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    _exit(EXIT_RULE);
}

void environment_failed(const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "nthost: ");
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    _exit(EXIT_ENVIRONMENT);
}
