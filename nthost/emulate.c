/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "emulate.h"

enum {
    FLAG_CARRY = 1,
    FLAG_PARITY = 4,
    FLAG_ZERO = 0x40,
    FLAG_SIGN = 0x80,
    FLAG_DIRECTION = 0x400,
    FLAG_OVERFLOW = 0x800
};
#define FLAGS_ARITHMETIC ((uintptr_t)0x8d5)

static uint64_t truncate(uint64_t value, unsigned width)
{
    return width >= 8 ? value : value & ((1ull << (width * 8)) - 1);
}

static uint64_t sign_extend(uint64_t value, unsigned width)
{
    if (width >= 8)
        return value;
    uint64_t sign = 1ull << (width * 8 - 1);
    return (truncate(value, width) ^ sign) - sign;
}

static uint64_t get(const struct context *c, unsigned reg, unsigned width, bool high_byte)
{
    return truncate(c->r[reg] >> (high_byte ? 8 : 0), width);
}

uint64_t register_get(const struct context *c, const struct insn *i)
{
    return get(c, i->reg, i->register_width, i->high_byte);
}

/* A write of 32 bits clears the upper half in 64-bit code; 8 and 16 bits leave the rest alone. */
void register_set(struct context *c, const struct insn *i, uint64_t value)
{
    uintptr_t *r = &c->r[i->reg];
    if (i->register_width >= 4) {
        *r = (uintptr_t)truncate(value, i->register_width);
        return;
    }
    unsigned shift = i->high_byte ? 8 : 0;
    uintptr_t mask = (uintptr_t)truncate(~0ull, i->register_width) << shift;
    *r = (*r & ~mask) | ((uintptr_t)value << shift & mask);
}

uintptr_t effective_address(const struct context *c, const struct insn *i)
{
    uint64_t address = i->displacement;
    if (i->base != NO_REGISTER)
        address += c->r[i->base];
    if (i->index != NO_REGISTER)
        address += (uint64_t)c->r[i->index] * i->scale;
    if (i->ip_relative)
        address += c->ip + i->length;
    return (uintptr_t)truncate(address, i->address_width);
}

/* The processor itself does the arithmetic, so that every flag is right. */
#define BINARY(type, suffix, constraint, name)                                              \
    __asm__ volatile("bt $0, %k[in]\n\t" name suffix " %[b], %[a]\n\tpushf\n\tpop %[flags]" \
                     : [a] "+" constraint(x), [flags] "=&r"(flags)                          \
                     : [b] constraint(y), [in] "r"((uint32_t)*in_flags)                     \
                     : "cc", "memory")
#define UNARY(type, suffix, constraint, name)                                         \
    __asm__ volatile("bt $0, %k[in]\n\t" name suffix " %[a]\n\tpushf\n\tpop %[flags]" \
                     : [a] "+" constraint(x), [flags] "=&r"(flags)                    \
                     : [in] "r"((uint32_t)*in_flags)                                  \
                     : "cc", "memory")

/* clang-format off */
#define CALCULATE(type, suffix, constraint)                                          \
    static uint64_t calculate_##type(enum insn_op op, uint64_t first, uint64_t second, uintptr_t *in_flags) \
    {                                                                                \
        type x = (type)first, y = (type)second;                                      \
        uintptr_t flags = *in_flags;                                                 \
        switch ((int)op) {                                                           \
        case OP_ADD: BINARY(type, suffix, constraint, "add"); break;                 \
        case OP_OR: BINARY(type, suffix, constraint, "or"); break;                   \
        case OP_ADC: BINARY(type, suffix, constraint, "adc"); break;                 \
        case OP_SBB: BINARY(type, suffix, constraint, "sbb"); break;                 \
        case OP_AND: BINARY(type, suffix, constraint, "and"); break;                 \
        case OP_SUB: BINARY(type, suffix, constraint, "sub"); break;                 \
        case OP_XOR: BINARY(type, suffix, constraint, "xor"); break;                 \
        case OP_CMP: BINARY(type, suffix, constraint, "cmp"); break;                 \
        case OP_TEST: BINARY(type, suffix, constraint, "test"); break;               \
        case OP_INC: UNARY(type, suffix, constraint, "inc"); break;                  \
        case OP_DEC: UNARY(type, suffix, constraint, "dec"); break;                  \
        case OP_NEG: UNARY(type, suffix, constraint, "neg"); break;                  \
        default: break;                                                              \
        }                                                                            \
        *in_flags = (*in_flags & ~FLAGS_ARITHMETIC) | (flags & FLAGS_ARITHMETIC);    \
        return x;                                                                    \
    }
/* clang-format on */

CALCULATE(uint8_t, "b", "q")
CALCULATE(uint16_t, "w", "r")
CALCULATE(uint32_t, "l", "r")
#if defined(__x86_64__)
CALCULATE(uint64_t, "q", "r")
#endif

static uint64_t multiply(unsigned width, uint64_t first, uint64_t second, uintptr_t *flags)
{
    int64_t a = (int64_t)sign_extend(first, width), b = (int64_t)sign_extend(second, width), product;
    bool overflow = __builtin_mul_overflow(a, b, &product);
    overflow = overflow || (uint64_t)product != sign_extend((uint64_t)product, width);
    *flags &= ~(uintptr_t)(FLAG_CARRY | FLAG_OVERFLOW); /* the other arithmetic flags are undefined */
    if (overflow)
        *flags |= FLAG_CARRY | FLAG_OVERFLOW;
    return (uint64_t)a * (uint64_t)b;
}

/* clang-format off */
static uint64_t bit_operation(enum insn_op op, uint64_t value, uint64_t bit, uintptr_t *flags)
{
    uint64_t mask = 1ull << bit;
    *flags = (*flags & ~(uintptr_t)FLAG_CARRY) | ((value & mask) != 0 ? FLAG_CARRY : 0);
    switch ((int)op) {
    case OP_BTS: return value | mask;
    case OP_BTR: return value & ~mask;
    case OP_BTC: return value ^ mask;
    default: return value;
    }
}
/* clang-format on */

/* clang-format off */
static uint64_t calculate(const struct insn *i, uint64_t first, uint64_t second, uintptr_t *flags)
{
    switch ((int)i->op) {
    case OP_NOT: return ~first;
    case OP_IMUL: return multiply(i->width, first, second, flags);
    case OP_BT: case OP_BTS: case OP_BTR: case OP_BTC: return bit_operation(i->op, first, second, flags);
    default: break;
    }
    switch (i->width) {
    case 1: return calculate_uint8_t(i->op, first, second, flags);
    case 2: return calculate_uint16_t(i->op, first, second, flags);
    case 4: return calculate_uint32_t(i->op, first, second, flags);
#if defined(__x86_64__)
    case 8: return calculate_uint64_t(i->op, first, second, flags);
#endif
    default: return 0;
    }
}
/* clang-format on */

/* clang-format off */
bool condition_holds(unsigned condition, uintptr_t flags)
{
    bool carry = flags & FLAG_CARRY, zero = flags & FLAG_ZERO, sign = flags & FLAG_SIGN;
    bool overflow = flags & FLAG_OVERFLOW, parity = flags & FLAG_PARITY, holds = false;
    switch (condition >> 1) {
    case 0: holds = overflow; break;
    case 1: holds = carry; break;
    case 2: holds = zero; break;
    case 3: holds = carry || zero; break;
    case 4: holds = sign; break;
    case 5: holds = parity; break;
    case 6: holds = sign != overflow; break;
    default: holds = zero || sign != overflow; break;
    }
    return holds != (condition & 1);
}
/* clang-format on */

static bool emulate_string(struct context *c, const struct insn *i, const struct emulator_memory *memory)
{
    uintptr_t step = (uintptr_t)((c->flags & FLAG_DIRECTION) ? -(intptr_t)i->width : (intptr_t)i->width);
    if (i->address_width != sizeof(uintptr_t))
        return false;
    while (!i->rep || c->r[REG_CX] != 0) {
        uint64_t value =
            i->op == OP_STOS ? get(c, REG_AX, i->width, false) : memory->read(c->r[REG_SI], i->width, memory->user);
        if (i->op == OP_LODS) {
            struct insn accumulator = {.reg = REG_AX, .register_width = i->width};
            register_set(c, &accumulator, value);
        } else {
            memory->write(c->r[REG_DI], i->width, value, memory->user);
            c->r[REG_DI] += step;
        }
        if (i->op != OP_STOS)
            c->r[REG_SI] += step;
        if (!i->rep)
            break;
        c->r[REG_CX]--;
    }
    c->ip += i->length;
    return true;
}

static void emulate_with_register(struct context *c, const struct insn *i, uintptr_t address,
                                  const struct emulator_memory *memory, uint64_t value)
{
    uint64_t other = i->has_register ? register_get(c, i) : i->immediate;
    if (i->op == OP_XCHG) {
        memory->write(address, i->width, truncate(other, i->width), memory->user);
        register_set(c, i, value);
    } else if (i->op == OP_CMOV) {
        /* In 64-bit code the destination's upper half is cleared even when the condition does not hold. */
        register_set(c, i, condition_holds(i->condition, c->flags) ? value : other);
    } else if (i->op == OP_IMUL) {
        register_set(c, i, calculate(i, value, i->has_immediate ? i->immediate : other, &c->flags));
    } else if (i->to_register) {
        register_set(c, i, calculate(i, other, value, &c->flags));
    } else {
        uint64_t result =
            i->register_first ? calculate(i, other, value, &c->flags) : calculate(i, value, other, &c->flags);
        if (i->writes)
            memory->write(address, i->width, truncate(result, i->width), memory->user);
    }
}

bool emulate(struct context *c, const struct insn *i, const struct emulator_memory *memory)
{
    if (i->op == OP_MOVS || i->op == OP_STOS || i->op == OP_LODS)
        return emulate_string(c, i, memory);
    if (i->op > OP_PUSH || (!i->reads && !i->writes) || i->segment != 0)
        return false;
    uintptr_t address = effective_address(c, i);
    uint64_t value = i->reads ? memory->read(address, i->width, memory->user) : 0;
    if (i->op == OP_MOV && i->writes) {
        memory->write(address, i->width, truncate(i->has_register ? register_get(c, i) : i->immediate, i->width),
                      memory->user);
    } else if (i->op == OP_MOV) {
        register_set(c, i, i->sign_extend ? sign_extend(value, i->width) : value);
    } else if (i->op == OP_PUSH) {
        c->r[REG_SP] -= i->width;
        *(uintptr_t *)c->r[REG_SP] = (uintptr_t)value;
    } else {
        emulate_with_register(c, i, address, memory, value);
    }
    c->ip += i->length;
    return true;
}
