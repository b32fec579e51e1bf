/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The QEMU process: started with the file descriptors it is to inherit, ended by its process id in bounded time.
 * It dies with us whatever kills us, and leaves no file: its messages go to a memory file of ours.
 */
#ifndef NTHOST_QEMU_PROCESS_H
#define NTHOST_QEMU_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

struct qemu_process {
    pid_t pid;       /* 0: none */
    int messages;    /* what it wrote to its standard output and error */
    int wait_status; /* valid once pid is 0 again */
};

/* `argv` ends with NULL; `inherit` lists `count` descriptors that stay open in QEMU under the same numbers. */
void qemu_process_start(struct qemu_process *process, char *const *argv, const int *inherit, unsigned count);
/* Waits at most `wait_ms` for it to end by itself, then kills it. */
void qemu_process_end(struct qemu_process *process, unsigned wait_ms);
/* Environment failure that also says whether QEMU still lives and what it wrote last. Kills it. */
_Noreturn void qemu_process_failed(struct qemu_process *process, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Monotonic host time, for time-outs. */
long long qemu_clock_ms(void);

#endif
