/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rules about AddService and what it names. */
#include "inf/inf_check.h"

#include "inf/inf_evaluate.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FUNCTION_DRIVER 2U /* SPSVCINST_ASSOCSERVICE */
#define START_DISABLED 4U

/* No INF has as many; each is looked up in all files. */
#define SERVICES_LIMIT 256

/* Calls `visit` for each AddService in a section that models or DefaultInstall lead to. */
static void each_service(const struct check *check,
                         void (*visit)(const struct check *check, const struct inf_section *section,
                                       const struct inf_line *line, uint32_t flags))
{
    size_t count = 0;

    for (size_t i = 0; i < check->inf->section_count; ++i) {
        const struct inf_section *section = &check->inf->sections[i];

        for (size_t j = 0; check->references->used[i] && j < section->line_count && count < SERVICES_LIMIT; ++j) {
            const struct inf_line *line = &section->lines[j];
            uint32_t flags = 0;

            if (line->key.text != NULL && inf_same_name(line->key.text, "AddService")) {
                inf_number(inf_value_text(line, 1), &flags);
                visit(check, section, line, flags);
                ++count;
            }
        }
    }
}

static const struct inf_section *install_section(const struct check *check, const struct inf_line *line)
{
    const char *name = inf_value_text(line, 2);

    return name[0] != 0 ? inf_section(check->inf, name) : NULL;
}

static void service_1211(const struct check *check, const struct inf_section *section, const struct inf_line *line,
                         uint32_t flags)
{
    for (size_t i = 0; (flags & FUNCTION_DRIVER) != 0 && &section->lines[i] < line; ++i) {
        const struct inf_line *other = &section->lines[i];
        uint32_t other_flags = 0;

        if (other->key.text != NULL && inf_same_name(other->key.text, "AddService") &&
            inf_number(inf_value_text(other, 1), &other_flags) && (other_flags & FUNCTION_DRIVER) != 0) {
            inf_report(check, "1211", line->line, "[%s] makes \"%s\" the function driver, and \"%s\" in line %u",
                       section->name, inf_value_text(line, 0), inf_value_text(other, 0), other->line);
            return;
        }
    }
}

static void rule_1211(const struct check *check)
{
    each_service(check, service_1211);
}

static void service_1250(const struct check *check, const struct inf_section *section, const struct inf_line *line,
                         uint32_t flags)
{
    const char *type = inf_value_text(line, 4);

    (void)section;
    (void)flags;
    if (type[0] != 0 && strcasecmp(type, "System") != 0 && strcasecmp(type, "Application") != 0 &&
        strcasecmp(type, "Security") != 0) {
        inf_report(check, "1250", line->line, "event log \"%s\" is none of System, Application and Security", type);
    }
}

static void rule_1250(const struct check *check)
{
    each_service(check, service_1250);
}

static void service_1251(const struct check *check, const struct inf_section *section, const struct inf_line *line,
                         uint32_t flags)
{
    const struct inf_line *start = inf_line(install_section(check, line), "StartType");
    uint32_t type;

    (void)section;
    if ((flags & FUNCTION_DRIVER) != 0 && start != NULL && inf_number(inf_value_text(start, 0), &type) &&
        type == START_DISABLED) {
        inf_report(check, "1251", start->line, "service \"%s\" is the function driver and disabled",
                   inf_value_text(line, 0));
    }
}

static void rule_1251(const struct check *check)
{
    each_service(check, service_1251);
}

static void service_1272(const struct check *check, const struct inf_section *section, const struct inf_line *line,
                         uint32_t flags)
{
    (void)section;
    (void)flags;
    if (inf_value_text(line, 0)[0] == 0 && inf_value_text(line, 2)[0] != 0) {
        inf_report(check, "1272", line->line, "the service has no name, so [%s] is ignored", inf_value_text(line, 2));
    }
}

static void rule_1272(const struct check *check)
{
    each_service(check, service_1272);
}

/* It "must have at least the ServiceType, StartType, ErrorControl, and ServiceBinary entries". */
static void service_1289(const struct check *check, const struct inf_section *section, const struct inf_line *line,
                         uint32_t flags)
{
    static const char *const keys[] = {"ServiceType", "StartType", "ErrorControl", "ServiceBinary"};
    const struct inf_section *install = install_section(check, line);

    (void)section;
    (void)flags;
    for (size_t i = 0; install != NULL && i < sizeof(keys) / sizeof(keys[0]); ++i) {
        const struct inf_line *entry = inf_line(install, keys[i]);
        uint32_t number;

        if (entry == NULL || inf_value_text(entry, 0)[0] == 0) {
            inf_report(check, "1289", entry != NULL ? entry->line : install->line, "[%s] needs %s", install->name,
                       keys[i]);
        } else if (i < 3 && !inf_number(inf_value_text(entry, 0), &number)) {
            inf_report(check, "1289", entry->line, "%s \"%s\" is no number", keys[i], inf_value_text(entry, 0));
        }
    }
}

static void rule_1289(const struct check *check)
{
    each_service(check, service_1289);
}

static void service_2006(const struct check *check, const struct inf_section *section, const struct inf_line *line,
                         uint32_t flags)
{
    const char *name = inf_value_text(line, 2);

    (void)flags;
    if (inf_value_text(line, 0)[0] != 0 && install_section(check, line) == NULL) {
        inf_report(check, "2006", line->line, "service \"%s\" in [%s] has its section [%s] nowhere",
                   inf_value_text(line, 0), section->name, name);
    }
}

static void rule_2006(const struct check *check)
{
    each_service(check, service_2006);
}

static bool is_copied(const struct inf_package *package, int directory, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    size_t length = slash != NULL ? (size_t)(slash - path) : 0;

    for (size_t i = 0; i < package->file_count; ++i) {
        const struct inf_copied_file *file = &package->files[i];

        if (file->directory_id == directory && inf_same_name(file->target, name) &&
            strlen(file->target_folder) == length && strncasecmp(file->target_folder, path, length) == 0) {
            return true;
        }
    }
    return false;
}

/* %12%\name.sys: what follows the directory ID, or NULL. */
static const char *below_directory(const char *binary, int *directory)
{
    size_t digits = binary[0] == '%' ? strspn(binary + 1, "0123456789") : 0;

    if (digits == 0 || digits > 5 || binary[1 + digits] != '%' || binary[2 + digits] != '\\') {
        return NULL;
    }
    *directory = atoi(binary + 1);
    return binary + 3 + digits;
}

static const struct inf_line *binary_line(const struct check *check, const struct inf_line *line)
{
    const struct inf_line *binary = inf_line(install_section(check, line), "ServiceBinary");

    return binary != NULL && inf_value_text(binary, 0)[0] != 0 ? binary : NULL;
}

/* Only for what Windows 7 reads: the packages say which files these are. */
static void service_2084(const struct check *check, const struct inf_section *section, const struct inf_line *line,
                         uint32_t flags)
{
    const struct inf_line *binary = binary_line(check, line);
    int directory = 0;
    const char *path = binary != NULL ? below_directory(inf_value_text(binary, 0), &directory) : NULL;
    char *normal;

    (void)flags;
    if (path == NULL || !inf_section_is_for_windows7(check->inf, check->references, section)) {
        return;
    }
    normal = xstrdup(path);
    for (char *cursor = normal; *cursor != 0; ++cursor) {
        *cursor = *cursor == '\\' ? '/' : *cursor;
    }
    if (!is_copied(&check->packages[INF_X86], directory, normal) &&
        !is_copied(&check->packages[INF_AMD64], directory, normal)) {
        inf_report(check, "2084", binary->line, "service binary %s is not among the files that CopyFiles puts there",
                   inf_value_text(binary, 0));
    }
    free(normal);
}

static void rule_2084(const struct check *check)
{
    each_service(check, service_2084);
}

static void service_2085(const struct check *check, const struct inf_section *section, const struct inf_line *line,
                         uint32_t flags)
{
    const struct inf_line *binary = binary_line(check, line);
    int directory;

    (void)section;
    (void)flags;
    if (binary != NULL && below_directory(inf_value_text(binary, 0), &directory) == NULL) {
        inf_report(check, "2085", binary->line,
                   "service binary \"%s\" does not begin with a directory such as %%12%%\\", inf_value_text(binary, 0));
    }
}

static void rule_2085(const struct check *check)
{
    each_service(check, service_2085);
}

static const struct inf_rule rules[] = {
    {"1211", SEVERITY_ERROR, "one service alone is the function driver", rule_1211},
    {"1250", SEVERITY_ERROR, "an event log is System, Application or Security", rule_1250},
    {"1251", SEVERITY_WARNING, "the function driver is not disabled", rule_1251},
    {"1272", SEVERITY_ERROR, "a service without a name has no section", rule_1272},
    {"1289", SEVERITY_ERROR, "a service has ServiceType, StartType, ErrorControl and ServiceBinary", rule_1289},
    {"2006", SEVERITY_ERROR, "the section of a service is there", rule_2006},
    {"2084", SEVERITY_WARNING, "the binary of a service is a file that the INF copies", rule_2084},
    {"2085", SEVERITY_ERROR, "the binary of a service lies under a directory ID, as in %12%\\name.sys", rule_2085},
};

const struct inf_rules inf_rules_services = {rules, sizeof(rules) / sizeof(rules[0])};
