/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* reg.exe (query, add, delete, copy) and bcdedit.exe (/enum, /set, /deletevalue) on the registry model. */
#include "registry_model.h"
#include "standin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOADER "{4636856e-540f-4170-a130-a84776f4c654}"
#define BCD_ELEMENTS "HKLM\\BCD00000000\\Objects\\" LOADER "\\Elements"

/* The options of one command; false for one that it does not have, or for a missing value. */
struct options {
    const char *name, *type, *data;
    bool force, subkeys;
};

static bool parse(int argc, char **argv, const char *allowed, struct options *options)
{
    memset(options, 0, sizeof(*options));
    for (int i = 0; i < argc; ++i) {
        const char *argument = argv[i];
        const char **value = NULL;

        if (strlen(argument) != 2 || argument[0] != '/' || strchr(allowed, argument[1]) == NULL) {
            return false;
        }
        switch (argument[1]) {
        case 'v':
            value = &options->name;
            break;
        case 't':
            value = &options->type;
            break;
        case 'd':
            value = &options->data;
            break;
        case 'f':
            options->force = true;
            break;
        default:
            options->subkeys = true;
            break;
        }
        if (value != NULL) {
            if (++i == argc) {
                return false;
            }
            *value = argv[i];
        }
    }
    return true;
}

static const char *full_name(const char *key)
{
    static char full[STANDIN_PATH];

    snprintf(full, sizeof(full), "HKEY_LOCAL_MACHINE%s", key + strlen("HKLM"));
    return full;
}

static void print_value(const struct registry_line *line)
{
    printf("    %s    %s    %s\r\n", line->name, line->type, line->data);
}

static int query(const struct registry *registry, const char *key, const struct options *options)
{
    if (options->name != NULL) {
        const struct registry_line *line = registry_find(registry, key, options->name);

        if (line == NULL) {
            return 1;
        }
        printf("\r\n%s\r\n", full_name(key));
        print_value(line);
        printf("\r\n");
        return 0;
    }
    if (!registry_has_key(registry, key)) {
        return 1;
    }
    printf("\r\n%s\r\n", full_name(key));
    for (size_t i = 0; i < registry->count; ++i) {
        if (registry->lines[i].name != NULL && _stricmp(registry->lines[i].key, key) == 0) {
            print_value(&registry->lines[i]);
        }
    }
    printf("\r\n");
    for (size_t i = 0; i < registry->count; ++i) {
        const struct registry_line *line = &registry->lines[i];

        if (line->name == NULL && registry_is_below(line->key, key) && strlen(line->key) > strlen(key) &&
            strchr(line->key + strlen(key) + 1, '\\') == NULL) {
            printf("%s\r\n", full_name(line->key));
        }
    }
    return 0;
}

static int copy(struct registry *registry, const char *from, const char *to)
{
    size_t count = registry->count;
    bool found = false;

    for (size_t i = 0; i < count; ++i) {
        struct registry_line line = registry->lines[i];
        char key[STANDIN_PATH];

        if (registry_is_below(line.key, from)) {
            snprintf(key, sizeof(key), "%s%s", to, line.key + strlen(from));
            registry_set(registry, key, line.name, line.type, line.data);
            found = true;
        }
    }
    return found ? 0 : 1;
}

static int add(struct registry *registry, const char *key, const struct options *options)
{
    static const char *const types[] = {"REG_SZ", "REG_DWORD", "REG_EXPAND_SZ", "REG_BINARY"};
    const char *type = options->type != NULL ? options->type : "REG_SZ";
    bool known = false;
    char number[16];
    char *end = NULL;

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); ++i) {
        known = known || strcmp(type, types[i]) == 0;
    }
    if (!known || !options->force || (options->data != NULL && options->name == NULL)) {
        return EXIT_USAGE; /* without /f it would ask */
    }
    if (options->name != NULL && strcmp(type, "REG_DWORD") == 0) {
        snprintf(number, sizeof(number), "0x%lx", strtoul(options->data != NULL ? options->data : "", &end, 0));
        if (end == NULL || *end != 0 || end == options->data) {
            return EXIT_USAGE;
        }
        registry_set(registry, key, options->name, type, number);
    } else {
        registry_set(registry, key, options->name, type, options->data != NULL ? options->data : "");
    }
    return 0;
}

int run_reg(int argc, char **argv)
{
    struct registry registry;
    struct options options;
    int status = EXIT_USAGE;
    bool change = true;

    if (argc < 2 || strncmp(argv[1], "HKLM\\", 5) != 0 || argv[1][strlen(argv[1]) - 1] == '\\') {
        return EXIT_USAGE;
    }
    if (!registry_load(&registry, case_path("registry.txt"))) {
        return EXIT_USAGE;
    }
    if (is(argv[0], "query") && parse(argc - 2, argv + 2, "v", &options)) {
        change = false;
        status = query(&registry, argv[1], &options);
    } else if (is(argv[0], "add") && parse(argc - 2, argv + 2, "vtdf", &options)) {
        status = add(&registry, argv[1], &options);
    } else if (is(argv[0], "delete") && parse(argc - 2, argv + 2, "vf", &options) && options.force) {
        status = registry_delete(&registry, argv[1], options.name) ? 0 : 1;
    } else if (is(argv[0], "copy") && argc > 2 && parse(argc - 3, argv + 3, "sf", &options) && options.force &&
               options.subkeys) {
        status = copy(&registry, argv[1], argv[2]);
    }
    if (status == 0 && change && !registry_store(&registry, case_path("registry.txt"))) {
        status = 1;
    }
    registry_free(&registry);
    return status;
}

struct element {
    const char *name, *number;
};
static const struct element elements[] = {{"testsigning", "16000049"}, {"nointegritychecks", "16000048"}};

/* The words that are translated on a Windows of another language are nonsense here: a script must not read them. */
static void enumerate(const struct registry *registry)
{
    printf("\r\nQweqwe Asdasd\r\n-------------------\r\nzxczxc                  %s\r\n"
           "device                  partition=C:\r\npath                    \\Windows\\system32\\winload.exe\r\n"
           "inherit                 {6efb52bf-1766-41db-a6b3-0ee5eff72bd7}\r\n",
           LOADER);
    for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); ++i) {
        char key[STANDIN_PATH];
        const struct registry_line *line;

        snprintf(key, sizeof(key), BCD_ELEMENTS "\\%s", elements[i].number);
        line = registry_find(registry, key, "Element");
        if (line != NULL) {
            printf("%-23s %s\r\n", elements[i].name, strcmp(line->data, "01") == 0 ? "Jop" : "Nop");
        }
    }
}

int run_bcdedit(int argc, char **argv)
{
    struct registry registry;
    int status = EXIT_USAGE;

    if (argc < 2 || (strcmp(argv[1], "{current}") != 0 && strcmp(argv[1], LOADER) != 0)) {
        return EXIT_USAGE;
    }
    if (!registry_load(&registry, case_path("registry.txt"))) {
        return EXIT_USAGE;
    }
    if (argc == 3 && is(argv[0], "/enum") && is(argv[2], "/v")) {
        enumerate(&registry);
        status = 0;
    }
    for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); ++i) {
        char key[STANDIN_PATH];

        snprintf(key, sizeof(key), BCD_ELEMENTS "\\%s", elements[i].number);
        if (argc == 4 && is(argv[0], "/set") && is(argv[2], elements[i].name) &&
            (is(argv[3], "on") || is(argv[3], "off"))) {
            registry_set(&registry, key, "Element", "REG_BINARY", is(argv[3], "on") ? "01" : "00");
            status = 0;
        } else if (argc == 3 && is(argv[0], "/deletevalue") && is(argv[2], elements[i].name)) {
            status = registry_delete(&registry, key, NULL) ? 0 : 1;
        }
    }
    if (status == 0 && !registry_store(&registry, case_path("registry.txt"))) {
        status = 1;
    }
    registry_free(&registry);
    return status;
}
