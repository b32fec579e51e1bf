/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The emulation of instructions against the processor: random instructions, registers, flags and memory; registers,
 * flags and memory must be the same afterwards whether the processor carried the instruction out or we did.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "emulate.h"

enum { ROUNDS = 1500 * 1000, LEAST_OF_EACH = 500, BUFFER = 512, MIDDLE = 256, SMALL = 64 };
enum { CARRY = 1, ZERO = 0x40, DIRECTION = 0x400, OVERFLOW = 0x800, ARITHMETIC = 0x8d5 };

void native_run(struct context *c, const void *code);
extern char native_back[];

static unsigned tried[OP_LODS + 1];
static uint8_t *buffer, *code;

static uint64_t draw(void)
{
    static uint64_t state = 77;
    uint64_t z = state += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static unsigned make(uint8_t *bytes)
{
    static const uint8_t opcodes[] = {
        0x00, 0x01, 0x02, 0x03, 0x08, 0x09, 0x0a, 0x0b, 0x10, 0x11, 0x12, 0x13, 0x18, 0x19, 0x1a, 0x1b,
        0x20, 0x21, 0x22, 0x23, 0x28, 0x29, 0x2a, 0x2b, 0x30, 0x31, 0x32, 0x33, 0x38, 0x39, 0x3a, 0x3b,
        0x63, 0x69, 0x6b, 0x80, 0x81, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0xa0, 0xa1,
        0xa2, 0xa3, 0xa4, 0xa5, 0xaa, 0xab, 0xac, 0xad, 0xc6, 0xc7, 0xf6, 0xf7, 0xfe, 0xff,
    };
    static const uint8_t extended[] = {0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c,
                                       0x4d, 0x4e, 0x4f, 0xaf, 0xb6, 0xb7, 0xba, 0xba, 0xba, 0xba, 0xbe, 0xbf};
    static const uint8_t prefixes[] = {0x66, 0x67, 0xf0, 0xf3};
    unsigned at = 0;
    for (unsigned i = 0; i < INSN_MAX_BYTES; i++)
        bytes[i] = (uint8_t)draw();
    while (at < 3 && draw() % 3 == 0)
        bytes[at++] = prefixes[draw() % sizeof(prefixes)];
    if (sizeof(void *) == 8 && draw() % 2 == 0)
        bytes[at++] = (uint8_t)(0x40 | (draw() & 15));
    if (draw() % 3 == 0) {
        bytes[at++] = 0x0f;
        bytes[at++] = extended[draw() % sizeof(extended)];
    } else {
        bytes[at++] = opcodes[draw() % sizeof(opcodes)];
    }
    return at;
}

/* Makes the operand lie in the buffer. False when the instruction's form does not let it. */
static bool aim(struct context *c, struct insn *i, uint8_t *bytes, unsigned after_opcode)
{
    uintptr_t target = (uintptr_t)buffer + MIDDLE + draw() % SMALL;
    if (i->op >= OP_MOVS) {
        c->r[REG_SI] = target;
        c->r[REG_DI] = (uintptr_t)buffer + MIDDLE + draw() % SMALL;
        if (i->rep)
            c->r[REG_CX] = draw() % 8;
        return i->address_width == sizeof(void *);
    }
    if (i->base == REG_SP || i->ip_relative || i->segment != 0 || i->base == i->index)
        return i->base == NO_REGISTER && i->index == NO_REGISTER && !i->ip_relative && i->segment == 0 &&
               i->op == OP_MOV && (bytes[after_opcode - 1] & 0xfc) == 0xa0 &&
               memcpy(bytes + after_opcode, &target, i->address_width) != NULL;
    if (i->base == NO_REGISTER)
        return false;
    uint64_t rest = target - i->displacement;
    if (i->index != NO_REGISTER) {
        c->r[i->index] = draw() % 1000;
        rest -= (uint64_t)c->r[i->index] * i->scale;
    }
    c->r[i->base] = (uintptr_t)rest;
    if (i->address_width == 4 && sizeof(void *) == 8)
        c->r[i->base] = (uint32_t)rest | (uintptr_t)(draw() << 16 << 16); /* the upper half does not count */
    return true;
}

static uint64_t memory_read(uintptr_t address, unsigned width, void *user)
{
    uint64_t value = 0;
    (void)user;
    memcpy(&value, (void *)address, width);
    return value;
}

static void memory_write(uintptr_t address, unsigned width, uint64_t value, void *user)
{
    (void)user;
    memcpy((void *)address, &value, width);
}

static uintptr_t defined_flags(const struct insn *i)
{
    switch ((int)i->op) {
    case OP_IMUL:
        return CARRY | OVERFLOW;
    case OP_BT:
    case OP_BTS:
    case OP_BTR:
    case OP_BTC:
        return CARRY | ZERO;
    default:
        return ARITHMETIC | DIRECTION;
    }
}

static void fail(const uint8_t *bytes, const struct insn *i, const char *what)
{
    for (unsigned k = 0; k < i->length; k++)
        printf("%02x ", bytes[k]);
    printf(": %s\n", what);
    exit(1);
}

static void put_code(const uint8_t *bytes, unsigned length)
{
    memcpy(code, bytes, length);
    code[length] = 0xff; /* jmp *[address] */
    code[length + 1] = 0x25;
    uintptr_t back = (uintptr_t)native_back;
    uint32_t where = sizeof(void *) == 8 ? 0 : (uint32_t)(uintptr_t)(code + length + 6);
    memcpy(code + length + 2, &where, 4);
    memcpy(code + length + 6, &back, sizeof(back));
}

static void round_once(void)
{
    static const struct emulator_memory memory = {memory_read, memory_write, NULL};
    uint8_t bytes[16], before[BUFFER], native_memory[BUFFER];
    struct context c, native;
    struct insn i;
    unsigned after_opcode = make(bytes);
    if (!insn_decode(bytes, INSN_MAX_BYTES, sizeof(void *) == 8, &i) || i.op > OP_LODS ||
        (i.op >= OP_PUSH && i.op <= OP_JUMP))
        return;
    for (unsigned k = 0; k < REGISTERS; k++)
        c.r[k] = (uintptr_t)(draw() >> (draw() % 64));
    c.r[REG_SP] = 0;
    c.flags = 0x202 | (draw() & (ARITHMETIC | (i.op >= OP_MOVS ? DIRECTION : 0)));
    c.ip = 0;
    if ((i.has_register && i.reg == REG_SP && !i.high_byte) || !aim(&c, &i, bytes, after_opcode))
        return;
    insn_decode(bytes, INSN_MAX_BYTES, sizeof(void *) == 8, &i); /* aim() may have changed the displacement */
    for (unsigned k = 0; k < BUFFER; k++)
        before[k] = (uint8_t)draw();
    memcpy(buffer, before, BUFFER);
    put_code(bytes, i.length);
    native = c;
    native_run(&native, code);
    memcpy(native_memory, buffer, BUFFER);
    memcpy(buffer, before, BUFFER);
    if (!emulate(&c, &i, &memory) || c.ip != i.length)
        fail(bytes, &i, "is not emulated");
    if (memcmp(buffer, native_memory, BUFFER) != 0)
        fail(bytes, &i, "memory differs");
    if (memcmp(c.r, native.r, sizeof(c.r)) != 0)
        fail(bytes, &i, "registers differ");
    if (((c.flags ^ native.flags) & defined_flags(&i)) != 0)
        fail(bytes, &i, "flags differ");
    tried[i.op]++;
}

int main(void)
{
    int low = sizeof(void *) == 8 ? MAP_32BIT : 0;
    buffer = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | low, -1, 0);
    code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (buffer == MAP_FAILED || code == MAP_FAILED)
        return 1;
    unsigned long total = 0;
    for (unsigned i = 0; i < ROUNDS; i++)
        round_once();
    for (unsigned op = 0; op <= OP_LODS; op++) {
        total += tried[op];
        if ((op < OP_PUSH || op > OP_JUMP) && tried[op] < LEAST_OF_EACH) {
            printf("operation %u was tried only %u times\n", op, tried[op]);
            return 1;
        }
    }
    printf("%lu instructions emulated as the processor does them\n", total);
    return 0;
}
