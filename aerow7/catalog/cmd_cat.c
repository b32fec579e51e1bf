/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/cmd_cat.h"

#include "base/options.h"
#include "catalog/catalog_show.h"
#include "catalog/catalog_spec_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] = "usage: aerow7 cat create --spec FILE.json --out FILE [--source-date-epoch SECONDS]\n"
                           "       aerow7 cat show FILE [--json]\n";

/* The environment's when `text` is NULL; `given` is false when neither is there. */
static enum status parse_epoch(const char *text, bool *given, time_t *epoch)
{
    long long value;
    char *end;

    if (text == NULL) {
        text = getenv("SOURCE_DATE_EPOCH");
    }
    *given = text != NULL && text[0] != 0;
    if (!*given) {
        return STATUS_DONE;
    }
    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno != 0 || *end != 0 || value < 0) {
        return options_usage("cat create", "the epoch must be a number of seconds since 1970");
    }
    *epoch = (time_t)value;
    return STATUS_DONE;
}

static enum status create_from_spec(const char *path, const char *epoch_text, struct bytes *out)
{
    struct catalog_spec_file file;
    enum status status = catalog_spec_read(path, &file);
    time_t epoch = 0;
    bool given = false;

    if (status != STATUS_DONE) {
        return status;
    }
    status = parse_epoch(epoch_text, &given, &epoch);
    if (status == STATUS_DONE && !file.has_time && !given) {
        diag_error(path, "has no time, and there is no --source-date-epoch");
        status = STATUS_BAD_INPUT;
    }
    if (status == STATUS_DONE) {
        file.spec.time = file.has_time ? file.spec.time : epoch;
        status = file.has_identifier ? catalog_make(&file.spec, out) : catalog_make_identified(&file.spec, out);
    }
    catalog_spec_free(&file);
    return status;
}

static enum status create(int argc, char **argv)
{
    const char *spec = NULL;
    const char *out = NULL;
    const char *epoch = NULL;
    const struct option_spec options[] = {
        {.name = "--spec", .value = &spec, .required = true},
        {.name = "--out", .value = &out, .required = true},
        {.name = "--source-date-epoch", .value = &epoch},
    };
    struct bytes catalog = {0};
    enum status status = options_parse("cat create", help, options, sizeof(options) / sizeof(options[0]), argc, argv);

    if (status == STATUS_DONE) {
        status = create_from_spec(spec, epoch, &catalog);
    }
    if (status == STATUS_DONE) {
        status = file_write(out, catalog.data, catalog.size);
    }
    bytes_free(&catalog);
    return status;
}

static enum status show(int argc, char **argv)
{
    const char *path = NULL;
    bool json = false;
    const struct option_spec options[] = {
        {.value = &path, .required = true, .what = "FILE"},
        {.name = "--json", .flag = &json},
    };
    struct catalog catalog;
    struct bytes file = {0};
    enum status status = options_parse("cat show", help, options, sizeof(options) / sizeof(options[0]), argc, argv);

    if (status == STATUS_DONE) {
        status = file_read(path, CATALOG_SIZE_LIMIT, &file);
    }
    if (status == STATUS_DONE) {
        status = catalog_parse(path, &file, &catalog);
    }
    if (status == STATUS_DONE) {
        if (json) {
            status = report_json(catalog_json(path, &catalog, NULL));
        } else {
            catalog_print(path, &catalog, NULL);
        }
        catalog_free(&catalog);
    }
    bytes_free(&file);
    return status;
}

enum status cmd_cat(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "create") == 0) {
        return create(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "show") == 0) {
        return show(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        fputs(help, stdout);
        return STATUS_DONE;
    }
    return options_usage("cat", "create, show or verify is expected");
}
