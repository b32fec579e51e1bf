/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The bytes of an INF file as UTF-8. Windows 7 reads UTF-16LE, with or without its mark, and otherwise bytes of the
 * system's code page; a UTF-8 file without a mark is such bytes to it. What no version reads (UTF-16BE, lone
 * surrogates, control characters) is STATUS_BAD_INPUT, reported with its line.
 */
#ifndef AEROW7_INF_TEXT_H
#define AEROW7_INF_TEXT_H

#include "inf/inf_file.h"
#include "base/text.h"

/* `text` gets a terminating zero and is freed by the caller in any case. Its size says where the file ends. */
enum status inf_text_decode(const char *place, const void *data, size_t size, enum inf_encoding *encoding,
                            struct text *text);

#endif
