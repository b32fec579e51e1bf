/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How an identified Windows is shown: text for people, JSON for programs, the same content. */
#ifndef AEROW7_IDENTITY_REPORT_H
#define AEROW7_IDENTITY_REPORT_H

#include "base/report.h"
#include "offline/identify.h"

/* What stands in the way of our drivers there, and what they need; nothing when nothing does. */
void identity_judge(const struct identity *identity, struct findings *findings);

void identity_print(const struct identity *identity);
/* The caller owns it. */
cJSON *identity_json(const struct identity *identity);

void bcd_print(const char *path, const struct bcd_state *state, const char *fault);
cJSON *bcd_json(const char *path, const struct bcd_state *state, const char *fault);

#endif
