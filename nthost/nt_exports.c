/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nt_exports.h"

void kernel_exports_register(void)
{
    static const struct export_table *const tables[] = {
        &nt_ke_exports,       &nt_ke_lock_exports,     &nt_ke_lock_hal_exports, &nt_ke_object_exports,
        &nt_ke_time_exports,  &nt_ke_time_hal_exports, &nt_ex_exports,          &nt_ex_list_exports,
        &nt_mm_exports,       &nt_rtl_exports,         &nt_dbg_exports,         &nt_register_exports,
        &nt_port_hal_exports, &nt_crt_exports,         &nt_crt_wide_exports,
    };
    for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        exports_register(tables[i]);
}
