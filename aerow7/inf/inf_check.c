/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "inf/inf_check.h"

#include "base/text.h"
#include "inf/inf_evaluate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct inf_rules *const groups[] = {
    &inf_rules_version, &inf_rules_models,   &inf_rules_sections, &inf_rules_strings,
    &inf_rules_files,   &inf_rules_registry, &inf_rules_services, &inf_rules_windows7,
    &inf_rules_aero,    &inf_rules_msi,      &inf_rules_sets,
};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

static enum severity severity_of(const char *id)
{
    for (size_t i = 0; i < GROUPS; ++i) {
        for (size_t j = 0; j < groups[i]->count; ++j) {
            if (strcmp(groups[i]->list[j].id, id) == 0) {
                return groups[i]->list[j].severity;
            }
        }
    }
    return SEVERITY_ERROR;
}

static bool is_known(const struct findings *findings, const char *rule, const char *file, unsigned line,
                     const char *message)
{
    for (size_t i = 0; i < findings->count; ++i) {
        const struct finding *finding = &findings->list[i];

        if (finding->line == line && strcmp(finding->rule, rule) == 0 && strcmp(finding->file, file) == 0 &&
            strcmp(finding->message, message) == 0) {
            return true;
        }
    }
    return false;
}

/* A file with this many faults is not read to its end by anybody. */
#define FINDINGS_LIMIT 1000

void inf_report(const struct check *check, const char *rule, unsigned line, const char *format, ...)
{
    va_list arguments;
    char *message;

    if (check->findings->count >= FINDINGS_LIMIT) {
        return;
    }
    va_start(arguments, format);
    message = xvformat(format, arguments);
    va_end(arguments);
    if (!is_known(check->findings, rule, check->inf->place, line, message)) {
        findings_add(check->findings, severity_of(rule), rule, check->inf->place, line, "%s", message);
    }
    free(message);
}

static int compare_findings(const void *a, const void *b)
{
    const struct finding *left = a;
    const struct finding *right = b;
    int order = strcmp(left->rule, right->rule);

    if (left->line != right->line) {
        return left->line < right->line ? -1 : 1;
    }
    return order != 0 ? order : strcmp(left->message, right->message);
}

static void evaluate(const struct inf *inf, enum inf_architecture architecture, struct inf_package *package)
{
    struct inf_target target = {.architecture = architecture, .major = 6, .minor = 1};
    struct findings faults = {0};

    /* The rules find the same faults, in all sections instead of only the ones that this Windows reads. */
    inf_evaluate(inf, target, package, &faults);
    findings_free(&faults);
}

void inf_check(const struct inf *inf, const struct contract *contract, struct findings *findings)
{
    struct inf_references references;
    struct inf_package packages[2];
    struct check check = {
        .inf = inf, .packages = packages, .references = &references, .contract = contract, .findings = findings};

    evaluate(inf, INF_X86, &packages[INF_X86]);
    evaluate(inf, INF_AMD64, &packages[INF_AMD64]);
    inf_references_collect(inf, &references);
    for (size_t i = 0; i < GROUPS; ++i) {
        for (size_t j = 0; j < groups[i]->count; ++j) {
            if (groups[i]->list[j].run != NULL) {
                groups[i]->list[j].run(&check);
            }
        }
    }
    if (findings->count > 0) {
        qsort(findings->list, findings->count, sizeof(*findings->list), compare_findings);
    }
    inf_references_free(&references);
    inf_package_free(&packages[INF_X86]);
    inf_package_free(&packages[INF_AMD64]);
}

static int compare_rules(const void *a, const void *b)
{
    const struct inf_rule *const *left = a;
    const struct inf_rule *const *right = b;

    return strcmp((*left)->id, (*right)->id);
}

static size_t sorted_rules(const struct inf_rule ***list)
{
    size_t count = 0;

    *list = NULL;
    for (size_t i = 0; i < GROUPS; ++i) {
        *list = xrealloc(*list, (count + groups[i]->count) * sizeof(**list));
        for (size_t j = 0; j < groups[i]->count; ++j) {
            (*list)[count++] = &groups[i]->list[j];
        }
    }
    qsort(*list, count, sizeof(**list), compare_rules);
    return count;
}

static const char *severity_name(enum severity severity)
{
    return severity == SEVERITY_ERROR ? "error" : severity == SEVERITY_WARNING ? "warning" : "note";
}

void inf_rules_print(void)
{
    const struct inf_rule **rules;
    size_t count = sorted_rules(&rules);

    for (size_t i = 0; i < count; ++i) {
        printf("%-18s %-8s %s\n", rules[i]->id, severity_name(rules[i]->severity), rules[i]->meaning);
    }
    printf("\nRules of InfVerif that do not apply to Windows 7, or that nothing outside Microsoft can check:\n");
    for (size_t i = 0; i < inf_rules_elsewhere_count; ++i) {
        printf("%-18s %s\n", inf_rules_elsewhere[i].ids, inf_rules_elsewhere[i].reason);
    }
    free(rules);
}

cJSON *inf_rules_json(void)
{
    cJSON *object = cJSON_CreateObject();
    cJSON *array = cJSON_AddArrayToObject(object, "rules");
    const struct inf_rule **rules;
    size_t count = sorted_rules(&rules);

    for (size_t i = 0; i < count; ++i) {
        cJSON *rule = cJSON_CreateObject();

        cJSON_AddStringToObject(rule, "rule", rules[i]->id);
        cJSON_AddStringToObject(rule, "severity", severity_name(rules[i]->severity));
        cJSON_AddStringToObject(rule, "meaning", rules[i]->meaning);
        cJSON_AddItemToArray(array, rule);
    }
    array = cJSON_AddArrayToObject(object, "not_applicable");
    for (size_t i = 0; i < inf_rules_elsewhere_count; ++i) {
        cJSON *rule = cJSON_CreateObject();

        cJSON_AddStringToObject(rule, "rules", inf_rules_elsewhere[i].ids);
        cJSON_AddStringToObject(rule, "reason", inf_rules_elsewhere[i].reason);
        cJSON_AddItemToArray(array, rule);
    }
    free(rules);
    return object;
}
