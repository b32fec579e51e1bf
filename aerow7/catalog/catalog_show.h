/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A catalog for people, and for programs. */
#ifndef AEROW7_CATALOG_SHOW_H
#define AEROW7_CATALOG_SHOW_H

#include "catalog/catalog_read.h"
#include "sign/authenticode_verify.h"

#include <cjson/cJSON.h>

void catalog_print(const char *place, const struct catalog *catalog, const struct signatures *signatures);

/* The caller owns it. */
cJSON *catalog_json(const char *place, const struct catalog *catalog, const struct signatures *signatures);

#endif
