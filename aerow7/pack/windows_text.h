/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Texts for people get CR LF line ends on their way into a package: Notepad of Windows 7 knows no others. */
#ifndef AEROW7_WINDOWS_TEXT_H
#define AEROW7_WINDOWS_TEXT_H

#include "base/file_io.h"

/* By the name: .md, .txt, and licences, which have no extension. Anything else stays as it is. */
void windows_text(const char *path, struct bytes *content);

#endif
