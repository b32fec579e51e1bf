/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/json_schema.h"

#include "base/expression.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Deeper than any schema of ours; a $ref that leads to itself ends here. */
#define DEPTH_LIMIT 64

struct check {
    const char *schema_name;
    const char *file_name;
    const cJSON *root;
    unsigned violations;
    bool broken;
};

static void schema_error(struct check *check, const char *path, const char *reason, const char *what)
{
    diag_error(check->schema_name, "at %s: %s '%s'", path, reason, what);
    check->broken = true;
}

__attribute__((format(printf, 3, 4))) static void violation(struct check *check, const char *path, const char *format,
                                                            ...)
{
    va_list arguments;
    char *reason;

    va_start(arguments, format);
    reason = xvformat(format, arguments);
    va_end(arguments);
    diag_error(check->file_name, "%s: %s", path, reason);
    free(reason);
    ++check->violations;
}

static bool has_type(const cJSON *node, const char *type)
{
    if (strcmp(type, "object") == 0) {
        return cJSON_IsObject(node);
    }
    if (strcmp(type, "array") == 0) {
        return cJSON_IsArray(node);
    }
    if (strcmp(type, "string") == 0) {
        return cJSON_IsString(node);
    }
    if (strcmp(type, "boolean") == 0) {
        return cJSON_IsBool(node);
    }
    if (strcmp(type, "integer") == 0) {
        return cJSON_IsNumber(node) && floor(node->valuedouble) == node->valuedouble;
    }
    return strcmp(type, "number") == 0 && cJSON_IsNumber(node);
}

static void check_pattern(struct check *check, const char *path, const cJSON *rule, const cJSON *node)
{
    char reason[128];
    regex_t expression;

    if (!cJSON_IsString(rule) ||
        expression_compile(rule->valuestring, 0, &expression, reason, sizeof(reason)) != NULL) {
        schema_error(check, path, "unusable pattern", cJSON_IsString(rule) ? rule->valuestring : "?");
        return;
    }
    if (cJSON_IsString(node) && regexec(&expression, node->valuestring, 0, NULL, 0) != 0) {
        violation(check, path, "\"%s\" does not match %s", node->valuestring, rule->valuestring);
    }
    regfree(&expression);
}

static void check_required(struct check *check, const char *path, const cJSON *rule, const cJSON *node)
{
    const cJSON *name;

    cJSON_ArrayForEach(name, rule)
    {
        if (cJSON_IsObject(node) && cJSON_GetObjectItemCaseSensitive(node, name->valuestring) == NULL) {
            violation(check, path, "\"%s\" is missing", name->valuestring);
        }
    }
}

static void check_additional(struct check *check, const char *path, const cJSON *schema, const cJSON *node)
{
    const cJSON *properties = cJSON_GetObjectItemCaseSensitive(schema, "properties");
    const cJSON *child;

    if (!cJSON_IsObject(node)) {
        return;
    }
    cJSON_ArrayForEach(child, node)
    {
        if (cJSON_GetObjectItemCaseSensitive(properties, child->string) == NULL) {
            violation(check, path, "\"%s\" is not a property that it may have", child->string);
        }
    }
}

static void check_minimum(struct check *check, const char *path, const cJSON *rule, const cJSON *node)
{
    bool items = strcmp(rule->string, "minItems") == 0;

    if (items && cJSON_IsArray(node) && cJSON_GetArraySize(node) < rule->valueint) {
        violation(check, path, "has %d entries, fewer than %d", cJSON_GetArraySize(node), rule->valueint);
    }
    if (!items && cJSON_IsString(node) && strlen(node->valuestring) < (size_t)rule->valueint) {
        violation(check, path, "is shorter than %d characters", rule->valueint);
    }
}

static void check_enum(struct check *check, const char *path, const cJSON *rule, const cJSON *node)
{
    const cJSON *allowed;

    cJSON_ArrayForEach(allowed, rule)
    {
        if (cJSON_Compare(allowed, node, 1)) {
            return;
        }
    }
    violation(check, path, "is none of the values that it may have");
}

static void check_const(struct check *check, const char *path, const cJSON *rule, const cJSON *node)
{
    char *wanted;

    if (cJSON_Compare(rule, node, 1)) {
        return;
    }
    wanted = cJSON_PrintUnformatted(rule);
    violation(check, path, "must be %s", wanted != NULL ? wanted : "another value");
    cJSON_free(wanted);
}

static void check_node(struct check *check, const char *path, const cJSON *schema, const cJSON *node, unsigned depth);

static void check_children(struct check *check, const char *path, const cJSON *rule, const cJSON *node, unsigned depth)
{
    bool items = strcmp(rule->string, "items") == 0;
    const cJSON *child;
    unsigned index = 0;

    if (items ? !cJSON_IsArray(node) : !cJSON_IsObject(node)) {
        return;
    }
    cJSON_ArrayForEach(child, node)
    {
        const cJSON *schema = items ? rule : cJSON_GetObjectItemCaseSensitive(rule, child->string);
        char *place = items ? xformat("%s[%u]", path, index) : xformat("%s.%s", path, child->string);

        if (schema != NULL) {
            check_node(check, place, schema, child, depth);
        }
        free(place);
        ++index;
    }
}

static void check_reference(struct check *check, const char *path, const cJSON *rule, const cJSON *node, unsigned depth)
{
    static const char prefix[] = "#/$defs/";
    const cJSON *definitions = cJSON_GetObjectItemCaseSensitive(check->root, "$defs");
    const cJSON *target = NULL;

    if (cJSON_IsString(rule) && starts_with(rule->valuestring, prefix)) {
        target = cJSON_GetObjectItemCaseSensitive(definitions, rule->valuestring + sizeof(prefix) - 1);
    }
    if (target == NULL) {
        schema_error(check, path, "reference that leads nowhere", cJSON_IsString(rule) ? rule->valuestring : "?");
        return;
    }
    check_node(check, path, target, node, depth);
}

static bool is_annotation(const char *keyword)
{
    static const char *const annotations[] = {"$schema", "$id", "$defs", "$comment", "title", "description"};

    for (size_t i = 0; i < sizeof(annotations) / sizeof(annotations[0]); ++i) {
        if (strcmp(keyword, annotations[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void check_keyword(struct check *check, const char *path, const cJSON *schema, const cJSON *rule,
                          const cJSON *node, unsigned depth)
{
    const char *keyword = rule->string;

    if (strcmp(keyword, "type") == 0 && cJSON_IsString(rule)) {
        if (!has_type(node, rule->valuestring)) {
            violation(check, path, "must be of type %s", rule->valuestring);
        }
    } else if (strcmp(keyword, "const") == 0) {
        check_const(check, path, rule, node);
    } else if (strcmp(keyword, "enum") == 0) {
        check_enum(check, path, rule, node);
    } else if (strcmp(keyword, "pattern") == 0) {
        check_pattern(check, path, rule, node);
    } else if (strcmp(keyword, "minLength") == 0 || strcmp(keyword, "minItems") == 0) {
        check_minimum(check, path, rule, node);
    } else if (strcmp(keyword, "required") == 0) {
        check_required(check, path, rule, node);
    } else if (strcmp(keyword, "additionalProperties") == 0 && cJSON_IsFalse(rule)) {
        check_additional(check, path, schema, node);
    } else if (strcmp(keyword, "properties") == 0 || strcmp(keyword, "items") == 0) {
        check_children(check, path, rule, node, depth);
    } else if (strcmp(keyword, "$ref") == 0) {
        check_reference(check, path, rule, node, depth);
    } else if (!is_annotation(keyword)) {
        schema_error(check, path, "keyword that this checker does not know", keyword);
    }
}

static void check_node(struct check *check, const char *path, const cJSON *schema, const cJSON *node, unsigned depth)
{
    const cJSON *rule;

    if (depth == DEPTH_LIMIT || !cJSON_IsObject(schema)) {
        schema_error(check, path, "nesting too deep or not an object", "schema");
        return;
    }
    cJSON_ArrayForEach(rule, schema)
    {
        check_keyword(check, path, schema, rule, node, depth + 1);
    }
}

enum status json_schema_check(const char *schema_name, const cJSON *schema, const char *file_name,
                              const cJSON *document)
{
    struct check check = {.schema_name = schema_name, .file_name = file_name, .root = schema};

    check_node(&check, "$", schema, document, 0);
    if (check.broken) {
        return STATUS_BAD_INPUT;
    }
    return check.violations > 0 ? STATUS_CHECK_FAILED : STATUS_DONE;
}
