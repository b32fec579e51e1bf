/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * QEMU's qtest protocol: text lines over a socket, by which the devices of a machine are driven from outside.
 *
 * Answers come in the order of the commands. A write need not be waited for: like a posted write on a PCI bus it is
 * certain to be done before a later read is answered. Lines "IRQ raise N" and "IRQ lower N" may come between answers.
 * What goes wrong, or takes longer than the time limit, is an environment failure that names the command.
 */
#ifndef NTHOST_QTEST_H
#define NTHOST_QTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qemu_process.h"

#define QTEST_POSTED_MAX 32u

struct qtest {
    int fd;
    struct qemu_process *process;
    unsigned timeout_ms;
    unsigned posted;  /* writes not answered yet */
    uint32_t lines;   /* level of each intercepted interrupt line */
    uint64_t changes; /* of any line so far */
    size_t filled;
    char buffer[4096];
};

void qtest_init(struct qtest *qtest, int fd, struct qemu_process *process, unsigned timeout_ms);
/* Sends a command and waits for its answer; returns the number in it, or 0 when it carries none. */
uint64_t qtest_call(struct qtest *qtest, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Sends a command without waiting for "OK". */
void qtest_post(struct qtest *qtest, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Takes in what has arrived, waiting at most `wait_us` when nothing has. True when something came. */
bool qtest_take(struct qtest *qtest, uint64_t wait_us);

#endif
