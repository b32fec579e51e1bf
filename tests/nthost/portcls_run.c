/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "portcls_run.h"

static enum pc_mode mode_to_set;

static void set_mode(module *image)
{
    uint32_t *mode = module_export(image, "PcMode");
    CHECK(mode != NULL);
    *mode = mode_to_set;
}

wdm_driver *pc_load(enum pc_mode mode, NTSTATUS *status)
{
    mode_to_set = mode;
    wdm_before_entry = set_mode;
    portcls_register();
    return wdm_driver_load(FIXTURE_DIR "/pc_fixture.sys", NULL, "pcfixture", status);
}

struct pc_run pc_run_start(enum pc_mode mode, uint64_t seed)
{
    struct pc_run run;
    struct devnode_options options = {0};
    NTSTATUS status;
    wdm_start_machine(2, seed);
    run.driver = pc_load(mode, &status);
    CHECK(run.driver != NULL && status == STATUS_SUCCESS);
    run.node = devnode_create(NULL, &options);
    CHECK(devnode_add(run.node, run.driver) == STATUS_SUCCESS);
    CHECK(devnode_start(run.node) == STATUS_SUCCESS);
    run.device = portcls_device_of(run.node);
    CHECK(run.device != NULL);
    return run;
}

void pc_run_end(struct pc_run *run)
{
    devnode_remove(run->node);
    devnode_free(run->node);
    wdm_driver_unload(run->driver);
}

void pc_open(const struct pc_run *run, struct pc_playing *p, unsigned pin)
{
    KSDATAFORMAT_WAVEFORMATEXTENSIBLE format;
    ULONG bytes = ks_format(&format, PC_RATE, 2, 16, 16, false, false);
    *p = (struct pc_playing){0};
    CHECK(ks_open_filter(run->node, "Wave", &p->filter) == STATUS_SUCCESS);
    CHECK(ks_open_pin(p->filter, pin, &format, bytes, &p->pin) == STATUS_SUCCESS);
}

void pc_open_buffer(const struct pc_run *run, struct pc_playing *p, unsigned pin)
{
    pc_open(run, p, pin);
    p->event = ks_event_create();
    CHECK(ks_allocate_buffer(p->pin, 2 * PC_TICK_BYTES, 2, &p->buffer) == STATUS_SUCCESS);
    CHECK(p->buffer.bytes == 2 * PC_TICK_BYTES && p->buffer.address != NULL);
    CHECK(ks_register_notification(p->pin, p->event) == STATUS_SUCCESS);
}

void pc_close_all(struct pc_playing *p)
{
    if (p->pin != NULL)
        ks_close(p->pin);
    if (p->filter != NULL)
        ks_close(p->filter);
    if (p->event != NULL)
        ks_event_free(p->event);
}
