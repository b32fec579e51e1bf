/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* INFs that Windows 7 brings itself, which others may include. */
#ifndef AEROW7_INF_INBOX_H
#define AEROW7_INF_INBOX_H

#include <stdbool.h>

bool inf_is_inbox(const char *name);

#endif
