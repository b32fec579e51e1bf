/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Faults that end the run: which rule was broken, and what lies at the address.
 */
#include <signal.h>
#include <stdio.h>

#include "cpu_internal.h"
#include "guest_ram.h"
#include "module_internal.h"
#include "ram_internal.h"
#include "trap_internal.h"
#include "verifier.h"

enum { NULL_ZONE = 0x10000 };

static bool explain_module(const void *address, char *text, size_t size)
{
    const module *m = module_at(address);
    if (m != NULL) {
        const struct pe_section *s = module_section_at(m, address);
        snprintf(text, size, "%s, section %s%s", m->name, s != NULL ? s->name : "(headers)",
                 s != NULL && (s->flags & PE_SECTION_DISCARDABLE) ? ", which is discarded after DriverEntry" : "");
        return true;
    }
    if ((m = module_unloaded_at(address)) != NULL) {
        snprintf(text, size, "%s, which was unloaded", m->name);
        return true;
    }
    const char *missing = missing_import_at(address);
    if (missing != NULL) {
        snprintf(text, size, "the missing import %s", missing);
        return true;
    }
    return false;
}

static const char *explain(uintptr_t at, char *text, size_t size)
{
    const void *address = (const void *)at;
    const char *rule = "access-violation";
    const thread *t = thread_here();
    if (ram_explain(address, &rule, text, size) || explain_module(address, text, size))
        return rule;
    if (mmio_window_at(at)) {
        snprintf(text, size, "device memory");
        return "mmio-access";
    }
    if (at < NULL_ZONE)
        snprintf(text, size, "the null page");
    else if (t->stack != NULL && (uintptr_t)t->stack - at < STACK_RESERVE)
        snprintf(text, size, "the guard page of the stack of thread %s", t->name);
    else
        snprintf(text, size, "nothing that the driver was given");
    return rule;
}

/* Bit 1 of the page fault's error code would say it too, but siginfo does not carry it. */
static const char *verb(const struct trap_frame *frame)
{
    struct insn i;
    if (!address_in_driver((void *)frame->c.ip) ||
        !insn_decode((const uint8_t *)frame->c.ip, INSN_MAX_BYTES, sizeof(void *) == 8, &i))
        return "access to";
    return i.writes && i.reads ? "read and write of" : i.writes ? "write to" : "read of";
}

void fault_of_execution(const struct trap_frame *frame)
{
    const void *ip = (const void *)frame->c.ip;
    char text[256];
    const char *missing = missing_import_at(ip);
    if (missing != NULL)
        rule_broken("missing-import", "%s is called, which nthost does not provide", missing);
    const module *unloaded = module_unloaded_at(ip);
    if (unloaded != NULL)
        rule_broken("call-into-unloaded-driver", "%s is called at RVA %#x after it was unloaded", unloaded->name,
                    (unsigned)(frame->c.ip - (uintptr_t)unloaded->pe.image));
    explain(frame->c.ip, text, sizeof(text));
    rule_broken("execute-non-code", "execution at %p: %s", ip, text);
}

void fault_in_driver(const struct trap_frame *frame)
{
    char text[256];
    if (frame->signal == SIGTRAP)
        rule_broken("driver-assertion", "the driver ran into a breakpoint instruction (int3)");
    if (frame->signal == SIGILL && *(const uint8_t *)frame->c.ip == 0x0f && ((const uint8_t *)frame->c.ip)[1] == 0x0b)
        rule_broken("driver-assertion", "the driver ran into ud2, which compilers put where code must not go on");
    if (frame->signal == SIGILL)
        rule_broken("illegal-instruction", "the driver executes an instruction that this processor does not have");
    if (frame->signal == SIGFPE)
        rule_broken("divide-error", "the driver divides by zero or overflows a division");
    const char *rule = explain(frame->address, text, sizeof(text));
    rule_broken(rule, "%s %p: %s", verb(frame), (void *)frame->address, text);
}

/* The fault is the driver's when nthost works on its behalf and follows a pointer that it gave. */
void fault_in_nthost(const struct trap_frame *frame)
{
    const thread *t = thread_here();
    char text[256], what[384];
    const char *rule = explain(frame->address, text, sizeof(text));
    bool memory = (frame->signal == SIGSEGV || frame->signal == SIGBUS) && frame->code != SI_KERNEL;
    bool driver_memory = ram_in_arena((void *)frame->address) || mmio_window_at(frame->address) ||
                         frame->address < NULL_ZONE || missing_import_at((void *)frame->address) != NULL ||
                         module_at((void *)frame->address) != NULL ||
                         module_unloaded_at((void *)frame->address) != NULL;
    if (memory && t->calls != NULL && t->api != NULL && driver_memory)
        rule_broken(rule, "%s follows a pointer of the driver's to %p: %s", t->api, (void *)frame->address, text);
    snprintf(what, sizeof(what), "signal %d at instruction %p, address %p: %s", frame->signal, (void *)frame->c.ip,
             (void *)frame->address, text);
    verifier_own_fault(what);
}
