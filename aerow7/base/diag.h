/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Exit statuses of aerow7 and the one way in which it reports an error: "aerow7: PLACE: reason" on stderr, where PLACE
 * is a file, a file and a line, or a file and a JSON path. Every function that can fail returns one of these statuses
 * and has reported the error itself; callers pass the status on and add nothing.
 */
#ifndef AEROW7_DIAG_H
#define AEROW7_DIAG_H

enum status {
    STATUS_DONE = 0,
    STATUS_CHECK_FAILED = 1,
    STATUS_USAGE = 2,
    STATUS_BAD_INPUT = 3,
    STATUS_NOT_WRITTEN = 4,
};

__attribute__((format(printf, 2, 3))) void diag_error(const char *place, const char *format, ...);

#endif
