/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Plug and play and power, as the pages HW_FIND_ADAPTER, HW_INITIALIZE, HW_PASSIVE_INITIALIZE_ROUTINE,
 * HW_ADAPTER_CONTROL, SCSI_ADAPTER_CONTROL_TYPE, SCSI_PNP_REQUEST_BLOCK and SCSI_POWER_REQUEST_BLOCK tell the order,
 * the IRQL and the lock of each call.
 */
#include "storport_internal.h"

#include <stdio.h>
#include <string.h>

#define CONTROL_TYPES 5u             /* ScsiQuerySupportedControlTypes ... ScsiSetRunningConfig: what Windows 7 knows */
#define IDLE_TIMEOUT_US 300000000ull /* every timeout and reset fits in here */
#define STOR_POWER_ACTION_SLEEP 2u
#define STOR_POWER_ACTION_HIBERNATE 3u
#define STOR_DEVICE_CAPABILITIES_VERSION 1u

/* ---- start ---- */

static const char *find_adapter_result(ULONG result)
{
    switch (result) {
    case SP_RETURN_NOT_FOUND:
        return "SP_RETURN_NOT_FOUND";
    case SP_RETURN_ERROR:
        return "SP_RETURN_ERROR";
    case SP_RETURN_BAD_CONFIG:
        return "SP_RETURN_BAD_CONFIG";
    default:
        return "an undocumented value";
    }
}

bool start_find_adapter(adapter *a, const char *argument_string)
{
    uint32_t size = a->init.DeviceExtensionSize != 0 ? a->init.DeviceExtensionSize : 1;
    char *argument = ram_alloc(strlen(argument_string) + 1, 0, "ArgumentString");
    UCHAR *again = ram_alloc(sizeof(*again), 0, "Reserved3");
    ULONG result;

    if (a->extension == NULL) {
        /* "Storport resets the device extension to zero only when it is first allocated" */
        a->extension = ram_alloc(size, 0, "device extension");
        memset(a->extension, 0, size);
        queue_init(a);
    }
    config_prepare(a);
    memcpy(argument, argument_string, strlen(argument_string) + 1);
    *again = FALSE;
    result =
        (ULONG)callback_call(CALLBACK_FIND_ADAPTER, a->init.HwFindAdapter, 6, (uintptr_t)a->extension, (uintptr_t)0,
                             (uintptr_t)0, (uintptr_t)argument, (uintptr_t)a->config, (uintptr_t)again);
    ram_free(argument);
    ram_free(again);
    if (result == SP_RETURN_FOUND)
        return config_accept(a);
    if (result > SP_RETURN_BAD_CONFIG)
        port_rule(a, "find-adapter-result", "HwStorFindAdapter returned %u", (unsigned)result);
    adapter_fail(a, "HwStorFindAdapter returned %s", find_adapter_result(result));
    return false;
}

bool start_initialize(adapter *a)
{
    uint8_t old = port_lock_interrupt(a);
    bool initialized;

    a->passive_initialize = NULL;
    initialized = (UCHAR)callback_call(CALLBACK_INITIALIZE, a->init.HwInitialize, 1, (uintptr_t)a->extension) != FALSE;
    port_unlock_interrupt(a, old);
    if (!initialized) {
        adapter_fail(a, "HwStorInitialize returned FALSE");
        return false;
    }
    if (a->passive_initialize == NULL)
        return true;
    if ((UCHAR)callback_call(CALLBACK_PASSIVE_INITIALIZE, a->passive_initialize, 1, (uintptr_t)a->extension) != FALSE)
        return true;
    adapter_fail(a, "HwStorPassiveInitializeRoutine returned FALSE");
    return false;
}

static SCSI_ADAPTER_CONTROL_STATUS control(adapter *a, enum callback callback, SCSI_ADAPTER_CONTROL_TYPE type,
                                           void *parameters)
{
    return (SCSI_ADAPTER_CONTROL_STATUS)callback_call(callback, a->init.HwAdapterControl, 3, (uintptr_t)a->extension,
                                                      (uintptr_t)type, (uintptr_t)parameters);
}

static SCSI_ADAPTER_CONTROL_STATUS control_locked(adapter *a, SCSI_ADAPTER_CONTROL_TYPE type)
{
    SCSI_ADAPTER_CONTROL_STATUS status;
    uint8_t old = port_lock_interrupt(a);

    status = control(a, CALLBACK_CONTROL_LOCKED, type, NULL);
    port_unlock_interrupt(a, old);
    return status;
}

/* "Storport calls [...] after the HBA has been initialized but before the first I/O"; afterwards only for what is
 * supported. */
static void query_controls(adapter *a)
{
    size_t bytes = sizeof(SCSI_SUPPORTED_CONTROL_TYPE_LIST) + CONTROL_TYPES;
    SCSI_SUPPORTED_CONTROL_TYPE_LIST *list = ram_alloc(bytes, 0, "SCSI_SUPPORTED_CONTROL_TYPE_LIST");

    memset(list, 0, bytes);
    list->MaxControlType = CONTROL_TYPES;
    a->supported_controls = 0;
    if (control(a, CALLBACK_CONTROL, ScsiQuerySupportedControlTypes, list) != ScsiAdapterControlSuccess)
        port_rule(a, "adapter-control",
                  "HwStorAdapterControl must return ScsiAdapterControlSuccess for ScsiQuerySupportedControlTypes");
    if (list->MaxControlType != CONTROL_TYPES)
        port_rule(a, "adapter-control", "the miniport changed MaxControlType");
    for (unsigned i = 0; i < CONTROL_TYPES; i++) {
        if (list->SupportedTypeList[i])
            a->supported_controls |= 1u << i;
    }
    ram_free(list);
    if ((a->supported_controls & 1u << ScsiStopAdapter) == 0 || (a->supported_controls & 1u << ScsiRestartAdapter) == 0)
        port_rule(a, "adapter-control",
                  "\"miniports must support the ScsiStopAdapter and ScsiRestartAdapter control types\"");
}

/* After a failed start the miniport is not called again and its resources go; what it left running would hit freed
 * memory. */
static void start_undo(adapter *a)
{
    interrupts_disconnect(a);
    timer_cancel(&a->miniport_timer);
    a->miniport_timer_routine = NULL;
    adapter_wait_quiet(a);
    port_dpcs_check_idle(a);
    resources_release(a);
    slots_destroy(a);
    units_destroy(a);
    config_release(a);
    resources_check_pool(a);
    a->state = ADAPTER_FAILED;
}

static bool no_transition(void *context)
{
    return !((adapter *)context)->in_transition;
}

/* The plug and play and power managers send one request after the other. False: the adapter is not in `state` (any
 * more). */
static bool transition_begin(adapter *a, enum adapter_state state)
{
    thread_wait(no_transition, a, UINT64_MAX);
    if (a->state != state)
        return false;
    a->in_transition = true;
    return true;
}

static bool start(adapter *a)
{
    a->failure = NULL;
    a->held = a->busy = a->link_down = false;
    a->paused_until = 0;
    if (!start_find_adapter(a, a->options.argument != NULL ? a->options.argument : "")) {
        start_undo(a);
        return false;
    }
    interrupts_connect(a);
    a->state = ADAPTER_RUNNING;
    a->held = true;
    if (!start_initialize(a)) {
        start_undo(a);
        return false;
    }
    query_controls(a);
    adapter_release(a);
    return true;
}

bool adapter_start(adapter *a)
{
    bool started;

    if (!transition_begin(a, a->state == ADAPTER_STOPPED ? ADAPTER_STOPPED : ADAPTER_LOADED))
        return false;
    started = start(a);
    a->in_transition = false;
    return started;
}

/* ---- requests to the adapter ---- */

uint8_t send_pnp(adapter *a, STOR_PNP_ACTION action, uint32_t flags, struct io_buffer *buffer)
{
    struct request r = {
        .function = SRB_FUNCTION_PNP, .bypass = true, .pnp_action = action, .pnp_flags = flags, .buffer = buffer};

    if (buffer != NULL)
        r.transfer = buffer->size;
    return request_execute(a, &r);
}

static void send_power(adapter *a, STOR_DEVICE_POWER_STATE state, uint32_t action)
{
    struct request r = {.function = SRB_FUNCTION_POWER, .bypass = true, .power_state = state, .power_action = action};

    request_execute(a, &r);
}

/* "Storport ensures that there are no uncompleted requests and issues an SRB_FUNCTION_FLUSH request to the miniport
 * driver"; the request exists only where CachesData is TRUE (page HW_BUILDIO). */
static void flush(adapter *a)
{
    struct request r = {.function = SRB_FUNCTION_FLUSH, .bypass = true};

    if (a->agreed.CachesData)
        request_execute(a, &r);
}

/* Holds the queues and lets the miniport finish what it has. */
static void quiesce(adapter *a)
{
    adapter_hold(a);
    if (!adapter_wait_idle(a, IDLE_TIMEOUT_US))
        rule_broken("srb-never-completed", "%u requests still outstanding after %u seconds and every reset",
                    a->outstanding_count, (unsigned)(IDLE_TIMEOUT_US / 1000000));
}

static void call_stop(adapter *a)
{
    if ((a->supported_controls & 1u << ScsiStopAdapter) == 0)
        return;
    if (control_locked(a, ScsiStopAdapter) != ScsiAdapterControlSuccess)
        port_rule(a, "adapter-control",
                  "HwStorAdapterControl must return ScsiAdapterControlSuccess for ScsiStopAdapter");
    timer_cancel(&a->miniport_timer);
    a->miniport_timer_routine = NULL;
}

static void release_everything(adapter *a)
{
    interrupts_disconnect(a);
    timer_cancel(&a->tick);
    timer_cancel(&a->retry_timer);
    resources_release(a);
    slots_destroy(a);
    units_destroy(a);
    config_release(a);
}

void adapter_stop(adapter *a)
{
    if (!transition_begin(a, ADAPTER_RUNNING))
        return;
    quiesce(a);
    send_pnp(a, StorStopDevice, SRB_PNP_FLAGS_ADAPTER_REQUEST, NULL);
    flush(a);
    quiesce(a);
    call_stop(a);
    a->state = ADAPTER_STOPPED;
    interrupts_disconnect(a);
    adapter_wait_quiet(a);
    resources_release(a);
    slots_destroy(a);
    a->in_transition = false;
}

/* ---- power ---- */

/* What D3 does to a PCI function: everything written to it is gone. The device's status register is cleared from
 * outside, by nthost. */
void adapter_lose_power(adapter *a)
{
    struct virtio_regions regions;
    pci_bus *bus = a->device->bus;

    pci_find_virtio_regions(a->device, &regions);
    if (regions.common_bytes != 0)
        bus->ops->mmio_write(bus, regions.common + 0x14, 1, 0); /* device_status: VIRTIO 1.2, 4.1.4.3 */
    pci_device_disable(a->device);
}

void adapter_power_down(adapter *a, bool hibernate)
{
    if (!transition_begin(a, ADAPTER_RUNNING))
        return;
    quiesce(a);
    send_power(a, StorPowerDeviceD3, hibernate ? STOR_POWER_ACTION_HIBERNATE : STOR_POWER_ACTION_SLEEP);
    flush(a);
    quiesce(a);
    call_stop(a);
    a->state = ADAPTER_POWERED_DOWN;
    interrupts_disconnect(a);
    if (a->supported_controls & 1u << ScsiSetBootConfig)
        control(a, CALLBACK_CONTROL_RUNNING, ScsiSetBootConfig, NULL);
    if (!hibernate)
        adapter_lose_power(a);
    a->in_transition = false;
}

/* "If the miniport driver does not implement ScsiRestartAdapter, the Storport driver calls the miniport driver's
 * HwStorFindAdapter and HwStorInitialize routines", the former at DISPATCH_LEVEL. */
static bool restart_by_initialization(adapter *a)
{
    uint8_t old = irql_raise(DISPATCH_LEVEL);
    bool found = start_find_adapter(a, a->options.argument != NULL ? a->options.argument : "");

    irql_lower(old);
    if (!found)
        return false;
    interrupts_connect(a);
    return start_initialize(a);
}

static bool restart(adapter *a)
{
    if (a->supported_controls & 1u << ScsiSetRunningConfig)
        control(a, CALLBACK_CONTROL_RUNNING, ScsiSetRunningConfig, NULL);
    if ((a->supported_controls & 1u << ScsiRestartAdapter) == 0)
        return restart_by_initialization(a);
    interrupts_connect(a);
    if (control_locked(a, ScsiRestartAdapter) == ScsiAdapterControlSuccess)
        return true;
    adapter_fail(a, "ScsiRestartAdapter was unsuccessful");
    return false;
}

bool adapter_power_up(adapter *a)
{
    bool restarted;

    if (!transition_begin(a, ADAPTER_POWERED_DOWN))
        return false;
    pci_device_restore(a->device);
    a->state = ADAPTER_RUNNING;
    restarted = restart(a);
    if (restarted) {
        send_power(a, StorPowerDeviceD0, 0);
        adapter_release(a);
    } else {
        queues_fail(a, SRB_STATUS_NO_DEVICE);
        start_undo(a);
    }
    a->in_transition = false;
    return restarted;
}

/* ---- removal ---- */

static void remove_common(adapter *a)
{
    a->removed = true;
    queues_fail(a, SRB_STATUS_NO_DEVICE);
    interrupts_disconnect(a);
    adapter_wait_quiet(a);
    adapter_wait_idle(a, UINT64_MAX); /* completions of the last requests, on other processors */
    port_dpcs_check_idle(a);
    release_everything(a);
    resources_check_pool(a);
    a->state = ADAPTER_REMOVED;
}

/* Requests that the miniport still has when the device is gone are its to complete, by itself or at the reset that
 * follows. */
static void drain_removed(adapter *a)
{
    if (a->outstanding_count == 0 || adapter_wait_idle(a, 2000000))
        return;
    adapter_reset_bus(a);
    if (!adapter_wait_idle(a, IDLE_TIMEOUT_US))
        rule_broken("srb-never-completed", "%u requests still outstanding after surprise removal and a bus reset",
                    a->outstanding_count);
}

void adapter_surprise_removed(adapter *a)
{
    if (!transition_begin(a, a->state))
        return;
    if (a->state == ADAPTER_RUNNING) {
        adapter_hold(a);
        send_pnp(a, StorSurpriseRemoval, SRB_PNP_FLAGS_ADAPTER_REQUEST, NULL);
        drain_removed(a);
        send_pnp(a, StorRemoveDevice, SRB_PNP_FLAGS_ADAPTER_REQUEST, NULL);
        /* "Storport might call HwStorAdapterControl to stop the adapter after the HBA has already been physically
         * removed" */
        call_stop(a);
    }
    remove_common(a);
    a->in_transition = false;
}

void adapter_remove(adapter *a)
{
    if (!transition_begin(a, a->state))
        return;
    if (a->state == ADAPTER_RUNNING) {
        quiesce(a);
        send_pnp(a, StorRemoveDevice, SRB_PNP_FLAGS_ADAPTER_REQUEST, NULL);
        flush(a);
        quiesce(a);
        call_stop(a);
    }
    remove_common(a);
    a->in_transition = false;
}
