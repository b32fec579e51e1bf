/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Microsoft's device setup classes that Windows 7 knows, and the shape of a GUID in an INF. */
#ifndef AEROW7_INF_CLASSES_H
#define AEROW7_INF_CLASSES_H

#include <stdbool.h>

struct inf_class {
    const char *name;
    const char *guid; /* with braces */
    bool reserved;    /* "Don't use the following classes and GUIDs to install devices or drivers" */
};

/* NULL when there is none. */
const struct inf_class *inf_class_by_name(const char *name);
const struct inf_class *inf_class_by_guid(const char *guid);

/* {XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX} */
bool inf_is_guid(const char *text);

#endif
