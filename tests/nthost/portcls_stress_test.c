/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The built-in PortCls under several programs at once, and under requests of random bytes.
 */
#include "portcls_run.h"

static const GUID fixture_set = PC_FIXTURE_SET;
static struct pc_run run;
static unsigned plays;

static void play(unsigned pin, unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        struct pc_playing p;
        KSAUDIO_POSITION position;
        pc_open_buffer(&run, &p, pin);
        CHECK(ks_set_state(p.pin, KSSTATE_RUN) == STATUS_SUCCESS);
        for (unsigned k = 0; k < cpu_random() % 4; k++) {
            ks_event_wait(p.event, cpu_random() % 2 != 0 ? 20 * PC_TICK_US : 0);
            CHECK(ks_position(p.pin, &position) == STATUS_SUCCESS && position.PlayOffset < p.buffer.bytes);
        }
        if (cpu_random() % 2 != 0)
            CHECK(ks_set_state(p.pin, (ULONG)(cpu_random() % 3)) == STATUS_SUCCESS);
        if (cpu_random() % 2 != 0)
            CHECK(ks_unregister_notification(p.pin, p.event) == STATUS_SUCCESS);
        pc_close_all(&p);
        plays++;
    }
}

static void render(void *unused)
{
    (void)unused;
    play(PC_PIN_RENDER, 20);
}

static void capture(void *unused)
{
    (void)unused;
    play(PC_PIN_CAPTURE, 20);
}

static void ask(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < 40; i++) {
        ks_event *e = ks_event_create();
        ks_file *topology, *wave;
        uint8_t value[8] = {0};
        CHECK(ks_open_filter(run.node, "Topology", &topology) == STATUS_SUCCESS);
        CHECK(ks_open_filter(run.node, "Wave", &wave) == STATUS_SUCCESS);
        CHECK(ks_enable_event(topology, &KSEVENTSETID_PinCapsChange, 1, KSEVENT_TYPE_ENABLE, PCFILTER_NODE, 1, e) ==
              STATUS_SUCCESS);
        CHECK(ks_set(wave, &fixture_set, 1, value, 8) == STATUS_SUCCESS);
        CHECK(ks_event_signals(e) >= 1);
        ks_close(topology);
        ks_close(wave);
        ks_event_free(e);
    }
}

static void sleep_and_wake(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < 15; i++) {
        CHECK(devnode_system_power(run.node, SYSTEM_SLEEPING_3) == STATUS_SUCCESS);
        clock_stall(cpu_random() % 1000);
        CHECK(devnode_system_power(run.node, SYSTEM_WORKING) == STATUS_SUCCESS);
    }
}

static void all_at_once(uint64_t seed, unsigned preempt)
{
    static void (*const programs[])(void *) = {render, capture, ask, ask, sleep_and_wake};
    thread *threads[5];
    plays = 0;
    run = pc_run_start(PC_RIGHT, seed);
    cpu_preempt(preempt, 200);
    for (unsigned i = 0; i < 5; i++)
        threads[i] = thread_create("program", programs[i], NULL);
    for (unsigned i = 0; i < 5; i++)
        thread_join(threads[i]);
    const struct portcls_counts *c = portcls_counts(run.device);
    CHECK(plays == 40 && c->streams_open == 0 && c->streams_most == 2 && c->pages_allocated == c->pages_freed);
    CHECK(c->power_changes == 60);
    pc_run_end(&run);
}

TEST(portcls_several_programs_at_once, EXIT_OK, NULL)
{
    all_at_once(31, 0);
}

TEST(portcls_several_programs_at_once_with_preemption, EXIT_OK, NULL)
{
    all_at_once(32, 4);
}

/* ---- random bytes ---- */

static uint8_t junk[512];

static ULONG make_junk(ULONG longest)
{
    static const GUID *const sets[] = {&KSPROPSETID_Pin,     &KSPROPSETID_Topology, &KSPROPSETID_Connection,
                                       &KSPROPSETID_RtAudio, &KSPROPSETID_Audio,    &fixture_set};
    static const ULONG flags[] = {KSPROPERTY_TYPE_GET, KSPROPERTY_TYPE_SET, KSPROPERTY_TYPE_BASICSUPPORT,
                                  KSPROPERTY_TYPE_SETSUPPORT, KSPROPERTY_TYPE_GET | KSPROPERTY_TYPE_TOPOLOGY};
    for (unsigned i = 0; i < sizeof(junk); i++)
        junk[i] = cpu_random() % 3 != 0 ? 0 : (uint8_t)cpu_random();
    KSPROPERTY p = {*sets[cpu_random() % 6], (ULONG)(cpu_random() % 20), flags[cpu_random() % 5]};
    memcpy(junk, &p, sizeof(p));
    if (cpu_random() % 2 != 0) { /* a pin, or a list of one range */
        ULONG words[4] = {(ULONG)(cpu_random() % 6), 0, 8 + (ULONG)(cpu_random() % 100), (ULONG)(cpu_random() % 4)};
        memcpy(junk + sizeof(p), words, sizeof(words));
    }
    return (ULONG)(cpu_random() % (longest + 1));
}

static bool is_answer(NTSTATUS status)
{
    static const uint32_t answers[] = {0,          0x80000005, 0xC0000206, 0xC000000D, 0xC0000010,
                                       0xC0000023, 0xC0000230, 0xC0000225, 0xC0000272, 0xC0000002,
                                       0xC0000008, 0xC00000BB, 0xC000009A};
    for (unsigned i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        if ((uint32_t)status == answers[i])
            return true;
    }
    fprintf(stderr, "an answer of %#x\n", (unsigned)status);
    return false;
}

TEST(portcls_random_requests_are_answered, EXIT_OK, NULL)
{
    struct pc_playing p;
    uint8_t value[256];
    ks_file *topology, *raw;
    unsigned succeeded = 0, opened = 0;
    run = pc_run_start(PC_RIGHT, 33);
    pc_open(&run, &p, PC_PIN_RENDER);
    CHECK(ks_open_filter(run.node, "Topology", &topology) == STATUS_SUCCESS);
    for (unsigned i = 0; i < 6000; i++) {
        ks_file *const files[] = {p.filter, p.pin, topology};
        ULONG in = make_junk(120), out = (ULONG)(cpu_random() % 3 == 0 ? 0 : cpu_random() % sizeof(value));
        memcpy(value, junk + 128, sizeof(value) / 2);
        NTSTATUS status = ks_property(files[cpu_random() % 3], junk, in, value, out, NULL);
        CHECK(is_answer(status));
        succeeded += NT_SUCCESS(status);
    }
    for (unsigned i = 0; i < 500; i++) {
        ULONG bytes = make_junk(200);
        NTSTATUS status = ks_open_raw(p.filter, junk, bytes, &raw);
        CHECK(is_answer(status));
        opened += NT_SUCCESS(status);
    }
    CHECK(succeeded > 100 && opened == 0);
    ks_close(topology);
    pc_close_all(&p);
    pc_run_end(&run);
}
