/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Cases of deliberately broken drivers, and how far they come in the right way first.
 */
#ifndef NTHOST_BUS_MODEL_RULES_CASES_H
#define NTHOST_BUS_MODEL_RULES_CASES_H

#include "../../nthost/guest_ram.h"
#include "../../nthost/model_rules.h"
#include "model_frame.h"

struct broken {
    const char *rule;
    void (*body)(void); /* breaks it, alone */
};

/* Each ends with a NULL rule. */
extern const struct broken rules_start[], rules_access[], rules_ring[], rules_request[];

/* The one driver of a case. */
extern struct tiny_driver d;

void mmio(uint64_t physical, unsigned width, uint64_t value);
void found(void);        /* BARs placed, regions known */
void acknowledged(void); /* reset, ACKNOWLEDGE, DRIVER */
void negotiated(void);   /* all that is offered accepted, FEATURES_OK */
void running(void);      /* DRIVER_OK */
void prepared(void);     /* a read of one sector built in descriptors 0 to 2 */
void send_head(uint16_t head);

#endif
