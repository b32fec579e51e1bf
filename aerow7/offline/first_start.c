/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "offline/first_start.h"

#include "offline/control_sets.h"
#include "offline/setup_scripts.h"

#define SERVICE_OWN_PROCESS 0x10U
#define SERVICE_AUTO_START 2U
#define SERVICE_ERROR_IGNORE 0U

/*
 * cmd.exe is no service program, so the service control manager gives it up; what it has started by then lives on.
 */
#define COMMAND "%SystemRoot%\\System32\\cmd.exe"
#define IMAGE_PATH COMMAND " /c start \"\" /b " COMMAND " /c " STAGING_FOLDER_WINDOWS "\\" INSTALL_SCRIPT " service"

static enum status put_into(struct hive *system, hive_key set)
{
    static const char depends_on[] = "P\0l\0u\0g\0P\0l\0a\0y\0\0\0\0"; /* and the literal's own zero */
    hive_key key = 0;
    enum status status = hive_make(system, set, "Services\\" INSTALL_SERVICE, &key);
    const struct {
        const char *name;
        uint32_t value;
    } numbers[] = {
        {"Type", SERVICE_OWN_PROCESS}, {"Start", SERVICE_AUTO_START}, {"ErrorControl", SERVICE_ERROR_IGNORE}};

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && status == STATUS_DONE; ++i) {
        status = hive_set_dword(system, key, numbers[i].name, numbers[i].value);
    }
    if (status == STATUS_DONE) {
        status = hive_set_text(system, key, "ImagePath", HIVE_EXPAND_STRING, IMAGE_PATH);
    }
    if (status == STATUS_DONE) {
        status = hive_set_text(system, key, "ObjectName", HIVE_STRING, "LocalSystem");
    }
    if (status == STATUS_DONE) {
        status = hive_set_text(system, key, "DisplayName", HIVE_STRING, "Aero driver installation");
    }
    if (status == STATUS_DONE) {
        status = hive_set(system, key, "DependOnService", HIVE_MULTI_STRING, depends_on, sizeof(depends_on));
    }
    return status;
}

enum status first_start_put(struct hive *system, const char *place)
{
    struct control_sets sets;
    const char *fault = control_sets_of(system, &sets);
    enum status status = STATUS_DONE;

    if (fault != NULL) {
        diag_error(place, "cannot be changed: %s", fault);
        return STATUS_BAD_INPUT;
    }
    for (size_t i = 0; i < sets.count && status == STATUS_DONE; ++i) {
        status = put_into(system, sets.list[i]);
    }
    return status;
}
