/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The topology filter as the volume control sees it (snd_topology.c), and its jacks (snd_jack.c).
 */
#ifndef NTHOST_SND_TOPOLOGY_H
#define NTHOST_SND_TOPOLOGY_H

#include "snd.h"

/* KSPROPERTY_AUDIO_VOLUMELEVEL (in 1/65536 dB) or KSPROPERTY_AUDIO_MUTE; channel -1: all. */
NTSTATUS snd_set_node(struct snd_bench *b, unsigned direction, bool mute, LONG channel, LONG value);

/* Jack 0 is the speaker's, on topology pin 1; jack 1 the microphone's, on pin 3. */
bool snd_jack_connected(struct snd_bench *b, unsigned jack, bool *connected);
bool snd_jack_watch(struct snd_bench *b, unsigned jack); /* KSEVENT_PINCAPS_JACKINFOCHANGE */
bool snd_jack_changed(struct snd_bench *b, unsigned jack, uint64_t timeout_us);
void snd_jack_forget(struct snd_bench *b);

#endif
