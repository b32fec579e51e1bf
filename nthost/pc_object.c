/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Objects with interfaces: PortCls's own, as the driver sees them, and calls of the driver's. Pages "COM in the
 * Kernel", IUnknown; "Reference-Counting Conventions for COM Objects".
 */
#include <stdarg.h>
#include <stdlib.h>

#include "nt_object.h"
#include "pc_internal.h"
#include "ram_internal.h"

static struct com_object *objects;

void com_create(struct com_object *o, const char *name, const struct com_interface *const *interfaces,
                void (*destroy)(struct com_object *))
{
    o->name = name;
    o->table = interfaces;
    o->destroy = destroy;
    o->own = 1;
    o->by_driver = 0;
    for (o->interfaces = 0; interfaces[o->interfaces] != NULL; o->interfaces++)
        continue;
    o->memory = ram_alloc(o->interfaces * sizeof(o->memory[0]), 0, name);
    for (unsigned i = 0; i < o->interfaces; i++)
        o->memory[i] = (const void *)interfaces[i]->methods;
    o->next = objects;
    objects = o;
}

PVOID com_pointer(const struct com_object *o, unsigned interface)
{
    return (PVOID)&o->memory[interface];
}

static void destroy_unreferenced(struct com_object *o)
{
    if (o->own != 0 || o->by_driver != 0)
        return;
    for (struct com_object **link = &objects; *link != NULL; link = &(*link)->next) {
        if (*link == o) {
            *link = o->next;
            break;
        }
    }
    ram_free((void *)o->memory);
    o->destroy(o);
}

void com_reference(struct com_object *o)
{
    o->own++;
}

void com_release(struct com_object *o)
{
    o->own--;
    destroy_unreferenced(o);
}

void com_give(struct com_object *o)
{
    o->by_driver++;
}

static struct com_object *find(const void *pointer, const struct com_interface **interface)
{
    for (struct com_object *o = objects; o != NULL; o = o->next) {
        size_t index = ((uintptr_t)pointer - (uintptr_t)o->memory) / sizeof(o->memory[0]);
        if ((uintptr_t)pointer % sizeof(void *) == 0 && index < o->interfaces) {
            *interface = o->table[index];
            return o;
        }
    }
    return NULL;
}

struct com_object *com_of(const void *pointer, const char *api)
{
    const struct com_interface *interface;
    struct com_object *o = find(pointer, &interface);
    if (o == NULL)
        rule_broken("com-interface", "%s with %p, which is no object of PortCls's, or one that was released", api,
                    pointer);
    return o;
}

struct com_object *com_find(const void *pointer, const struct com_interface *interface)
{
    const struct com_interface *found;
    struct com_object *o = find(pointer, &found);
    if (o == NULL)
        return NULL;
    for (unsigned i = 0; i < o->interfaces; i++) {
        if (o->table[i] == interface)
            return o;
    }
    return NULL;
}

void com_check_none_left(void)
{
    for (const struct com_object *o = objects; o != NULL; o = o->next) {
        if (o->by_driver != 0)
            rule_broken("com-reference", "the driver is unloaded, but %u reference%s of its own to %s %s not released",
                        o->by_driver, o->by_driver == 1 ? "" : "s", o->name, o->by_driver == 1 ? "is" : "are");
    }
}

/* ---- IUnknown, as the driver calls it ---- */

NTSTATUS NTAPI com_query_interface(PVOID self, const GUID *id, PVOID *result)
{
    api_enter("IUnknown::QueryInterface", PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct com_object *o = com_of(self, "QueryInterface");
    *result = NULL;
    for (unsigned i = 0; i < o->interfaces; i++) {
        const struct com_interface *t = o->table[i];
        if (!guid_is(id, t->id) && (t->base == NULL || !guid_is(id, t->base)) &&
            (i != 0 || !guid_is(id, &IID_IUnknown)))
            continue;
        o->by_driver++;
        *result = com_pointer(o, i);
        return STATUS_SUCCESS;
    }
    return STATUS_INVALID_PARAMETER;
}

ULONG NTAPI com_add_ref(PVOID self)
{
    api_enter("IUnknown::AddRef", PASSIVE_LEVEL, DISPATCH_LEVEL);
    struct com_object *o = com_of(self, "AddRef");
    o->by_driver++;
    return o->own + o->by_driver;
}

ULONG NTAPI com_release_method(PVOID self)
{
    api_enter("IUnknown::Release", PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct com_object *o = com_of(self, "Release");
    if (o->by_driver == 0)
        rule_broken("com-reference", "the driver releases %s more often than it was given a reference to it", o->name);
    ULONG left = o->own + --o->by_driver;
    destroy_unreferenced(o);
    return left;
}

/* ---- objects of the driver's ---- */

/* Memory of the driver's, not freed: an allocation, or data of its image. */
static void check_alive(const void *object, const char *method)
{
    const struct allocation *a = ram_record_at(object);
    if (a != NULL && a->state == ALLOCATION_FREED)
        rule_broken("com-reference",
                    "%s: the driver's object at %p was freed while PortCls holds a reference to it: it was released "
                    "more often than it was referenced",
                    method, object);
    if (object == NULL || (uintptr_t)object % sizeof(void *) != 0 || (a == NULL && !address_in_driver(object)))
        rule_broken("com-interface", "%s: %p, which the driver gave as an object, is none", method, object);
}

static void *method_of(const void *object, unsigned slot, const char *method)
{
    check_alive(object, method);
    void *const *table = *(void *const *const *)object;
    if (!address_in_driver(table) && ram_record_at(table) == NULL)
        rule_broken("com-vtable", "%s: the object at %p begins with %p, which is no table of methods", method, object,
                    (const void *)table);
    if (!address_in_driver(table[slot]))
        rule_broken("com-vtable", "%s: entry %u of the object's table of methods is %p, which is no code of the driver",
                    method, slot, table[slot]);
    return table[slot];
}

uintptr_t com_call(PVOID object, unsigned slot, const char *method, unsigned count, ...)
{
    uintptr_t a[DRIVER_CALL_MAX_ARGUMENTS] = {(uintptr_t)object};
    va_list list;
    va_start(list, count);
    for (unsigned i = 0; i < count; i++)
        a[i + 1] = va_arg(list, uintptr_t);
    va_end(list);
    return driver_call(method, method_of(object, slot, method), count + 1, a[0], a[1], a[2], a[3], a[4], a[5], a[6],
                       a[7]);
}

void driver_object_reference(PVOID object, const char *what)
{
    com_call(object, SLOT_ADD_REF, what, 0);
}

ULONG driver_object_release(PVOID object, const char *what)
{
    return (ULONG)com_call(object, SLOT_RELEASE, what, 0);
}

PVOID driver_object_query(PVOID object, const GUID *id, const char *what, unsigned methods)
{
    PVOID *slot = ram_alloc(sizeof(*slot), 0, "the result of QueryInterface"), result;
    GUID *copy = ram_alloc(sizeof(*copy), 0, "an interface ID");
    *copy = *id;
    *slot = NULL;
    NTSTATUS status = (NTSTATUS)com_call(object, SLOT_QUERY_INTERFACE, what, 2, (uintptr_t)copy, (uintptr_t)slot);
    result = *slot;
    ram_free(slot);
    ram_free(copy);
    if (!NT_SUCCESS(status))
        return NULL;
    if (result == NULL)
        rule_broken("com-interface", "%s succeeded and gave NULL", what);
    /* Every method is there before any is called. */
    for (unsigned i = 0; i < methods; i++)
        method_of(result, i, what);
    return result;
}
