/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The processor control region that GS (amd64) or FS (x86) points at in kernel mode. Compilers inline reads of a few
 * of its fields (KeGetCurrentProcessorNumber, KeGetCurrentThread, KeGetPcr); the rest is zero. glibc uses the other
 * segment register of each architecture.
 */
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cpu_internal.h"
#include "guest_ram.h"
#include "verifier.h"

#if defined(__x86_64__)
#include <asm/prctl.h>
enum {
    PCR_SELF = 0x18,
    PCR_PRCB = 0x20,
    PCR_USED_SELF = 0x30,
    PCR_IRQL = 0x50,
    PCR_THREAD = 0x188,
    PCR_NUMBER = 0x1a4,
    PCR_PRCB_START = 0x180
};
#else
#include <asm/ldt.h>
enum {
    PCR_SELF = 0x1c,
    PCR_PRCB = 0x20,
    PCR_IRQL = 0x24,
    PCR_NUMBER = 0x51,
    PCR_THREAD = 0x124,
    PCR_PRCB_START = 0x120
};
#endif

static void put_pointer(const struct processor *p, unsigned offset, const void *value)
{
    memcpy((uint8_t *)p->pcr + offset, &value, sizeof(value));
}

void pcr_create(struct processor *p)
{
    p->pcr = mmap(NULL, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p->pcr == MAP_FAILED)
        environment_failed("no memory for a processor control region");
    put_pointer(p, PCR_SELF, p->pcr);
#if defined(__x86_64__)
    put_pointer(p, PCR_USED_SELF, p->pcr); /* where user-mode code looks for its TEB (hid_foreign.h) */
#endif
    put_pointer(p, PCR_PRCB, (uint8_t *)p->pcr + PCR_PRCB_START);
    ((uint8_t *)p->pcr)[PCR_NUMBER] = (uint8_t)p->number;
}

void pcr_set_thread(struct processor *p, const thread *t)
{
    put_pointer(p, PCR_THREAD, t->kthread);
}

void pcr_set_irql(struct processor *p)
{
    if (p->pcr != NULL)
        ((uint8_t *)p->pcr)[PCR_IRQL] = p->irql;
}

#if defined(__x86_64__)
void pcr_load(const struct processor *p)
{
    enum { HWCAP2_FSGSBASE = 2 }; /* the kernel lets programs write the base themselves */
    if (getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE) {
        __asm__ volatile("wrgsbase %0" : : "r"(p->pcr));
        return;
    }
    if (syscall(SYS_arch_prctl, ARCH_SET_GS, p->pcr) != 0)
        environment_failed("GS cannot be set: arch_prctl failed");
}
#else
void pcr_load(const struct processor *p)
{
    static unsigned entry = (unsigned)-1; /* the kernel chooses a free entry the first time */
    struct user_desc descriptor = {
        .entry_number = entry,
        .base_addr = (unsigned)(uintptr_t)p->pcr,
        .limit = 0xfffff,
        .seg_32bit = 1,
        .limit_in_pages = 1,
        .useable = 1,
    };
    if (syscall(SYS_set_thread_area, &descriptor) != 0)
        environment_failed("FS cannot be set: set_thread_area failed");
    entry = descriptor.entry_number;
    __asm__ volatile("movw %w0, %%fs" : : "r"(entry * 8 + 3));
}
#endif
