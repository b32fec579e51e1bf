/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The verifier: what happens when a documented rule is broken, and the sweep of injected failures.
 *
 * Every check in nthost ends here. A broken rule ends the process with EXIT_RULE after printing one line
 *     nthost: rule broken: NAME: what happened
 * the driver's call stack (symbolised from the PDB), and the command that repeats the run (with its seed).
 * NAME is stable: the mutation tests look for it. Names are lower case with dashes, e.g. srb-completed-twice.
 */
#ifndef NTHOST_VERIFIER_H
#define NTHOST_VERIFIER_H

#include <stdbool.h>
#include <stdint.h>

enum {
    EXIT_OK = 0,    /* every I/O right, no rule broken */
    EXIT_WRONG = 1, /* an I/O failed or miscompared, a test's expectation was not met */
    EXIT_USAGE = 2,
    EXIT_RULE = 3,        /* the driver broke a rule */
    EXIT_ENVIRONMENT = 4, /* QEMU missing, driver file unreadable, ... */
};

/* Remembers the command line for the "repeat with" line and the seed in force (0 until chosen). */
void verifier_init(int argc, char **argv);
void verifier_set_seed(uint64_t seed);
uint64_t verifier_seed(void);

_Noreturn void rule_broken(const char *rule, const char *format, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void environment_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A fault in nthost's own code: says so, with nthost's stack, and ends with EXIT_ENVIRONMENT. */
_Noreturn void verifier_own_fault(const char *what);

/* Prints the driver frames of the current processor's stack; used by rule_broken, callable for diagnostics. */
void print_driver_stack(void);
void print_own_stack(void); /* nthost's own frames of the current stack */

/* Failure injection. Each API that is documented to be able to fail calls fail_point() once per call from a driver,
 * with the kind of resource ("pool", "mapping", "common-buffer", "queue-depth", ...). It answers true when
 * this call is the one chosen to fail. fail_point_count() is the number of calls so far: the sweep runs until
 * N exceeds it. N counts from 1; 0 means no failure. */
void fail_point_arm(uint64_t n);
bool fail_point(const char *kind);
uint64_t fail_point_count(void);

#endif
