/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The services that an INF's install section adds, as SetupAPI reads them: AddService=NAME, FLAGS, SECTION[, EVENT-LOG
 * SECTION[, EVENT LOG[, SOURCE]]].
 */
#ifndef TESTS_SETUPAPI_INF_SERVICES_H
#define TESTS_SETUPAPI_INF_SERVICES_H

#include <windows.h>
#include <setupapi.h>
#include <stdbool.h>

#define MOST_SERVICES 8u

struct service {
    wchar_t name[128];
    wchar_t event_section[128]; /* empty: none */
    wchar_t event_key[512];     /* below HKEY_LOCAL_MACHINE */
    wchar_t event_path[256];    /* LOG\SOURCE */
};

struct services {
    HINF inf;
    size_t count;
    struct service items[MOST_SERVICES];
};

/* Of the section that would be installed for the device's first driver. services_close frees it, also after false. */
bool services_open(struct services *services, HDEVINFO devices, SP_DEVINFO_DATA *device, const wchar_t *inf);
void services_close(struct services *services);

bool services_remove(const struct services *services);
bool services_add_event_sources(const struct services *services);
bool services_print(const struct services *services);

#endif
