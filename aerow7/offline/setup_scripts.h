/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What runs inside Windows and WinPE to install the packages that were put beside it: a script with pnputil, called by
 * Setup's own SetupComplete.cmd, and winpeshl.ini with drvload. Texts that are there already are kept.
 */
#ifndef AEROW7_OFFLINE_SETUP_SCRIPTS_H
#define AEROW7_OFFLINE_SETUP_SCRIPTS_H

#include "base/file_io.h"

#include <stdbool.h>

#define STAGING_FOLDER "Drivers/Aero" /* below %SystemRoot% */
#define STAGING_FOLDER_WINDOWS "%SystemRoot%\\Drivers\\Aero"
#define INSTALL_SCRIPT "install-drivers.cmd"
#define INSTALL_SERVICE "AeroDriverInstall" /* of an installed Windows: runs the script once, at its next start */

/* `infs`: "package\file.inf", below the staging folder. */
struct bytes install_script(const char *const *infs, size_t count);

/* SetupComplete.cmd with a call of the script; `present` is what is there, size 0 for none. The caller frees. */
enum status setup_complete(const char *place, const struct bytes *present, struct bytes *out);

/*
 * winpeshl.ini that loads the drivers first. Without one, WinPE runs what `setup` says: Setup, or startnet.cmd.
 * STATUS_CHECK_FAILED, reported, for one that cannot be understood.
 */
enum status winpeshl(const char *place, const struct bytes *present, bool setup, const char *const *infs, size_t count,
                     struct bytes *out);

#endif
