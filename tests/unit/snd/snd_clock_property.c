/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The position against a device whose true position is known: any rate, any counter, a clock that is off by up to
 * 500 parts per million, completions that are seen late, several at once, or after the device stood still, and pauses
 * at any time.
 *   always:      never back, never past what was queued or delivered
 *   in the swing: off by less than a millisecond
 * snd_clock_property [SEED [RUNS]]
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "arithmetic.h"
#include "clock.h"

#define SETTLED_PERIODS 72 /* after a start or a stop of the device, so many until the error counts */

static uint64_t random_state;
static uint64_t run_seed;
static double worst, squares;
static uint64_t readings;
static double drift_squares;
static unsigned drifts;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static double chance(void)
{
    return (double)(next_random() >> 11) / 9007199254740992.0;
}

static void check(bool good, const char *what, double time, double one, double other)
{
    if (!good) {
        fprintf(stderr, "seed %llu: %s at %.6f s: %.3f against %.3f\n", (unsigned long long)run_seed, what, time, one,
                other);
        exit(1);
    }
}

struct run {
    SND_CLOCK clock;
    double rate, frequency, true_rate, period; /* period in frames */
    double time, device_time, device_frames;   /* the device's position, and when */
    double base;
    uint64_t completed, queued, last;
    uint32_t lag, settled; /* periods since something happened */
    bool capture, running, exact;
};

static uint64_t tick_of(const struct run *run, double time)
{
    return (uint64_t)(run->base + time * run->frequency);
}

static double device_at(const struct run *run, double time)
{
    double frames = run->device_frames;

    if (run->running && time > run->device_time) {
        frames += (time - run->device_time) * run->true_rate;
    }
    return frames < (double)run->queued ? frames : (double)run->queued;
}

static uint64_t limit_of(const struct run *run)
{
    return run->capture ? run->completed : run->queued;
}

static void read_position(struct run *run, double time)
{
    uint64_t limit = limit_of(run), position = SndClockRead(&run->clock, tick_of(run, time), limit);
    double truth = device_at(run, time) - run->lag, error;

    check(position >= run->last, "went back", time, (double)position, (double)run->last);
    check(position <= limit, "past the limit", time, (double)position, (double)limit);
    run->last = position;
    truth = truth < 0 ? 0 : truth;
    truth = truth < (double)limit ? truth : (double)limit; /* what was recorded and not yet delivered is not there */
    error = fabs((double)position - truth) / run->rate * 1000;
    if (run->settled >= SETTLED_PERIODS && run->running) {
        check(error < 1, "off by a millisecond", time, (double)position, truth);
        worst = error > worst ? error : worst;
        squares += error * error;
        readings++;
    }
}

/* The driver looks: everything that the device has finished by now, and as much queued again. */
static void look(struct run *run, double time)
{
    double frames = device_at(run, time);
    uint64_t done = (uint64_t)(frames / run->period) * (uint64_t)run->period;

    /* Looked so late that the device has run dry, or as good as. */
    run->settled = frames + run->rate / 1000 < (double)run->queued ? run->settled : 0;
    if (done > run->completed) {
        run->settled += (uint32_t)((done - run->completed) / (uint64_t)run->period);
        (void)SndClockRead(&run->clock, tick_of(run, time), limit_of(run));
        run->completed = done;
        SndClockComplete(&run->clock, tick_of(run, time), done);
    }
    run->device_frames = frames;
    run->device_time = run->device_time > time ? run->device_time : time;
    run->queued = run->completed + 3 * (uint64_t)run->period;
}

static void stop_or_start(struct run *run)
{
    if (run->running) {
        look(run, run->time);
        SndClockStop(&run->clock, tick_of(run, run->time), limit_of(run));
        run->running = false;
    } else {
        SndClockStart(&run->clock, tick_of(run, run->time));
        run->running = true;
        run->device_time = run->time + chance() * 0.005; /* until it really goes */
        run->settled = 0;
    }
}

/* The device stands still: its sink is busy, its host asleep. */
static void stall(struct run *run)
{
    look(run, run->time);
    run->device_time = run->time + chance() * chance() * 0.3;
    run->settled = 0;
}

/* To when the next completion is due, and seen. */
static void one_period(struct run *run)
{
    double left = (double)(run->completed + (uint64_t)run->period) - run->device_frames, due, seen, from = run->time;
    unsigned count = 1 + (unsigned)(chance() * 12);

    due = run->device_time + (left > 0 ? left : 0) / run->true_rate;
    due = due > run->time ? due : run->time;
    seen = due + chance() * (run->exact ? 0 : 0.002);
    if (!run->exact && chance() < 0.02) {
        seen += chance() * 1.4 * run->period / run->rate; /* the interrupt was kept waiting */
    }
    for (unsigned i = 1; i <= count; i++) {
        read_position(run, from + (seen - from) * i / (count + 1));
    }
    run->time = seen;
    look(run, seen);
    read_position(run, seen);
}

static void paused(struct run *run)
{
    uint64_t before = run->last;

    stop_or_start(run);
    read_position(run, run->time);
    before = run->last;
    for (unsigned i = 0; i < 4; i++) {
        run->time += chance() * 0.2;
        read_position(run, run->time);
        check(run->last == before, "moved while stopped", run->time, (double)run->last, (double)before);
    }
    stop_or_start(run);
}

static void device_paced(bool capture)
{
    static const uint32_t rates[] = {5512, 8000, 11025, 22050, 44100, 48000, 96000, 192000, 384000};
    static const double frequencies[] = {1e6, 3579545, 1e7, 14318180, 2.4e9, 1e10};
    static const double periods[] = {0.003, 0.005, 0.010, 0.020};
    struct run run = {.capture = capture};

    run.rate = rates[next_random() % 9];
    run.frequency = frequencies[next_random() % 6];
    run.period = floor(run.rate * periods[next_random() % 4]);
    run.true_rate = run.rate * (1 + (chance() - 0.5) * 0.001);
    run.base = chance() * 1e15;
    run.lag = capture ? (uint32_t)run.period : 0;
    run.exact = next_random() % 8 == 0;
    run.queued = 3 * (uint64_t)run.period;
    check(SndClockInit(&run.clock, (uint32_t)run.rate, (uint64_t)run.frequency, (uint32_t)run.period, run.lag, true),
          "refused", 0, run.rate, run.frequency);
    SndClockReset(&run.clock, 0);
    stop_or_start(&run);
    for (unsigned i = 0; i < 1500; i++) {
        double what = chance();

        if (what < 0.002) {
            paused(&run);
        } else if (what < 0.004) {
            stall(&run);
        }
        one_period(&run);
    }
    if (run.settled > 300 && run.period / run.rate > 0.0099) {
        double drift = SndClockDrift(&run.clock) - (run.true_rate / run.rate - 1) * 1e6;

        drift_squares += drift * drift;
        drifts++;
    }
}

/* Nothing but the counter: exact to the frame, for weeks, however often it is read. */
static void counter_paced(void)
{
    static const double frequencies[] = {1000, 1e6, 3579545, 14318180, 1e10};
    double rate = 1000 + floor(chance() * 383000), frequency = frequencies[next_random() % 5], time = 0;
    uint64_t base = next_random() >> 20, last = 0;
    SND_CLOCK clock;

    check(SndClockInit(&clock, (uint32_t)rate, (uint64_t)frequency, 480, 0, false), "refused", 0, rate, frequency);
    SndClockStart(&clock, base);
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t ticks, position;

        time += chance() * (i % 1000 == 0 ? 100000 : 0.001);
        ticks = (uint64_t)(time * frequency);
        position = SndClockRead(&clock, base + ticks, UINT64_MAX >> 17);
        check(position >= last, "went back", time, (double)position, (double)last);
        last = position;
        check(fabs((double)position - (double)ticks / frequency * rate) < 2 + time * rate * 1e-9, "counter", time,
              (double)position, (double)ticks / frequency * rate);
        SndClockComplete(&clock, base + ticks, position + 5000); /* means nothing here */
    }
    SndClockStop(&clock, base + (uint64_t)(time * frequency), last);
    check(SndClockRead(&clock, UINT64_MAX, UINT64_MAX >> 17) == last, "stopped", time, 0, (double)last);
}

/* Dry: time passes, the position does not, and goes on from there. */
static void run_dry(void)
{
    SND_CLOCK clock;

    check(SndClockInit(&clock, 48000, 1000000, 480, 0, false), "refused", 0, 0, 0);
    SndClockStart(&clock, 0);
    check(SndClockRead(&clock, 10001, 480) == 480, "to the limit", 0, 0, 0);
    check(SndClockRead(&clock, 500000, 480) == 480, "not past it", 0, 0, 0);
    check(SndClockRead(&clock, 510001, 9600) == 960, "on from there", 0, (double)clock.Last, 960);
    check(SndClockRead(&clock, 400000, 9600) == 960, "a counter that goes back", 0, (double)clock.Last, 960);
    SndClockReset(&clock, 0);
    check(SndClockRead(&clock, 600000, 9600) == 0, "reset", 0, (double)clock.Last, 0);
    check(!SndClockInit(&clock, 0, 1000000, 480, 0, true) && !SndClockInit(&clock, 48000, 10, 480, 0, true) &&
              !SndClockInit(&clock, 48000, 1000000, 0, 0, true) &&
              !SndClockInit(&clock, 2000000, 1000000, 480, 0, true) &&
              !SndClockInit(&clock, 48000, UINT64_MAX, 480, 0, true),
          "no clock", 0, 0, 0);
}

/* Whatever a caller or a device makes of it: any times, any counts. */
static void nonsense(void)
{
    SND_CLOCK clock;
    uint64_t last = 0;

    check(SndClockInit(&clock, 44100, 3579545, 441, next_random() & 1 ? 441 : 0, true), "refused", 0, 0, 0);
    for (unsigned i = 0; i < 5000; i++) {
        uint64_t now = next_random() >> next_random() % 64, frames = (next_random() >> next_random() % 64) >> 17;

        switch (next_random() % 5) {
        case 0:
            SndClockStart(&clock, now);
            break;
        case 1:
            SndClockStop(&clock, now, frames);
            break;
        case 2:
            SndClockComplete(&clock, now, frames);
            break;
        default: {
            uint64_t position = SndClockRead(&clock, now, frames);

            check(position >= last && (position <= frames || position == last || position == clock.Last), "nonsense", 0,
                  (double)position, (double)last);
            last = position;
        }
        }
    }
}

static void arithmetic(void)
{
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t one = next_random() >> next_random() % 64, other = next_random() >> next_random() % 64;
        uint32_t multiplier = (uint32_t)next_random();
        uint8_t shift = (uint8_t)(next_random() % 64);
        long double expected = (long double)one * multiplier / (long double)(1ull << shift);
        uint64_t scaled = SndScale(one, multiplier, shift);

        check(SndDivide(one, other) == (other != 0 ? one / other : UINT64_MAX), "division", 0, (double)one,
              (double)other);
        if (expected >= 18446744073709551615.0L) {
            check(scaled == UINT64_MAX, "scale saturates", 0, (double)one, multiplier);
        } else {
            check(fabsl((long double)scaled - expected) <= 1 + expected * 1e-18L, "scale", 0, (double)scaled,
                  (double)expected);
        }
    }
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    unsigned runs = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 400;

    for (unsigned i = 0; i < runs; i++) {
        run_seed = seed + i;
        random_state = run_seed * 0x9E3779B97F4A7C15ull | 1;
        for (int j = 0; j < 8; j++) {
            (void)next_random();
        }
        device_paced(i % 2 != 0);
        if (i % 8 == 0) {
            counter_paced();
            nonsense();
            arithmetic();
        }
    }
    run_dry();
    if (readings == 0) {
        fprintf(stderr, "nothing was measured\n");
        return 1;
    }
    /* Drifts are spread evenly over +-500: whoever ignores them is off by 289 rms. */
    if (drifts < runs / 20 || sqrt(drift_squares / drifts) > 150) {
        fprintf(stderr, "drift followed with an error of %.0f ppm rms in %u runs\n", sqrt(drift_squares / drifts),
                drifts);
        return 1;
    }
    printf("%u runs, %llu readings: error at most %.3f ms, %.3f ms rms; drift off by %.0f ppm rms\n", runs,
           (unsigned long long)readings, worst, sqrt(squares / (double)readings), sqrt(drift_squares / drifts));
    return 0;
}
