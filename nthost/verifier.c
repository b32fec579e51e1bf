/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "verifier.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpu_internal.h"
#include "trap.h"

static int arguments;
static char **argument_list;
static uint64_t seed;
static bool seed_known;
static uint64_t fail_at, fail_calls;
static bool reporting;

void verifier_init(int argc, char **argv)
{
    arguments = argc;
    argument_list = argv;
}

void verifier_set_seed(uint64_t value)
{
    seed = value;
    seed_known = true;
}

uint64_t verifier_seed(void)
{
    return seed;
}

static void print_quoted(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+,./:@%";
    if (*word != '\0' && word[strspn(word, plain)] == '\0') {
        fprintf(stderr, " %s", word);
        return;
    }
    fputs(" '", stderr);
    for (; *word != '\0'; word++) {
        if (*word == '\'')
            fputs("'\\''", stderr);
        else
            fputc(*word, stderr);
    }
    fputc('\'', stderr);
}

static void print_repeat_line(void)
{
    if (arguments == 0)
        return;
    fputs("repeat with:", stderr);
    for (int i = 0; i < arguments; i++) {
        if (strcmp(argument_list[i], "--seed") == 0) {
            i++;
            continue;
        }
        if (strncmp(argument_list[i], "--seed=", 7) == 0)
            continue;
        print_quoted(argument_list[i]);
    }
    if (seed_known)
        fprintf(stderr, " --seed %llu", (unsigned long long)seed);
    fputc('\n', stderr);
}

static void print_place(void)
{
    const thread *t = thread_here();
    if (cpu_started())
        fprintf(stderr, "  processor %u, IRQL %u, thread %s", cpu_current(), irql_get(), t->name);
    else
        fputs("  before the machine was started", stderr);
    if (t->calls != NULL) {
        fputs(", in", stderr);
        for (const struct call_frame *call = t->calls; call != NULL; call = call->outer)
            fprintf(stderr, " %s%s", call->what, call->outer != NULL ? " in" : "");
    }
    if (t->api != NULL)
        fprintf(stderr, ", last kernel call %s", t->api);
    fputc('\n', stderr);
}

/* exit() and not _exit(): what was opened (QEMU, temporary files) is cleaned up by atexit handlers. */
static _Noreturn void leave(int status)
{
    fflush(NULL);
    exit(status);
}

void rule_broken(const char *rule, const char *format, ...)
{
    va_list list;
    fflush(stdout);
    fprintf(stderr, "nthost: rule broken: %s: ", rule);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    if (reporting)
        _exit(EXIT_RULE); /* a rule broken while a rule is reported: the first report stands */
    reporting = true;
    print_place();
    print_driver_stack();
    print_repeat_line();
    leave(EXIT_RULE);
}

void environment_failed(const char *format, ...)
{
    va_list list;
    fflush(stdout);
    fputs("nthost: ", stderr);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    if (reporting)
        _exit(EXIT_ENVIRONMENT);
    reporting = true;
    leave(EXIT_ENVIRONMENT);
}

void verifier_own_fault(const char *what)
{
    fflush(stdout);
    fprintf(stderr, "nthost: this is a fault of nthost itself: %s\n", what);
    if (reporting)
        _exit(EXIT_ENVIRONMENT);
    reporting = true;
    print_place();
    print_own_stack();
    print_repeat_line();
    leave(EXIT_ENVIRONMENT);
}

void fail_point_arm(uint64_t n)
{
    fail_at = n;
    fail_calls = 0;
}

bool fail_point(const char *kind)
{
    if (++fail_calls != fail_at)
        return false;
    fprintf(stderr, "nthost: injected failure %llu: %s\n", (unsigned long long)fail_calls, kind);
    return true;
}

uint64_t fail_point_count(void)
{
    return fail_calls;
}
