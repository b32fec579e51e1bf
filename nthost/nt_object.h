/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Kernel objects that live in the driver's memory (KSPIN_LOCK, KDPC, KTIMER): nthost keeps what it needs to know of
 * one that is in use in a table of its own, by address, so that a driver cannot spoil it; memory with one in use must
 * not be freed (rule freed-in-use).
 */
#ifndef NTHOST_NT_OBJECT_H
#define NTHOST_NT_OBJECT_H

#include <stddef.h>

#include "cpu.h"

enum kernel_object_kind { OBJECT_SPIN_LOCK, OBJECT_DPC, OBJECT_TIMER };

struct kernel_object {
    void *address;
    enum kernel_object_kind kind;
    union {
        struct spin_lock lock;
        dpc dpc;
        timer timer;
    };
    unsigned waiting; /* spin locks: processors that want it */
    char name[48];
    struct kernel_object *next;
};

struct kernel_object *object_find(void *address, enum kernel_object_kind kind);
struct kernel_object *object_get(void *address, enum kernel_object_kind kind); /* made when not there, with zeros */
void object_drop(struct kernel_object *object);
void object_check_free(const void *address, size_t bytes);

#endif
