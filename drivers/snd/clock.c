/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "clock.h"

#include "arithmetic.h"

#define FRACTION 16
/* Windows begin short, so that a stream is right soon, and grow until jitter has little left to say. */
#define WINDOW_FIRST 4
#define WINDOW_LONGEST 32
/* So many late completions in a row are no jitter. */
#define LATE_RUN 8
#define RATE_MIN 1000
#define RATE_MAX 1000000
#define FREQUENCY_MIN 1000
#define FREQUENCY_MAX 10000000000ull
/* Beyond this many ticks the line gets a new point, far from where SndScale saturates. */
#define REBASE_TICKS (1ull << 40)

static uint64_t ToLine(uint64_t frames)
{
    return frames << FRACTION;
}

/* For rates up to RATE_MAX; tenths of a millisecond, up to 200. */
static int64_t LineOfTime(uint32_t rate, uint32_t tenths)
{
    return (int64_t)ToLine((rate / 1000 + 1) * tenths / 10);
}

static void BeginWindow(SND_CLOCK *clock, uint32_t periods)
{
    clock->WindowPeriods = periods;
    clock->WindowStart = clock->Line;
    clock->WindowLeast = INT64_MAX;
    clock->WindowMoved = 0;
    clock->LateRun = 0;
}

bool SndClockInit(SND_CLOCK *clock, uint32_t rate, uint64_t frequency, uint32_t periodFrames, uint32_t lag,
                  bool devicePaced)
{
    uint64_t rest, ratio;
    int shift = 0;

    if (rate < RATE_MIN || rate > RATE_MAX || frequency < FREQUENCY_MIN || frequency > FREQUENCY_MAX ||
        periodFrames == 0) {
        return false;
    }
    *clock = (SND_CLOCK){.DevicePaced = devicePaced, .Lag = lag, .PeriodFrames = periodFrames};
    /* rate / frequency as a number with its highest bit set, so that it has 32 good bits for any frequency. */
    ratio = SndDivide(rate, frequency);
    for (rest = rate - ratio * frequency; ratio >> 31 == 0; shift++) {
        rest <<= 1;
        ratio = ratio << 1 | (rest >= frequency);
        rest -= rest >= frequency ? frequency : 0;
    }
    clock->Shift = (uint8_t)(shift - FRACTION);
    clock->Multiplier = clock->Nominal = (uint32_t)ratio;
    clock->Jitter = LineOfTime(rate, 5);
    clock->Tolerance = LineOfTime(rate, 25);
    clock->Stall = (int64_t)ToLine(periodFrames) + LineOfTime(rate, 200);
    BeginWindow(clock, WINDOW_FIRST);
    return true;
}

/* The line at a time, without moving its point. */
static uint64_t LineAt(const SND_CLOCK *clock, uint64_t now)
{
    uint64_t moved;

    if (!clock->Running || now <= clock->Tick) {
        return clock->Line;
    }
    moved = SndScale(now - clock->Tick, clock->Multiplier, clock->Shift);
    return moved < UINT64_MAX - clock->Line ? clock->Line + moved : UINT64_MAX;
}

static void MovePoint(SND_CLOCK *clock, uint64_t now)
{
    clock->Line = LineAt(clock, now);
    clock->Tick = now > clock->Tick ? now : clock->Tick;
}

void SndClockPace(SND_CLOCK *clock, bool devicePaced)
{
    clock->DevicePaced = devicePaced;
}

void SndClockStart(SND_CLOCK *clock, uint64_t now)
{
    if (clock->Running) {
        return;
    }
    clock->Tick = now;
    clock->Running = true;
    clock->Locked = false;
    BeginWindow(clock, WINDOW_FIRST);
}

void SndClockReset(SND_CLOCK *clock, uint64_t frames)
{
    clock->Running = false;
    clock->Locked = false;
    clock->Line = ToLine(frames + clock->Lag);
    clock->Last = frames;
    clock->Counted = frames;
    BeginWindow(clock, WINDOW_FIRST);
}

void SndClockStop(SND_CLOCK *clock, uint64_t now, uint64_t limit)
{
    (void)SndClockRead(clock, now, limit);
    MovePoint(clock, now);
    clock->Running = false;
}

/* A quarter of the error that showed in a long window goes into the rate; no crystal is off by two in a thousand. */
static void CorrectRate(SND_CLOCK *clock, int64_t error, uint64_t duration)
{
    uint64_t size = error < 0 ? (uint64_t)-error : (uint64_t)error;
    uint32_t most = clock->Nominal >> 9, change;
    int64_t wanted;

    change = (uint32_t)SndScale(SndDivide(size << 30, duration), clock->Nominal, 32);
    wanted = (int64_t)clock->Multiplier - (error < 0 ? -(int64_t)change : (int64_t)change);
    if (wanted > (int64_t)clock->Nominal + most) {
        wanted = (int64_t)clock->Nominal + most;
    }
    if (wanted < (int64_t)clock->Nominal - most) {
        wanted = (int64_t)clock->Nominal - most;
    }
    clock->Multiplier = wanted > UINT32_MAX ? UINT32_MAX : (uint32_t)wanted;
}

static void EndWindow(SND_CLOCK *clock)
{
    int64_t late = clock->WindowLeast + clock->WindowMoved; /* against the line as it is now */
    uint32_t periods = clock->WindowPeriods;

    if (periods < WINDOW_LONGEST) {
        periods *= 2;
    } else if (late < clock->Jitter) { /* more than that is not drift, and no chance: a short stop */
        CorrectRate(clock, clock->WindowLeast, clock->Line - clock->WindowStart);
        late -= late >> 1; /* a window without one punctual completion must not count for all */
    }
    clock->Line -= (uint64_t)late;
    BeginWindow(clock, periods);
}

/* The device was later than Tolerance again and again: it stood still for a moment. */
static bool HasPaused(SND_CLOCK *clock, int64_t late)
{
    if (late <= clock->Tolerance) {
        clock->LateRun = 0;
        return false;
    }
    if (clock->LateRun == 0 || late < clock->LateLeast) {
        clock->LateLeast = late;
    }
    return ++clock->LateRun == LATE_RUN;
}

void SndClockComplete(SND_CLOCK *clock, uint64_t now, uint64_t frames)
{
    int64_t late;

    if (frames <= clock->Counted) {
        return;
    }
    clock->Counted = frames;
    if (!clock->DevicePaced || !clock->Running) {
        return;
    }
    MovePoint(clock, now);
    late = (int64_t)(clock->Line - ToLine(frames));
    if (!clock->Locked || late > clock->Stall || late < -clock->Stall) {
        clock->Locked = true;
        clock->Line = ToLine(frames);
        BeginWindow(clock, WINDOW_FIRST);
        return;
    }
    if (HasPaused(clock, late)) {
        clock->Line -= (uint64_t)clock->LateLeast;
        BeginWindow(clock, WINDOW_FIRST);
        return;
    }
    if (late < 0) {
        clock->Line = ToLine(frames);
        clock->WindowMoved -= late;
        late = 0;
    }
    if (late - clock->WindowMoved < clock->WindowLeast) {
        clock->WindowLeast = late - clock->WindowMoved;
    }
    if (clock->Line - clock->WindowStart >= ToLine((uint64_t)clock->WindowPeriods * clock->PeriodFrames)) {
        EndWindow(clock);
    }
}

uint64_t SndClockRead(SND_CLOCK *clock, uint64_t now, uint64_t limit)
{
    uint64_t line = LineAt(clock, now), frames;

    /* Whether a capture has run dry is seen only when its next completion is late. */
    if (clock->Running && clock->Lag == 0 && line > ToLine(limit)) {
        clock->Line = line = ToLine(limit);
        clock->Tick = now > clock->Tick ? now : clock->Tick;
        clock->Locked = false;
    } else if (clock->Running && now > clock->Tick && now - clock->Tick > REBASE_TICKS) {
        MovePoint(clock, now);
    }
    frames = line >> FRACTION;
    frames = frames > clock->Lag ? frames - clock->Lag : 0;
    frames = frames < limit ? frames : limit;
    if (frames > clock->Last) {
        clock->Last = frames;
    }
    return clock->Last;
}

uint64_t SndClockElapsed(const SND_CLOCK *clock, uint64_t now)
{
    return LineAt(clock, now) >> FRACTION;
}

int32_t SndClockDrift(const SND_CLOCK *clock)
{
    int64_t difference = (int64_t)clock->Multiplier - (int64_t)clock->Nominal;
    uint64_t size = difference < 0 ? (uint64_t)-difference : (uint64_t)difference;
    int32_t parts = (int32_t)SndDivide(size * 1000000u, clock->Nominal);

    return difference < 0 ? -parts : parts;
}
