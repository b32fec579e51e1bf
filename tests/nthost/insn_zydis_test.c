/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The instruction decoder against Zydis, an independent one: random bytes made of the supported opcodes, both modes.
 * Whatever ours accepts Zydis must decode to the same length, operands, widths and directions; what ours refuses
 * costs nothing, but each operation must have been accepted often, or the test would prove nothing.
 */
#include <Zydis/Zydis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "insn.h"

enum { ROUNDS = 4 * 1000 * 1000, LEAST_OF_EACH = 1000 };

/* SplitMix64. A linear generator will not do: its draws are so related that some encodings never come up. */
static uint64_t draw(void)
{
    static uint64_t state = 20240607;
    uint64_t z = state += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static unsigned accepted[2][OP_PRIVILEGED + 1];

static const uint8_t opcodes[] = {
    0x00, 0x01, 0x02, 0x03, 0x08, 0x09, 0x0a, 0x0b, 0x10, 0x11, 0x12, 0x13, 0x18, 0x19, 0x1a, 0x1b,
    0x20, 0x21, 0x22, 0x23, 0x28, 0x29, 0x2a, 0x2b, 0x30, 0x31, 0x32, 0x33, 0x38, 0x39, 0x3a, 0x3b,
    0x63, 0x69, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x80, 0x81, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89,
    0x8a, 0x8b, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xaa, 0xab, 0xac, 0xad, 0xc6, 0xc7, 0xcd, 0xe4,
    0xe5, 0xe6, 0xe7, 0xec, 0xed, 0xee, 0xef, 0xf4, 0xf6, 0xf7, 0xfa, 0xfb, 0xfe, 0xff,
};
static const uint8_t extended[] = {0x06, 0x08, 0x09, 0x20, 0x21, 0x22, 0x23, 0x30, 0x32, 0x33, 0x40, 0x42,
                                   0x44, 0x47, 0x48, 0x4a, 0x4d, 0x4e, 0xaf, 0xb6, 0xb7, 0xba, 0xbe, 0xbf};

static void make(uint8_t *bytes, bool mode64)
{
    static const uint8_t prefixes[] = {0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x64, 0x65, 0x2e, 0x3e};
    unsigned at = 0;
    for (unsigned i = 0; i < 16; i++)
        bytes[i] = (uint8_t)draw();
    while (at < 4 && draw() % 4 == 0)
        bytes[at++] = prefixes[draw() % sizeof(prefixes)];
    if (mode64 && draw() % 2 == 0)
        bytes[at++] = (uint8_t)(0x40 | (draw() & 15));
    if (draw() % 3 == 0) {
        bytes[at++] = 0x0f;
        bytes[at++] = extended[draw() % sizeof(extended)];
    } else {
        bytes[at++] = opcodes[draw() % sizeof(opcodes)];
    }
    if (draw() % 16 == 0)
        memset(bytes, (int)draw(), draw() % 3); /* now and then anything at all */
}

static void fail(const uint8_t *bytes, bool mode64, const char *what, const ZydisDecodedInstruction *z)
{
    printf("%d-bit:", mode64 ? 64 : 32);
    for (unsigned i = 0; i < INSN_MAX_BYTES; i++)
        printf(" %02x", bytes[i]);
    printf(": %s (Zydis: %s, length %u)\n", what, z != NULL ? ZydisMnemonicGetString(z->mnemonic) : "refused",
           z != NULL ? z->length : 0);
    exit(1);
}

static bool same_mnemonic(const struct insn *i, ZydisMnemonic m)
{
    switch (i->op) {
    case OP_ADD:
        return m == ZYDIS_MNEMONIC_ADD;
    case OP_OR:
        return m == ZYDIS_MNEMONIC_OR;
    case OP_ADC:
        return m == ZYDIS_MNEMONIC_ADC;
    case OP_SBB:
        return m == ZYDIS_MNEMONIC_SBB;
    case OP_AND:
        return m == ZYDIS_MNEMONIC_AND;
    case OP_SUB:
        return m == ZYDIS_MNEMONIC_SUB;
    case OP_XOR:
        return m == ZYDIS_MNEMONIC_XOR;
    case OP_CMP:
        return m == ZYDIS_MNEMONIC_CMP;
    case OP_MOV:
        return i->reads && i->register_width > i->width
                   ? (i->sign_extend ? m == ZYDIS_MNEMONIC_MOVSX || m == ZYDIS_MNEMONIC_MOVSXD
                                     : m == ZYDIS_MNEMONIC_MOVZX)
                   : m == ZYDIS_MNEMONIC_MOV || m == ZYDIS_MNEMONIC_MOVZX || m == ZYDIS_MNEMONIC_MOVSX ||
                         m == ZYDIS_MNEMONIC_MOVSXD;
    case OP_TEST:
        return m == ZYDIS_MNEMONIC_TEST;
    case OP_XCHG:
        return m == ZYDIS_MNEMONIC_XCHG;
    case OP_INC:
        return m == ZYDIS_MNEMONIC_INC;
    case OP_DEC:
        return m == ZYDIS_MNEMONIC_DEC;
    case OP_NOT:
        return m == ZYDIS_MNEMONIC_NOT;
    case OP_NEG:
        return m == ZYDIS_MNEMONIC_NEG;
    case OP_IMUL:
        return m == ZYDIS_MNEMONIC_IMUL;
    case OP_CMOV:
        return m >= ZYDIS_MNEMONIC_CMOVB && m <= ZYDIS_MNEMONIC_CMOVZ;
    case OP_BT:
        return m == ZYDIS_MNEMONIC_BT;
    case OP_BTS:
        return m == ZYDIS_MNEMONIC_BTS;
    case OP_BTR:
        return m == ZYDIS_MNEMONIC_BTR;
    case OP_BTC:
        return m == ZYDIS_MNEMONIC_BTC;
    case OP_CALL:
        return m == ZYDIS_MNEMONIC_CALL;
    case OP_JUMP:
        return m == ZYDIS_MNEMONIC_JMP;
    case OP_PUSH:
        return m == ZYDIS_MNEMONIC_PUSH;
    case OP_MOVS:
        return m == ZYDIS_MNEMONIC_MOVSB || m == ZYDIS_MNEMONIC_MOVSW || m == ZYDIS_MNEMONIC_MOVSD ||
               m == ZYDIS_MNEMONIC_MOVSQ;
    case OP_STOS:
        return m == ZYDIS_MNEMONIC_STOSB || m == ZYDIS_MNEMONIC_STOSW || m == ZYDIS_MNEMONIC_STOSD ||
               m == ZYDIS_MNEMONIC_STOSQ;
    case OP_LODS:
        return m == ZYDIS_MNEMONIC_LODSB || m == ZYDIS_MNEMONIC_LODSW || m == ZYDIS_MNEMONIC_LODSD ||
               m == ZYDIS_MNEMONIC_LODSQ;
    case OP_IN:
        return m == ZYDIS_MNEMONIC_IN;
    case OP_OUT:
        return m == ZYDIS_MNEMONIC_OUT;
    case OP_INS:
        return m == ZYDIS_MNEMONIC_INSB || m == ZYDIS_MNEMONIC_INSW || m == ZYDIS_MNEMONIC_INSD;
    case OP_OUTS:
        return m == ZYDIS_MNEMONIC_OUTSB || m == ZYDIS_MNEMONIC_OUTSW || m == ZYDIS_MNEMONIC_OUTSD;
    case OP_READ_CR:
    case OP_WRITE_CR:
        return m == ZYDIS_MNEMONIC_MOV;
    case OP_CLI:
        return m == ZYDIS_MNEMONIC_CLI;
    case OP_STI:
        return m == ZYDIS_MNEMONIC_STI;
    case OP_INT:
        return m == ZYDIS_MNEMONIC_INT;
    case OP_PRIVILEGED:
        return m == ZYDIS_MNEMONIC_HLT || m == ZYDIS_MNEMONIC_CLTS || m == ZYDIS_MNEMONIC_INVD ||
               m == ZYDIS_MNEMONIC_WBINVD || m == ZYDIS_MNEMONIC_WRMSR || m == ZYDIS_MNEMONIC_RDMSR ||
               m == ZYDIS_MNEMONIC_RDPMC || m == ZYDIS_MNEMONIC_MOV;
    }
    return false;
}

static const ZydisRegister *register_of(const struct insn *i)
{
    static const ZydisRegister high[] = {ZYDIS_REGISTER_AH, ZYDIS_REGISTER_CH, ZYDIS_REGISTER_DH, ZYDIS_REGISTER_BH};
    static ZydisRegister r;
    if (i->high_byte) {
        r = high[i->reg];
    } else {
        ZydisRegisterClass class = i->register_width == 8   ? ZYDIS_REGCLASS_GPR64
                                   : i->register_width == 4 ? ZYDIS_REGCLASS_GPR32
                                   : i->register_width == 2 ? ZYDIS_REGCLASS_GPR16
                                                            : ZYDIS_REGCLASS_GPR8;
        /* Zydis numbers AH to BH between BL and SPL. */
        r = ZydisRegisterEncode(class, (ZyanU8)(class == ZYDIS_REGCLASS_GPR8 && i->reg >= 4 ? i->reg + 4 : i->reg));
    }
    return &r;
}

static void check_memory(const uint8_t *bytes, bool mode64, const struct insn *i, const ZydisDecodedInstruction *z,
                         const ZydisDecodedOperand *o)
{
    bool implied = i->op >= OP_MOVS && i->op <= OP_OUTS;
    if (o->size != i->width * 8u)
        fail(bytes, mode64, "the width of the memory operand", z);
    bool reads = (o->actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0,
         writes = (o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
    if (!implied && (reads != i->reads || writes != i->writes))
        fail(bytes, mode64, "the direction of the memory operand", z);
    if (implied)
        return;
    ZydisRegisterClass class = i->address_width == 8 ? ZYDIS_REGCLASS_GPR64 : ZYDIS_REGCLASS_GPR32;
    ZydisRegister base = i->base != NO_REGISTER ? ZydisRegisterEncode(class, (ZyanU8)i->base)
                         : i->ip_relative       ? (i->address_width == 8 ? ZYDIS_REGISTER_RIP : ZYDIS_REGISTER_EIP)
                                                : ZYDIS_REGISTER_NONE;
    ZydisRegister index = i->index != NO_REGISTER ? ZydisRegisterEncode(class, (ZyanU8)i->index) : ZYDIS_REGISTER_NONE;
    /* Zydis 4.0 takes R13D for the base of [disp32] with REX.B and an address-size prefix, although it counts the
     * displacement. */
    if (mode64 && i->address_width == 4 && base == ZYDIS_REGISTER_NONE && o->mem.base == ZYDIS_REGISTER_R13D &&
        o->mem.disp.value == 0)
        return;
    if (o->mem.base != base || o->mem.index != index || (index != ZYDIS_REGISTER_NONE && o->mem.scale != i->scale))
        fail(bytes, mode64, "the base or index register", z);
    uint64_t mask = i->address_width == 8 ? UINT64_MAX : UINT32_MAX;
    if ((((uint64_t)o->mem.disp.value ^ i->displacement) & mask) != 0)
        fail(bytes, mode64, "the displacement", z);
    bool fs = o->mem.segment == ZYDIS_REGISTER_FS, gs = o->mem.segment == ZYDIS_REGISTER_GS;
    if (fs != (i->segment == 4) || gs != (i->segment == 5))
        fail(bytes, mode64, "the segment", z);
}

static void check_operands(const uint8_t *bytes, bool mode64, const struct insn *i, const ZydisDecodedInstruction *z,
                           const ZydisDecodedOperand *operands)
{
    bool memory = false;
    for (unsigned k = 0; k < z->operand_count_visible; k++) {
        const ZydisDecodedOperand *o = &operands[k];
        if (o->type == ZYDIS_OPERAND_TYPE_MEMORY) {
            memory = true;
            check_memory(bytes, mode64, i, z, o);
        } else if (o->type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
            uint64_t mask =
                z->operand_width == 64 || i->width == 8 ? UINT64_MAX : (1ull << (i->width != 0 ? i->width * 8 : 8)) - 1;
            if (i->op == OP_IN || i->op == OP_OUT || i->op == OP_INT)
                mask = 0xff;
            else if (i->op >= OP_BT && i->op <= OP_BTC)
                mask = i->width * 8u - 1; /* the processor takes the offset modulo the operand's width */
            if (!i->has_immediate || ((o->imm.value.u ^ i->immediate) & mask) != 0)
                fail(bytes, mode64, "the immediate", z);
        } else if (o->type == ZYDIS_OPERAND_TYPE_REGISTER && i->has_register && i->op != OP_IN && i->op != OP_OUT) {
            if (ZydisRegisterGetClass(o->reg.value) == ZYDIS_REGCLASS_CONTROL) {
                if (o->reg.value != ZYDIS_REGISTER_CR0 + (ZydisRegister)i->immediate)
                    fail(bytes, mode64, "the control register", z);
                continue;
            }
            if (o->reg.value != *register_of(i))
                fail(bytes, mode64, "the register", z);
            bool written = (o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
            if (written != i->to_register)
                fail(bytes, mode64, "the direction of the register", z);
        }
    }
    if (i->op < OP_MOVS && !memory)
        fail(bytes, mode64, "Zydis sees no memory operand", z);
}

static void compare(const ZydisDecoder *decoder, bool mode64)
{
    uint8_t bytes[16];
    struct insn i;
    ZydisDecodedInstruction z;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    make(bytes, mode64);
    if (!insn_decode(bytes, INSN_MAX_BYTES, mode64, &i))
        return;
    /* LOCK as another way to CR8 is AMD's, which this Zydis leaves out. */
    if ((i.op == OP_READ_CR || i.op == OP_WRITE_CR) && memchr(bytes, 0xf0, i.length) != NULL)
        return;
    /* Control registers that do not exist are refused by Zydis and end in a broken rule here. */
    if ((i.op == OP_READ_CR || i.op == OP_WRITE_CR) && i.immediate != 0 && i.immediate != 2 && i.immediate != 3 &&
        i.immediate != 4 && i.immediate != 8)
        return;
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(decoder, bytes, INSN_MAX_BYTES, &z, operands))) {
        if (i.op != OP_PRIVILEGED)
            fail(bytes, mode64, "Zydis refuses it", NULL);
        return;
    }
    if (z.length != i.length)
        fail(bytes, mode64, "the length", &z);
    if (!same_mnemonic(&i, z.mnemonic))
        fail(bytes, mode64, "the operation", &z);
    bool repeated = (z.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE)) != 0;
    if (i.rep != repeated)
        fail(bytes, mode64, "the repeat prefix", &z);
    if (i.op >= OP_MOVS && i.op <= OP_LODS && z.operand_width != i.width * 8)
        fail(bytes, mode64, "the width of a string's element", &z);
    check_operands(bytes, mode64, &i, &z, operands);
    accepted[mode64][i.op]++;
}

int main(void)
{
    ZydisDecoder decoders[2];
    ZydisDecoderInit(&decoders[0], ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
    ZydisDecoderInit(&decoders[1], ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    for (unsigned i = 0; i < ROUNDS; i++)
        compare(&decoders[i % 2], i % 2 == 1);
    unsigned long total = 0;
    for (unsigned mode = 0; mode < 2; mode++) {
        for (unsigned op = 0; op <= OP_PRIVILEGED; op++) {
            total += accepted[mode][op];
            if (accepted[mode][op] < LEAST_OF_EACH) {
                printf("operation %u was accepted only %u times in %d-bit mode\n", op, accepted[mode][op],
                       mode ? 64 : 32);
                return 1;
            }
        }
    }
    printf("%lu instructions decoded as Zydis does\n", total);
    return 0;
}
