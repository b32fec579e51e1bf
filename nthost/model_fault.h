/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The ways in which a model device misbehaves. Each fault has occasions (a request fetched, a completion, a reset ...);
 * model_fault() is called once per occasion and says whether it happens now.
 */
#ifndef NTHOST_MODEL_FAULT_H
#define NTHOST_MODEL_FAULT_H

#include <stdbool.h>

enum model_fault_kind {
    FAULT_HANG,           /* request fetched: nothing completes any more, until a reset */
    FAULT_LOST_REQUEST,   /* request fetched: it never completes */
    FAULT_NEEDS_RESET,    /* request fetched: DEVICE_NEEDS_RESET, configuration interrupt, no more work until a reset */
    FAULT_GONE,           /* request fetched: all reads are ones from now on */
    FAULT_BAD_USED_ID,    /* completion: the used id is no descriptor index */
    FAULT_UNUSED_USED_ID, /* completion: one more used entry, naming a descriptor that heads no outstanding request */
    FAULT_DUPLICATE_USED_ID,  /* completion: the used entry comes twice */
    FAULT_USED_LEN_TOO_LONG,  /* completion: used.len exceeds the buffer */
    FAULT_USED_INDEX_JUMP,    /* completion: used.idx moves by more than the queue holds */
    FAULT_USED_INDEX_BACK,    /* completion: used.idx moves back by one */
    FAULT_BAD_STATUS_BYTE,    /* completion: a status that does not exist */
    FAULT_NO_STATUS_BYTE,     /* completion: the status byte is left alone */
    FAULT_UNSUPPORTED,        /* completion: UNSUPP, nothing was done */
    FAULT_FAILED,             /* completion: IOERR, nothing was done */
    FAULT_IOERR,              /* the number is a sector: every request that touches it fails with IOERR */
    FAULT_LATE_COMPLETION,    /* restart after a reset: a request from before the reset is reported used */
    FAULT_CONFIG_CHANGES,     /* completion: a new capacity and a configuration interrupt */
    FAULT_CONFIG_TEAR,        /* capacity read: it changes between the two halves */
    FAULT_GENERATION_RACES,   /* configuration read: config_generation changes every time */
    FAULT_FEATURES_REFUSED,   /* FEATURES_OK does not stay set */
    FAULT_VECTOR_REFUSED,     /* vector written: reads back as NO_VECTOR */
    FAULT_RESET_HANGS,        /* reset: device_status never reads 0 */
    FAULT_INTERRUPT_LOST,     /* interrupt: it is not delivered */
    FAULT_SPURIOUS_INTERRUPT, /* request fetched: an interrupt without a cause */
    FAULT_QUEUE_SIZE_ZERO,
    FAULT_QUEUE_SIZE_ODD,
    FAULT_NO_QUEUES,
    FAULT_NOTIFY_OFF_HUGE,
    FAULT_CAP_BAD_BAR, /* these change the common configuration's capability, before the first access */
    FAULT_CAP_ABSENT_BAR,
    FAULT_CAP_BAD_OFFSET,
    FAULT_CAP_MISALIGNED,
    FAULT_CAP_WRAPS,
    FAULT_CAP_SHORT,
    FAULT_CAP_LEN_SMALL,
    FAULT_CAP_LOOP,
    FAULT_CAP_POINTER_ODD,
    FAULT_NO_CAP_LIST,
    FAULT_NO_COMMON,
    FAULT_NO_NOTIFY,
    FAULT_NO_ISR,
    FAULT_NO_DEVICE_CONFIG,
    FAULT_WRONG_REVISION,
    FAULT_KINDS
};

struct model;

/* Counts an occasion of `kind`; true when the fault is armed for it. */
bool model_fault(struct model *m, enum model_fault_kind kind);
/* Whether `kind` is armed at all; the number given with it goes to *value when that is not NULL. */
bool model_fault_armed(const struct model *m, enum model_fault_kind kind, unsigned long long *value);
const char *model_fault_names(void);

#endif
