/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The export tables of the built-in storport.sys, one per file that implements routines. The dump port driver exports
 * the same routines; which of the two is meant follows from the device extension ("The disk dump driver provides the
 * same set of support routines that the port driver provides").
 */
#ifndef NTHOST_STORPORT_EXPORTS_H
#define NTHOST_STORPORT_EXPORTS_H

#include "module.h"

extern const struct export_table storport_notify_exports, storport_resource_exports, storport_register_exports,
    storport_queue_exports;

void storport_exports_register(void);

#endif
