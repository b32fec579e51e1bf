/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The lines that install_inf prints: fields separated by tabs, UTF-8. */
#ifndef TESTS_SETUPAPI_FACTS_H
#define TESTS_SETUPAPI_FACTS_H

#include <windows.h>
#include <stdbool.h>

/* Prints "failed STEP ERROR" with the thread's last error; returns false. */
bool failed(const char *step);

void print_fact(const char *kind, const wchar_t *first, const wchar_t *second);

/* "KIND PATH NAME TYPE HEX" for each value of the key and what is below it, "key KIND PATH" for each subkey. */
void print_key(const char *kind, HKEY key);
void print_key_as(const char *kind, HKEY key, const wchar_t *path);

#endif
