/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whose INF a file is: by its name, its place in a package tree and the IDs that it claims. */
#ifndef AEROW7_INF_IDENTITY_H
#define AEROW7_INF_IDENTITY_H

#include "contract/contract.h"
#include "inf/inf_package.h"

/* The file's name without folders and without ".disabled". The caller frees it. */
char *inf_file_name(const char *place);

/* virtio-input.inf stands for aero_virtio_input.inf: the original's name, or NULL. The caller frees it. */
char *inf_alias_original(const char *file_name);

/* The device that has `id` among its patterns, or NULL. */
const struct contract_device *inf_contract_device(const struct contract *contract, const char *id);

/* The virtio device type of the function that `id` names, or -1: a tablet is an input device like the others. */
int inf_virtio_type(const struct contract *contract, const char *id);

/* False when a part of the path says that the file is for the other architecture: win7/x86/..., packages/amd64/... */
bool inf_is_for(const char *place, enum inf_architecture architecture);

/* Not installed with the others: disabled by its name, or in a folder opt-in. */
bool inf_is_opt_in(const char *place);

#endif
