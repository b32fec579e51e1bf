/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A boot configuration store is a hive: Objects\{GUID}\Description has the object's Type, Objects\{GUID}\Elements\XXXXXXXX
 * an element's value. "BCD Objects" and "BcdLibrary_/BcdOSLoader_ElementTypes" (Windows documentation) have the numbers.
 */
#include "offline/bcd.h"

#include "offline/hive.h"

#include <stdlib.h>
#include <strings.h>

#define TYPE_OS_LOADER 0x10200003U          /* an application object: Windows boot loader */
#define TYPE_OS_LOADER_SETTINGS 0x20200003U /* what such objects inherit */
/* {bootloadersettings}; {hypervisorsettings} has the same type. */
#define OS_LOADER_SETTINGS "{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}"
#define ELEMENT_NO_INTEGRITY "16000048" /* BcdLibraryBoolean_DisableIntegrityChecks */
#define ELEMENT_TEST_SIGNING "16000049" /* BcdLibraryBoolean_AllowPrereleaseSignatures */

static void names_free(char **names, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        free(names[i]);
    }
    free(names);
}

/* A boolean is one byte of REG_BINARY. */
static bool is_on(struct hive *hive, hive_key object, const char *element)
{
    char *path = xformat("Elements\\%s", element);
    struct hive_data data;
    bool on = false;

    if (hive_value(hive, hive_find(hive, object, path), "Element", &data)) {
        on = data.type == HIVE_BINARY && data.content.size == 1 && data.content.data[0] != 0;
        bytes_free(&data.content);
    }
    free(path);
    return on;
}

static uint32_t type_of(struct hive *hive, hive_key object)
{
    uint32_t type = 0;

    return hive_dword(hive, hive_find(hive, object, "Description"), "Type", &type) ? type : 0;
}

static enum status turn_on(struct hive *hive, hive_key object)
{
    static const char on = 1;
    hive_key key;
    enum status status = hive_make(hive, object, "Elements\\" ELEMENT_TEST_SIGNING, &key);

    return status == STATUS_DONE ? hive_set(hive, key, "Element", HIVE_BINARY, &on, 1) : status;
}

/* Over all objects: counts them in `state` and, if wanted, changes them. */
static enum status visit(struct hive *hive, hive_key objects, bool change, struct bcd_state *state)
{
    enum status status = STATUS_DONE;
    size_t count;
    char **names = hive_children(hive, objects, &count);

    *state = (struct bcd_state){0};
    for (size_t i = 0; i < count && status == STATUS_DONE; ++i) {
        hive_key object = hive_find(hive, objects, names[i]);
        uint32_t type = object != 0 ? type_of(hive, object) : 0;
        bool settings = type == TYPE_OS_LOADER_SETTINGS && strcasecmp(names[i], OS_LOADER_SETTINGS) == 0;

        if (type == TYPE_OS_LOADER) {
            ++state->loaders;
            state->test_signing += is_on(hive, object, ELEMENT_TEST_SIGNING);
            state->no_integrity += is_on(hive, object, ELEMENT_NO_INTEGRITY);
        } else if (settings) {
            state->inheritable = true;
            state->settings = is_on(hive, object, ELEMENT_TEST_SIGNING);
        }
        if (change && (type == TYPE_OS_LOADER || settings)) {
            status = turn_on(hive, object);
        }
    }
    names_free(names, count);
    return status;
}

static enum status open_store(const char *place, const struct bytes *content, struct hive **hive, hive_key *objects)
{
    enum status status = hive_open(place, content, hive);

    if (status != STATUS_DONE) {
        return status;
    }
    *objects = hive_find(*hive, hive_root(*hive), "Objects");
    if (*objects == 0) {
        diag_error(place, "is no boot configuration store: it has no key Objects");
        hive_close(*hive);
        *hive = NULL;
        return STATUS_BAD_INPUT;
    }
    return STATUS_DONE;
}

enum status bcd_read(const char *place, const struct bytes *content, struct bcd_state *state)
{
    hive_key objects;
    struct hive *hive;
    enum status status = open_store(place, content, &hive, &objects);

    *state = (struct bcd_state){0};
    if (status == STATUS_DONE) {
        status = visit(hive, objects, false, state);
        hive_close(hive);
    }
    return status;
}

enum status bcd_turn_on_test_signing(const char *place, const struct bytes *content, struct bytes *out)
{
    struct bcd_state state;
    hive_key objects;
    struct hive *hive;
    enum status status = open_store(place, content, &hive, &objects);

    *out = (struct bytes){0};
    if (status != STATUS_DONE) {
        return status;
    }
    status = visit(hive, objects, true, &state);
    if (status == STATUS_DONE && state.loaders == 0 && !state.inheritable) {
        diag_error(place, "has no object that starts a Windows, so test signing cannot be turned on in it");
        status = STATUS_CHECK_FAILED;
    }
    if (status == STATUS_DONE && hive_changed(hive)) {
        status = hive_bytes(hive, out);
    }
    hive_close(hive);
    return status;
}
