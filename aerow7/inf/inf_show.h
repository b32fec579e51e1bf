/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* aerow7 inf show: what an INF says to one Windows, for people and as JSON. */
#ifndef AEROW7_INF_SHOW_H
#define AEROW7_INF_SHOW_H

#include "inf/inf_package.h"

/* The caller owns it. */
cJSON *inf_package_json(const struct inf *inf, struct inf_target target, const struct inf_package *package);
void inf_package_print(const struct inf *inf, struct inf_target target, const struct inf_package *package);

#endif
