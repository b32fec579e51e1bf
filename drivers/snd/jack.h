/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The two jacks of the topology, 0 the speaker's and 1 the microphone's, as connected as the device says; as connected
 * as can be when it says nothing. Pure state; the caller's lock.
 */
#ifndef AERO_SND_JACK_H
#define AERO_SND_JACK_H

#include "wire.h"

#define SND_JACK_COUNT 2
#define SND_JACK_SPEAKER 0
#define SND_JACK_MICROPHONE 1

typedef struct SND_JACKS {
    bool Connected[SND_JACK_COUNT];
    uint32_t Changes;
    uint32_t Ignored; /* events of other jacks */
} SND_JACKS;

void SndJacksInit(SND_JACKS *jacks);
/* What JACK_INFO said of jack `id`; others are ignored. */
void SndJackDescribe(SND_JACKS *jacks, uint32_t id, const SND_JACK_INFO *info);
/* Bit n of the result: jack n has changed. 0 for any other event. */
uint32_t SndJackEvent(SND_JACKS *jacks, const SND_EVENT *event);

#endif
