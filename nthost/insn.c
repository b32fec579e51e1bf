/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "insn.h"

#include <string.h>

struct decoder {
    const uint8_t *at, *end;
    bool mode64, failed;
    bool operand16, address_override, lock, repne, rep;
    uint8_t segment, rex;
    uint8_t mod, field, rm; /* of ModRM; field and rm extended by REX */
    struct insn *out;
};

static uint8_t take8(struct decoder *d)
{
    if (d->at == d->end) {
        d->failed = true;
        return 0;
    }
    return *d->at++;
}

static uint64_t take(struct decoder *d, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)take8(d) << (8 * i);
    return value;
}

static uint64_t extend(uint64_t value, unsigned bytes)
{
    if (bytes >= 8)
        return value;
    uint64_t sign = 1ull << (bytes * 8 - 1);
    return (value ^ sign) - sign;
}

static uint8_t operand_width(const struct decoder *d)
{
    if (d->rex & 8)
        return 8;
    return d->operand16 ? 2 : 4;
}

static void take_immediate(struct decoder *d, unsigned bytes)
{
    d->out->has_immediate = true;
    d->out->immediate = extend(take(d, bytes), bytes);
}

/* "imm32": as wide as the operand, but never more than four bytes, which are sign-extended. */
static void take_wide_immediate(struct decoder *d, unsigned width)
{
    take_immediate(d, width == 8 ? 4 : width);
}

/* clang-format off */
static void take_prefixes(struct decoder *d)
{
    for (;;) {
        if (d->at == d->end)
            return;
        switch (*d->at) {
        case 0x66: d->operand16 = true; break;
        case 0x67: d->address_override = true; break;
        case 0xf0: d->lock = true; break;
        case 0xf2: d->repne = true; break;
        case 0xf3: d->rep = true; break;
        case 0x64: d->segment = 4; break;
        case 0x65: d->segment = 5; break;
        case 0x26: case 0x2e: case 0x36: case 0x3e:
            /* ES, CS, SS, DS: flat in 32-bit code, ignored in 64-bit code, where an FS or GS before them stays. */
            if (!d->mode64)
                d->segment = 0;
            break;
        default:
            if (d->mode64 && (*d->at & 0xf0) == 0x40)
                d->rex = *d->at++;
            return;
        }
        d->at++;
    }
}
/* clang-format on */

static void take_sib(struct decoder *d)
{
    uint8_t sib = take8(d);
    uint8_t index = (uint8_t)((sib >> 3 & 7) | (d->rex & 2) << 2);
    uint8_t base = (uint8_t)((sib & 7) | (d->rex & 1) << 3);
    if (index != 4) {
        d->out->index = (int8_t)index;
        d->out->scale = (uint8_t)(1u << (sib >> 6));
    }
    if ((sib & 7) == 5 && d->mod == 0)
        d->out->displacement = extend(take(d, 4), 4);
    else
        d->out->base = (int8_t)base;
}

/* ModRM with a memory operand; a register operand is none of ours. */
static void take_memory(struct decoder *d)
{
    uint8_t modrm = take8(d);
    d->mod = modrm >> 6;
    d->field = (uint8_t)((modrm >> 3 & 7) | (d->rex & 4) << 1);
    d->rm = (uint8_t)((modrm & 7) | (d->rex & 1) << 3);
    if (d->mod == 3) {
        d->failed = true;
        return;
    }
    if ((modrm & 7) == 4) {
        take_sib(d);
    } else if ((modrm & 7) == 5 && d->mod == 0) {
        d->out->ip_relative = d->mode64;
        d->out->displacement = extend(take(d, 4), 4);
    } else {
        d->out->base = (int8_t)d->rm;
    }
    if (d->mod == 1)
        d->out->displacement = extend(take(d, 1), 1);
    else if (d->mod == 2)
        d->out->displacement = extend(take(d, 4), 4);
}

static void set_register(struct decoder *d, uint8_t reg, uint8_t width, bool written)
{
    d->out->has_register = true;
    d->out->to_register = written;
    d->out->register_width = width;
    d->out->high_byte = width == 1 && d->rex == 0 && reg >= 4;
    d->out->reg = d->out->high_byte ? (uint8_t)(reg - 4) : reg;
}

static void set(struct decoder *d, enum insn_op op, uint8_t width, bool reads, bool writes)
{
    d->out->op = op;
    d->out->width = width;
    d->out->reads = reads;
    d->out->writes = writes;
}

/* 00-3B: eight operations, each as r/m8,r8; r/m,r; r8,r/m8; r,r/m. */
static void decode_arithmetic(struct decoder *d, uint8_t opcode)
{
    enum insn_op op = (enum insn_op)(opcode >> 3 & 7);
    uint8_t width = (opcode & 1) ? operand_width(d) : 1;
    bool to_register = (opcode & 2) != 0;
    take_memory(d);
    set(d, op, width, true, !to_register && op != OP_CMP);
    set_register(d, d->field, width, to_register && op != OP_CMP);
    if (to_register && op == OP_CMP)
        d->out->register_first = true;
}

static void decode_group1(struct decoder *d, uint8_t opcode)
{
    uint8_t width = (opcode & 1) ? operand_width(d) : 1;
    take_memory(d);
    enum insn_op op = (enum insn_op)(d->field & 7);
    set(d, op, width, true, op != OP_CMP);
    if (opcode == 0x81)
        take_wide_immediate(d, width);
    else
        take_immediate(d, 1);
}

static void decode_group3(struct decoder *d, uint8_t opcode)
{
    static const enum insn_op ops[] = {OP_TEST, OP_TEST, OP_NOT, OP_NEG};
    uint8_t width = (opcode & 1) ? operand_width(d) : 1;
    take_memory(d);
    if ((d->field & 7) > 3) {
        d->failed = true;
        return;
    }
    enum insn_op op = ops[d->field & 7];
    set(d, op, width, true, op != OP_TEST);
    if (op == OP_TEST)
        take_wide_immediate(d, width);
}

static void decode_group45(struct decoder *d, uint8_t opcode)
{
    uint8_t width = (opcode & 1) ? operand_width(d) : 1;
    take_memory(d);
    unsigned which = d->field & 7;
    if (which <= 1)
        set(d, which == 0 ? OP_INC : OP_DEC, width, true, true);
    else if ((which == 2 || which == 4) && opcode == 0xff && !d->operand16)
        set(d, which == 2 ? OP_CALL : OP_JUMP, d->mode64 ? 8 : 4, true, false);
    else if (which == 6 && opcode == 0xff && !d->operand16)
        set(d, OP_PUSH, d->mode64 ? 8 : 4, true, false);
    else
        d->failed = true;
}

static void decode_move(struct decoder *d, uint8_t opcode)
{
    uint8_t width = (opcode & 1) ? operand_width(d) : 1;
    bool load = (opcode & 2) != 0;
    take_memory(d);
    set(d, OP_MOV, width, load, !load);
    set_register(d, d->field, width, load);
}

static void decode_move_offset(struct decoder *d, uint8_t opcode)
{
    uint8_t width = (opcode & 1) ? operand_width(d) : 1;
    bool load = (opcode & 2) == 0;
    d->out->displacement = take(d, d->out->address_width);
    set(d, OP_MOV, width, load, !load);
    set_register(d, 0, width, load);
}

static void decode_move_immediate(struct decoder *d, uint8_t opcode)
{
    uint8_t width = (opcode & 1) ? operand_width(d) : 1;
    take_memory(d);
    if ((d->field & 7) != 0)
        d->failed = true;
    set(d, OP_MOV, width, false, true);
    take_wide_immediate(d, width);
}

/* clang-format off */
static void decode_string(struct decoder *d, uint8_t opcode)
{
    uint8_t width = (opcode & 1) ? operand_width(d) : 1;
    switch (opcode & 0xfe) {
    case 0xa4: set(d, OP_MOVS, width, true, true); break;
    case 0xaa: set(d, OP_STOS, width, false, true); break;
    case 0xac: set(d, OP_LODS, width, true, false); break;
    case 0x6c: set(d, OP_INS, width, false, true); break;
    default: set(d, OP_OUTS, width, true, false); break;
    }
    if (width == 8 && (opcode & 0xfc) == 0x6c)
        d->out->width = 4; /* ports have no 64-bit form: REX.W is ignored */
    d->out->rep = d->rep;
    d->rep = false;
}
/* clang-format on */

static void decode_port(struct decoder *d, uint8_t opcode)
{
    uint8_t width = (opcode & 1) == 0 ? 1 : d->operand16 && (d->rex & 8) == 0 ? 2 : 4;
    set(d, (opcode & 2) ? OP_OUT : OP_IN, width, false, false);
    set_register(d, 0, width, (opcode & 2) == 0);
    if ((opcode & 8) == 0) {
        d->out->has_immediate = true;
        d->out->immediate = take8(d); /* the port; otherwise it is in DX */
    }
}

static void decode_control_register(struct decoder *d, uint8_t opcode)
{
    uint8_t modrm = take8(d);
    uint8_t cr = (uint8_t)((modrm >> 3 & 7) | (d->rex & 4) << 1);
    if (opcode & 1) { /* debug registers */
        d->out->op = OP_PRIVILEGED;
        return;
    }
    if (d->lock) { /* AMD64 manual, volume 3, MOV CRn: LOCK makes CR0 mean CR8 */
        cr = (uint8_t)(cr | 8);
        d->lock = false;
    }
    d->out->op = (opcode & 2) ? OP_WRITE_CR : OP_READ_CR;
    d->out->immediate = cr;
    d->out->has_immediate = true;
    set_register(d, (uint8_t)((modrm & 7) | (d->rex & 1) << 3), d->mode64 ? 8 : 4, (opcode & 2) == 0);
}

static void decode_bit_test(struct decoder *d)
{
    uint8_t width = operand_width(d);
    take_memory(d);
    unsigned which = d->field & 7;
    if (which < 4)
        d->failed = true;
    set(d, (enum insn_op)(OP_BT + (which & 3)), width, true, which != 4);
    take_immediate(d, 1);
    d->out->immediate &= width * 8u - 1;
}

/* clang-format off */
static void decode_extended(struct decoder *d)
{
    uint8_t opcode = take8(d), width = operand_width(d);
    if ((opcode & 0xf0) == 0x40) {
        take_memory(d);
        set(d, OP_CMOV, width, true, false);
        set_register(d, d->field, width, true);
        d->out->condition = opcode & 15;
        return;
    }
    switch (opcode) {
    case 0xb6: case 0xb7: case 0xbe: case 0xbf:
        take_memory(d);
        set(d, OP_MOV, (opcode & 1) ? 2 : 1, true, false);
        set_register(d, d->field, width, true);
        d->out->sign_extend = (opcode & 8) != 0;
        break;
    case 0xaf:
        take_memory(d);
        set(d, OP_IMUL, width, true, false);
        set_register(d, d->field, width, true);
        break;
    case 0xba: decode_bit_test(d); break;
    case 0x20: case 0x21: case 0x22: case 0x23: decode_control_register(d, opcode); break;
    case 0x06: case 0x08: case 0x09: case 0x30: case 0x32: case 0x33: d->out->op = OP_PRIVILEGED; break;
    default: d->failed = true; break;
    }
}
/* clang-format on */

static void decode_movsxd(struct decoder *d)
{
    if (!d->mode64 || (d->operand16 && (d->rex & 8) == 0)) {
        d->failed = true;
        return;
    }
    take_memory(d);
    set(d, OP_MOV, 4, true, false);
    set_register(d, d->field, operand_width(d), true);
    d->out->sign_extend = true;
}

static void decode_multiply(struct decoder *d, uint8_t opcode)
{
    uint8_t width = operand_width(d);
    take_memory(d);
    set(d, OP_IMUL, width, true, false);
    set_register(d, d->field, width, true);
    if (opcode == 0x69)
        take_wide_immediate(d, width);
    else
        take_immediate(d, 1);
}

static void decode_test_or_exchange(struct decoder *d, uint8_t opcode)
{
    uint8_t width = (opcode & 1) ? operand_width(d) : 1;
    bool exchange = (opcode & 2) != 0;
    take_memory(d);
    set(d, exchange ? OP_XCHG : OP_TEST, width, true, exchange);
    set_register(d, d->field, width, exchange);
}

/* clang-format off */
static void decode_opcode(struct decoder *d)
{
    uint8_t opcode = take8(d);
    if (opcode < 0x40 && (opcode & 4) == 0) {
        decode_arithmetic(d, opcode);
        return;
    }
    switch (opcode) {
    case 0x0f: decode_extended(d); break;
    case 0x63: decode_movsxd(d); break;
    case 0x69: case 0x6b: decode_multiply(d, opcode); break;
    case 0x80: case 0x81: case 0x83: decode_group1(d, opcode); break;
    case 0x84: case 0x85: case 0x86: case 0x87: decode_test_or_exchange(d, opcode); break;
    case 0x88: case 0x89: case 0x8a: case 0x8b: decode_move(d, opcode); break;
    case 0xa0: case 0xa1: case 0xa2: case 0xa3: decode_move_offset(d, opcode); break;
    case 0xa4: case 0xa5: case 0xaa: case 0xab: case 0xac: case 0xad:
    case 0x6c: case 0x6d: case 0x6e: case 0x6f: decode_string(d, opcode); break;
    case 0xc6: case 0xc7: decode_move_immediate(d, opcode); break;
    case 0xcd:
        d->out->op = OP_INT;
        d->out->has_immediate = true;
        d->out->immediate = take8(d);
        break;
    case 0xe4: case 0xe5: case 0xe6: case 0xe7:
    case 0xec: case 0xed: case 0xee: case 0xef: decode_port(d, opcode); break;
    case 0xf4: d->out->op = OP_PRIVILEGED; break;
    case 0xf6: case 0xf7: decode_group3(d, opcode); break;
    case 0xfa: d->out->op = OP_CLI; break;
    case 0xfb: d->out->op = OP_STI; break;
    case 0xfe: case 0xff: decode_group45(d, opcode); break;
    default: d->failed = true; break;
    }
}
/* clang-format on */

/* LOCK is allowed on operations that read and write memory only; otherwise the instruction is undefined. */
static bool prefixes_allowed(const struct decoder *d)
{
    const struct insn *i = d->out;
    if (d->lock && !(i->reads && i->writes && i->op <= OP_BTC && i->op != OP_MOV && i->op != OP_CMP && i->op != OP_BT))
        return false;
    return !d->rep && !d->repne; /* a repeat prefix on anything but a string instruction is refused */
}

bool insn_decode(const uint8_t *bytes, size_t available, bool mode64, struct insn *out)
{
    struct decoder d = {.at = bytes, .mode64 = mode64, .out = out};
    d.end = bytes + (available < INSN_MAX_BYTES ? available : INSN_MAX_BYTES);
    memset(out, 0, sizeof(*out));
    out->base = out->index = NO_REGISTER;
    take_prefixes(&d);
    if (d.address_override && !mode64)
        return false; /* 16-bit addressing: no compiler emits it for 32-bit code */
    out->address_width = mode64 ? (d.address_override ? 4 : 8) : 4;
    out->segment = d.segment;
    decode_opcode(&d);
    out->length = (uint8_t)(d.at - bytes);
    return !d.failed && prefixes_allowed(&d);
}
