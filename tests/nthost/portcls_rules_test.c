/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Each rule of PortCls is broken once by the fixture.
 */
#include "portcls_run.h"

static const GUID fixture_set = PC_FIXTURE_SET;

static void use_properties(const struct pc_run *run)
{
    KSDATARANGE_AUDIO range = {.DataRange = {.FormatSize = sizeof(range),
                                             .MajorFormat = KSDATAFORMAT_TYPE_AUDIO,
                                             .SubFormat = KSDATAFORMAT_SUBTYPE_PCM,
                                             .Specifier = KSDATAFORMAT_SPECIFIER_WAVEFORMATEX}};
    uint8_t value[104];
    ks_file *filter, *topology;
    ks_event *e = ks_event_create();
    CHECK(ks_open_filter(run->node, "Wave", &filter) == STATUS_SUCCESS);
    ks_get(filter, &fixture_set, 1, value, 8, NULL);
    ks_get(filter, &fixture_set, 1, value, 8, NULL);
    ks_set(filter, &fixture_set, 1, value, 8);
    ks_intersect(filter, 0, &range, sizeof(range), NULL, 0, NULL);
    ks_intersect(filter, 0, &range, sizeof(range), value, sizeof(value), NULL);
    CHECK(ks_open_filter(run->node, "Topology", &topology) == STATUS_SUCCESS);
    ks_enable_event(topology, &KSEVENTSETID_PinCapsChange, 1, KSEVENT_TYPE_ENABLE, PCFILTER_NODE, 1, e);
    ks_close(filter);
    ks_close(topology);
    ks_event_free(e);
}

static void use_stream(const struct pc_run *run)
{
    KSAUDIO_POSITION position;
    struct pc_playing p = {0};
    pc_open(run, &p, PC_PIN_RENDER);
    p.event = ks_event_create();
    ks_allocate_buffer(p.pin, 2 * PC_TICK_BYTES, 2, &p.buffer);
    ks_register_notification(p.pin, p.event);
    ks_set_state(p.pin, KSSTATE_RUN);
    ks_event_wait(p.event, 3 * PC_TICK_US);
    ks_position(p.pin, &position);
    ks_unregister_notification(p.pin, p.event);
    ks_event_wait(p.event, 3 * PC_TICK_US);
    ks_set_state(p.pin, KSSTATE_STOP);
    ks_close(p.pin);
    ks_close(p.filter);
}

static void break_rule(enum pc_mode mode)
{
    struct pc_run run = pc_run_start(mode, 1);
    use_properties(&run);
    use_stream(&run);
    pc_run_end(&run);
}

#define PC_TEST(name, mode, ...)                            \
    TEST(portcls_rule_##name, EXIT_RULE, __VA_ARGS__, NULL) \
    {                                                       \
        break_rule(mode);                                   \
    }

PC_TEST(initialize_without_add_device, PC_INITIALIZE_NULL, "rule broken: pc-adapter", "PcInitializeAdapterDriver")
PC_TEST(extension_size, PC_EXTENSION_SMALL, "rule broken: pc-adapter", "DeviceExtensionSize")
PC_TEST(max_objects, PC_MAX_OBJECTS_ZERO, "rule broken: pc-adapter", "MaxObjects 0")
PC_TEST(start_pending, PC_START_PENDING, "rule broken: pc-adapter", "STATUS_PENDING")
PC_TEST(io_timeout_left, PC_TIMEOUT_LEFT, "rule broken: pc-adapter", "PcRegisterIoTimeout")
PC_TEST(extension_changed, PC_EXTENSION_CHANGED, "rule broken: pc-extension", "word 8")
PC_TEST(subdevice_twice, PC_SUBDEVICE_TWICE, "rule broken: pc-subdevice", "second time")
PC_TEST(subdevice_too_many, PC_SUBDEVICE_TOO_MANY, "rule broken: pc-subdevice", "MaxObjects")
PC_TEST(subdevice_uninitialised, PC_SUBDEVICE_UNINITIALISED, "rule broken: pc-subdevice", "IPort::Init")
PC_TEST(subdevice_name, PC_SUBDEVICE_NAME_CHANGED, "rule broken: pc-subdevice", "has changed")
PC_TEST(subdevice_unregistered_twice, PC_UNREGISTER_TWICE, "rule broken: pc-subdevice", "UnregisterSubdevice")
PC_TEST(port_initialised_twice, PC_INIT_TWICE, "rule broken: pc-subdevice", "IPort::Init a second time")
PC_TEST(connection_pin, PC_CONNECTION_PIN, "rule broken: pc-connection", "pin 7")
PC_TEST(connection_flow, PC_CONNECTION_FLOW, "rule broken: pc-connection", "data flow")
PC_TEST(connection_subdevice, PC_CONNECTION_UNREGISTERED, "rule broken: pc-connection", "no registered subdevice")
PC_TEST(power_registered_twice, PC_POWER_TWICE, "rule broken: pc-power", "second time")
PC_TEST(power_unregistered_twice, PC_POWER_UNREGISTER, "rule broken: pc-power", "without a registration")
PC_TEST(port_leaked, PC_PORT_LEAKED, "rule broken: com-reference", "IPortWaveRT is not released")
PC_TEST(port_released_twice, PC_PORT_RELEASED_TWICE, "rule broken: com-reference", "more often")
PC_TEST(port_used_after_release, PC_PORT_USED_AFTER_RELEASE, "rule broken: use-after-free", "IPortTopology")
PC_TEST(miniport_released_twice, PC_MINIPORT_RELEASED_TWICE, "rule broken: com-reference", "while PortCls holds")
PC_TEST(not_a_port, PC_NOT_A_PORT, "rule broken: com-interface", "no port object")
PC_TEST(query_interface_gives_null, PC_QUERY_GIVES_NULL, "rule broken: com-interface", "gave NULL")
PC_TEST(method_missing, PC_VTABLE_NULL, "rule broken: com-vtable", "entry 4")
PC_TEST(descriptor_null, PC_DESCRIPTOR_NULL, "rule broken: pc-descriptor", "gave NULL")
PC_TEST(descriptor_version, PC_VERSION_NOT_ZERO, "rule broken: pc-descriptor", "Version is 1")
PC_TEST(descriptor_pin_size, PC_DESCRIPTOR_PIN_SIZE, "rule broken: pc-descriptor", "pins of")
PC_TEST(descriptor_bridge, PC_DESCRIPTOR_BRIDGE, "rule broken: pc-descriptor", "bridge pin")
PC_TEST(descriptor_connection, PC_DESCRIPTOR_CONNECTION, "rule broken: pc-descriptor", "connection 1")
PC_TEST(descriptor_item_size, PC_DESCRIPTOR_ITEM_SIZE, "rule broken: pc-descriptor", "properties of 12 bytes")
PC_TEST(descriptor_range, PC_DESCRIPTOR_RANGE, "rule broken: pc-descriptor", "is empty")
PC_TEST(descriptor_node_name, PC_DESCRIPTOR_NODE_NAME, "rule broken: pc-descriptor", "must have a Name")
PC_TEST(intersection_too_long, PC_INTERSECTION_TOO_LONG, "rule broken: pc-format", "ResultantFormatLength")
PC_TEST(intersection_size_query, PC_INTERSECTION_SIZE_QUERY, "rule broken: pc-format", "OutputBufferLength of 0")
PC_TEST(property_too_long, PC_PROPERTY_TOO_LONG, "rule broken: pc-property", "ValueSize of 9")
PC_TEST(property_overrun, PC_PROPERTY_OVERRUN, "rule broken: access-violation", "the value of a property request")
PC_TEST(property_never_completed, PC_PROPERTY_PENDING, "rule broken: pc-property", "within 10 seconds")
PC_TEST(property_completed_twice, PC_PROPERTY_COMPLETED_TWICE, "rule broken: pc-property", "no pending request")
PC_TEST(property_touched_late, PC_PROPERTY_LATE, "rule broken: use-after-free", "PCPROPERTY_REQUEST")
PC_TEST(event_not_listed, PC_EVENT_NOT_LISTED, "rule broken: pc-event", "without AddEventToEventList")
PC_TEST(event_listed_twice, PC_EVENT_LISTED_TWICE, "rule broken: pc-event", "second time")
PC_TEST(stream_null, PC_STREAM_NULL, "rule broken: pc-stream", "gave NULL")
PC_TEST(stream_leaks_port_stream, PC_STREAM_LEAKS_PORT, "rule broken: com-reference", "IPortWaveRTStream was not")
PC_TEST(pages_left, PC_PAGES_LEFT, "rule broken: pc-pages", "1 pages that it allocated")
PC_TEST(pages_freed_while_mapped, PC_PAGES_FREED_MAPPED, "rule broken: pc-pages", "UnmapAllocatedPages comes first")
PC_TEST(pages_freed_twice, PC_PAGES_FREED_TWICE, "rule broken: pc-pages", "which it freed")
PC_TEST(pages_touched_unmapped, PC_PAGES_UNMAPPED_ACCESS, "rule broken: use-after-completion", "UnmapAllocatedPages")
PC_TEST(pages_index, PC_PAGES_INDEX, "rule broken: pc-pages", "GetPhysicalPageAddress of page 1 of 1")
PC_TEST(buffer_freed_early, PC_BUFFER_FREED_EARLY, "rule broken: pc-pages", "has not told the driver")
PC_TEST(buffer_too_long, PC_BUFFER_TOO_LONG, "rule broken: pc-buffer", "of an MDL of 1 pages")
PC_TEST(buffer_of_a_foreign_mdl, PC_BUFFER_FOREIGN_MDL, "rule broken: pc-buffer", "did not allocate")
PC_TEST(buffer_not_freed, PC_BUFFER_NOT_FREED, "rule broken: pc-buffer", "did not free")
PC_TEST(buffer_left_by_a_failure, PC_BUFFER_FAILED_LEFT, "rule broken: pc-pages", "left pages allocated")
PC_TEST(position_beyond_the_buffer, PC_POSITION_BEYOND, "rule broken: pc-position", "write offset")
PC_TEST(notification_after_unregistering, PC_NOTIFICATION_LATE, "rule broken: use-after-completion", "unregistered")
PC_TEST(notification_not_unregistered, PC_NOTIFICATION_REFUSED, "rule broken: pc-notification",
        "UnregisterNotificationEvent")
PC_TEST(method_at_dispatch_level, PC_CALL_AT_DISPATCH, "rule broken: irql", "GetPhysicalPagesCount")
PC_TEST(dispatch_of_no_irp, PC_DISPATCH_UNKNOWN, "rule broken: irp-unknown", "PcDispatchIrp")
PC_TEST(name_with_its_terminator, PC_NAME_WITH_ITS_END, "rule broken: object-name", "character 3")
PC_TEST(port_of_another_class, PC_NEW_PORT_OTHER_CLASS, "rule broken: not-provided", "PcNewPort")
