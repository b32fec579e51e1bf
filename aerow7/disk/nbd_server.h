/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A qemu-nbd of our own for one image: started with a socket that has one connection waiting, ours, and no name any
 * more, so nobody else reaches it, nothing is left behind, and it ends with this process, however that ends.
 */
#ifndef AEROW7_NBD_SERVER_H
#define AEROW7_NBD_SERVER_H

#include "base/diag.h"

#include <sys/types.h>

/*
 * `arguments` is qemu-nbd's command line. *connection is a socket for nbd_connect_socket. `name` is for messages. The
 * caller waits for *process after it closed the connection.
 */
enum status nbd_server_start(char **arguments, const char *name, int *connection, pid_t *process);

#endif
