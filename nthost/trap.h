/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What a driver may only do through hardware: device memory, port I/O and privileged instructions trap here, are
 * decoded (insn.h) and carried out; every device access is counted, for on a real hypervisor it is a VM exit. Also
 * counts the driver's instructions by single-stepping.
 */
#ifndef NTHOST_TRAP_H
#define NTHOST_TRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void trap_init(void);

/* Device memory: an inaccessible window through which accesses reach bus->mmio_read/write at `physical`. Access
 * across the end, of an odd width, or misaligned: rule mmio-access. Unmapped: a later access is rule mmio-unmapped. */
void *mmio_map(uint64_t physical, size_t bytes);
void mmio_unmap(void *address);
bool mmio_any_mapped(uint64_t *physical);    /* whether some window is not unmapped, and where it begins */
uint64_t mmio_physical(const void *address); /* NO_PHYSICAL when not in a window */
/* Same accesses from C code (READ_REGISTER_*, StorPortReadRegister*): */
uint64_t mmio_read(const void *address, unsigned width);
void mmio_write(void *address, unsigned width, uint64_t value);

/* Port I/O, by driver code or on its behalf. */
uint32_t port_read(uint16_t port, unsigned width);
void port_write(uint16_t port, unsigned width, uint32_t value);

/* Counters: accesses by driver code that fall in [physical, physical + bytes), reads and writes apart. Registered
 * ranges are consulted in order; what falls in none counts as other. */
struct access_counter {
    const char *name;
    uint64_t physical, bytes;
    uint64_t reads, writes;
    struct access_counter *next;
};
void access_counter_add(struct access_counter *counter);
uint64_t access_other_count(void);
void access_counters_reset(void);

/* Calls a driver's function with `count` pointer-sized arguments, by the kernel's calling convention (stdcall on x86,
 * where the callee pops; the thunk tolerates cdecl).
 * `what` names the callback in reports. Checks that IRQL, held locks and the stack are afterwards as they were
 * before: rule callback-irql, callback-lock, callback-stack. */
uintptr_t driver_call(const char *what, void *function, unsigned count, ...);
#define DRIVER_CALL_MAX_ARGUMENTS 8
/* The same for a function that lowers the IRQL or releases a lock of its caller's: those are the caller's to check. */
uintptr_t driver_call_releasing(const char *what, void *function, unsigned count, const uintptr_t *arguments);
const char *driver_call_current(void); /* innermost callback running on this thread, or NULL */

/* Exact count of instructions executed inside loaded driver images, while enabled (slow). */
void instruction_count_enable(bool on);
void instruction_count_by_single_steps(void); /* from the next enabling on: slower, for comparison */
uint64_t instruction_count(void);
#endif
