/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "command_json.h"

#include <errno.h>
#include <string.h>

#include "verifier.h"
#include "wdm.h"

void json_open_file(struct json *j, const char *path)
{
    FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    if (out == NULL)
        environment_failed("cannot write %s: %s", path, strerror(errno));
    json_open(j, out);
}

void json_close_file(struct json *j, const char *path)
{
    json_close(j);
    if (j->out != stdout && fclose(j->out) != 0)
        environment_failed("cannot write %s: %s", path, strerror(errno));
}

void json_event_log(struct json *j)
{
    unsigned count;
    const struct wdm_logged *log = wdm_event_log(&count);
    json_array(j, "event_log");
    for (unsigned i = 0; i < count; i++) {
        json_object(j, NULL);
        json_integer(j, "code", log[i].code);
        json_integer(j, "unique_id", log[i].unique);
        json_object_end(j);
    }
    json_array_end(j);
}
