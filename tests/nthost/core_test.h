/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Tests of nthost's core. Each runs in a process of its own, since a broken rule ends it: what is expected is an exit
 * status and texts in what it printed. TEST(name, status, "text", ...) { body } defines one; the build registers each
 * under its name.
 */
#ifndef CORE_TEST_H
#define CORE_TEST_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "guest_ram.h"
#include "module.h"
#include "pci_bus.h"
#include "trap.h"
#include "verifier.h"

struct core_test {
    const char *name;
    void (*run)(void);
    int status;
    const char *texts[6];
    struct core_test *next;
};
void core_test_add(struct core_test *test);

#define TEST(test, expected, ...)                                                                                     \
    static void run_##test(void);                                                                                     \
    __attribute__((constructor)) static void add_##test(void)                                                         \
    {                                                                                                                 \
        static struct core_test t = {.name = #test, .run = run_##test, .status = (expected), .texts = {__VA_ARGS__}}; \
        core_test_add(&t);                                                                                            \
    }                                                                                                                 \
    static void run_##test(void)

#define CHECK(condition)                                                              \
    do {                                                                              \
        if (!(condition)) {                                                           \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
            exit(EXIT_WRONG);                                                         \
        }                                                                             \
    } while (0)

/* The machine: 64 MiB of RAM below and above 4 GiB, the fixture driver loaded, a bus of plain registers. */
void start(unsigned processors, uint64_t seed);
extern module *fixture;
void *fixture_function(const char *name);
extern void *window; /* device memory: 4 KiB of the bus's registers at TEST_REGISTERS */

#define TEST_REGISTERS 0xe0000000ull
struct test_bus {
    struct pci_bus bus;
    uint8_t registers[4096];
    unsigned reads, writes, last_width;
    uint32_t port_value;
    uint16_t last_port;
    void (*on_access)(void);
    bool line;
};
extern struct test_bus bus;

#define CALL(name, ...) CALL_COUNTED(name, ##__VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define CALL_COUNTED(name, a, b, c, d, e, f, g, h, n, ...) CALL_##n(name, a, b, c, d, e, f, g, h)
#define ARG(x) ((uintptr_t)(x))
#define CALL_0(name, ...) driver_call(name, fixture_function(name), 0)
#define CALL_1(name, a, ...) driver_call(name, fixture_function(name), 1, ARG(a))
#define CALL_2(name, a, b, ...) driver_call(name, fixture_function(name), 2, ARG(a), ARG(b))
#define CALL_3(name, a, b, c, ...) driver_call(name, fixture_function(name), 3, ARG(a), ARG(b), ARG(c))
#define CALL_8(name, a, b, c, d, e, f, g, h) \
    driver_call(name, fixture_function(name), 8, ARG(a), ARG(b), ARG(c), ARG(d), ARG(e), ARG(f), ARG(g), ARG(h))

#endif
