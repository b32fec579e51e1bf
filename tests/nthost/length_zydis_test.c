/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Lengths and transfers of control against Zydis, on random bytes in both modes. What ours knows Zydis must see the
 * same way; and ours must know nearly all of what the fixture driver consists of.
 */
#include <Zydis/Zydis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "insn.h"
#include "insn_length.h"

enum { ROUNDS = 6 * 1000 * 1000 };

static uint64_t draw(void)
{
    static uint64_t state = 4711;
    uint64_t z = state += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static unsigned long known[FLOW_STOP + 1];

static enum insn_flow flow_of(const ZydisDecodedInstruction *z, const ZydisDecodedOperand *operands)
{
    switch (z->meta.category) {
    case ZYDIS_CATEGORY_COND_BR:
        if (z->mnemonic == ZYDIS_MNEMONIC_XEND)
            return FLOW_NEXT;
        return z->mnemonic == ZYDIS_MNEMONIC_LOOP || z->mnemonic == ZYDIS_MNEMONIC_LOOPE ||
                       z->mnemonic == ZYDIS_MNEMONIC_LOOPNE || z->mnemonic == ZYDIS_MNEMONIC_JCXZ ||
                       z->mnemonic == ZYDIS_MNEMONIC_JECXZ || z->mnemonic == ZYDIS_MNEMONIC_JRCXZ
                   ? FLOW_LOOP
                   : FLOW_CONDITIONAL;
    case ZYDIS_CATEGORY_UNCOND_BR:
        return operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE ? FLOW_JUMP : FLOW_INDIRECT;
    case ZYDIS_CATEGORY_CALL:
        return operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE ? FLOW_CALL : FLOW_INDIRECT;
    case ZYDIS_CATEGORY_RET:
        return z->mnemonic == ZYDIS_MNEMONIC_RET ? FLOW_RETURN : FLOW_STOP;
    case ZYDIS_CATEGORY_INTERRUPT:
    case ZYDIS_CATEGORY_SYSCALL:
    case ZYDIS_CATEGORY_SYSRET:
        return FLOW_STOP;
    default:
        return z->mnemonic == ZYDIS_MNEMONIC_HLT || z->mnemonic == ZYDIS_MNEMONIC_UD2 ? FLOW_STOP : FLOW_NEXT;
    }
}

static void fail(const uint8_t *bytes, bool mode64, const char *what, const ZydisDecodedInstruction *z,
                 const struct insn_shape *s)
{
    printf("%d-bit:", mode64 ? 64 : 32);
    for (unsigned i = 0; i < INSN_MAX_BYTES; i++)
        printf(" %02x", bytes[i]);
    printf(": %s: ours length %u flow %d; Zydis %s, length %u\n", what, s->length, (int)s->flow,
           ZydisMnemonicGetString(z->mnemonic), z->length);
    exit(1);
}

static void compare(const ZydisDecoder *decoder, bool mode64)
{
    static const uint8_t prefixes[] = {0x66, 0x67, 0xf2, 0xf3, 0x2e, 0x64, 0x48, 0x41, 0x44};
    uint8_t bytes[16];
    struct insn_shape s;
    ZydisDecodedInstruction z;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)draw();
    unsigned at = 0;
    while (at < 3 && draw() % 4 == 0)
        bytes[at++] = prefixes[draw() % sizeof(prefixes)];
    if (draw() % 2 == 0)
        bytes[at] = 0x0f;
    if (!insn_shape(bytes, INSN_MAX_BYTES, mode64, &s) ||
        !ZYAN_SUCCESS(ZydisDecoderDecodeFull(decoder, bytes, INSN_MAX_BYTES, &z, operands)))
        return; /* undefined opcodes fault, whatever their length */
    if (s.length != z.length)
        fail(bytes, mode64, "length", &z, &s);
    if (flow_of(&z, operands) != s.flow)
        fail(bytes, mode64, "flow", &z, &s);
    bool relative = s.flow == FLOW_JUMP || s.flow == FLOW_CONDITIONAL || s.flow == FLOW_LOOP || s.flow == FLOW_CALL;
    if (relative && operands[0].imm.value.s != s.relative)
        fail(bytes, mode64, "displacement", &z, &s);
    if (s.flow == FLOW_RETURN && s.relative != (z.operand_count_visible > 0 ? (int32_t)operands[0].imm.value.u : 0))
        fail(bytes, mode64, "bytes to pop", &z, &s);
    known[s.flow]++;
}

int main(void)
{
    ZydisDecoder decoders[2];
    unsigned long total = 0;
    ZydisDecoderInit(&decoders[0], ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
    ZydisDecoderInit(&decoders[1], ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    for (unsigned i = 0; i < ROUNDS; i++)
        compare(&decoders[i % 2], i % 2 == 1);
    for (unsigned flow = 0; flow <= FLOW_STOP; flow++) {
        total += known[flow];
        if (known[flow] < 1000) {
            printf("flow %u was seen only %lu times\n", flow, known[flow]);
            return 1;
        }
    }
    printf("%lu instructions measured as Zydis does\n", total);
    return 0;
}
