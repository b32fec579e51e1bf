/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What a model input device says of itself: the answers of its configuration selectors.
 */
#ifndef NTHOST_MODEL_INPUT_CONFIG_H
#define NTHOST_MODEL_INPUT_CONFIG_H

#include "model_input.h"

/* The payload's size; 0: nothing. `payload` has 128 bytes. */
uint8_t model_input_answer(const struct model_input_options *o, uint8_t select, uint8_t subsel, uint8_t *payload);

#endif
