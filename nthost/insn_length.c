/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "insn_length.h"

#include "insn.h"

enum {
    M = 1,    /* ModRM */
    I8 = 2,   /* immediate of 8 bits */
    I16 = 4,  /* of 16 bits */
    IZ = 8,   /* of 16 or 32 bits, by operand size */
    IV = 16,  /* of 16, 32 or 64 bits */
    OFF = 32, /* a memory offset as wide as an address */
    X = 64,   /* not known */
    X64 = 128 /* not in 64-bit code */
};

/* clang-format off */
static const uint8_t one_byte[256] = {
    /* 00 */ M, M, M, M, I8, IZ, X64, X64, M, M, M, M, I8, IZ, X64, X,
    /* 10 */ M, M, M, M, I8, IZ, X64, X64, M, M, M, M, I8, IZ, X64, X64,
    /* 20 */ M, M, M, M, I8, IZ, X, X64, M, M, M, M, I8, IZ, X, X64,
    /* 30 */ M, M, M, M, I8, IZ, X, X64, M, M, M, M, I8, IZ, X, X64,
    /* 40 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    /* 50 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    /* 60 */ X64, X64, X, M, X, X, X, X, IZ, M | IZ, I8, M | I8, 0, 0, 0, 0,
    /* 70 */ I8, I8, I8, I8, I8, I8, I8, I8, I8, I8, I8, I8, I8, I8, I8, I8,
    /* 80 */ M | I8, M | IZ, X, M | I8, M, M, M, M, M, M, M, M, M, M, M, M,
    /* 90 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, X, 0, 0, 0, 0, 0,
    /* A0 */ OFF, OFF, OFF, OFF, 0, 0, 0, 0, I8, IZ, 0, 0, 0, 0, 0, 0,
    /* B0 */ I8, I8, I8, I8, I8, I8, I8, I8, IV, IV, IV, IV, IV, IV, IV, IV,
    /* C0 */ M | I8, M | I8, I16, 0, X, X, M | I8, M | IZ, I16 | I8, 0, X, X, 0, I8, X64, 0,
    /* D0 */ M, M, M, M, X, X, X, 0, M, M, M, M, M, M, M, M,
    /* E0 */ I8, I8, I8, I8, I8, I8, I8, I8, IZ, IZ, X, I8, 0, 0, 0, 0,
    /* F0 */ X, 0, X, X, 0, 0, M, M, 0, 0, 0, 0, 0, 0, M, M,
};

static const uint8_t two_bytes[256] = { /* after 0F */
    /* 00 */ M, M, M, M, X, 0, 0, 0, 0, 0, X, 0, X, M, X, X,
    /* 10 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
    /* 20 */ I8, I8, I8, I8, X, X, X, X, M, M, M, M, M, M, M, M, /* moves of control registers: ModRM without memory */
    /* 30 */ 0, 0, 0, 0, X, X, X, X, X, X, X, X, X, X, X, X,
    /* 40 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
    /* 50 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
    /* 60 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
    /* 70 */ M | I8, M | I8, M | I8, M | I8, M, M, M, 0, X, X, X, X, M, M, M, M,
    /* 80 */ IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ,
    /* 90 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
    /* A0 */ 0, 0, 0, M, M | I8, M, X, X, 0, 0, X, M, M | I8, M, M, M,
    /* B0 */ M, M, M, M, M, M, M, M, X, M, M | I8, M, M, M, M, M,
    /* C0 */ M, M, M | I8, M, M | I8, M | I8, M | I8, M, 0, 0, 0, 0, 0, 0, 0, 0,
    /* D0 */ X, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
    /* E0 */ M, M, M, M, M, M, X, M, M, M, M, M, M, M, M, M,
    /* F0 */ X, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
};
/* clang-format on */

struct reader {
    const uint8_t *bytes;
    size_t at, end;
    bool mode64, operand16, address_override, rex_w;
    uint8_t field; /* of ModRM */
};

static bool skip(struct reader *r, size_t count)
{
    r->at += count;
    return r->at <= r->end;
}

static bool skip_prefixes(struct reader *r)
{
    for (; r->at < r->end; r->at++) {
        switch (r->bytes[r->at]) {
        case 0x66:
            r->operand16 = true;
            break;
        case 0x67:
            r->address_override = true;
            break;
        case 0xf0:
        case 0xf2:
        case 0xf3:
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
        case 0x64:
        case 0x65:
            break;
        default:
            if (r->mode64 && (r->bytes[r->at] & 0xf0) == 0x40)
                r->rex_w = (r->bytes[r->at++] & 8) != 0;
            return r->at < r->end;
        }
    }
    return false;
}

static bool skip_modrm(struct reader *r)
{
    if (r->at >= r->end)
        return false;
    uint8_t modrm = r->bytes[r->at++];
    unsigned mod = modrm >> 6, rm = modrm & 7;
    r->field = modrm >> 3 & 7;
    if (mod == 3)
        return true;
    if (!r->mode64 && r->address_override)
        return false; /* 16-bit addressing */
    if (rm == 4) {
        if (r->at >= r->end)
            return false;
        rm = r->bytes[r->at++] & 7; /* the base of SIB: 5 without mod means a displacement, as in ModRM */
    }
    if (mod == 1)
        return skip(r, 1);
    return mod == 2 || rm == 5 ? skip(r, 4) : true;
}

static int32_t immediate(const struct reader *r, size_t start, size_t bytes)
{
    uint32_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value |= (uint32_t)r->bytes[start + i] << (8 * i);
    return bytes == 1 ? (int8_t)value : (int32_t)value;
}

static bool skip_operands(struct reader *r, uint8_t attributes)
{
    if ((attributes & M) != 0 && !skip_modrm(r))
        return false;
    if ((attributes & I8) != 0 && !skip(r, 1))
        return false;
    if ((attributes & I16) != 0 && !skip(r, 2))
        return false;
    if ((attributes & IZ) != 0 && !skip(r, r->operand16 && !r->rex_w ? 2 : 4))
        return false;
    if ((attributes & IV) != 0 && !skip(r, r->rex_w ? 8 : r->operand16 ? 2 : 4))
        return false;
    if ((attributes & OFF) != 0 && !skip(r, r->mode64 ? (r->address_override ? 4 : 8) : (r->address_override ? 2 : 4)))
        return false;
    return true;
}

static bool decode_two_bytes(struct reader *r, struct insn_shape *out)
{
    if (r->at >= r->end)
        return false;
    uint8_t opcode = r->bytes[r->at++];
    if (opcode == 0x38 || opcode == 0x3a) { /* further maps: ModRM always, an immediate in the second */
        r->at++;
        return skip_operands(r, opcode == 0x38 ? M : M | I8);
    }
    uint8_t attributes = two_bytes[opcode];
    bool jump = (opcode & 0xf0) == 0x80;
    if ((attributes & X) != 0 || (jump && r->operand16))
        return false;
    if (!skip_operands(r, attributes))
        return false;
    if (jump) {
        out->flow = FLOW_CONDITIONAL;
        out->condition = opcode & 15;
        out->relative = immediate(r, r->at - 4, 4);
    } else if (opcode == 0x0b || opcode == 0x05 || opcode == 0x07) {
        out->flow = FLOW_STOP;
    }
    return true;
}

/* Transfers of control among the one-byte opcodes. */
static bool classify(const struct reader *r, uint8_t opcode, struct insn_shape *out)
{
    if ((opcode & 0xf0) == 0x70) {
        out->flow = FLOW_CONDITIONAL;
        out->condition = opcode & 15;
        out->relative = immediate(r, r->at - 1, 1);
        return !r->operand16; /* which would cut the instruction pointer */
    } else if (opcode >= 0xe0 && opcode <= 0xe3) {
        out->flow = FLOW_LOOP;
        out->condition = opcode & 3;
        out->relative = immediate(r, r->at - 1, 1);
        return !r->address_override && !r->operand16; /* the former would count in another register */
    } else if (opcode == 0xeb) {
        out->flow = FLOW_JUMP;
        out->relative = immediate(r, r->at - 1, 1);
        return !r->operand16;
    } else if (opcode == 0xe8 || opcode == 0xe9) {
        out->flow = opcode == 0xe8 ? FLOW_CALL : FLOW_JUMP;
        out->relative = immediate(r, r->at - 4, 4);
        return !r->operand16;
    } else if (opcode == 0xc2 || opcode == 0xc3) {
        out->flow = FLOW_RETURN;
        out->relative = opcode == 0xc2 ? immediate(r, r->at - 2, 2) : 0;
        return !r->operand16;
    } else if (opcode == 0xff && r->field >= 2 && r->field <= 5) {
        out->flow = FLOW_INDIRECT;
        return (r->field == 2 || r->field == 4) && !r->operand16; /* not far */
    } else if (opcode == 0xcc || opcode == 0xcd || opcode == 0xce || opcode == 0xcf || opcode == 0xf1 ||
               opcode == 0xf4) {
        out->flow = FLOW_STOP;
    }
    return true;
}

bool insn_shape(const uint8_t *bytes, size_t available, bool mode64, struct insn_shape *out)
{
    struct reader r = {.bytes = bytes, .mode64 = mode64};
    r.end = available < INSN_MAX_BYTES ? available : INSN_MAX_BYTES;
    *out = (struct insn_shape){.flow = FLOW_NEXT};
    if (!skip_prefixes(&r))
        return false;
    uint8_t opcode = bytes[r.at++];
    bool known;
    if (opcode == 0x0f) {
        known = decode_two_bytes(&r, out);
    } else {
        uint8_t attributes = one_byte[opcode];
        bool second_rex = mode64 && (opcode & 0xf0) == 0x40;
        if ((attributes & X) != 0 || (mode64 && (attributes & X64) != 0) || second_rex)
            return false;
        known = skip_operands(&r, attributes & (uint8_t)~X64);
        /* TEST is the one with an immediate in its group. */
        if (known && (opcode == 0xf6 || opcode == 0xf7) && r.field <= 1)
            known = skip_operands(&r, opcode == 0xf6 ? I8 : IZ);
        bool extended_only = opcode == 0x8f || opcode == 0xc6 || opcode == 0xc7; /* but for field 0 */
        known = known && (!extended_only || r.field == 0) && classify(&r, opcode, out);
    }
    out->length = (uint8_t)r.at;
    return known && r.at <= r.end;
}
