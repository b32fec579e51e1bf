/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "qtest.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

void qtest_init(struct qtest *qtest, int fd, struct qemu_process *process, unsigned timeout_ms)
{
    memset(qtest, 0, sizeof *qtest);
    qtest->fd = fd;
    qtest->process = process;
    qtest->timeout_ms = timeout_ms;
}

/* Reads what there is into the buffer; false when nothing came in the time given. */
static bool fill(struct qtest *qtest, const struct timespec *wait)
{
    struct pollfd waiting = {.fd = qtest->fd, .events = POLLIN};
    ssize_t got;

    if (ppoll(&waiting, 1, wait, NULL) <= 0) {
        return false;
    }
    got = recv(qtest->fd, qtest->buffer + qtest->filled, sizeof qtest->buffer - qtest->filled, 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
        return false;
    }
    if (got <= 0) {
        qemu_process_failed(qtest->process, "QEMU closed its qtest connection");
    }
    qtest->filled += (size_t)got;
    return true;
}

/* Cuts the first line out of the buffer. */
static bool next_line(struct qtest *qtest, char line[256])
{
    char *end = memchr(qtest->buffer, '\n', qtest->filled);
    size_t length;

    if (end == NULL) {
        if (qtest->filled == sizeof qtest->buffer) {
            qemu_process_failed(qtest->process, "QEMU sent a qtest line of more than %zu bytes", qtest->filled);
        }
        return false;
    }
    length = (size_t)(end - qtest->buffer);
    snprintf(line, 256, "%.*s", (int)(length < 255 ? length : 255), qtest->buffer);
    qtest->filled -= length + 1;
    memmove(qtest->buffer, end + 1, qtest->filled);
    return true;
}

static bool take_interrupt(struct qtest *qtest, const char *line)
{
    char direction[8];
    unsigned number;

    if (sscanf(line, "IRQ %7s %u", direction, &number) != 2 || number >= 32) {
        return false;
    }
    if (strcmp(direction, "raise") == 0) {
        qtest->lines |= 1u << number;
    } else {
        qtest->lines &= ~(1u << number);
    }
    qtest->changes++;
    return true;
}

/* The next answer, copied to `line`; interrupts that come before it are noted. False when nothing more has arrived. */
static bool next_answer(struct qtest *qtest, char line[256])
{
    while (next_line(qtest, line)) {
        if (!take_interrupt(qtest, line)) {
            return true;
        }
    }
    return false;
}

static void check_ok(struct qtest *qtest, const char *answer, const char *command)
{
    if (strncmp(answer, "OK", 2) != 0) {
        qemu_process_failed(qtest->process, "QEMU answered \"%s\" to the qtest command \"%s\" or a write before it",
                            answer, command);
    }
}

static void wait_answer(struct qtest *qtest, char line[256], const char *command)
{
    long long deadline = qemu_clock_ms() + qtest->timeout_ms;

    while (!next_answer(qtest, line)) {
        long long left = deadline - qemu_clock_ms();
        struct timespec wait = {.tv_sec = (time_t)(left / 1000), .tv_nsec = (long)(left % 1000) * 1000000};

        if (left <= 0) {
            qemu_process_failed(qtest->process, "QEMU did not answer the qtest command \"%s\" within %u ms", command,
                                qtest->timeout_ms);
        }
        fill(qtest, &wait);
    }
    check_ok(qtest, line, command);
}

static void transmit(struct qtest *qtest, const char *command)
{
    char line[128];
    int length = snprintf(line, sizeof line, "%s\n", command);

    for (int sent = 0; sent < length;) {
        ssize_t now = send(qtest->fd, line + sent, (size_t)(length - sent), MSG_NOSIGNAL);
        if (now < 0 && errno != EINTR) {
            qemu_process_failed(qtest->process, "cannot send the qtest command \"%s\": %s", command, strerror(errno));
        }
        sent += now > 0 ? (int)now : 0;
    }
}

uint64_t qtest_call(struct qtest *qtest, const char *format, ...)
{
    char command[120], line[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    transmit(qtest, command);
    for (; qtest->posted > 0; qtest->posted--) {
        wait_answer(qtest, line, command);
    }
    wait_answer(qtest, line, command);
    return line[2] == ' ' ? strtoull(line + 3, NULL, 0) : 0;
}

void qtest_post(struct qtest *qtest, const char *format, ...)
{
    char command[120], line[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    transmit(qtest, command);
    qtest->posted++;
    while (qtest->posted >= QTEST_POSTED_MAX) {
        wait_answer(qtest, line, command);
        qtest->posted--;
    }
}

bool qtest_take(struct qtest *qtest, uint64_t wait_us)
{
    struct timespec wait = {.tv_sec = (time_t)(wait_us / 1000000), .tv_nsec = (long)(wait_us % 1000000) * 1000};
    char line[256];
    bool came = fill(qtest, &wait);

    while (next_answer(qtest, line)) {
        if (qtest->posted == 0) {
            qemu_process_failed(qtest->process, "QEMU sent \"%s\" without having been asked", line);
        }
        check_ok(qtest, line, "(none)");
        qtest->posted--;
    }
    return came;
}
