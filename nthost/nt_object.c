/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nt_object.h"

#include <stdio.h>
#include <stdlib.h>

#include "verifier.h"

enum { BUCKETS = 256 };

static struct kernel_object *objects[BUCKETS];
static const char *const kind_names[] = {"spin lock", "DPC", "timer"};

static struct kernel_object **bucket(const void *address)
{
    return &objects[((uintptr_t)address >> 3) % BUCKETS];
}

struct kernel_object *object_find(void *address, enum kernel_object_kind kind)
{
    for (struct kernel_object *o = *bucket(address); o != NULL; o = o->next) {
        if (o->address == address && o->kind == kind)
            return o;
    }
    return NULL;
}

struct kernel_object *object_get(void *address, enum kernel_object_kind kind)
{
    struct kernel_object *o = object_find(address, kind);
    if (o != NULL)
        return o;
    o = calloc(1, sizeof(*o));
    if (o == NULL)
        environment_failed("no memory for a kernel object");
    o->address = address;
    o->kind = kind;
    snprintf(o->name, sizeof(o->name), "the %s at %p", kind_names[kind], address);
    o->next = *bucket(address);
    *bucket(address) = o;
    return o;
}

void object_drop(struct kernel_object *object)
{
    for (struct kernel_object **link = bucket(object->address); *link != NULL; link = &(*link)->next) {
        if (*link == object) {
            *link = object->next;
            free(object);
            return;
        }
    }
}

void object_check_free(const void *address, size_t bytes)
{
    for (unsigned i = 0; i < BUCKETS; i++) {
        for (const struct kernel_object *o = objects[i]; o != NULL; o = o->next) {
            if ((uintptr_t)o->address - (uintptr_t)address < bytes)
                rule_broken("freed-in-use", "memory of %zu bytes at %p is freed while %s in it is in use", bytes,
                            address, o->name);
        }
    }
}
