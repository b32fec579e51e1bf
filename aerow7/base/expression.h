/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * POSIX extended regular expressions that somebody else wrote. regcomp copies what is repeated, so that
 * "((a{99}){99}){99}" or "a++++++++++++++++++++++++++++++" takes gigabytes, and back-references take exponential time:
 * such expressions are refused.
 */
#ifndef AEROW7_EXPRESSION_H
#define AEROW7_EXPRESSION_H

#include <regex.h>
#include <stddef.h>

/*
 * As regcomp with REG_EXTENDED | REG_NOSUB | `flags`. Returns NULL, and `compiled` is to be freed with regfree; or why
 * not, a text that is in `reason` or lives on.
 */
const char *expression_compile(const char *text, int flags, regex_t *compiled, char *reason, size_t reason_size);

#endif
