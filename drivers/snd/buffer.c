/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "buffer.h"

#include "pcm.h"

#define PERIODS_OF_ONE_NOTIFICATION 4 /* a client that is told once in a cycle has to look at the position, too */

static uint32_t AtLeastOne(uint32_t value)
{
    return value != 0 ? value : 1;
}

/* The number of even periods that is nearest to `wanted`; 0 when the frames have no divisor that would do. */
static uint32_t EvenPeriods(uint32_t frames, uint32_t wanted)
{
    for (uint32_t distance = 0; distance <= wanted; distance++) {
        uint32_t more = wanted + distance, less = wanted - distance;

        if (more <= SND_NOTIFICATIONS_MAX && frames % more == 0) {
            return more;
        }
        if (less >= SND_PCM_PERIODS_MIN && frames % less == 0) {
            return less;
        }
    }
    return 0;
}

/* How many periods of about SND_PERIOD_DEFAULT_MS so many frames are. */
static uint32_t WantedPeriods(const SND_CHOICE *choice, uint32_t frames)
{
    uint32_t period = AtLeastOne(choice->Wave.Rate / (1000 / SND_PERIOD_DEFAULT_MS));
    uint32_t count = (frames + period / 2) / period;

    count = count < SND_PCM_PERIODS_MIN ? SND_PCM_PERIODS_MIN : count;
    return count > SND_NOTIFICATIONS_MAX ? SND_NOTIFICATIONS_MAX : count;
}

static void SetLead(SND_BUFFER_PLAN *plan)
{
    uint32_t period = plan->PeriodFrames, write = plan->NotifyFrames > period ? period : period / 2;
    uint32_t lead = plan->Frames - AtLeastOne(write);

    lead = lead < SND_PCM_LEAD * period ? lead : SND_PCM_LEAD * period;
    plan->WholeLead = lead >= 2 * period;
    plan->LeadFrames = plan->WholeLead ? lead - lead % period : lead;
    plan->MessagesMax = (lead + period - 1) / period;
}

static bool Divide(const SND_CHOICE *choice, uint32_t frames, uint32_t periods, uint32_t notifications,
                   SND_BUFFER_PLAN *plan)
{
    if (frames == 0 || frames > SND_CYCLIC_BYTES_MAX / choice->FrameBytes || frames % periods != 0) {
        return false;
    }
    plan->Frames = frames;
    plan->Bytes = frames * choice->FrameBytes;
    plan->PeriodFrames = frames / periods;
    plan->PeriodBytes = plan->PeriodFrames * choice->FrameBytes;
    plan->NotifyFrames = notifications == 1 ? frames : plan->PeriodFrames;
    SetLead(plan);
    return true;
}

static uint32_t RoundUp(uint32_t value, uint32_t unit)
{
    uint32_t rest = value % unit;

    return rest == 0 ? value : value + (unit - rest);
}

bool SndBufferPlan(const SND_CHOICE *choice, uint32_t bytes, uint32_t notifications, SND_BUFFER_PLAN *plan)
{
    uint32_t frames, periods, least = AtLeastOne(choice->Wave.Rate / 1000);

    if (choice->FrameBytes == 0 || notifications > SND_NOTIFICATIONS_MAX || bytes == 0 ||
        bytes > SND_CYCLIC_BYTES_MAX) {
        return false;
    }
    frames = RoundUp(bytes, choice->FrameBytes) / choice->FrameBytes;
    if (notifications != 0) {
        periods = notifications == 1 ? PERIODS_OF_ONE_NOTIFICATION : notifications;
        frames = frames < periods * least ? periods * least : frames; /* nobody is served every fraction of a ms */
        return Divide(choice, RoundUp(frames, periods), periods, notifications, plan);
    }
    frames = frames < SND_PCM_PERIODS_MIN * least ? SND_PCM_PERIODS_MIN * least : frames;
    periods = EvenPeriods(frames, WantedPeriods(choice, frames));
    if (periods == 0) {
        periods = WantedPeriods(choice, frames);
        frames = RoundUp(frames, periods);
    }
    return Divide(choice, frames, periods, notifications, plan);
}

bool SndBufferReplan(const SND_CHOICE *choice, uint32_t notifications, SND_BUFFER_PLAN *plan)
{
    uint32_t bytes = plan->Bytes, frames, periods;

    if (choice->FrameBytes == 0 || bytes % choice->FrameBytes != 0) {
        return false;
    }
    frames = bytes / choice->FrameBytes;
    periods = notifications == 1 ? PERIODS_OF_ONE_NOTIFICATION : notifications;
    if (notifications == 0) {
        periods = EvenPeriods(frames, WantedPeriods(choice, frames));
    }
    return periods != 0 && frames / periods >= AtLeastOne(choice->Wave.Rate / 1000) &&
           Divide(choice, frames, periods, notifications, plan);
}

void SndBufferLagBehind(SND_BUFFER_PLAN *plan)
{
    uint32_t periods = plan->Frames / plan->PeriodFrames;

    if (periods > 3 && plan->LeadFrames > (periods - 2) * plan->PeriodFrames) {
        plan->LeadFrames = (periods - 2) * plan->PeriodFrames;
        plan->MessagesMax = periods - 2;
        plan->WholeLead = true;
    }
}
