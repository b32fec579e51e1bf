/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The same run again and again, each time with another call failing, then with the device pulled at another step.
 * Each run is a process of its own, so a leak or a broken rule of one is not the next one's.
 */
#ifndef NTHOST_SWEEP_H
#define NTHOST_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

struct sweep {
    bool failures;             /* every call that may fail (verifier.h), one after the other */
    unsigned surprises;        /* at how many steps, evenly spread, the device is pulled; 0: at none */
    uint64_t *fail_nth;        /* set before each run; 0: nothing is to fail */
    uint64_t *surprise_at;     /* 0: the device stays */
    int (*run)(void *context); /* an exit status */
    void *context;
};

/* The exit status: that of the first run in which a rule was broken. What follows a failed call or a removal need not
 * be what the run expects, so EXIT_WRONG counts only in the first run, which is not disturbed. Prints the result. */
int sweep_run(const struct sweep *s);

#endif
