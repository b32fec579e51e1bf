/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The two functions that a compiler calls by itself for large assignments. Drivers have no C run-time, and not every
 * Windows 7 kernel is known to export them. Any IRQL.
 */
#include <stddef.h>

/* "used": calls to them appear only after the program has been optimised as a whole. */
__attribute__((used)) void *memset(void *target, int value, size_t bytes)
{
    void *at = target;

    __asm__ volatile("rep stosb" : "+D"(at), "+c"(bytes) : "a"(value) : "memory");
    return target;
}

__attribute__((used)) void *memcpy(void *restrict target, const void *restrict source, size_t bytes)
{
    void *at = target;

    __asm__ volatile("rep movsb" : "+D"(at), "+S"(source), "+c"(bytes) : : "memory");
    return target;
}
