/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rules about the file as a whole and its [Version] section. */
#include "inf/inf_check.h"

#include "inf/inf_classes.h"
#include "inf/inf_evaluate.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CLASS_NAME_LIMIT 31

static const struct inf_line *version_line(const struct check *check, const char *key)
{
    return inf_line(inf_section(check->inf, "Version"), key);
}

/* "" when there is none; `line` is then that of the section. */
static const char *version_text(const struct check *check, const char *key, unsigned *line)
{
    const struct inf_line *entry = version_line(check, key);

    *line = entry != NULL ? entry->line : inf_section(check->inf, "Version")->line;
    return entry != NULL ? inf_value_text(entry, 0) : "";
}

static void rule_1001(const struct check *check)
{
    unsigned line;
    const char *signature = version_text(check, "Signature", &line);

    if (strcasecmp(signature, "$Windows NT$") != 0 && strcasecmp(signature, "$Chicago$") != 0) {
        inf_report(check, "1001", line, "Signature is \"%s\", not \"$Windows NT$\"", signature);
    }
}

static void rule_1003(const struct check *check)
{
    if (check->inf->encoding == INF_UTF8_BOM) {
        inf_report(check, "1003", 1,
                   "the file is UTF-8 with a mark, which Windows 7 does not read as an INF; "
                   "it reads UTF-16LE and bytes of its code page");
    }
}

static void rule_1010(const struct check *check)
{
    unsigned line;
    const char *guid = version_text(check, "ClassGuid", &line);

    if (guid[0] != 0 && !inf_is_guid(guid)) {
        inf_report(check, "1010", line, "ClassGuid \"%s\" is not of the form {XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}",
                   guid);
    }
}

static void rule_1204(const struct check *check)
{
    unsigned line;
    const char *provider = version_text(check, "Provider", &line);

    if (strncasecmp(provider, "Microsoft", 9) == 0) {
        inf_report(check, "1204", line, "Provider \"%s\": only Microsoft itself may begin its name so", provider);
    }
}

static bool is_catalog_key(const struct inf_line *line)
{
    return line->key.text != NULL && strncasecmp(line->key.text, "CatalogFile", 11) == 0 &&
           (line->key.text[11] == 0 || line->key.text[11] == '.');
}

static void rule_1214(const struct check *check)
{
    const struct inf_section *version = inf_section(check->inf, "Version");

    for (size_t i = 0; i < version->line_count; ++i) {
        const char *name = inf_value_text(&version->lines[i], 0);
        size_t length = strlen(name);

        if (is_catalog_key(&version->lines[i]) && name[0] != 0 &&
            (length < 5 || strcasecmp(name + length - 4, ".cat") != 0 || strpbrk(name, "\\/:") != NULL)) {
            inf_report(check, "1214", version->lines[i].line, "catalog file \"%s\" is not of the form filename.cat",
                       name);
        }
    }
}

/* "Each of w, x, y, and z must be an integer that is greater than or equal to zero and less than 65535." */
static bool is_driver_version(const char *text)
{
    unsigned parts = 0;
    bool zero = true;

    while (isdigit((unsigned char)*text) && parts < 4) {
        char *end;
        unsigned long number = strtoul(text, &end, 10);

        if (number >= 65535 || end - text > 5) {
            return false;
        }
        zero = zero && number == 0;
        ++parts;
        text = end;
        if (*text == '.') {
            ++text;
            if (!isdigit((unsigned char)*text)) {
                return false;
            }
        }
    }
    /* "A w.x.y.z value of 0.0.0.0 is not valid." */
    return *text == 0 && parts == 4 && !zero;
}

static void rule_1217(const struct check *check)
{
    const struct inf_line *line = version_line(check, "DriverVer");
    const char *version = line != NULL ? inf_value_text(line, 1) : "";

    if (line != NULL && !is_driver_version(version)) {
        inf_report(check, "1217", line->line, "version \"%s\" in DriverVer is not w.x.y.z with each below 65535",
                   version);
    }
}

static bool is_driver_date(const char *text)
{
    static const unsigned char days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned month;
    unsigned day;
    unsigned year;
    bool leap;

    /* "The month and day must contain two digits, and the year must contain four digits. A hyphen can be used." */
    for (size_t i = 0; i < 10; ++i) {
        bool separator = i == 2 || i == 5;

        if (separator ? text[i] != '/' && text[i] != '-' : !isdigit((unsigned char)text[i])) {
            return false;
        }
    }
    month = (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
    day = (unsigned)(text[3] - '0') * 10 + (unsigned)(text[4] - '0');
    year = (unsigned)strtoul(text + 6, NULL, 10);
    leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return text[10] == 0 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] && year >= 1980 &&
           (month != 2 || day < 29 || leap);
}

static void rule_1218(const struct check *check)
{
    const struct inf_line *line = version_line(check, "DriverVer");
    const char *date = line != NULL ? inf_value_text(line, 0) : "";

    if (line != NULL && !is_driver_date(date)) {
        inf_report(check, "1218", line->line, "date \"%s\" in DriverVer is not a day in the form MM/DD/YYYY", date);
    }
}

static void rule_1233(const struct check *check)
{
    const struct inf_section *version = inf_section(check->inf, "Version");

    for (size_t i = 0; i < version->line_count; ++i) {
        if (is_catalog_key(&version->lines[i]) && inf_value_text(&version->lines[i], 0)[0] != 0) {
            return;
        }
    }
    inf_report(check, "1233", version->line, "CatalogFile is missing: the driver cannot be signed");
}

static void rule_1234(const struct check *check)
{
    static const char *const keys[] = {"Class", "ClassGuid", "Provider", "DriverVer"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); ++i) {
        unsigned line;

        if (version_text(check, keys[i], &line)[0] == 0) {
            inf_report(check, "1234", line, "[Version] needs %s", keys[i]);
        }
    }
}

static void rule_1280(const struct check *check)
{
    unsigned line;
    unsigned guid_line;
    const char *name = version_text(check, "Class", &line);
    const struct inf_class *class = inf_class_by_guid(version_text(check, "ClassGuid", &guid_line));

    if (class != NULL && name[0] != 0 && strcasecmp(name, class->name) != 0) {
        inf_report(check, "1280", line, "Class is \"%s\", but ClassGuid %s is that of \"%s\"", name, class->guid,
                   class->name);
    }
}

static void rule_1281(const struct check *check)
{
    unsigned line;
    unsigned class_line;
    const char *guid = version_text(check, "ClassGuid", &line);
    const struct inf_class *class = inf_class_by_name(version_text(check, "Class", &class_line));

    if (class != NULL && inf_is_guid(guid) && strcasecmp(guid, class->guid) != 0) {
        inf_report(check, "1281", line, "ClassGuid is %s, but Class \"%s\" has %s", guid, class->name, class->guid);
    }
}

static void rule_1284(const struct check *check)
{
    unsigned line;
    const struct inf_class *class = inf_class_by_name(version_text(check, "Class", &line));

    if (class != NULL && class->reserved) {
        inf_report(check, "1284", line, "class \"%s\" is reserved for use by Microsoft", class->name);
    }
}

static void rule_1285(const struct check *check)
{
    unsigned line;
    const struct inf_class *class = inf_class_by_guid(version_text(check, "ClassGuid", &line));

    for (size_t i = 0; class != NULL && i < check->inf->section_count; ++i) {
        const struct inf_section *section = &check->inf->sections[i];

        if (strncasecmp(section->name, "ClassInstall32", 14) == 0) {
            inf_report(check, "1285", section->line, "[%s] would install class %s, which is Microsoft's", section->name,
                       class->name);
        }
    }
}

static void rule_1286(const struct check *check)
{
    unsigned line;
    const char *name = version_text(check, "Class", &line);

    if (strlen(name) > CLASS_NAME_LIMIT) {
        inf_report(check, "1286", line, "the name of class \"%s\" is longer than %d characters", name,
                   CLASS_NAME_LIMIT);
    }
}

static const struct inf_rule rules[] = {
    {"1001", SEVERITY_ERROR, "[Version] has the signature \"$Windows NT$\" or \"$Chicago$\"", rule_1001},
    {"1003", SEVERITY_ERROR, "the encoding is one that Windows 7 reads: a code page or UTF-16LE", rule_1003},
    {"1010", SEVERITY_ERROR, "ClassGuid has the form of a GUID, with braces", rule_1010},
    {"1204", SEVERITY_ERROR, "the provider's name does not begin with Microsoft", rule_1204},
    {"1214", SEVERITY_ERROR, "a catalog is named filename.cat, without a folder", rule_1214},
    {"1217", SEVERITY_ERROR, "the version in DriverVer is w.x.y.z, each below 65535, not all zero", rule_1217},
    {"1218", SEVERITY_ERROR, "the date in DriverVer is a day, MM/DD/YYYY", rule_1218},
    {"1233", SEVERITY_ERROR, "[Version] names a catalog, so that the package can be signed", rule_1233},
    {"1234", SEVERITY_ERROR, "[Version] has Class, ClassGuid, Provider and DriverVer", rule_1234},
    {"1280", SEVERITY_ERROR, "Class is the name that belongs to a well-known ClassGuid", rule_1280},
    {"1281", SEVERITY_ERROR, "ClassGuid is the one that belongs to a well-known Class", rule_1281},
    {"1284", SEVERITY_ERROR, "the class is not one that Microsoft reserves for itself", rule_1284},
    {"1285", SEVERITY_ERROR, "no [ClassInstall32] for a class of Microsoft's", rule_1285},
    {"1286", SEVERITY_ERROR, "the name of a class has at most 31 characters", rule_1286},
};

const struct inf_rules inf_rules_version = {rules, sizeof(rules) / sizeof(rules[0])};
