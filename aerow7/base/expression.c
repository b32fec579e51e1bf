/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/expression.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_LIMIT 512
#define DEPTH_LIMIT 32
/* How many nodes regcomp may make of the expression, about. */
#define COST_LIMIT 10000ul

/* What one group costs so far: `last` is what a repetition that follows applies to. */
struct cost {
    unsigned long sum;
    unsigned long last;
};

static void add(struct cost *cost, unsigned long amount)
{
    cost->sum += cost->last;
    cost->last = amount;
}

/* "x+" becomes "xx*", and "x{m,n}" n copies of x. */
static unsigned long copies_of(const char **at)
{
    unsigned long most = 1;

    if (**at == '+') {
        return 2;
    }
    while (**at != 0 && **at != '}') {
        unsigned long count = isdigit((unsigned char)**at) ? strtoul(*at, NULL, 10) : 0;

        most = count > most ? count : most;
        ++*at;
    }
    *at -= **at == 0;
    return most;
}

/* To the bracket that ends a bracket expression: not the first of "[]a]" and "[^]a]", nor that of "[:digit:]". */
static const char *bracket_end(const char *at)
{
    at += 1 + (at[1] == '^');
    at += *at == ']';
    while (*at != 0 && *at != ']') {
        if (*at == '[' && at[1] != 0 && strchr(":.=", at[1]) != NULL) {
            char close[3] = {at[1], ']', 0};
            const char *end = strstr(at + 2, close);

            at = end != NULL ? end + 1 : at;
        }
        ++at;
    }
    return *at != 0 ? at : at - 1;
}

static const char *fault(const char *text)
{
    struct cost costs[DEPTH_LIMIT] = {{0}};
    size_t depth = 0;

    if (strlen(text) > LENGTH_LIMIT) {
        return "it is longer than 512 characters";
    }
    for (const char *at = text; *at != 0; ++at) {
        if (*at == '\\' && at[1] != 0) {
            ++at;
            if (isdigit((unsigned char)*at)) {
                return "back-references are not allowed";
            }
            add(&costs[depth], 1);
        } else if (*at == '(') {
            if (++depth == DEPTH_LIMIT) {
                return "it is nested too deep";
            }
            costs[depth] = (struct cost){0};
        } else if (*at == ')' && depth > 0) {
            --depth;
            add(&costs[depth], costs[depth + 1].sum + costs[depth + 1].last);
        } else if (*at == '+' || *at == '{') {
            unsigned long copies = copies_of(&at);

            costs[depth].last = copies > COST_LIMIT ? COST_LIMIT + 1 : costs[depth].last * copies;
        } else if (*at != '*' && *at != '?') {
            at = *at == '[' ? bracket_end(at) : at;
            add(&costs[depth], 1);
        }
        if (costs[depth].sum + costs[depth].last > COST_LIMIT) {
            return "it repeats too much";
        }
    }
    return NULL;
}

const char *expression_compile(const char *text, int flags, regex_t *compiled, char *reason, size_t reason_size)
{
    const char *why = fault(text);
    int error = 0;

    if (why == NULL) {
        error = regcomp(compiled, text, REG_EXTENDED | REG_NOSUB | flags);
    }
    if (error != 0) {
        regerror(error, compiled, reason, reason_size);
        why = reason;
    }
    return why;
}
