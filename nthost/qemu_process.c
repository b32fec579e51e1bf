/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "qemu_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "verifier.h"

#define TAIL_BYTES 2048

long long qemu_clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Runs between fork and exec; what goes wrong here is read back from the message file. */
static _Noreturn void become_qemu(char *const *argv, const int *inherit, unsigned count, int messages, pid_t parent)
{
    sigset_t none;

    setpgid(0, 0);
    /* The parent may have died before the request took effect: look again afterwards. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(127);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    int null = open("/dev/null", O_RDONLY);
    dup2(null, STDIN_FILENO);
    dup2(messages, STDOUT_FILENO);
    dup2(messages, STDERR_FILENO);
    for (unsigned i = 0; i < count; i++) {
        fcntl(inherit[i], F_SETFD, 0);
    }
    execvp(argv[0], argv);
    dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

void qemu_process_start(struct qemu_process *process, char *const *argv, const int *inherit, unsigned count)
{
    pid_t parent = getpid();

    process->messages = memfd_create("qemu-messages", MFD_CLOEXEC);
    if (process->messages < 0 || fcntl(process->messages, F_SETFL, O_APPEND) != 0) {
        environment_failed("cannot make a memory file for QEMU's messages: %s", strerror(errno));
    }
    process->pid = fork();
    if (process->pid < 0) {
        environment_failed("cannot start %s: %s", argv[0], strerror(errno));
    }
    if (process->pid == 0) {
        become_qemu(argv, inherit, count, process->messages, parent);
    }
}

static bool has_ended(struct qemu_process *process)
{
    pid_t ended;

    if (process->pid == 0) {
        return true;
    }
    do {
        ended = waitpid(process->pid, &process->wait_status, WNOHANG);
    } while (ended < 0 && errno == EINTR);
    if (ended == 0) {
        return false;
    }
    process->pid = 0;
    return true;
}

void qemu_process_end(struct qemu_process *process, unsigned wait_ms)
{
    long long deadline = qemu_clock_ms() + wait_ms;
    const struct timespec pause = {.tv_nsec = 1000000};

    while (!has_ended(process) && qemu_clock_ms() < deadline) {
        nanosleep(&pause, NULL);
    }
    if (process->pid != 0) {
        kill(process->pid, SIGKILL);
        while (waitpid(process->pid, &process->wait_status, 0) < 0 && errno == EINTR) {
        }
        process->pid = 0;
    }
    if (process->messages >= 0) {
        close(process->messages);
        process->messages = -1;
    }
}

void qemu_process_failed(struct qemu_process *process, const char *format, ...)
{
    char what[512], tail[TAIL_BYTES + 1], state[64];
    const struct timespec grace = {.tv_nsec = 100000000};
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);

    if (!has_ended(process)) {
        nanosleep(&grace, NULL); /* a closed socket is seen a little before the exit status */
    }
    if (!has_ended(process)) {
        snprintf(state, sizeof state, "QEMU is still running");
    } else if (WIFSIGNALED(process->wait_status)) {
        snprintf(state, sizeof state, "QEMU was ended by signal %d", WTERMSIG(process->wait_status));
    } else {
        snprintf(state, sizeof state, "QEMU has ended with status %d", WEXITSTATUS(process->wait_status));
    }

    off_t size = lseek(process->messages, 0, SEEK_END);
    off_t start = size > TAIL_BYTES ? size - TAIL_BYTES : 0;
    ssize_t got = size > 0 ? pread(process->messages, tail, TAIL_BYTES, start) : 0;
    tail[got > 0 ? got : 0] = '\0';
    qemu_process_end(process, 0);
    environment_failed("%s (%s; it wrote: %s)", what, state, tail[0] != '\0' ? tail : "nothing");
}
