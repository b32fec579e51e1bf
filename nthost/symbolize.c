/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "symbolize.h"

#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "module_internal.h"
#include "symbol_files.h"

extern char **environ;

enum { MAX_FRAMES = 48, OUTPUT_BYTES = 64 * 1024, LIMIT_MS = 20000 };

struct place {
    const char *path, *name;
    uintptr_t offset; /* RVA, or address within the ELF file */
    const module *image;
    bool asked;
};

static struct place place_of(const struct symbol_request *frame)
{
    struct place p = {0};
    uintptr_t address = frame->address - (frame->exact ? 0 : 1);
    const module *m = module_at((void *)address);
    Dl_info info;
    if (m != NULL) {
        p = (struct place){m->path, m->name, address - (uintptr_t)m->pe.image, m, false};
    } else if (dladdr((void *)address, &info) != 0 && info.dli_fname != NULL) {
        const char *slash = strrchr(info.dli_fname, '/');
        p = (struct place){info.dli_fname, slash != NULL ? slash + 1 : info.dli_fname,
                           address - (uintptr_t)info.dli_fbase, NULL, false};
    }
    return p;
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static pid_t start(char **arguments, int output)
{
    static const char *const programs[] = {"llvm-symbolizer-19", "llvm-symbolizer"};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    pid_t child = -1;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 1, 0);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    for (unsigned i = 0; i < 2; i++) {
        arguments[0] = (char *)(uintptr_t)programs[i];
        if (posix_spawnp(&child, programs[i], &actions, &attributes, arguments, environ) == 0)
            break;
        child = -1;
    }
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return child;
}

/* Whatever the symbolizer prints within the time limit; it is ended in any case. */
static bool run(char **arguments, char *output, size_t size)
{
    int ends[2];
    size_t length = 0;
    uint64_t deadline = now_ms() + LIMIT_MS;
    if (pipe(ends) != 0)
        return false;
    pid_t child = start(arguments, ends[1]);
    close(ends[1]);
    while (child > 0 && length + 1 < size) {
        struct pollfd wait = {.fd = ends[0], .events = POLLIN};
        uint64_t now = now_ms();
        if (now >= deadline || poll(&wait, 1, (int)(deadline - now)) <= 0)
            break;
        ssize_t got = read(ends[0], output + length, size - 1 - length);
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    output[length] = '\0';
    close(ends[0]);
    if (child > 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    return length > 0;
}

/* For each address: pairs of lines, function and file:line:column, innermost inlined one first; then an empty line. */
static char *print_one(char *text, unsigned number, const struct place *p)
{
    bool first = true;
    while (*text != '\0' && *text != '\n') {
        char *function = text, *end = strchr(function, '\n');
        char *location = end != NULL ? end + 1 : NULL, *after = location != NULL ? strchr(location, '\n') : NULL;
        if (after == NULL)
            return text + strlen(text);
        *end = *after = '\0';
        bool known = strcmp(function, "??") != 0;
        if (first)
            fprintf(stderr, "    #%-2u %s+%#lx", number, p->name, (unsigned long)p->offset);
        else
            fputs("        inlined in", stderr);
        if (known)
            fprintf(stderr, " %s", function);
        if (strncmp(location, "??", 2) != 0)
            fprintf(stderr, " at %s", location);
        fputc('\n', stderr);
        first = false;
        text = after + 1;
    }
    return *text == '\n' ? text + 1 : text;
}

static void print_group(const struct symbol_request *frames, struct place *places, unsigned begin, unsigned end)
{
    static char output[OUTPUT_BYTES];
    static struct symbol_files files;
    static char object[sizeof(files.object) + 8];
    char *arguments[MAX_FRAMES + 6], addresses[MAX_FRAMES][24];
    unsigned count = 1;
    struct place *p = &places[begin];
    symbol_files_open(&files, p->path);
    snprintf(object, sizeof(object), "--obj=%s", files.object);
    arguments[count++] = object;
    if (p->image != NULL)
        arguments[count++] = (char *)(uintptr_t)"--relative-address";
    for (unsigned i = begin; i < end; i++) {
        snprintf(addresses[i - begin], sizeof(addresses[0]), "%#lx", (unsigned long)places[i].offset);
        arguments[count++] = addresses[i - begin];
    }
    arguments[count] = NULL;
    bool named = run(arguments, output, sizeof(output));
    symbol_files_close(&files);
    char *text = output;
    for (unsigned i = begin; i < end; i++) {
        if (frames[i].heading != NULL)
            fprintf(stderr, "   %s:\n", frames[i].heading);
        char *next = named ? print_one(text, i, &places[i]) : text;
        if (next == text)
            fprintf(stderr, "    #%-2u %s+%#lx\n", i, places[i].name, (unsigned long)places[i].offset);
        text = next;
    }
}

void symbolize_print(const struct symbol_request *frames, unsigned count)
{
    struct place places[MAX_FRAMES];
    if (count > MAX_FRAMES)
        count = MAX_FRAMES;
    for (unsigned i = 0; i < count; i++)
        places[i] = place_of(&frames[i]);
    for (unsigned begin = 0; begin < count;) {
        unsigned end = begin + 1;
        while (end < count && places[end].path == places[begin].path)
            end++;
        if (places[begin].path == NULL) {
            for (unsigned i = begin; i < end; i++)
                fprintf(stderr, "    #%-2u %#lx\n", i, (unsigned long)frames[i].address);
        } else {
            print_group(frames, places, begin, end);
        }
        begin = end;
    }
}
