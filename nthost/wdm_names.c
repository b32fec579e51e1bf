/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Names of device objects, and the symbolic links by which programs open them. Compared without regard to case, as the
 * object manager does.
 */
#include <string.h>
#include <strings.h>

#include "verifier.h"
#include "wdm_internal.h"

enum { NAMES = 32, NAME_BYTES = 128 };

static struct {
    char name[NAME_BYTES];   /* "": free */
    char target[NAME_BYTES]; /* of a link */
    DEVICE_OBJECT *device;   /* of a device object; NULL: a link */
} names[NAMES];

/* "\??\X" is "\DosDevices\X". */
static void to_text(const UNICODE_STRING *from, char *to)
{
    size_t count = from->Length / 2, at = 0;

    if (count + sizeof "\\DosDevices" >= NAME_BYTES)
        environment_failed("an object's name of %zu characters", count);
    for (size_t i = 0; i < count; i++) {
        uint16_t c = from->Buffer[i];
        if (c == 0 || c > 0x7e)
            rule_broken("object-name", "character %zu of an object's name is %#x", i, c);
        to[at++] = (char)c;
    }
    to[at] = '\0';
    if (strncmp(to, "\\??\\", 4) == 0) {
        memmove(to + strlen("\\DosDevices\\"), to + 4, at - 4 + 1);
        memcpy(to, "\\DosDevices\\", strlen("\\DosDevices\\"));
    }
}

/* NAMES: none. */
static unsigned find(const char *name)
{
    unsigned i = 0;

    while (i < NAMES && strcasecmp(names[i].name, name) != 0)
        i++;
    return i;
}

static bool add(const UNICODE_STRING *name, const UNICODE_STRING *target, DEVICE_OBJECT *device)
{
    char text[NAME_BYTES];
    unsigned at = find("");

    to_text(name, text);
    if (find(text) != NAMES)
        return false;
    if (at == NAMES)
        environment_failed("more than %u named objects", NAMES);
    memcpy(names[at].name, text, sizeof text);
    names[at].device = device;
    if (target != NULL)
        to_text(target, names[at].target);
    return true;
}

bool names_add_device(const UNICODE_STRING *name, DEVICE_OBJECT *device)
{
    return add(name, NULL, device);
}

bool names_add_link(const UNICODE_STRING *name, const UNICODE_STRING *target)
{
    return add(name, target, NULL);
}

bool names_remove_link(const UNICODE_STRING *name)
{
    char text[NAME_BYTES];
    unsigned at;

    to_text(name, text);
    at = find(text);
    if (at == NAMES || names[at].device != NULL)
        return false;
    names[at].name[0] = '\0';
    return true;
}

void names_forget_device(const DEVICE_OBJECT *device)
{
    for (unsigned i = 0; i < NAMES; i++) {
        if (names[i].name[0] != '\0' && names[i].device == device)
            names[i].name[0] = '\0';
    }
}

DEVICE_OBJECT *named_device(const char *name)
{
    unsigned at = find(name);

    if (at != NAMES && names[at].device == NULL)
        at = find(names[at].target);
    return at != NAMES ? names[at].device : NULL;
}
