/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Somebody else's HID class driver and report parser: hidclass.sys and hidparse.sys as PE files in a folder. What they
 * import of user-mode modules (Wine's do) is served by hid_foreign_exports.c; an import that nobody serves ends the run
 * when it is called, by its name.
 */
#ifndef NTHOST_HID_FOREIGN_H
#define NTHOST_HID_FOREIGN_H

#include "hid_parse.h"
#include "module.h"

/* Both modules of the folder; minidrivers loaded afterwards find them. A file that is not there is an environment
 * failure. */
void hid_foreign_load(const char *directory);
/* hidparse.sys alone; NULL when the folder has none. */
module *hid_foreign_parser(const char *directory);
void hid_foreign_register_exports(void);
extern const struct export_table hid_foreign_thread_exports;

#endif
