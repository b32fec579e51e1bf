/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cpu_internal.h"
#include "guest_ram.h"
#include "insn_length.h"
#include "module_internal.h"
#include "ram_internal.h"
#include "step_internal.h"
#include "trap_internal.h"
#include "verifier.h"

enum { BREAKPOINT = 0xcc, LONGEST_BLOCK = 64, BUCKETS = 4096, MAX_IMAGES = 16, MODE64 = sizeof(void *) == 8 };

/* A run of instructions from `start` to the one at `end`, which transfers control or has to be stepped. */
struct block {
    uint32_t start, end;
    unsigned count;
    struct insn_shape shape; /* of the one at `end` */
    bool native;             /* it cannot be carried out here */
    struct block *next;
};

struct code {
    const module *m;
    uint8_t *original; /* the image as it was before any breakpoint */
    uint8_t *patched;  /* one byte for each of the image's */
    struct block *blocks[BUCKETS];
};

static struct code codes[MAX_IMAGES];
static bool enabled;
static uintptr_t generation; /* of enabling: what a thread remembers from an earlier one does not count */
static uint64_t count;

bool blocks_enabled(void)
{
    return enabled;
}

uint64_t block_instructions(void)
{
    return count;
}

static struct code *code_of(const module *m)
{
    for (unsigned i = 0; i < MAX_IMAGES; i++) {
        struct code *code = &codes[i];
        if (code->m == m)
            return code;
        if (code->m != NULL)
            continue;
        code->m = m;
        code->original = malloc(m->pe.image_bytes);
        code->patched = calloc(m->pe.image_bytes, 1);
        if (code->original == NULL || code->patched == NULL)
            environment_failed("no memory to count instructions");
        for (unsigned k = 0; k < m->pe.sections; k++) {
            const struct pe_section *s = &m->pe.section[k];
            if (s->flags & PE_SECTION_EXECUTE)
                memcpy(code->original + s->rva, m->pe.image + s->rva, s->bytes);
        }
        return code;
    }
    environment_failed("more than %d images to count instructions in", MAX_IMAGES);
}

static void write_code(const struct code *code, uint32_t rva, uint8_t byte)
{
    uint8_t *at = code->m->pe.image + rva;
    void *page = (void *)((uintptr_t)at & ~(uintptr_t)(PAGE_BYTES - 1));
    if (mprotect(page, PAGE_BYTES, PROT_READ | PROT_WRITE) != 0)
        environment_failed("code cannot be changed to count its instructions");
    *at = byte;
    mprotect(page, PAGE_BYTES, PROT_READ | PROT_EXEC);
}

static void set_breakpoint(struct code *code, uint32_t rva)
{
    if (code->patched[rva])
        return;
    code->patched[rva] = 1;
    write_code(code, rva, BREAKPOINT);
}

void blocks_enable(void)
{
    enabled = true;
    generation++;
}

void blocks_disable(void)
{
    enabled = false;
    for (unsigned i = 0; i < MAX_IMAGES && codes[i].m != NULL; i++) {
        struct code *code = &codes[i];
        for (uint32_t rva = 0; rva < code->m->pe.image_bytes; rva++) {
            if (code->patched[rva] && !code->m->unloaded)
                write_code(code, rva, code->original[rva]);
            code->patched[rva] = 0;
        }
    }
}

static void measure(const struct code *code, struct block *b)
{
    const struct pe_section *s = module_section_at(code->m, code->m->pe.image + b->start);
    b->end = b->start;
    for (;;) {
        size_t left = s != NULL && (s->flags & PE_SECTION_EXECUTE) != 0 ? s->rva + s->bytes - b->end : 0;
        bool known = insn_shape(code->original + b->end, left, MODE64, &b->shape);
        b->count++;
        b->native = !known || b->shape.flow == FLOW_NEXT || b->shape.flow == FLOW_STOP;
        if (!known || b->shape.flow != FLOW_NEXT || b->count == LONGEST_BLOCK)
            return;
        b->end += b->shape.length;
    }
}

static struct block *block_at(struct code *code, uint32_t rva)
{
    struct block **bucket = &code->blocks[rva % BUCKETS];
    for (struct block *b = *bucket; b != NULL; b = b->next) {
        if (b->start == rva)
            return b;
    }
    struct block *b = calloc(1, sizeof(*b));
    if (b == NULL)
        environment_failed("no memory to count instructions");
    b->start = rva;
    measure(code, b);
    b->next = *bucket;
    *bucket = b;
    return b;
}

static void set_block(thread *t, uintptr_t ip)
{
    t->block = ip;
    t->block_generation = generation;
}

/* Where the thread's current run began, 0 when it is not followed. */
static uintptr_t block_of(const thread *t)
{
    return t->block_generation == generation ? t->block : 0;
}

void block_enter(uintptr_t ip)
{
    thread *t = thread_here();
    const module *m = module_at((void *)ip);
    if (m == NULL) {
        set_block(t, 0);
        return;
    }
    struct code *code = code_of(m);
    set_breakpoint(code, block_at(code, (uint32_t)(ip - (uintptr_t)m->pe.image))->end);
    set_block(t, ip);
}

uintptr_t block_save(void)
{
    return block_of(thread_here());
}

void block_restore(uintptr_t saved)
{
    set_block(thread_here(), saved);
}

static bool on_stack(uintptr_t address)
{
    const thread *t = thread_here();
    return address - (uintptr_t)t->stack < t->stack_bytes && address - (uintptr_t)t->stack > STACK_RESERVE;
}

static bool readable(uintptr_t address)
{
    const struct allocation *a = ram_record_at((void *)address);
    return on_stack(address) || module_at((void *)address) != NULL || (a != NULL && a->state == ALLOCATION_LIVE);
}

static bool push_return(struct context *c, uintptr_t address)
{
    if (!on_stack(c->r[REG_SP] - sizeof(address)))
        return false;
    c->r[REG_SP] -= sizeof(address);
    memcpy((void *)c->r[REG_SP], &address, sizeof(address));
    return true;
}

static bool indirect(struct context *c, const uint8_t *bytes, const struct insn_shape *shape)
{
    struct insn i;
    uintptr_t target, next = c->ip + shape->length;
    uint8_t modrm = bytes[shape->length - 1];
    bool call = (modrm & 0x38) == 0x10;
    if (bytes[shape->length - 2] == 0xff && modrm >= 0xc0) {
        /* Through a register: ModRM is the last byte, a REX prefix the third last. */
        bool extended = MODE64 && shape->length >= 3 && (bytes[shape->length - 3] & 0xf1) == 0x41;
        target = c->r[(modrm & 7u) + (extended ? 8u : 0u)];
    } else {
        if (!insn_decode(bytes, shape->length, MODE64, &i) || i.segment != 0)
            return false;
        uintptr_t at = effective_address(c, &i);
        if (!readable(at) || !readable(at + sizeof(target) - 1))
            return false;
        memcpy(&target, (const void *)at, sizeof(target));
        call = i.op == OP_CALL;
    }
    if (call && !push_return(c, next))
        return false;
    c->ip = target;
    return true;
}

static bool loop_goes_on(struct context *c, unsigned kind)
{
    enum { FLAG_ZERO = 0x40 };
    if (kind == 3) /* JrCXZ */
        return c->r[REG_CX] == 0;
    bool zero = (c->flags & FLAG_ZERO) != 0;
    return --c->r[REG_CX] != 0 && (kind == 2 || zero == (kind == 1));
}

/* The transfer of control at c->ip. False when the processor has to do it. */
static bool transfer(struct context *c, const uint8_t *bytes, const struct insn_shape *shape)
{
    uintptr_t next = c->ip + shape->length, target = next + (uintptr_t)(intptr_t)shape->relative;
    uintptr_t sp = c->r[REG_SP];
    switch (shape->flow) {
    case FLOW_JUMP:
        c->ip = target;
        return true;
    case FLOW_CONDITIONAL:
        c->ip = condition_holds(shape->condition, c->flags) ? target : next;
        return true;
    case FLOW_LOOP:
        c->ip = loop_goes_on(c, shape->condition) ? target : next;
        return true;
    case FLOW_CALL:
        if (!push_return(c, next))
            return false;
        c->ip = target;
        return true;
    case FLOW_RETURN:
        if (!on_stack(sp))
            return false;
        memcpy(&c->ip, (const void *)sp, sizeof(c->ip));
        c->r[REG_SP] = sp + sizeof(c->ip) + (uintptr_t)shape->relative;
        return true;
    case FLOW_INDIRECT:
        return indirect(c, bytes, shape);
    default:
        return false;
    }
}

/* The run that was followed is over; the next one begins at ip. */
static void go_on(uintptr_t ip, uintptr_t sp)
{
    if (module_at((void *)ip) != NULL) {
        block_enter(ip);
    } else {
        leave_driver(ip, sp);
        set_block(thread_here(), 0);
    }
}

bool block_trap(struct context *c, bool *single_step)
{
    thread *t = thread_here();
    const module *m = module_at((void *)c->ip);
    uintptr_t from = block_of(t);
    *single_step = false;
    if (m == NULL || !enabled)
        return false;
    struct code *code = code_of(m);
    uint32_t rva = (uint32_t)(c->ip - (uintptr_t)m->pe.image);
    if (!code->patched[rva] || code->original[rva] == BREAKPOINT)
        return false;
    const struct block *b = from != 0 ? block_at(code, (uint32_t)(from - (uintptr_t)m->pe.image)) : NULL;
    bool at_end = b != NULL && b->end == rva;
    if (at_end && !m->support)
        count += b->count;
    /* A breakpoint in the middle of a run is the end of one that was cut short: stepped over. */
    struct block *here = block_at(code, rva);
    bool can = here->count == 1 && !here->native && transfer(c, code->original + rva, &here->shape);
    if (can && b != NULL && !at_end)
        verifier_own_fault("instruction counting has lost its way");
    if (!can) {
        write_code(code, rva, code->original[rva]);
        t->native_step = c->ip;
        t->native_at_end = at_end;
        *single_step = true;
    } else if (at_end) {
        go_on(c->ip, c->r[REG_SP]);
    }
    return true;
}

bool block_stepped(uintptr_t ip, uintptr_t sp, bool *again)
{
    thread *t = thread_here();
    uintptr_t at = t->native_step;
    *again = false;
    if (at == 0)
        return false;
    if (ip == at) { /* a repeated string instruction */
        *again = true;
        return true;
    }
    t->native_step = 0;
    const module *m = module_at((void *)at);
    if (m != NULL && enabled)
        write_code(code_of(m), (uint32_t)(at - (uintptr_t)m->pe.image), BREAKPOINT);
    if (t->native_at_end)
        go_on(ip, sp);
    return true;
}
