/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The lines that a host reads: AERO_VIRTIO_SELFTEST|TEST|NAME|PASS|key=value|... A value never holds '|', a line end or
 * a control character (each becomes '_'), so that a line always reads back as it was meant.
 */
#ifndef SELFTEST_MARKER_H
#define SELFTEST_MARKER_H

#include "platform.h"

enum outcome { OUTCOME_PASS, OUTCOME_FAIL, OUTCOME_SKIP, OUTCOME_INFO, OUTCOME_READY };

struct marker {
    const struct platform *platform;
    char line[1024];
    size_t length;
    unsigned counts[5]; /* of each outcome */
};

void marker_init(struct marker *marker, const struct platform *platform);

/* A line is begun, gets its fields, and is ended, which writes it. */
void marker_begin(struct marker *marker, const char *kind);
void marker_test(struct marker *marker, const char *name, enum outcome outcome);
void marker_word(struct marker *marker, const char *word);
void marker_text(struct marker *marker, const char *key, const char *value);
void marker_number(struct marker *marker, const char *key, uint64_t value);
void marker_hex(struct marker *marker, const char *key, uint64_t value);
void marker_end(struct marker *marker);

/* Whole lines. A reason is the first field after SKIP, and reason=... after FAIL. */
void marker_skip(struct marker *marker, const char *name, const char *reason);
void marker_fail(struct marker *marker, const char *name, const char *reason);
void marker_fail_error(struct marker *marker, const char *name, const char *reason, uint32_t error);

#endif
