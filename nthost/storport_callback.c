/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Which miniport callback is running, and what every exported routine checks before it does anything.
 */
#include "storport_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

adapter *port_adapters[2];

static const char *const names[CALLBACK_COUNT] = {
    [CALLBACK_NONE] = "no callback",
    [CALLBACK_DRIVER_ENTRY] = "DriverEntry",
    [CALLBACK_FIND_ADAPTER] = "HwStorFindAdapter",
    [CALLBACK_INITIALIZE] = "HwStorInitialize",
    [CALLBACK_PASSIVE_INITIALIZE] = "HwStorPassiveInitializeRoutine",
    [CALLBACK_BUILD_IO] = "HwStorBuildIo",
    [CALLBACK_START_IO] = "HwStorStartIo",
    [CALLBACK_INTERRUPT] = "HwStorInterrupt",
    [CALLBACK_MESSAGE_INTERRUPT] = "HwMSInterruptRoutine",
    [CALLBACK_DPC] = "HwStorDpcRoutine",
    [CALLBACK_TIMER] = "HwStorTimer",
    [CALLBACK_RESET_BUS] = "HwStorResetBus",
    [CALLBACK_CONTROL] = "HwStorAdapterControl",
    [CALLBACK_CONTROL_LOCKED] = "HwStorAdapterControl (stop or restart)",
    [CALLBACK_CONTROL_RUNNING] = "HwStorAdapterControl (ScsiSetRunningConfig)",
    [CALLBACK_SYNCHRONIZED] = "routine of StorPortSynchronizeAccess",
};

const char *callback_name(enum callback callback)
{
    return names[callback];
}

enum callback callback_current(void)
{
    const char *name = driver_call_current();

    for (unsigned i = 1; name != NULL && i < CALLBACK_COUNT; i++) {
        if (name == names[i])
            return (enum callback)i;
    }
    return CALLBACK_NONE;
}

adapter *adapter_of(const void *extension)
{
    for (unsigned i = 0; extension != NULL && i < 2; i++) {
        if (port_adapters[i] != NULL && port_adapters[i]->extension == extension)
            return port_adapters[i];
    }
    return NULL;
}

static bool dump_active(void)
{
    return port_adapters[1] != NULL;
}

void port_enter_without_extension(const char *api, uint8_t max_irql)
{
    api_enter(api, PASSIVE_LEVEL, dump_active() ? HIGH_LEVEL : max_irql);
}

adapter *port_enter(void *extension, const char *api, uint8_t max_irql, uint32_t callbacks)
{
    adapter *a = adapter_of(extension);

    port_enter_without_extension(api, max_irql);
    if (a == NULL)
        rule_broken("device-extension",
                    "%s: %p is not the device extension that the port driver passes to the miniport", api, extension);
    if ((IN(callback_current()) & callbacks) == 0)
        port_rule(a, "callback-context", "%s called from %s, where its documentation page does not allow it", api,
                  callback_name(callback_current()));
    return a;
}

static bool tolerated(const char *list, const char *rule)
{
    size_t length = strlen(rule);

    for (const char *at = list; at != NULL && *at != '\0'; at = strchr(at, ',') != NULL ? strchr(at, ',') + 1 : NULL) {
        if (strncmp(at, rule, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

void port_rule(const adapter *a, const char *rule, const char *format, ...)
{
    static const char *reported[32];
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (a == NULL || !tolerated(a->options.tolerate, rule))
        rule_broken(rule, "%s", text);
    for (unsigned i = 0; i < sizeof(reported) / sizeof(reported[0]); i++) {
        if (reported[i] == rule)
            return;
        if (reported[i] == NULL) {
            reported[i] = rule;
            fprintf(stderr, "nthost: rule broken, tolerated: %s: %s\n", rule, text);
            return;
        }
    }
}
