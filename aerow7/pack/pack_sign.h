/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Signing of what a pack holds: first the drivers themselves (Windows loads a boot-start driver by its embedded
 * signature, before it can look at catalogs), then one catalog for each INF, made of the signed files and signed in
 * turn.
 */
#ifndef AEROW7_PACK_SIGN_H
#define AEROW7_PACK_SIGN_H

#include "pack/pack_content.h"

/* Without a signer the catalogs are made and stay unsigned. Sets pack->certificate. */
enum status pack_sign(struct pack *pack);

#endif
