/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "disk/nbd_server.h"

#include "base/text.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_LISTEN_FD 3 /* sd_listen_fds(3) */

static enum status fault(const char *name, const char *what)
{
    diag_error(name, "%s: %s", what, strerror(errno));
    return STATUS_BAD_INPUT;
}

/* A listening socket in `folder`, with a connection to it; both have no name when it returns. */
static enum status make_pair(const char *folder, const char *name, int *listening, int *connection)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    bool bound;
    enum status status = STATUS_DONE;

    if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s/nbd", folder) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return fault(name, "no socket can be made for qemu-nbd");
    }
    *listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bound = *listening >= 0 && bind(*listening, (struct sockaddr *)&address, sizeof(address)) == 0;
    if (!bound || *connection < 0 || listen(*listening, 1) != 0 ||
        connect(*connection, (struct sockaddr *)&address, sizeof(address)) != 0) {
        status = fault(name, "no socket can be made for qemu-nbd");
    }
    if (bound) {
        (void)unlink(address.sun_path);
    }
    return status;
}

/* Between fork and exec. */
static void become_server(char **arguments, int listening, pid_t parent)
{
    char number[24];

    /* A connection that ends before it was negotiated does not end qemu-nbd. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) {
        _exit(127);
    }
    if (listening == FIRST_LISTEN_FD) {
        /* dup2 to itself would leave it closed on exec. */
        listening = dup(listening);
    }
    (void)snprintf(number, sizeof(number), "%ld", (long)getpid());
    if (listening < 0 || dup2(listening, FIRST_LISTEN_FD) < 0 || setenv("LISTEN_PID", number, 1) != 0 ||
        setenv("LISTEN_FDS", "1", 1) != 0) {
        _exit(127);
    }
    (void)execvp(arguments[0], arguments);
    _exit(127);
}

enum status nbd_server_start(char **arguments, const char *name, int *connection, pid_t *process)
{
    const char *temporary = getenv("TMPDIR");
    char *folder = xformat("%s/aerow7-nbd-XXXXXX", temporary == NULL || *temporary == 0 ? "/tmp" : temporary);
    pid_t parent = getpid();
    int listening = -1;
    enum status status;

    *connection = -1;
    *process = -1;
    if (mkdtemp(folder) == NULL) {
        status = fault(name, "no socket can be made for qemu-nbd");
        free(folder);
        return status;
    }
    status = make_pair(folder, name, &listening, connection);
    (void)rmdir(folder);
    free(folder);
    if (status == STATUS_DONE) {
        *process = fork();
        if (*process == 0) {
            become_server(arguments, listening, parent);
        }
        if (*process < 0) {
            status = fault(name, "qemu-nbd cannot be started");
        }
    }
    if (listening >= 0) {
        close(listening);
    }
    if (status != STATUS_DONE && *connection >= 0) {
        close(*connection);
        *connection = -1;
    }
    return status;
}
