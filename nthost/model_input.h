/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The model's input device (contract 1.6 "input", VIRTIO 1.x "Input Device"): keyboard, mouse, tablet or multi-touch.
 * The host injects evdev events; they reach the driver one to a buffer, in order. A packet, up to its SYN_REPORT, that
 * finds the device's own queue full is lost as a whole, as on QEMU.
 */
#ifndef NTHOST_MODEL_INPUT_H
#define NTHOST_MODEL_INPUT_H

#include "model_bus.h"

enum model_input_kind { MODEL_KEYBOARD, MODEL_MOUSE, MODEL_TABLET, MODEL_MULTITOUCH, MODEL_INPUT_KINDS };

/* Ways to misbehave beyond those of every virtio device (model_fault.h). */
enum model_input_fault {
    INPUT_EVENT_SHORT,      /* an event's used.len is 4 */
    INPUT_EVENT_UNKNOWN,    /* an event's type, code and value are drawn */
    INPUT_EVENT_TWICE,      /* an event comes twice */
    INPUT_CONFIG_SIZE_LIES, /* a selector's size reads 255 */
    INPUT_CONFIG_ALL_ONES,  /* a selector answers with 128 bytes of ones */
    MODEL_INPUT_FAULTS
};
struct model_input_fault_setting {
    uint64_t from; /* the n-th occasion, from 1; 0: not armed */
    bool onwards;
};

struct model_input_options {
    enum model_input_kind kind;
    bool contract_selectors; /* ID_NAME, ID_DEVIDS and EV_BITS only (ABS_INFO for the tablet); all that QEMU has */
    bool no_abs_info, no_ev_bits, no_name; /* selectors that answer with size 0 */
    int32_t abs_min, abs_max;              /* of every axis; the contract's 0..32767 */
    bool qemu_identity;                    /* subsystem 1100 and QEMU's names */
    bool hi_res_wheel;
    struct model_input_fault_setting fault[MODEL_INPUT_FAULTS];
};
void model_input_options_default(struct model_input_options *options, enum model_input_kind kind);
/* "NAME=VALUE": selectors=contract|all, without=abs_info|ev_bits|name, abs-min=, abs-max=, identity=aero|qemu,
 * hi-res=on|off, fault=NAME[:N][+] of the faults above. False when there is no such option. */
bool model_input_option(struct model_input_options *options, const char *name_equals_value);
const char *model_input_option_help(void);

pci_bus *model_input_open(const struct model_options *options, const struct model_input_options *input);

/* Appends to the device's queue. SYN_REPORT (type 0, code 0) ends a packet. */
void model_input_event(pci_bus *bus, uint16_t type, uint16_t code, uint32_t value);
uint64_t model_input_waiting(const pci_bus *bus); /* events the driver has not got yet */
struct model_input_stats {
    uint64_t events, delivered, dropped_packets, status_events;
    uint32_t leds; /* by code, as EV_LED said last */
};
const struct model_input_stats *model_input_stats(const pci_bus *bus);

/* Rules beyond model_rules.h. */
#define RULE_INPUT_EVENT_BUFFER "input-event-buffer"   /* device-writable, room for one event */
#define RULE_INPUT_STATUS_BUFFER "input-status-buffer" /* device-readable, exactly one event of 8 bytes */
#define RULE_INPUT_STATUS_EVENT "input-status-event"   /* SYN, or an LED that EV_BITS offers */

#endif
