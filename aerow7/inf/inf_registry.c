/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Add-registry sections: reg-root,[subkey],[value-entry-name],[flags],[value][,[value]] */
#include "inf/inf_evaluate.h"

#include "inf/inf_lexer.h"

#include <stdlib.h>

#define VALUES_LIMIT 65536

void inf_add_registry(const struct inf_section *section, struct inf_registry_value **values, size_t *count)
{
    for (size_t i = 0; i < section->line_count; ++i) {
        const struct inf_line *line = &section->lines[i];
        struct inf_registry_value *value;

        if (line->key.text != NULL) {
            continue;
        }
        *values = inf_grow(*values, *count, sizeof(**values));
        value = &(*values)[*count];
        *value = (struct inf_registry_value){
            .root = xstrdup(inf_value_text(line, 0)),
            .key = xstrdup(inf_value_text(line, 1)),
            .name = xstrdup(inf_value_text(line, 2)),
            .data_count = line->value_count > 4 ? line->value_count - 4 : 0,
            .line = line->line,
        };
        inf_number(inf_value_text(line, 3), &value->flags);
        value->data = xcalloc(value->data_count, sizeof(*value->data));
        for (size_t j = 0; j < value->data_count; ++j) {
            value->data[j] = xstrdup(line->values[4 + j].text);
        }
        ++*count;
    }
}

bool inf_take_registry(struct inf_evaluation *evaluation, const struct inf_section *section,
                       struct inf_registry_value **values, size_t *count)
{
    if (section->line_count > VALUES_LIMIT - evaluation->value_count) {
        inf_too_many(evaluation, section->line, "there are more registry values than in any driver package");
        return false;
    }
    evaluation->value_count += section->line_count;
    inf_add_registry(section, values, count);
    return true;
}

void inf_registry_values_free(struct inf_registry_value *values, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        for (size_t j = 0; j < values[i].data_count; ++j) {
            free(values[i].data[j]);
        }
        free(values[i].data);
        free(values[i].root);
        free(values[i].key);
        free(values[i].name);
    }
    free(values);
}
