/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "qmp.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* One line without its end, or false when none came in time. */
static bool read_line(struct qmp *qmp, char *line, size_t size, unsigned wait_ms)
{
    long long deadline = qemu_clock_ms() + wait_ms;

    for (;;) {
        char *end = memchr(qmp->buffer, '\n', qmp->filled);
        if (end != NULL) {
            size_t length = (size_t)(end - qmp->buffer);
            snprintf(line, size, "%.*s", (int)length, qmp->buffer);
            line[strcspn(line, "\r")] = '\0';
            qmp->filled -= length + 1;
            memmove(qmp->buffer, end + 1, qmp->filled);
            return true;
        }
        if (qmp->filled == sizeof qmp->buffer) {
            qemu_process_failed(qmp->process, "QEMU sent a QMP line of more than %zu bytes", qmp->filled);
        }

        struct pollfd waiting = {.fd = qmp->fd, .events = POLLIN};
        long long left = deadline - qemu_clock_ms();
        if (poll(&waiting, 1, left > 0 ? (int)left : 0) <= 0) {
            if (left <= 0) {
                return false;
            }
            continue;
        }
        ssize_t got = recv(qmp->fd, qmp->buffer + qmp->filled, sizeof qmp->buffer - qmp->filled, 0);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            qemu_process_failed(qmp->process, "QEMU closed its QMP connection");
        }
        qmp->filled += got > 0 ? (size_t)got : 0;
    }
}

static bool is_event(struct qmp *qmp, const char *line)
{
    /* {"timestamp": {...}, "event": "NAME", ...}: only events carry a time stamp. */
    const char *name = strstr(line, "\"event\": \"");

    if (strncmp(line, "{\"timestamp\"", 12) != 0 || name == NULL) {
        return false;
    }
    name += strlen("\"event\": \"");
    snprintf(qmp->events[qmp->event_count++ % QMP_EVENTS], sizeof qmp->events[0], "%.*s", (int)strcspn(name, "\""),
             name);
    return true;
}

void qmp_init(struct qmp *qmp, int fd, struct qemu_process *process, unsigned timeout_ms)
{
    static char line[QMP_LINE_BYTES];

    memset(qmp, 0, sizeof *qmp);
    qmp->fd = fd;
    qmp->process = process;
    qmp->timeout_ms = timeout_ms;
    if (!read_line(qmp, line, sizeof line, timeout_ms) || strncmp(line, "{\"QMP\"", 6) != 0) {
        qemu_process_failed(process, "QEMU did not greet over QMP within %u ms", timeout_ms);
    }
    if (!qmp_command(qmp, "{\"execute\":\"qmp_capabilities\"}", line, sizeof line)) {
        qemu_process_failed(process, "QEMU refused QMP: %s", line);
    }
}

/* In one piece: QEMU acts on the closing brace, and after "quit" there is nobody to take what follows. */
static bool transmit(struct qmp *qmp, const char *command)
{
    char *line;
    int length = asprintf(&line, "%s\n", command), sent = 0;

    while (sent < length) {
        ssize_t now = send(qmp->fd, line + sent, (size_t)(length - sent), MSG_NOSIGNAL);
        if (now < 0 && errno != EINTR) {
            break;
        }
        sent += now > 0 ? (int)now : 0;
    }
    if (length >= 0) {
        free(line);
    }
    return length >= 0 && sent == length;
}

bool qmp_command(struct qmp *qmp, const char *command, char *answer, size_t size)
{
    static char line[QMP_LINE_BYTES];

    if (!transmit(qmp, command)) {
        qemu_process_failed(qmp->process, "cannot send a QMP command: %s", strerror(errno));
    }
    do {
        if (!read_line(qmp, line, sizeof line, qmp->timeout_ms)) {
            qemu_process_failed(qmp->process, "QEMU did not answer the QMP command %s within %u ms", command,
                                qmp->timeout_ms);
        }
    } while (is_event(qmp, line));
    if (answer != NULL) {
        snprintf(answer, size, "%s", line);
    }
    return strncmp(line, "{\"return\"", 9) == 0;
}

void qmp_quit(struct qmp *qmp)
{
    transmit(qmp, "{\"execute\":\"quit\"}");
}

static bool take_event(struct qmp *qmp, const char *name)
{
    for (unsigned i = 0; i < QMP_EVENTS; i++) {
        if (strcmp(qmp->events[i], name) == 0) {
            qmp->events[i][0] = '\0';
            return true;
        }
    }
    return false;
}

bool qmp_wait_event(struct qmp *qmp, const char *name, unsigned wait_ms)
{
    static char line[QMP_LINE_BYTES];
    long long deadline = qemu_clock_ms() + wait_ms;

    for (;;) {
        long long left = deadline - qemu_clock_ms();
        bool came = read_line(qmp, line, sizeof line, left > 0 ? (unsigned)left : 0);

        if (came) {
            is_event(qmp, line);
        }
        if (take_event(qmp, name)) {
            return true;
        }
        if (!came) {
            return false;
        }
    }
}
