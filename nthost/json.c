/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "json.h"

static void begin_value(struct json *j, const char *key)
{
    if (!j->first)
        fputc(',', j->out);
    j->first = false;
    if (j->depth != 0)
        fprintf(j->out, "\n%*s", (int)(2 * j->depth), "");
    if (key != NULL)
        fprintf(j->out, "\"%s\": ", key);
}

static void begin_nested(struct json *j, const char *key, char bracket)
{
    begin_value(j, key);
    fputc(bracket, j->out);
    j->depth++;
    j->first = true;
}

static void end_nested(struct json *j, char bracket)
{
    j->depth--;
    if (!j->first)
        fprintf(j->out, "\n%*s", (int)(2 * j->depth), "");
    fputc(bracket, j->out);
    j->first = false;
}

void json_open(struct json *j, FILE *out)
{
    *j = (struct json){.out = out, .first = true};
    begin_nested(j, NULL, '{');
}

void json_close(struct json *j)
{
    end_nested(j, '}');
    fputc('\n', j->out);
}

void json_object(struct json *j, const char *key)
{
    begin_nested(j, key, '{');
}

void json_object_end(struct json *j)
{
    end_nested(j, '}');
}

void json_array(struct json *j, const char *key)
{
    begin_nested(j, key, '[');
}

void json_array_end(struct json *j)
{
    end_nested(j, ']');
}

void json_string(struct json *j, const char *key, const char *value)
{
    if (value == NULL) {
        json_null(j, key);
        return;
    }
    begin_value(j, key);
    fputc('"', j->out);
    for (; *value != '\0'; value++) {
        unsigned char c = (unsigned char)*value;

        if (c == '"' || c == '\\')
            fprintf(j->out, "\\%c", c);
        else if (c < 0x20)
            fprintf(j->out, "\\u%04x", c);
        else
            fputc(c, j->out);
    }
    fputc('"', j->out);
}

void json_integer(struct json *j, const char *key, uint64_t value)
{
    begin_value(j, key);
    fprintf(j->out, "%llu", (unsigned long long)value);
}

void json_number(struct json *j, const char *key, double value)
{
    begin_value(j, key);
    fprintf(j->out, "%.3f", value);
}

void json_boolean(struct json *j, const char *key, bool value)
{
    begin_value(j, key);
    fputs(value ? "true" : "false", j->out);
}

void json_null(struct json *j, const char *key)
{
    begin_value(j, key);
    fputs("null", j->out);
}
