/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The built-in PortCls with an adapter driver that has no device: what programs see of it.
 */
#include "portcls_run.h"

static const GUID fixture_set = PC_FIXTURE_SET;

TEST(portcls_adapter_starts_with_its_subdevices, EXIT_OK, NULL)
{
    struct pc_run run = pc_run_start(PC_RIGHT, 1);
    CHECK(portcls_subdevices(run.device) == 2);
    CHECK(strcmp(portcls_subdevice_name(run.device, 0), "Topology") == 0);
    CHECK(portcls_descriptor(run.device, "Wave")->PinCount == 4 && portcls_descriptor(run.device, "Wav") == NULL);
    const struct pc_connection *c = portcls_connection(run.device, 0);
    CHECK(c != NULL && strcmp(c->from, "Wave") == 0 && strcmp(c->to, "Topology") == 0 && c->from_pin == 1 &&
          c->to_pin == 0 && portcls_connection(run.device, 1) == NULL);
    CHECK(interface_device(&KSCATEGORY_AUDIO, 0) == run.node->pdo);
    CHECK(strcmp(interface_reference_string(&KSCATEGORY_AUDIO, 0), "Topology") == 0);
    CHECK(strcmp(interface_reference_string(&KSCATEGORY_AUDIO, 1), "Wave") == 0);
    CHECK(strcmp(interface_reference_string(&KSCATEGORY_TOPOLOGY, 0), "Topology") == 0);
    pc_run_end(&run);
    CHECK(interface_device(&KSCATEGORY_AUDIO, 0) == NULL);
}

TEST(portcls_filters_open_by_name_only, EXIT_OK, NULL)
{
    struct pc_run run = pc_run_start(PC_RIGHT, 2);
    ks_file *file;
    CHECK(ks_open_filter(run.node, "Topology", &file) == STATUS_SUCCESS);
    ks_close(file);
    CHECK(ks_open_filter(run.node, "topology", &file) == STATUS_OBJECT_NAME_NOT_FOUND && file == NULL);
    CHECK(ks_open_filter(run.node, "", &file) == STATUS_OBJECT_NAME_NOT_FOUND);
    pc_run_end(&run);
}

/* ---- properties of the port driver's own ---- */

static ULONG pin_ulong(ks_file *filter, ULONG id, ULONG pin)
{
    ULONG value = 77, returned = 0;
    CHECK(ks_pin_get(filter, &KSPROPSETID_Pin, id, pin, &value, sizeof(value), &returned) == STATUS_SUCCESS);
    CHECK(returned == sizeof(value));
    return value;
}

TEST(portcls_pin_properties, EXIT_OK, NULL)
{
    struct pc_run run = pc_run_start(PC_RIGHT, 3);
    ks_file *filter;
    struct {
        KSMULTIPLE_ITEM head;
        KSDATARANGE_AUDIO range;
    } ranges;
    KSPIN_CINSTANCES instances;
    ULONG types, returned;
    GUID category;
    CHECK(ks_open_filter(run.node, "Wave", &filter) == STATUS_SUCCESS);
    CHECK(ks_get(filter, &KSPROPSETID_Pin, KSPROPERTY_PIN_CTYPES, &types, sizeof(types), NULL) == STATUS_SUCCESS);
    CHECK(types == 4);
    CHECK(pin_ulong(filter, KSPROPERTY_PIN_DATAFLOW, 0) == KSPIN_DATAFLOW_IN);
    CHECK(pin_ulong(filter, KSPROPERTY_PIN_COMMUNICATION, 1) == KSPIN_COMMUNICATION_BRIDGE);
    CHECK(pin_ulong(filter, KSPROPERTY_PIN_NECESSARYINSTANCES, 0) == 0);
    CHECK(ks_pin_get(filter, &KSPROPSETID_Pin, KSPROPERTY_PIN_CINSTANCES, 2, &instances, sizeof(instances), NULL) ==
              STATUS_SUCCESS &&
          instances.PossibleCount == 1 && instances.CurrentCount == 0);
    CHECK(ks_pin_get(filter, &KSPROPSETID_Pin, KSPROPERTY_PIN_CATEGORY, 0, &category, sizeof(category), NULL) ==
              STATUS_SUCCESS &&
          memcmp(&category, &KSCATEGORY_AUDIO, sizeof(GUID)) == 0);
    CHECK(ks_pin_get(filter, &KSPROPSETID_Pin, KSPROPERTY_PIN_DATARANGES, 0, NULL, 0, &returned) ==
              STATUS_BUFFER_OVERFLOW &&
          returned == sizeof(ranges));
    CHECK(ks_pin_get(filter, &KSPROPSETID_Pin, KSPROPERTY_PIN_DATARANGES, 0, &ranges, sizeof(ranges) - 1, NULL) ==
          STATUS_BUFFER_TOO_SMALL);
    CHECK(ks_pin_get(filter, &KSPROPSETID_Pin, KSPROPERTY_PIN_DATARANGES, 0, &ranges, sizeof(ranges), NULL) ==
              STATUS_SUCCESS &&
          ranges.head.Count == 1 && ranges.range.MaximumSampleFrequency == PC_RATE);
    CHECK(ks_pin_get(filter, &KSPROPSETID_Pin, KSPROPERTY_PIN_DATAFLOW, 4, &types, sizeof(types), NULL) ==
          STATUS_INVALID_PARAMETER);
    CHECK(ks_get(filter, &KSPROPSETID_Pin, KSPROPERTY_PIN_DATAFLOW, &types, sizeof(types), NULL) ==
          (NTSTATUS)0xC0000206);
    CHECK(ks_set(filter, &KSPROPSETID_Pin, KSPROPERTY_PIN_CTYPES, &types, sizeof(types)) ==
          STATUS_INVALID_DEVICE_REQUEST);
    ks_close(filter);
    pc_run_end(&run);
}

TEST(portcls_topology_properties, EXIT_OK, NULL)
{
    struct pc_run run = pc_run_start(PC_RIGHT, 4);
    uint8_t bytes[256];
    KSMULTIPLE_ITEM *head = (KSMULTIPLE_ITEM *)(void *)bytes;
    WCHAR name[40];
    ks_file *filter;
    CHECK(ks_open_filter(run.node, "Topology", &filter) == STATUS_SUCCESS);
    CHECK(ks_get(filter, &KSPROPSETID_Topology, KSPROPERTY_TOPOLOGY_NODES, bytes, sizeof(bytes), NULL) ==
              STATUS_SUCCESS &&
          head->Count == 2);
    CHECK(ks_get(filter, &KSPROPSETID_Topology, KSPROPERTY_TOPOLOGY_CONNECTIONS, bytes, sizeof(bytes), NULL) ==
              STATUS_SUCCESS &&
          head->Count == 3 && head->Size == sizeof(*head) + 3 * sizeof(PCCONNECTION_DESCRIPTOR));
    CHECK(ks_node(filter, &KSPROPSETID_Topology, KSPROPERTY_TOPOLOGY_NAME, KSPROPERTY_TYPE_GET, 0, KS_NO_CHANNEL, name,
                  sizeof(name), NULL) == STATUS_SUCCESS);
    CHECK(name[0] == '{' && name[38] == 0);
    ks_close(filter);
    pc_run_end(&run);
}

TEST(portcls_intersection_goes_to_the_miniport, EXIT_OK, NULL)
{
    struct pc_run run = pc_run_start(PC_RIGHT, 5);
    KSDATARANGE_AUDIO range = {.DataRange = {.FormatSize = sizeof(range),
                                             .MajorFormat = KSDATAFORMAT_TYPE_AUDIO,
                                             .SubFormat = KSDATAFORMAT_SUBTYPE_PCM,
                                             .Specifier = KSDATAFORMAT_SPECIFIER_WAVEFORMATEX},
                               .MaximumChannels = 2,
                               .MinimumBitsPerSample = 8,
                               .MaximumBitsPerSample = 32,
                               .MinimumSampleFrequency = 8000,
                               .MaximumSampleFrequency = 96000};
    KSDATAFORMAT_WAVEFORMATEX format;
    ULONG returned = 0;
    ks_file *filter;
    CHECK(ks_open_filter(run.node, "Wave", &filter) == STATUS_SUCCESS);
    CHECK(ks_intersect(filter, 0, &range, sizeof(range), NULL, 0, &returned) == STATUS_BUFFER_OVERFLOW &&
          returned == 82);
    CHECK(ks_intersect(filter, 0, &range, sizeof(range), &format, 40, &returned) == STATUS_BUFFER_TOO_SMALL);
    CHECK(ks_intersect(filter, 0, &range, sizeof(range), &format, sizeof(format), &returned) == STATUS_SUCCESS &&
          returned == 82 && format.WaveFormatEx.nSamplesPerSec == PC_RATE);
    /* The miniport leaves this pin to the port driver. */
    CHECK(ks_intersect(filter, 2, &range, sizeof(range), NULL, 0, &returned) == STATUS_BUFFER_OVERFLOW &&
          returned == 82);
    memset(&format, 0, sizeof(format));
    CHECK(ks_intersect(filter, 2, &range, sizeof(range), &format, sizeof(format), NULL) == STATUS_SUCCESS &&
          format.WaveFormatEx.nSamplesPerSec == PC_RATE && format.WaveFormatEx.nChannels == 2 &&
          format.WaveFormatEx.wBitsPerSample == 16);
    range.MinimumBitsPerSample = 24;
    CHECK(ks_intersect(filter, 2, &range, sizeof(range), &format, sizeof(format), NULL) == STATUS_NO_MATCH);
    range.MinimumSampleFrequency = 50000;
    CHECK(ks_intersect(filter, 0, &range, sizeof(range), &format, sizeof(format), NULL) == STATUS_NO_MATCH);
    CHECK(ks_intersect(filter, 1, &range, sizeof(range), &format, sizeof(format), NULL) == STATUS_NO_MATCH);
    CHECK(ks_intersect(filter, 0, &range, 20, &format, sizeof(format), NULL) == (NTSTATUS)0xC0000206);
    CHECK(ks_propose(filter, 0, &format, 82) == STATUS_SUCCESS);
    format.DataFormat.SubFormat = KSDATAFORMAT_SUBTYPE_ANALOG;
    CHECK(ks_propose(filter, 0, &format, 82) == STATUS_NO_MATCH);
    ks_close(filter);
    pc_run_end(&run);
}

/* ---- properties of the driver's ---- */

TEST(portcls_property_requests_reach_the_driver, EXIT_OK, NULL)
{
    struct pc_run run = pc_run_start(PC_RIGHT, 6);
    struct {
        KSPROPERTY property;
        ULONG instance;
    } with = {{fixture_set, 1, KSPROPERTY_TYPE_GET}, 0x1234};
    ULONG value[2] = {0}, returned = 0, access = 0;
    ks_file *filter, *topology;
    CHECK(ks_open_filter(run.node, "Wave", &filter) == STATUS_SUCCESS);
    CHECK(ks_property(filter, &with, 28, value, 8, &returned) == STATUS_SUCCESS && returned == 8);
    CHECK(value[0] == 4 && value[1] == 0x1234); /* what follows KSPROPERTY, and its size */
    CHECK(ks_get(filter, &fixture_set, 1, value, 8, NULL) == STATUS_SUCCESS && value[0] == 0 &&
          value[1] == PCFILTER_NODE);
    CHECK(ks_get(filter, &fixture_set, 1, NULL, 0, &returned) == STATUS_BUFFER_OVERFLOW && returned == 8);
    CHECK(ks_get(filter, &fixture_set, 1, value, 4, NULL) == STATUS_BUFFER_TOO_SMALL);
    CHECK(ks_set(filter, &fixture_set, 1, value, 8) == STATUS_SUCCESS); /* pending, completed at once */
    CHECK(ks_get(filter, &fixture_set, 2, value, 8, NULL) == STATUS_NOT_FOUND);
    CHECK(ks_get(filter, &KSPROPSETID_Jack, 1, value, 8, NULL) == STATUS_PROPSET_NOT_FOUND);
    with.property.Flags = KSPROPERTY_TYPE_BASICSUPPORT;
    CHECK(ks_property(filter, &with, 24, &access, 4, NULL) == STATUS_SUCCESS && access == 0x203);
    CHECK(ks_property(filter, &with, 23, &access, 4, NULL) == (NTSTATUS)0xC0000206);
    CHECK(ks_open_filter(run.node, "Topology", &topology) == STATUS_SUCCESS);
    CHECK(ks_node(topology, &KSPROPSETID_Audio, 4, KSPROPERTY_TYPE_GET, PC_NODE_VOLUME, 1, value, 8, NULL) ==
              STATUS_SUCCESS &&
          value[0] == 8 && value[1] == 1); /* KSNODEPROPERTY_AUDIO_CHANNEL.Channel */
    CHECK(ks_node(topology, &KSPROPSETID_Audio, 4, KSPROPERTY_TYPE_GET, 5, 1, value, 8, NULL) ==
          STATUS_INVALID_DEVICE_REQUEST);
    CHECK(portcls_counts(run.device)->properties == 6 && portcls_counts(run.device)->property_failures == 2);
    ks_close(filter);
    ks_close(topology);
    pc_run_end(&run);
}

/* ---- streams ---- */

TEST(portcls_pin_is_validated_before_new_stream, EXIT_OK, NULL)
{
    struct pc_run run = pc_run_start(PC_RIGHT, 7);
    KSDATAFORMAT_WAVEFORMATEXTENSIBLE format, wrong;
    ULONG bytes = ks_format(&format, PC_RATE, 2, 16, 16, false, false);
    struct pc_playing p;
    ks_file *second;
    pc_open(&run, &p, PC_PIN_RENDER);
    CHECK(ks_open_pin(p.filter, 0, &format, bytes, &second) == STATUS_INSUFFICIENT_RESOURCES);
    CHECK(ks_open_pin(p.filter, 1, &format, bytes, &second) == STATUS_INVALID_PARAMETER);
    CHECK(ks_open_pin(p.filter, 9, &format, bytes, &second) == STATUS_INVALID_PARAMETER);
    CHECK(ks_open_pin(p.filter, 2, &format, bytes - 1, &second) == (NTSTATUS)0xC0000206);
    CHECK(ks_open_raw(p.filter, &format, 20, &second) == (NTSTATUS)0xC0000206);
    wrong = format;
    wrong.DataFormat.SubFormat = KSDATAFORMAT_SUBTYPE_IEEE_FLOAT;
    CHECK(ks_open_pin(p.filter, 2, &wrong, bytes, &second) == STATUS_NO_MATCH);
    bytes = ks_format(&wrong, 44100, 2, 16, 16, false, false);
    CHECK(ks_open_pin(p.filter, 2, &wrong, bytes, &second) == STATUS_INVALID_PARAMETER); /* by the miniport */
    CHECK(portcls_counts(run.device)->streams_open == 1);
    pc_close_all(&p);
    CHECK(portcls_counts(run.device)->streams_open == 0);
    pc_run_end(&run);
}

TEST(portcls_stream_plays_and_notifies, EXIT_OK, NULL)
{
    struct pc_run run = pc_run_start(PC_RIGHT, 8);
    struct pc_playing p;
    KSAUDIO_POSITION position;
    KSRTAUDIO_HWLATENCY latency;
    KSRTAUDIO_HWREGISTER reg;
    struct ks_buffer second;
    ULONG state = 9;
    pc_open_buffer(&run, &p, PC_PIN_RENDER);
    CHECK(p.buffer.address[0] == 0x5a); /* what the driver wrote through its own mapping */
    CHECK(ks_allocate_buffer(p.pin, 4096, 0, &second) == STATUS_INVALID_DEVICE_REQUEST);
    CHECK(ks_latency(p.pin, &latency) == STATUS_SUCCESS && latency.FifoSize == PC_TICK_BYTES);
    CHECK(ks_position_register(p.pin, &reg) == STATUS_NOT_IMPLEMENTED);
    CHECK(ks_clock_register(p.pin, &reg) == STATUS_NOT_IMPLEMENTED);
    CHECK(ks_set_state(p.pin, KSSTATE_RUN) == STATUS_SUCCESS);
    CHECK(ks_get_state(p.pin, &state) == STATUS_SUCCESS && state == KSSTATE_RUN);
    for (unsigned i = 1; i <= 10; i++) {
        CHECK(ks_event_wait(p.event, 10 * PC_TICK_US));
        CHECK(ks_position(p.pin, &position) == STATUS_SUCCESS);
        /* Ticks of a coarse clock may come in pairs. */
        CHECK(position.PlayOffset == ks_event_signals(p.event) % 2 * PC_TICK_BYTES);
    }
    CHECK(ks_event_signals(p.event) >= 10 && ks_event_last_us(p.event) != 0);
    CHECK(ks_set_state(p.pin, KSSTATE_STOP) == STATUS_SUCCESS);
    CHECK(!ks_event_wait(p.event, 10 * PC_TICK_US));
    CHECK(ks_unregister_notification(p.pin, p.event) == STATUS_SUCCESS);
    CHECK(ks_unregister_notification(p.pin, p.event) == STATUS_NOT_FOUND);
    pc_close_all(&p);
    const struct portcls_counts *c = portcls_counts(run.device);
    CHECK(c->pages_allocated == 1 && c->pages_freed == 1 && c->pool_in_run == 0 && c->positions == 10);
    pc_run_end(&run);
}

TEST(portcls_closing_a_running_pin_takes_everything_back, EXIT_OK, NULL)
{
    struct pc_run run = pc_run_start(PC_RIGHT, 9);
    struct pc_playing p, capture;
    pc_open_buffer(&run, &p, PC_PIN_RENDER);
    pc_open_buffer(&run, &capture, PC_PIN_CAPTURE);
    CHECK(ks_set_state(p.pin, KSSTATE_RUN) == STATUS_SUCCESS &&
          ks_set_state(capture.pin, KSSTATE_RUN) == STATUS_SUCCESS);
    CHECK(ks_event_wait(p.event, 10 * PC_TICK_US) && ks_event_wait(capture.event, 10 * PC_TICK_US));
    CHECK(portcls_counts(run.device)->streams_most == 2);
    pc_close_all(&p);
    pc_close_all(&capture);
    CHECK(portcls_counts(run.device)->pages_freed == 2);
    pc_run_end(&run);
}

TEST(portcls_pages_are_scattered_and_may_lie_above_4_gib, EXIT_OK, NULL)
{
    struct pc_run run = pc_run_start(PC_RIGHT, 10);
    KSDATAFORMAT_WAVEFORMATEXTENSIBLE format;
    ULONG bytes = ks_format(&format, PC_RATE, 2, 16, 16, false, false);
    struct pc_playing p = {0};
    CHECK(ks_open_filter(run.node, "Wave", &p.filter) == STATUS_SUCCESS);
    CHECK(ks_open_pin(p.filter, 0, &format, bytes, &p.pin) == STATUS_SUCCESS);
    CHECK(ks_allocate_buffer(p.pin, 64 * PAGE_BYTES, 0, &p.buffer) == STATUS_SUCCESS);
    p.buffer.address[17 * PAGE_BYTES + 5] = 0x77;
    p.buffer.address[18 * PAGE_BYTES - 1] = 0x78;
    CHECK(p.buffer.bytes == 64 * PAGE_BYTES && portcls_counts(run.device)->pages_allocated == 64);
    pc_close_all(&p);
    pc_run_end(&run);
}

TEST(portcls_failed_allocations_are_survived, EXIT_OK, NULL)
{
    struct pc_run run = pc_run_start(PC_RIGHT, 11);
    struct pc_playing p;
    unsigned refused = 0;
    pc_open(&run, &p, PC_PIN_RENDER);
    for (uint64_t n = 1; n <= 3; n++) {
        struct ks_buffer b;
        fail_point_arm(n);
        refused += ks_allocate_buffer(p.pin, 3 * PAGE_BYTES, 1, &b) == STATUS_INSUFFICIENT_RESOURCES;
        CHECK(b.address == NULL);
    }
    fail_point_arm(0);
    CHECK(refused == 3); /* none, fewer, not mapped */
    CHECK(ks_allocate_buffer(p.pin, 3 * PAGE_BYTES, 1, &p.buffer) == STATUS_SUCCESS);
    pc_close_all(&p);
    pc_run_end(&run);
}

/* ---- events, power, plug and play ---- */

TEST(portcls_jack_event_is_added_and_signalled, EXIT_OK, NULL)
{
    struct pc_run run = pc_run_start(PC_RIGHT, 12);
    ks_event *e = ks_event_create(), *other = ks_event_create();
    ks_file *filter, *wave;
    uint8_t value[8] = {0};
    CHECK(ks_open_filter(run.node, "Topology", &filter) == STATUS_SUCCESS);
    CHECK(ks_event_support(filter, &KSEVENTSETID_PinCapsChange, 1, PCFILTER_NODE) == STATUS_SUCCESS);
    CHECK(ks_event_support(filter, &KSEVENTSETID_PinCapsChange, 0, PCFILTER_NODE) == STATUS_NOT_FOUND);
    CHECK(ks_enable_event(filter, &KSEVENTSETID_PinCapsChange, 1, KSEVENT_TYPE_ENABLE, PCFILTER_NODE, 1, e) ==
          STATUS_SUCCESS);
    CHECK(ks_event_signals(e) == 0);
    CHECK(ks_open_filter(run.node, "Wave", &wave) == STATUS_SUCCESS);
    CHECK(ks_enable_event(filter, &KSEVENTSETID_PinCapsChange, 1, KSEVENT_TYPE_ENABLE, PCFILTER_NODE, 0, other) ==
          STATUS_SUCCESS);
    CHECK(ks_set(wave, &fixture_set, 1, value, 8) == STATUS_SUCCESS); /* generates the event of pin 1 */
    CHECK(ks_event_signals(e) == 1 && ks_event_signals(other) == 0 && ks_event_wait(e, 0) && !ks_event_wait(e, 0));
    CHECK(portcls_counts(run.device)->events_generated == 1 && portcls_counts(run.device)->events_signalled == 1);
    ks_close(wave);
    CHECK(ks_disable_event(filter, e) == STATUS_SUCCESS && ks_disable_event(filter, e) == STATUS_INVALID_PARAMETER);
    CHECK(ks_enable_event(filter, &KSEVENTSETID_PinCapsChange, 1, KSEVENT_TYPE_ENABLE, PCFILTER_NODE, PCFILTER_NODE,
                          e) == STATUS_SUCCESS);
    ks_close(filter); /* takes them back */
    ks_event_free(e);
    ks_event_free(other);
    pc_run_end(&run);
}

TEST(portcls_sleep_pauses_what_runs_and_wakes_it, EXIT_OK, NULL)
{
    struct pc_run run = pc_run_start(PC_RIGHT, 13);
    struct pc_playing p;
    pc_open_buffer(&run, &p, PC_PIN_RENDER);
    CHECK(ks_set_state(p.pin, KSSTATE_RUN) == STATUS_SUCCESS && ks_event_wait(p.event, 10 * PC_TICK_US));
    CHECK(devnode_system_power(run.node, SYSTEM_SLEEPING_3) == STATUS_SUCCESS);
    CHECK(run.node->device_power == DEVICE_D3 && portcls_counts(run.device)->power_changes == 2);
    ks_event_wait(p.event, 0);
    CHECK(!ks_event_wait(p.event, 10 * PC_TICK_US));
    CHECK(devnode_system_power(run.node, SYSTEM_WORKING) == STATUS_SUCCESS);
    CHECK(ks_event_wait(p.event, 10 * PC_TICK_US) && portcls_counts(run.device)->power_changes == 4);
    const volatile uint32_t *log = module_export(wdm_driver_image(run.driver), "PcLog");
    CHECK((*log & 0xffffff) == 0x123456);
    pc_close_all(&p);
    pc_run_end(&run);
}

TEST(portcls_stop_is_refused_while_a_pin_is_open, EXIT_OK, NULL)
{
    struct pc_run run = pc_run_start(PC_RIGHT, 14);
    struct pc_playing p;
    pc_open(&run, &p, PC_PIN_RENDER);
    CHECK(!NT_SUCCESS(devnode_query_stop(run.node)));
    pc_close_all(&p);
    CHECK(devnode_query_stop(run.node) == STATUS_SUCCESS);
    devnode_cancel_stop(run.node);
    pc_run_end(&run);
}

TEST(portcls_surprise_removal_leaves_open_files_usable, EXIT_OK, NULL)
{
    struct pc_run run = pc_run_start(PC_RIGHT, 15);
    struct pc_playing p;
    ks_file *late;
    pc_open_buffer(&run, &p, PC_PIN_CAPTURE);
    CHECK(ks_set_state(p.pin, KSSTATE_RUN) == STATUS_SUCCESS);
    devnode_surprise(run.node);
    CHECK(interface_device(&KSCATEGORY_AUDIO, 0) == NULL);
    CHECK(ks_open_filter(run.node, "Wave", &late) == STATUS_DEVICE_REMOVED);
    CHECK(ks_set_state(p.pin, KSSTATE_PAUSE) == STATUS_SUCCESS);
    pc_close_all(&p);
    pc_run_end(&run);
}

TEST(portcls_pool_allocated_while_running_is_counted, EXIT_OK, NULL)
{
    struct pc_run run = pc_run_start(PC_POOL_IN_RUN, 16);
    struct pc_playing p;
    pc_open_buffer(&run, &p, PC_PIN_RENDER);
    CHECK(ks_set_state(p.pin, KSSTATE_RUN) == STATUS_SUCCESS);
    for (unsigned i = 0; i < 3; i++)
        CHECK(ks_event_wait(p.event, 10 * PC_TICK_US));
    CHECK(ks_set_state(p.pin, KSSTATE_STOP) == STATUS_SUCCESS);
    CHECK(portcls_counts(run.device)->pool_in_run == ks_event_signals(p.event));
    pc_close_all(&p);
    pc_run_end(&run);
}

TEST(portcls_service_groups_keys_lists_time_outs, EXIT_OK, NULL)
{
    struct pc_run run = pc_run_start(PC_HELPERS, 18);
    pc_run_end(&run);
}

/* Each call of the start that may fail fails once; nothing may be left behind. */
TEST(portcls_failed_starts_leave_nothing, EXIT_OK, NULL)
{
    NTSTATUS status;
    struct devnode_options options = {0};
    unsigned failures = 0;
    wdm_start_machine(2, 17);
    for (uint64_t n = 1; n < 40; n++) {
        fail_point_arm(n);
        wdm_driver *driver = pc_load(PC_RIGHT, &status);
        if (driver == NULL) {
            failures++;
            continue;
        }
        devnode *node = devnode_create(NULL, &options);
        if (NT_SUCCESS(devnode_add(node, driver))) {
            failures += !NT_SUCCESS(devnode_start(node));
            devnode_remove(node);
        } else {
            failures++;
        }
        devnode_free(node);
        wdm_driver_unload(driver);
    }
    CHECK(failures >= 10);
}
