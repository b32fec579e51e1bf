/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "jack.h"

void SndJacksInit(SND_JACKS *jacks)
{
    *jacks = (SND_JACKS){.Connected = {true, true}};
}

void SndJackDescribe(SND_JACKS *jacks, uint32_t id, const SND_JACK_INFO *info)
{
    if (id < SND_JACK_COUNT) {
        jacks->Connected[id] = info->Connected;
    }
}

uint32_t SndJackEvent(SND_JACKS *jacks, const SND_EVENT *event)
{
    bool connected = event->Kind == SndEventJackConnected;

    if (!connected && event->Kind != SndEventJackDisconnected) {
        return 0;
    }
    if (event->Data >= SND_JACK_COUNT) {
        jacks->Ignored++;
        return 0;
    }
    if (jacks->Connected[event->Data] == connected) {
        return 0;
    }
    jacks->Connected[event->Data] = connected;
    jacks->Changes++;
    return 1u << event->Data;
}
