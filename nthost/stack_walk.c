/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The stack of the current thread, innermost first. nthost's own frames are linked by frame pointers; where they lead
 * into an image the walk goes on by unwind_step() until the thunk of the driver_call(), whose frame pointer is known.
 * So the driver frames of nested callbacks all show.
 */
#include <stdio.h>

#include "cpu_internal.h"
#include "module_internal.h"
#include "symbolize.h"
#include "trap_internal.h"
#include "unwind.h"
#include "verifier.h"

const struct context *stack_walk_start;

enum { MAX_FRAMES = 48, MAX_OWN_FRAMES = 512 };

struct walk {
    struct symbol_request frames[MAX_FRAMES];
    unsigned count;
    const struct call_frame *call;
};

static void add_frame(struct walk *w, uintptr_t address, bool exact, const char *heading)
{
    if (w->count < MAX_FRAMES)
        w->frames[w->count++] = (struct symbol_request){.address = address, .exact = exact, .heading = heading};
}

static uintptr_t call_stack_limit(const struct call_frame *call)
{
    return ((const struct thunk_state *)call->frame)->frame;
}

/* Returns the frame pointer of the thunk where the walk leaves the driver, 0 when there is none. */
static uintptr_t walk_driver(struct walk *w, struct context c, bool exact)
{
    const struct call_frame *call = w->call;
    if (call == NULL)
        return 0;
    const char *heading = call->what;
    uintptr_t limit = call_stack_limit(call);
    w->call = call->outer;
    if (exact && module_at((void *)c.ip) == NULL) {
        /* A call to something that is no code: the caller's address is on the stack. */
        c.ip = step_real_address(c.r[REG_SP], *(const uintptr_t *)c.r[REG_SP]);
        c.r[REG_SP] += sizeof(uintptr_t);
        exact = false;
    }
    while (c.ip != (uintptr_t)driver_returned && module_at((void *)c.ip) != NULL) {
        add_frame(w, c.ip, exact, heading);
        heading = NULL;
        if (w->count == MAX_FRAMES || !unwind_step(&c, limit, exact))
            break;
        exact = false;
    }
    return limit;
}

static void walk_all(struct walk *w, uintptr_t fp)
{
    for (unsigned i = 0; i < MAX_OWN_FRAMES && fp != 0 && w->count < MAX_FRAMES; i++) {
        uintptr_t outer = ((const uintptr_t *)fp)[0];
        uintptr_t slot = fp + sizeof(uintptr_t);
        uintptr_t address = step_real_address(slot, *(const uintptr_t *)slot);
        if (address == (uintptr_t)trap_dispatched) {
            fp = walk_driver(w, ((const struct trap_frame *)outer)->c, true);
        } else if (module_at((void *)address) != NULL) {
            struct context c = {.ip = address};
            c.r[REG_SP] = slot + sizeof(uintptr_t);
            c.r[REG_BP] = outer;
            fp = walk_driver(w, c, false);
        } else {
            fp = outer > fp ? outer : 0;
        }
    }
}

void print_driver_stack(void)
{
    struct walk w = {.call = thread_here()->calls};
    if (stack_walk_start != NULL && module_at((void *)stack_walk_start->ip) != NULL)
        walk_all(&w, walk_driver(&w, *stack_walk_start, true));
    else
        walk_all(&w, (uintptr_t)__builtin_frame_address(0));
    if (w.count == 0) {
        fputs("  no driver code on this stack\n", stderr);
        return;
    }
    fputs("  driver stack:\n", stderr);
    symbolize_print(w.frames, w.count);
}

void print_own_stack(void)
{
    struct walk w = {0};
    uintptr_t fp = (uintptr_t)__builtin_frame_address(0);
    const char *heading = "nthost";
    for (unsigned i = 0; i < MAX_OWN_FRAMES && fp != 0 && w.count < MAX_FRAMES; i++) {
        uintptr_t outer = ((const uintptr_t *)fp)[0], address = ((const uintptr_t *)fp)[1];
        if (address == (uintptr_t)trap_dispatched) {
            const struct context *c = &((const struct trap_frame *)outer)->c;
            add_frame(&w, c->ip, true, heading);
            heading = NULL;
            uintptr_t sp = c->r[REG_SP];
            outer = c->r[REG_BP] > sp && c->r[REG_BP] - sp < STACK_BYTES ? c->r[REG_BP] : 0;
            fp = outer;
            continue;
        }
        if (address == 0)
            break;
        add_frame(&w, address, false, heading);
        heading = NULL;
        fp = outer > fp && outer - fp < STACK_BYTES ? outer : 0;
    }
    symbolize_print(w.frames, w.count);
    print_driver_stack();
}
