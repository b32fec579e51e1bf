/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A progress bar on stderr for work that takes longer than a second, on a terminal only: a log gets none. One bar at a
 * time; errors reported while it stands clear its line first.
 */
#ifndef AEROW7_PROGRESS_H
#define AEROW7_PROGRESS_H

#include <stdint.h>

/* `what` must stay until progress_end; `total` in any unit that progress_add counts in. */
void progress_begin(const char *what, uint64_t total);
void progress_add(uint64_t amount);
/* Takes the bar away, if it was ever shown. */
void progress_end(void);
/* For diag_error. */
void progress_clear(void);

#endif
