/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* AddService=ServiceName,[flags],service-install-section[,event-log-install-section[,[EventLogType][,EventName]]] */
#include "inf/inf_evaluate.h"

#include <stdlib.h>
#include <string.h>

#define SERVICES_LIMIT 256

static char *optional(const struct inf_section *section, const char *key)
{
    const struct inf_line *line = inf_line(section, key);

    return line != NULL && line->value_count > 0 ? xstrdup(line->values[0].text) : NULL;
}

static uint32_t number_of(const struct inf_section *section, const char *key)
{
    const struct inf_line *line = inf_line(section, key);
    uint32_t number;

    return line != NULL && inf_number(inf_value_text(line, 0), &number) ? number : UINT32_MAX;
}

/* %12%\name.sys becomes 12\name.sys. */
static char *service_binary(const struct inf_section *section)
{
    char *binary = optional(section, "ServiceBinary");
    size_t digits = binary != NULL && binary[0] == '%' ? strspn(binary + 1, "0123456789") : 0;

    if (digits > 0 && binary[digits + 1] == '%') {
        memmove(binary, binary + 1, digits);
        memmove(binary + digits, binary + digits + 2, strlen(binary + digits + 2) + 1);
    }
    return binary != NULL ? binary : xstrdup("");
}

static void add_values(struct inf_evaluation *evaluation, const struct inf_section *section,
                       struct inf_service *service)
{
    for (size_t i = 0; i < section->line_count; ++i) {
        const struct inf_line *line = &section->lines[i];

        if (line->key.text == NULL || !inf_same_name(line->key.text, "AddReg")) {
            continue;
        }
        for (size_t j = 0; j < line->value_count; ++j) {
            const struct inf_section *values = inf_named_section(evaluation, "AddReg", &line->values[j]);

            if (values != NULL && !inf_take_registry(evaluation, values, &service->values, &service->value_count)) {
                return;
            }
        }
    }
}

static bool is_listed(const struct inf_package *package, const char *name, unsigned line)
{
    for (size_t i = 0; i < package->service_count; ++i) {
        if (package->services[i].line == line && inf_same_name(package->services[i].name, name)) {
            return true;
        }
    }
    return false;
}

void inf_add_service(struct inf_evaluation *evaluation, const struct inf_line *directive)
{
    struct inf_package *package = evaluation->package;
    const char *name = inf_value_text(directive, 0);
    const struct inf_section *section;
    struct inf_service *service;

    /* "AddService = ,2": the NULL driver, no service at all. */
    if (name[0] == 0 || is_listed(package, name, directive->line)) {
        return;
    }
    if (package->service_count == SERVICES_LIMIT) {
        inf_too_many(evaluation, directive->line, "there are more services than in any driver package");
        return;
    }
    if (inf_value_text(directive, 2)[0] == 0) {
        findings_add(evaluation->faults, SEVERITY_ERROR, "2006", evaluation->inf->place, directive->line,
                     "AddService names no service-install-section for %s", name);
        return;
    }
    section = inf_named_section(evaluation, "AddService", &directive->values[2]);
    if (section == NULL) {
        return;
    }
    package->services = xrealloc(package->services, (package->service_count + 1) * sizeof(*package->services));
    service = &package->services[package->service_count++];
    *service = (struct inf_service){
        .name = xstrdup(name),
        .type = number_of(section, "ServiceType"),
        .start = number_of(section, "StartType"),
        .error_control = number_of(section, "ErrorControl"),
        .display_name = optional(section, "DisplayName"),
        .binary = service_binary(section),
        .load_order_group = optional(section, "LoadOrderGroup"),
        .line = directive->line,
    };
    inf_number(inf_value_text(directive, 1), &service->flags);
    add_values(evaluation, section, service);
}

void inf_service_free(struct inf_service *service)
{
    inf_registry_values_free(service->values, service->value_count);
    free(service->name);
    free(service->display_name);
    free(service->binary);
    free(service->load_order_group);
}
