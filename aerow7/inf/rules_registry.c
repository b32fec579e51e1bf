/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rules about add-registry sections: reg-root,[subkey],[value-entry-name],[flags],[value][,[value]] */
#include "inf/inf_check.h"

#include "inf/inf_evaluate.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define FLG_BINVALUETYPE 0x00000001U
#define FLG_DELVAL 0x00000004U
#define FLG_APPEND 0x00000008U
#define FLG_KEYONLY 0x00000010U
#define FLG_KEYONLY_COMMON 0x00002000U
#define TYPE_MASK 0xFFFF0001U
#define TYPE_BINARY 0x00000001U
#define TYPE_MULTI_SZ 0x00010000U
#define TYPE_DWORD 0x00010001U
#define TYPE_QWORD 0x000B0001U

/* Each add-registry section, once: `visit` is called for its lines. */
static void each_line(const struct check *check,
                      void (*visit)(const struct check *check, const struct inf_line *line, uint32_t flags))
{
    bool *seen = xcalloc(check->inf->section_count, sizeof(bool));

    for (size_t i = 0; i < check->references->count; ++i) {
        const struct inf_reference *reference = &check->references->list[i];
        size_t index = reference->target != NULL ? (size_t)(reference->target - check->inf->sections) : 0;

        if (reference->target == NULL || strcmp(reference->directive, "AddReg") != 0 || seen[index]) {
            continue;
        }
        seen[index] = true;
        for (size_t j = 0; j < reference->target->line_count; ++j) {
            uint32_t flags = 0;

            inf_number(inf_value_text(&reference->target->lines[j], 3), &flags);
            visit(check, &reference->target->lines[j], flags);
        }
    }
    free(seen);
}

static void line_1224(const struct check *check, const struct inf_line *line, uint32_t flags)
{
    static const char *const roots[] = {"HKCR", "HKCU", "HKLM", "HKU", "HKR"};
    const char *root = line->key.text == NULL ? inf_value_text(line, 0) : line->key.text;

    (void)flags;
    for (size_t i = 0; line->key.text == NULL && i < sizeof(roots) / sizeof(roots[0]); ++i) {
        if (inf_same_name(root, roots[i])) {
            return;
        }
    }
    inf_report(check, "1224", line->line, "\"%s\" is no registry root; there are HKCR, HKCU, HKLM, HKU and HKR", root);
}

static void rule_1224(const struct check *check)
{
    each_line(check, line_1224);
}

static void line_1265(const struct check *check, const struct inf_line *line, uint32_t flags)
{
    if ((flags & FLG_APPEND) != 0 && (flags & TYPE_MASK) != TYPE_MULTI_SZ) {
        inf_report(check, "1265", line->line, "flags %s append to a value that is no REG_MULTI_SZ",
                   inf_value_text(line, 3));
    }
}

static void rule_1265(const struct check *check)
{
    each_line(check, line_1265);
}

static bool has_data(uint32_t flags)
{
    return (flags & (FLG_DELVAL | FLG_KEYONLY | FLG_KEYONLY_COMMON)) == 0;
}

static void line_1267(const struct check *check, const struct inf_line *line, uint32_t flags)
{
    if ((flags & TYPE_MASK) != TYPE_BINARY || !has_data(flags)) {
        return;
    }
    for (size_t i = 4; i < line->value_count; ++i) {
        const char *text = line->values[i].text;
        const char *digits = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? text + 2 : text;

        if (strspn(digits, "0123456789abcdefABCDEF") != strlen(digits) || strlen(digits) > 2 || digits[0] == 0) {
            inf_report(check, "1267", line->values[i].line, "\"%s\" is no byte between 00 and FF", text);
        }
    }
}

static void rule_1267(const struct check *check)
{
    each_line(check, line_1267);
}

static bool is_number(const char *text, bool wide)
{
    uint32_t number;
    size_t digits = strlen(text);

    if (text[0] == '-') {
        return inf_number(text + 1, &number);
    }
    if (!wide) {
        return inf_number(text, &number);
    }
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        return digits > 2 && digits <= 18 && strspn(text + 2, "0123456789abcdefABCDEF") == digits - 2;
    }
    return digits > 0 && digits <= 20 && strspn(text, "0123456789") == digits;
}

/* A REG_DWORD may also be written as four bytes, a REG_QWORD as eight. */
static void line_1268(const struct check *check, const struct inf_line *line, uint32_t flags)
{
    uint32_t type = flags & TYPE_MASK;
    uint32_t number;
    size_t count = line->value_count > 4 ? line->value_count - 4 : 0;

    if (inf_value_text(line, 3)[0] != 0 && !inf_number(inf_value_text(line, 3), &number)) {
        inf_report(check, "1268", line->line, "flags \"%s\" are no decimal or 0x hexadecimal number of 32 bits",
                   inf_value_text(line, 3));
    }
    if ((type != TYPE_DWORD && type != TYPE_QWORD) || !has_data(flags) || count == (type == TYPE_DWORD ? 4 : 8)) {
        return;
    }
    if (count != 1 || !is_number(line->values[4].text, type == TYPE_QWORD)) {
        inf_report(check, "1268", line->line, "\"%s\" is no decimal or 0x hexadecimal number of %d bits",
                   inf_value_text(line, 4), type == TYPE_DWORD ? 32 : 64);
    }
}

static void rule_1268(const struct check *check)
{
    each_line(check, line_1268);
}

/* "A custom value type cannot be REG_NONE, REG_SZ, ..." and "must specify FLG_ADDREG_BINVALUETYPE". */
static void line_1264(const struct check *check, const struct inf_line *line, uint32_t flags)
{
    uint32_t type = flags >> 16;

    if ((flags & FLG_BINVALUETYPE) == 0 && type > 2) {
        inf_report(check, "1264", line->line, "flags %s give a type of their own without FLG_ADDREG_BINVALUETYPE, 1",
                   inf_value_text(line, 3));
    }
}

static void rule_1264(const struct check *check)
{
    each_line(check, line_1264);
}

static const struct inf_rule rules[] = {
    {"1224", SEVERITY_ERROR, "a registry root is HKCR, HKCU, HKLM, HKU or HKR", rule_1224},
    {"1264", SEVERITY_ERROR, "a value of a type of its own has the flag for binary data", rule_1264},
    {"1265", SEVERITY_ERROR, "only to a REG_MULTI_SZ is appended", rule_1265},
    {"1267", SEVERITY_ERROR, "binary data are bytes between 00 and FF", rule_1267},
    {"1268", SEVERITY_ERROR, "flags and numbers are numbers, of 32 bits or 64 for REG_QWORD", rule_1268},
};

const struct inf_rules inf_rules_registry = {rules, sizeof(rules) / sizeof(rules[0])};
