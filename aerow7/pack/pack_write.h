/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Writing of a finished pack: folder, ZIP, ISO, symbols, certificate, manifests; and what the command says of it. */
#ifndef AEROW7_PACK_WRITE_H
#define AEROW7_PACK_WRITE_H

#include "pack/pack_content.h"

enum status pack_write(struct pack *pack);

#endif
