/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * IResourceList, and PcNewResourceList and PcNewResourceSublist. Pages of IResourceList's methods. The lists are those
 * of IRP_MN_START_DEVICE; the object is released when the request is over, unless the driver keeps a reference.
 */
#include <stdlib.h>

#include "pc_internal.h"

struct resource_list {
    struct com_object com;
    CM_RESOURCE_LIST *list[2]; /* translated, untranslated */
    ULONG room;                /* entries of each */
};

static const struct com_interface resource_interface;

static struct resource_list *list_of(PVOID self, const char *api)
{
    struct com_object *o = com_find(self, &resource_interface);
    if (o == NULL)
        rule_broken("com-interface", "%s with %p, which is no IResourceList", api, self);
    return (struct resource_list *)o;
}

static ULONG NTAPI number_of_entries(PVOID self)
{
    api_enter("IResourceList::NumberOfEntries", PASSIVE_LEVEL, PASSIVE_LEVEL);
    return list_of(self, "NumberOfEntries")->list[0]->PartialCount;
}

static CM_PARTIAL_RESOURCE_DESCRIPTOR *entry(CM_RESOURCE_LIST *list, ULONG type, ULONG index)
{
    for (ULONG i = 0; i < list->PartialCount; i++) {
        if (list->Partial[i].Type == type && index-- == 0)
            return &list->Partial[i];
    }
    return NULL;
}

static ULONG NTAPI number_of_entries_of_type(PVOID self, ULONG type)
{
    ULONG count = 0;
    api_enter("IResourceList::NumberOfEntriesOfType", PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct resource_list *l = list_of(self, "NumberOfEntriesOfType");
    while (entry(l->list[0], type, count) != NULL)
        count++;
    return count;
}

static CM_PARTIAL_RESOURCE_DESCRIPTOR *NTAPI find_translated_entry(PVOID self, ULONG type, ULONG index)
{
    api_enter("IResourceList::FindTranslatedEntry", PASSIVE_LEVEL, PASSIVE_LEVEL);
    return entry(list_of(self, "FindTranslatedEntry")->list[0], type, index);
}

static CM_PARTIAL_RESOURCE_DESCRIPTOR *NTAPI find_untranslated_entry(PVOID self, ULONG type, ULONG index)
{
    api_enter("IResourceList::FindUntranslatedEntry", PASSIVE_LEVEL, PASSIVE_LEVEL);
    return entry(list_of(self, "FindUntranslatedEntry")->list[1], type, index);
}

static NTSTATUS NTAPI add_entry(PVOID self, const CM_PARTIAL_RESOURCE_DESCRIPTOR *translated,
                                const CM_PARTIAL_RESOURCE_DESCRIPTOR *raw)
{
    api_enter("IResourceList::AddEntry", PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct resource_list *l = list_of(self, "AddEntry");
    if (l->list[0]->PartialCount == l->room)
        return STATUS_INSUFFICIENT_RESOURCES;
    l->list[0]->Partial[l->list[0]->PartialCount++] = *translated;
    l->list[1]->Partial[l->list[1]->PartialCount++] = *raw;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI add_entry_from_parent(PVOID self, PVOID parent, ULONG type, ULONG index)
{
    api_enter("IResourceList::AddEntryFromParent", PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct resource_list *p = list_of(parent, "AddEntryFromParent");
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *translated = entry(p->list[0], type, index);
    if (translated == NULL)
        return STATUS_INVALID_PARAMETER;
    return add_entry(self, translated, entry(p->list[1], type, index));
}

static CM_RESOURCE_LIST *NTAPI translated_list(PVOID self)
{
    api_enter("IResourceList::TranslatedList", PASSIVE_LEVEL, PASSIVE_LEVEL);
    return list_of(self, "TranslatedList")->list[0];
}

static CM_RESOURCE_LIST *NTAPI untranslated_list(PVOID self)
{
    api_enter("IResourceList::UntranslatedList", PASSIVE_LEVEL, PASSIVE_LEVEL);
    return list_of(self, "UntranslatedList")->list[1];
}

static const void *const methods[] = {COM_UNKNOWN,
                                      COM_METHOD(number_of_entries),
                                      COM_METHOD(number_of_entries_of_type),
                                      COM_METHOD(find_translated_entry),
                                      COM_METHOD(find_untranslated_entry),
                                      COM_METHOD(add_entry),
                                      COM_METHOD(add_entry_from_parent),
                                      COM_METHOD(translated_list),
                                      COM_METHOD(untranslated_list)};
static const struct com_interface resource_interface = {&IID_IResourceList, NULL, methods};
static const struct com_interface *const interfaces[] = {&resource_interface, NULL};

static void destroy(struct com_object *o)
{
    struct resource_list *l = (struct resource_list *)o;
    ram_free(l->list[0]);
    ram_free(l->list[1]);
    free(l);
}

static CM_RESOURCE_LIST *copy(const CM_RESOURCE_LIST *from, ULONG room)
{
    size_t header = sizeof(CM_RESOURCE_LIST);
    CM_RESOURCE_LIST *list =
        ram_alloc(header + room * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR), 0, "CM_RESOURCE_LIST of an IResourceList");
    memset(list, 0, header);
    list->Count = 1;
    list->Version = list->Revision = 1;
    if (from != NULL)
        memcpy(list, from, header + from->PartialCount * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR));
    return list;
}

static struct com_object *create(const CM_RESOURCE_LIST *translated, const CM_RESOURCE_LIST *raw, ULONG room)
{
    struct resource_list *l = calloc(1, sizeof(*l));
    if (l == NULL)
        environment_failed("no memory for a resource list");
    l->room = room;
    l->list[0] = copy(translated, room);
    l->list[1] = copy(raw, room);
    com_create(&l->com, "IResourceList", interfaces, destroy);
    return &l->com;
}

struct com_object *pc_resource_list(const CM_RESOURCE_LIST *translated, const CM_RESOURCE_LIST *raw)
{
    return create(translated, raw, translated != NULL ? translated->PartialCount : 0);
}

static NTSTATUS give(struct com_object *o, PVOID *result)
{
    com_give(o);
    *result = com_pointer(o, 0);
    com_release(o);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI pc_new_resource_list(PVOID *result, PVOID outer, ULONG pool, const CM_RESOURCE_LIST *translated,
                                           const CM_RESOURCE_LIST *raw)
{
    (void)outer;
    (void)pool;
    api_enter("PcNewResourceList", PASSIVE_LEVEL, PASSIVE_LEVEL);
    if (fail_point("resource-list"))
        return STATUS_INSUFFICIENT_RESOURCES;
    return give(pc_resource_list(translated, raw), result);
}

static NTSTATUS NTAPI pc_new_resource_sublist(PVOID *result, PVOID outer, ULONG pool, PVOID parent, ULONG entries)
{
    (void)outer;
    (void)pool;
    api_enter("PcNewResourceSublist", PASSIVE_LEVEL, PASSIVE_LEVEL);
    list_of(parent, "PcNewResourceSublist");
    if (fail_point("resource-list"))
        return STATUS_INSUFFICIENT_RESOURCES;
    return give(create(NULL, NULL, entries), result);
}

static const struct export_entry entries[] = {
    EXPORT("PcNewResourceList", pc_new_resource_list),
    EXPORT("PcNewResourceSublist", pc_new_resource_sublist),
    EXPORT_END,
};
const struct export_table pc_resource_exports = {"portcls.sys", entries};
