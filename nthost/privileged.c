/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Instructions of ring 0. Compilers emit a few for documented kernel interfaces: on amd64 KeGetCurrentIrql and
 * KeRaiseIrql are moves from and to CR8, and port I/O is inline. These are carried out; the others no driver of ours
 * has business with.
 */
#include <stdio.h>
#include <string.h>

#include "cpu_internal.h"
#include "pci_bus.h"
#include "trap_internal.h"
#include "verifier.h"

static struct pci_bus *bus_for_port(unsigned port)
{
    struct pci_bus *bus = cpu_bus();
    if (bus == NULL)
        environment_failed("port %#x is accessed, but there is no bus", port);
    cpu_step();
    yield_point();
    return bus;
}

uint32_t port_read(uint16_t port, unsigned width)
{
    struct pci_bus *bus = bus_for_port(port);
    return bus->ops->port_read(bus, port, width);
}

void port_write(uint16_t port, unsigned width, uint32_t value)
{
    struct pci_bus *bus = bus_for_port(port);
    bus->ops->port_write(bus, port, width, value);
}

static void port_instruction(struct context *c, const struct insn *i)
{
    uint16_t port = (uint16_t)(i->has_immediate ? i->immediate : c->r[REG_DX]);
    if (i->op == OP_IN)
        register_set(c, i, port_read(port, i->width));
    else
        port_write(port, i->width, (uint32_t)register_get(c, i));
}

static void port_string(struct context *c, const struct insn *i)
{
    uint16_t port = (uint16_t)c->r[REG_DX];
    uintptr_t *at = &c->r[i->op == OP_INS ? REG_DI : REG_SI];
    while (!i->rep || c->r[REG_CX] != 0) {
        uint32_t value = 0;
        if (i->op == OP_INS) {
            value = port_read(port, i->width);
            memcpy((void *)*at, &value, i->width);
        } else {
            memcpy(&value, (const void *)*at, i->width);
            port_write(port, i->width, value);
        }
        *at += (c->flags & FLAG_DIR) ? (uintptr_t)0 - i->width : i->width;
        if (!i->rep)
            break;
        c->r[REG_CX]--;
    }
}

static void control_register(struct context *c, const struct insn *i)
{
    if (i->immediate != 8)
        rule_broken("privileged-instruction", "control register CR%u is %s", (unsigned)i->immediate,
                    i->op == OP_READ_CR ? "read" : "written");
    if (i->op == OP_READ_CR) {
        register_set(c, i, irql_get());
        return;
    }
    uint64_t to = register_get(c, i);
    if (to > HIGH_LEVEL)
        rule_broken("irql-order", "CR8 is set to %#llx", (unsigned long long)to);
    if (to >= irql_get())
        irql_raise((uint8_t)to);
    else
        irql_lower((uint8_t)to);
}

static _Noreturn void refuse(const struct context *c)
{
    const uint8_t *code = (const uint8_t *)c->ip;
    rule_broken("privileged-instruction",
                "an instruction for ring 0, or an access to a non-canonical address, at %p: %02x %02x %02x %02x",
                (void *)c->ip, code[0], code[1], code[2], code[3]);
}

void privileged_instruction(struct context *c)
{
    struct insn i;
    if (!insn_decode((const uint8_t *)c->ip, INSN_MAX_BYTES, sizeof(void *) == 8, &i))
        refuse(c);
    switch ((int)i.op) {
    case OP_READ_CR:
    case OP_WRITE_CR:
        control_register(c, &i);
        break;
    case OP_IN:
    case OP_OUT:
        port_instruction(c, &i);
        break;
    case OP_INS:
    case OP_OUTS:
        port_string(c, &i);
        break;
    case OP_CLI:
    case OP_STI:
        rule_broken("privileged-instruction", "the driver changes the interrupt flag; IRQL is what masks interrupts");
    case OP_INT:
        rule_broken("driver-assertion", "the driver executes int %#x%s", (unsigned)i.immediate,
                    i.immediate == 0x2c ? " (a failed assertion)" : "");
    default:
        if (i.reads || i.writes)
            rule_broken("access-violation", "an access to a non-canonical address, base register %#llx",
                        (unsigned long long)(i.base != NO_REGISTER ? c->r[i.base] : 0));
        refuse(c);
    }
    c->ip += i.length;
}
