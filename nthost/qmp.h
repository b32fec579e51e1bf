/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * QEMU's monitor protocol, as far as a bench needs it: one JSON command a line, its answer, and the names of events.
 * Nothing is parsed beyond the key that begins a line of the answer; commands are written out by the caller.
 */
#ifndef NTHOST_QMP_H
#define NTHOST_QMP_H

#include <stdbool.h>
#include <stddef.h>

#include "qemu_process.h"

#define QMP_LINE_BYTES 65536u
#define QMP_EVENTS 16u

struct qmp {
    int fd;
    struct qemu_process *process;
    unsigned timeout_ms;
    size_t filled;
    unsigned event_count; /* so far; the newest QMP_EVENTS are kept */
    char events[QMP_EVENTS][64];
    char buffer[QMP_LINE_BYTES];
};

/* Waits for the greeting and leaves the capability negotiation. */
void qmp_init(struct qmp *qmp, int fd, struct qemu_process *process, unsigned timeout_ms);
/* Sends one command and waits for its answer, which is copied (cut to `size`, always ended with a NUL) when `answer` is
 * not NULL. True for "return", false for "error". A time-out is an environment failure. */
bool qmp_command(struct qmp *qmp, const char *command, char *answer, size_t size);
/* Asks QEMU to end; whether it hears that is the caller's to find out. */
void qmp_quit(struct qmp *qmp);
/* Whether an event of that name has come since the last call that asked for it, waiting at most `wait_ms`. */
bool qmp_wait_event(struct qmp *qmp, const char *name, unsigned wait_ms);

#endif
