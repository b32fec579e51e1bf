/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * aero-msi: message-signaled interrupts are asked for in a subkey of the device's hardware key ("Enabling
 * Message-Signaled Interrupts in the Registry"). Values that stand anywhere else are silently without effect, and
 * the device then shares a line-based interrupt.
 */
#include "inf/inf_check.h"

#include "inf/inf_evaluate.h"
#include "inf/inf_identity.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MSI_KEY "Interrupt Management\\MessageSignaledInterruptProperties"
#define TYPE_MASK 0xFFFF0001U
#define TYPE_DWORD 0x00010001U
/* An MSI-X table has at most 2048 entries (PCI Local Bus Specification 3.0, 6.8.2.3). */
#define MESSAGES_LIMIT 2048U
#define DEPTH_LIMIT 8U

/* One message for each queue and one for configuration changes. */
static unsigned messages_of(int virtio_type)
{
    static const struct {
        int type;
        unsigned queues;
    } devices[] = {{1, 2}, {2, 1}, {18, 2}, {25, 4}};

    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); ++i) {
        if (devices[i].type == virtio_type) {
            return devices[i].queues + 1;
        }
    }
    return 0;
}

struct hardware_key {
    struct inf_registry_value *values;
    size_t count;
    unsigned depth;
};

/* `seen` has a flag for each section, so that none is added or walked twice. */
static void collect(const struct inf *inf, const struct inf_section *section, bool *seen, struct hardware_key *key)
{
    if (seen[section - inf->sections]) {
        return;
    }
    seen[section - inf->sections] = true;
    for (size_t i = 0; i < section->line_count; ++i) {
        const struct inf_line *line = &section->lines[i];
        bool values = line->key.text != NULL && inf_same_name(line->key.text, "AddReg");
        bool needs = line->key.text != NULL && inf_same_name(line->key.text, "Needs");

        for (size_t j = 0; (values || needs) && j < line->value_count; ++j) {
            const struct inf_section *named = inf_section(inf, line->values[j].text);

            if (named != NULL && needs && key->depth < DEPTH_LIMIT) {
                ++key->depth;
                collect(inf, named, seen, key);
                --key->depth;
            } else if (named != NULL && values && !seen[named - inf->sections]) {
                seen[named - inf->sections] = true;
                inf_add_registry(named, &key->values, &key->count);
            }
        }
    }
}

static bool has_doubled_backslash(const char *key)
{
    const char *doubled = strstr(key, "\\\\");

    return doubled != NULL && strncasecmp(key, "Interrupt Management", 20) == 0;
}

static const struct inf_registry_value *find_value(const struct hardware_key *key, const char *name)
{
    for (size_t i = 0; i < key->count; ++i) {
        if (strcasecmp(key->values[i].key, MSI_KEY) == 0 && strcasecmp(key->values[i].name, name) == 0 &&
            strcasecmp(key->values[i].root, "HKR") == 0) {
            return &key->values[i];
        }
    }
    return NULL;
}

/* False, reported, when it is not there or no REG_DWORD. */
static bool get_dword(const struct check *check, const struct hardware_key *key, const char *section, unsigned line,
                      const char *name, const struct inf_registry_value **value, uint32_t *number)
{
    *value = find_value(key, name);
    if (*value == NULL) {
        inf_report(check, "aero-msi", line, "[%s] does not set %s under HKR, " MSI_KEY, section, name);
        return false;
    }
    if (((*value)->flags & TYPE_MASK) != TYPE_DWORD || (*value)->data_count != 1 ||
        !inf_number((*value)->data[0], number)) {
        inf_report(check, "aero-msi", (*value)->line, "%s is no REG_DWORD, whose flags are 0x00010001", name);
        return false;
    }
    return true;
}

static void check_values(const struct check *check, const struct inf_section *section, unsigned messages)
{
    bool *seen = xcalloc(check->inf->section_count, sizeof(bool));
    struct hardware_key key = {0};
    const struct inf_registry_value *value;
    uint32_t number;

    collect(check->inf, section, seen, &key);
    free(seen);
    for (size_t i = 0; i < key.count; ++i) {
        if (has_doubled_backslash(key.values[i].key)) {
            inf_report(check, "aero-msi", key.values[i].line,
                       "the key has a doubled backslash, which makes another key");
        }
    }
    if (get_dword(check, &key, section->name, section->line, "MSISupported", &value, &number) && number != 1) {
        inf_report(check, "aero-msi", value->line, "MSISupported is %u, not 1", number);
    }
    if (get_dword(check, &key, section->name, section->line, "MessageNumberLimit", &value, &number) &&
        (number < messages || number > MESSAGES_LIMIT)) {
        inf_report(check, "aero-msi", value->line,
                   "MessageNumberLimit is %u; it is at least %u, one for each queue and one for configuration, and at "
                   "most %u",
                   number, messages, MESSAGES_LIMIT);
    }
    inf_registry_values_free(key.values, key.count);
}

/* `checked`: for each section the number of messages that it was held to. Many models share one. */
static void check_model(const struct check *check, const struct inf_model *model, unsigned *checked)
{
    unsigned messages = model->id_count > 0 ? messages_of(inf_virtio_type(check->contract, model->ids[0])) : 0;
    char *name = xformat("%s.HW", model->install_section);
    const struct inf_section *section = inf_section(check->inf, name);

    if (messages > 0 && section == NULL && inf_section(check->inf, model->install_section) != NULL) {
        inf_report(check, "aero-msi", model->line, "[%s] is not there, so message-signaled interrupts stay off", name);
    } else if (section != NULL && messages > checked[section - check->inf->sections]) {
        checked[section - check->inf->sections] = messages;
        check_values(check, section, messages);
    }
    free(name);
}

static void rule_msi(const struct check *check)
{
    unsigned *checked = xcalloc(check->inf->section_count, sizeof(*checked));

    for (int architecture = INF_X86; check->contract != NULL && architecture <= INF_AMD64; ++architecture) {
        const struct inf_package *package = &check->packages[architecture];

        for (size_t i = 0; i < package->model_count; ++i) {
            check_model(check, &package->models[i], checked);
        }
    }
    free(checked);
}

static const struct inf_rule rules[] = {
    {"aero-msi", SEVERITY_ERROR,
     "the .HW section of what is installed turns message-signaled interrupts on (with --contract)", rule_msi},
};

const struct inf_rules inf_rules_msi = {rules, sizeof(rules) / sizeof(rules[0])};
