/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Stand-ins for the programs that the guest scripts start: one executable, under the name of each. Each reads the state
 * of its make-believe machine from the folder in AERO_CASE, does to it what the real program would do to Windows, and
 * writes its call and exit status to calls.log there.
 *   fail.txt       what shall fail: "#N STATUS" the N-th call of all; "=STATUS TEXT" each call that contains TEXT.
 *                  A failing call changes nothing.
 *   registry.txt   the registry, see registry_model.h
 *   machine.txt    words: not-admin, in-use (a device uses every driver), busy (every device wants a restart)
 * Arguments are taken as strictly as the real program's documentation has them; others give EXIT_USAGE.
 */
#ifndef STANDIN_H
#define STANDIN_H

#include <stdbool.h>
#include <stddef.h>

enum { EXIT_USAGE = 87, STANDIN_PATH = 1024 };

/* A path below the case's folder, in one of four static buffers in turn. */
const char *case_path(const char *format, ...);
bool machine_is(const char *word);
/* The whole file, ended by a zero byte; NULL when there is none. The caller frees. */
char *read_whole(const char *path, size_t *size);
bool same_content(const char *path, const char *other);
bool is(const char *argument, const char *word);

/* Each returns the exit status; argc counts the arguments, without the program's name. */
int run_reg(int argc, char **argv);
int run_bcdedit(int argc, char **argv);
int run_pnputil(int argc, char **argv);
int run_certutil(int argc, char **argv);

#endif
