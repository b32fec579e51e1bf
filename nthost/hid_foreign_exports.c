/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "hid_foreign.h"

void hid_foreign_register_exports(void)
{
}
