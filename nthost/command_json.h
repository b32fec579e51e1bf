/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the commands' results as JSON have in common: the file, and the event log.
 */
#ifndef NTHOST_COMMAND_JSON_H
#define NTHOST_COMMAND_JSON_H

#include "json.h"

/* `path` "-": standard output. A file that cannot be written ends the run with EXIT_ENVIRONMENT. */
void json_open_file(struct json *j, const char *path);
void json_close_file(struct json *j, const char *path);

/* "event_log": what the drivers under the I/O manager have logged. */
void json_event_log(struct json *j);

#endif
