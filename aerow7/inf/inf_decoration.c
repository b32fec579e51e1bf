/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "inf/inf_decoration.h"

#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PRODUCT_WORKSTATION 1
/* VER_SUITE_SINGLEUSERTS: remote desktop for one user, which every client edition has. */
#define CLIENT_SUITES 0x100U

const char *inf_architecture_name(enum inf_architecture architecture)
{
    return architecture == INF_AMD64 ? "amd64" : "x86";
}

static bool parse_platform(const char **cursor, enum inf_platform *platform)
{
    static const struct {
        const char *name;
        enum inf_platform platform;
    } platforms[] = {
        {"", INF_PLATFORM_ANY},       {"x86", INF_PLATFORM_X86},   {"amd64", INF_PLATFORM_AMD64},
        {"ia64", INF_PLATFORM_OTHER}, {"arm", INF_PLATFORM_OTHER}, {"arm64", INF_PLATFORM_OTHER},
    };
    size_t length = strcspn(*cursor, ".");

    for (size_t i = 0; i < sizeof(platforms) / sizeof(platforms[0]); ++i) {
        if (strlen(platforms[i].name) == length && strncasecmp(*cursor, platforms[i].name, length) == 0) {
            *platform = platforms[i].platform;
            *cursor += length;
            return true;
        }
    }
    return false;
}

/* One ".number"; the number may be left out, as in NTx86....0x80. */
static bool parse_field(const char **cursor, unsigned *number, bool *given)
{
    unsigned long value;
    char *end;

    *number = 0;
    *given = false;
    if (**cursor == 0) {
        return true;
    }
    ++*cursor;
    if (**cursor == '.' || **cursor == 0) {
        return true;
    }
    if (!isdigit((unsigned char)**cursor)) {
        return false;
    }
    value = strtoul(*cursor, &end, strncasecmp(*cursor, "0x", 2) == 0 ? 16 : 10);
    *cursor = end;
    *number = (unsigned)value;
    *given = true;
    return (*end == 0 || *end == '.') && value <= 0xFFFFFF;
}

bool inf_decoration_parse(const char *text, struct inf_decoration *decoration)
{
    const char *cursor = text + 2;
    bool minor_given;
    bool given;

    *decoration = (struct inf_decoration){0};
    return strncasecmp(text, "NT", 2) == 0 && parse_platform(&cursor, &decoration->platform) &&
           parse_field(&cursor, &decoration->major, &decoration->has_version) &&
           parse_field(&cursor, &decoration->minor, &minor_given) && (decoration->has_version || !minor_given) &&
           parse_field(&cursor, &decoration->product, &given) && parse_field(&cursor, &decoration->suite, &given) &&
           parse_field(&cursor, &decoration->build, &decoration->has_build) && *cursor == 0;
}

/*
 * "Starting with Windows Server 2003 SP1, Architecture must be specified in INF Models sections names for non-x86
 * target operating system versions." A build number makes the decoration unknown to what came before Windows 10.
 */
bool inf_decoration_applies(const struct inf_decoration *decoration, struct inf_target target)
{
    enum inf_platform platform = target.architecture == INF_AMD64 ? INF_PLATFORM_AMD64 : INF_PLATFORM_X86;

    if (decoration->platform != platform &&
        !(decoration->platform == INF_PLATFORM_ANY && target.architecture == INF_X86)) {
        return false;
    }
    if (decoration->has_version &&
        (decoration->major > target.major || (decoration->major == target.major && decoration->minor > target.minor))) {
        return false;
    }
    return !decoration->has_build && (decoration->product == 0 || decoration->product == PRODUCT_WORKSTATION) &&
           (decoration->suite & ~CLIENT_SUITES) == 0;
}

/*
 * "Windows uses the section with the highest version numbers that are not higher than the operating system version",
 * and "a specific version number takes precedence over the product type and suite mask". Of equals the one that
 * names the architecture.
 */
static bool is_closer(const struct inf_decoration *a, const struct inf_decoration *b)
{
    if (a->has_version != b->has_version) {
        return a->has_version;
    }
    if (a->major != b->major) {
        return a->major > b->major;
    }
    if (a->minor != b->minor) {
        return a->minor > b->minor;
    }
    if ((a->product != 0) != (b->product != 0)) {
        return a->product != 0;
    }
    if ((a->suite != 0) != (b->suite != 0)) {
        return a->suite != 0;
    }
    return a->platform != INF_PLATFORM_ANY && b->platform == INF_PLATFORM_ANY;
}

const char *inf_models_base(const struct inf_line *manufacturer)
{
    const char *name = manufacturer->value_count > 0 ? manufacturer->values[0].text : NULL;

    return name != NULL && name[0] != 0 ? name : NULL;
}

char *inf_select_models(const struct inf *inf, const struct inf_line *manufacturer, struct inf_target target)
{
    const char *base = inf_models_base(manufacturer);
    struct inf_decoration best = {0};
    const char *chosen = NULL;

    for (size_t i = 1; base != NULL && i < manufacturer->value_count; ++i) {
        const char *text = manufacturer->values[i].text;
        struct inf_decoration decoration;

        if (inf_decoration_parse(text, &decoration) && inf_decoration_applies(&decoration, target) &&
            (chosen == NULL || is_closer(&decoration, &best))) {
            best = decoration;
            chosen = text;
        }
    }
    if (chosen != NULL) {
        return xformat("%s.%s", base, chosen);
    }
    /* Without a decoration it "contains instructions [...] on x86-based systems", since Windows Server 2003 SP1. */
    if (base == NULL || target.architecture != INF_X86 ||
        (manufacturer->value_count > 1 && inf_section(inf, base) == NULL)) {
        return NULL;
    }
    return xstrdup(base);
}

char *inf_select_install(const struct inf *inf, const char *name, enum inf_architecture architecture)
{
    const char *extensions[] = {architecture == INF_AMD64 ? ".NTamd64" : ".NTx86", ".NT", ""};

    for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); ++i) {
        char *decorated = xformat("%s%s", name, extensions[i]);
        const struct inf_section *section = inf_section(inf, decorated);

        free(decorated);
        if (section != NULL) {
            return xstrdup(section->name);
        }
    }
    return NULL;
}
