/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "unwind.h"

#include <string.h>

#include "module_internal.h"
#include "trap_internal.h"

static bool read_stack(uintptr_t address, uintptr_t limit, uintptr_t *value)
{
    if (address % sizeof(uintptr_t) != 0 || address >= limit || limit - address < sizeof(uintptr_t))
        return false;
    memcpy(value, (const void *)address, sizeof(*value));
    *value = step_real_address(address, *value);
    return true;
}

/* The lengths of CALL before a return address: E8 rel32, FF /2 with each form of operand. */
static bool follows_call(uintptr_t address)
{
    const module *m = module_at((void *)address);
    if (m == NULL || address - (uintptr_t)m->pe.image < m->pe.header_bytes + 7u)
        return false;
    const struct pe_section *s = module_section_at(m, (void *)address);
    if (s == NULL || (s->flags & PE_SECTION_EXECUTE) == 0)
        return false;
    const uint8_t *at = (const uint8_t *)address;
    if (at[-5] == 0xe8 || at[-5] == 0xcc) /* a breakpoint of step_block.c stands on calls */
        return true;
    for (int length = 2; length <= 7; length++) {
        if ((at[-length] == 0xff || at[-length] == 0xcc) && (at[-length + 1] & 0x38) == 0x10)
            return true;
    }
    return false;
}

static bool returns_into_code(uintptr_t address)
{
    return address == (uintptr_t)driver_returned || follows_call(address);
}

static bool step_by_frame_pointer(struct context *c, uintptr_t limit)
{
    const uintptr_t word = sizeof(uintptr_t);
    uintptr_t address, outer, bp = c->r[REG_BP];
    if (bp >= c->r[REG_SP] && read_stack(bp, limit, &outer) && read_stack(bp + word, limit, &address) &&
        returns_into_code(address)) {
        c->ip = address;
        c->r[REG_SP] = bp + 2 * word;
        c->r[REG_BP] = outer;
        return true;
    }
    for (uintptr_t slot = c->r[REG_SP] & ~(word - 1); read_stack(slot, limit, &address); slot += word) {
        if (!returns_into_code(address))
            continue;
        c->ip = address;
        c->r[REG_SP] = slot + word;
        return true;
    }
    return false;
}

#if defined(__x86_64__)

enum unwind_code {
    PUSH_NONVOLATILE = 0,
    ALLOCATE_LARGE = 1,
    ALLOCATE_SMALL = 2,
    SET_FRAME = 3,
    SAVE_NONVOLATILE = 4,
    SAVE_NONVOLATILE_FAR = 5,
    EPILOG = 6,
    SPARE = 7,
    SAVE_XMM = 8,
    SAVE_XMM_FAR = 9,
    PUSH_MACHINE_FRAME = 10,
};
enum { UNWIND_CHAINED = 4, MAX_CHAIN = 32 };

struct function_entry {
    uint32_t begin, end, unwind;
};

static const void *image_bytes(const module *m, uint32_t rva, uint32_t bytes)
{
    return rva <= m->pe.image_bytes && bytes <= m->pe.image_bytes - rva ? m->pe.image + rva : NULL;
}

static bool find_function(const module *m, uint32_t rva, struct function_entry *found)
{
    uint32_t count = m->pe.directory[PE_EXCEPTIONS].bytes / (uint32_t)sizeof(*found);
    const uint8_t *table = image_bytes(m, m->pe.directory[PE_EXCEPTIONS].rva, count * (uint32_t)sizeof(*found));
    for (uint32_t i = 0; table != NULL && i < count; i++) {
        memcpy(found, table + i * sizeof(*found), sizeof(*found));
        if (rva >= found->begin && rva < found->end)
            return true;
    }
    return false;
}

/* Slots that a code takes in the array. */
static unsigned code_slots(unsigned operation, unsigned info)
{
    switch (operation) {
    case ALLOCATE_LARGE:
        return info == 0 ? 2 : 3;
    case SAVE_NONVOLATILE:
    case SAVE_XMM:
    case EPILOG:
        return 2;
    case SAVE_NONVOLATILE_FAR:
    case SAVE_XMM_FAR:
    case SPARE:
        return 3;
    default:
        return 1;
    }
}

static uint32_t operand(const uint8_t *code, unsigned slots)
{
    uint32_t value = 0;
    memcpy(&value, code + 2, (slots - 1) * 2);
    return value;
}

/* Undoes one prologue operation. False when the stack does not hold what it says; *machine when a trap frame has
 * given ip and sp. */
static bool undo(struct context *c, const uint8_t *code, uintptr_t frame, uintptr_t limit, bool *machine)
{
    unsigned operation = code[1] & 15, info = code[1] >> 4, slots = code_slots(operation, info);
    uintptr_t sp = c->r[REG_SP];
    switch (operation) {
    case PUSH_NONVOLATILE:
        c->r[REG_SP] = sp + 8;
        return read_stack(sp, limit, &c->r[info]);
    case ALLOCATE_LARGE:
        c->r[REG_SP] = sp + (info == 0 ? operand(code, slots) * 8 : operand(code, slots));
        return true;
    case ALLOCATE_SMALL:
        c->r[REG_SP] = sp + info * 8 + 8;
        return true;
    case SET_FRAME:
        c->r[REG_SP] = frame;
        return true;
    case SAVE_NONVOLATILE:
        return read_stack(frame + operand(code, slots) * 8, limit, &c->r[info]);
    case SAVE_NONVOLATILE_FAR:
        return read_stack(frame + operand(code, slots), limit, &c->r[info]);
    case PUSH_MACHINE_FRAME:
        *machine = true;
        sp += info == 1 ? 8 : 0;
        return read_stack(sp, limit, &c->ip) && read_stack(sp + 24, limit, &c->r[REG_SP]);
    default:
        return true; /* XMM registers are not needed for a walk */
    }
}

static bool undo_prologue(const module *m, struct context *c, const struct function_entry *f, uint32_t offset,
                          uintptr_t limit, bool *machine, struct function_entry *chained)
{
    const uint8_t *info = image_bytes(m, f->unwind, 4);
    if (info == NULL || (info[0] & 7) == 0 || (info[0] & 7) > 2)
        return false;
    unsigned count = info[2], frame_register = info[3] & 15;
    const uint8_t *codes = image_bytes(m, f->unwind + 4, count * 2u);
    if (codes == NULL)
        return false;
    /* A frame register counts once its SET_FRAME has been executed; then saves are relative to the frame's base. */
    bool framed = false;
    for (unsigned i = 0; i < count; i += code_slots(codes[i * 2 + 1] & 15, codes[i * 2 + 1] >> 4))
        framed = framed || ((codes[i * 2 + 1] & 15) == SET_FRAME && codes[i * 2] <= offset);
    uintptr_t frame = framed && frame_register != 0 ? c->r[frame_register] - (info[3] >> 4) * 16u : c->r[REG_SP];
    for (unsigned i = 0; i < count;) {
        unsigned slots = code_slots(codes[i * 2 + 1] & 15, codes[i * 2 + 1] >> 4);
        if (i + slots > count)
            return false;
        bool executed = codes[i * 2] <= offset && (codes[i * 2 + 1] & 15) != EPILOG;
        if (executed && !undo(c, codes + i * 2, frame, limit, machine))
            return false;
        i += slots;
    }
    chained->end = 0;
    if ((info[0] >> 3 & UNWIND_CHAINED) != 0) {
        const uint8_t *next = image_bytes(m, f->unwind + 4 + (count + 1) / 2 * 4, sizeof(*chained));
        if (next == NULL)
            return false;
        memcpy(chained, next, sizeof(*chained));
    }
    return true;
}

bool unwind_step(struct context *c, uintptr_t limit, bool exact)
{
    const module *m = module_at((void *)c->ip);
    struct function_entry f, chained = {0};
    bool machine = false;
    if (m == NULL)
        return false;
    if (m->pe.directory[PE_EXCEPTIONS].bytes == 0)
        return step_by_frame_pointer(c, limit);
    /* A return address may lie behind the function's last instruction, when it called something that does not return.
     */
    uint32_t rva = (uint32_t)(c->ip - (uintptr_t)m->pe.image) - (exact ? 0 : 1);
    if (find_function(m, rva, &f)) {
        uint32_t offset = rva - f.begin;
        for (unsigned i = 0;; i++) {
            if (!undo_prologue(m, c, &f, offset, limit, &machine, &chained) || i == MAX_CHAIN)
                return false;
            if (chained.end == 0)
                break;
            f = chained;
            offset = UINT32_MAX; /* of the chained function the whole prologue has run */
        }
    }
    if (machine)
        return true;
    uintptr_t slot = c->r[REG_SP];
    c->r[REG_SP] += 8;
    return read_stack(slot, limit, &c->ip);
}

#else

bool unwind_step(struct context *c, uintptr_t limit, bool exact)
{
    (void)exact;
    return step_by_frame_pointer(c, limit);
}

#endif
