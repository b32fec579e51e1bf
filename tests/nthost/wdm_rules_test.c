/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Each rule of the I/O manager is broken once by the fixture.
 */
#include "wdm_bus.h"

/* What brings the mode out. */
enum occasion {
    AT_LOAD, /* DriverEntry or AddDevice or start */
    AT_IOCTL,
    AT_REMOVAL,
    AT_READ,
    AT_CANCEL,
    AT_SLEEP
};

static void read_once(const struct wdm_run *run, bool cancel)
{
    struct user_request r;
    user_file *file;
    CHECK(user_open(run->node->pdo, &file) == STATUS_SUCCESS);
    user_read(file, &r, 10);
    if (cancel)
        user_cancel(&r);
    user_wait(&r, 1000);
    user_release(&r);
}

static void break_rule(enum wdm_mode mode, enum occasion occasion, uint32_t ioctl)
{
    wdm_start_machine(2, 1);
    struct wdm_run run = wdm_run_fixture(mode, false);
    if (occasion == AT_IOCTL)
        wdm_ioctl(&run, ioctl);
    if (occasion == AT_READ || occasion == AT_CANCEL)
        read_once(&run, occasion == AT_CANCEL);
    if (occasion == AT_SLEEP)
        devnode_system_power(run.node, SYSTEM_SLEEPING_3);
    wdm_end_run(&run);
}

#define MODE_TEST(name, mode, occasion, ioctl, ...)     \
    TEST(wdm_rule_##name, EXIT_RULE, __VA_ARGS__, NULL) \
    {                                                   \
        break_rule(mode, occasion, ioctl);              \
    }

MODE_TEST(irp_completed_twice, MODE_COMPLETE_TWICE, AT_IOCTL, IOCTL_MISBEHAVE, "rule broken: irp-completed-twice")
MODE_TEST(irp_touched_after_completion, MODE_TOUCH_COMPLETED, AT_IOCTL, IOCTL_MISBEHAVE, "rule broken: use-after-free")
MODE_TEST(irp_pending_unmarked, MODE_PENDING_UNMARKED, AT_READ, 0, "rule broken: irp-pending",
          "without IoMarkIrpPending")
MODE_TEST(irp_marked_not_pending, MODE_MARKED_NOT_PENDING, AT_READ, 0, "rule broken: irp-pending",
          "that was marked pending")
MODE_TEST(irp_status, MODE_OTHER_STATUS, AT_IOCTL, IOCTL_MISBEHAVE, "rule broken: irp-status")
MODE_TEST(irp_completed_as_pending, MODE_COMPLETE_AS_PENDING, AT_IOCTL, IOCTL_MISBEHAVE, "rule broken: irp-status",
          "no final status")
MODE_TEST(irp_not_completed, MODE_NOT_COMPLETED, AT_IOCTL, IOCTL_MISBEHAVE, "rule broken: irp-not-completed")
MODE_TEST(irp_completed_with_lock, MODE_COMPLETE_HOLDING_LOCK, AT_IOCTL, IOCTL_MISBEHAVE,
          "rule broken: irp-completed-with-lock")
MODE_TEST(irp_cancel, MODE_COMPLETE_WITH_CANCEL_ROUTINE, AT_READ, 0, "rule broken: irp-cancel")
MODE_TEST(cancel_lock_kept, MODE_CANCEL_KEEPS_LOCK, AT_CANCEL, 0, "rule broken: cancel-lock", "without having released")
MODE_TEST(cancel_lock_wrong_irql, MODE_CANCEL_WRONG_IRQL, AT_CANCEL, 0, "rule broken: cancel-lock", "CancelIrql")
MODE_TEST(irp_information, MODE_INFORMATION_TOO_LONG, AT_IOCTL, IOCTL_MISBEHAVE, "rule broken: irp-information")
MODE_TEST(irp_leak, MODE_IRP_LEAK, AT_IOCTL, IOCTL_DOWN, "rule broken: leak", "IRP")
MODE_TEST(irp_freed_twice, MODE_IRP_FREED_TWICE, AT_IOCTL, IOCTL_DOWN, "rule broken: irp-free")
MODE_TEST(irp_freed_in_flight, MODE_IRP_FREED_IN_FLIGHT, AT_IOCTL, IOCTL_MISBEHAVE, "rule broken: irp-free",
          "still has it")
MODE_TEST(irp_no_owner, MODE_IRP_NO_OWNER, AT_IOCTL, IOCTL_DOWN, "rule broken: irp-no-owner")
MODE_TEST(irp_unknown, MODE_IRP_SENT_AFTER_FREE, AT_IOCTL, IOCTL_DOWN, "rule broken: irp-unknown")
MODE_TEST(irp_stack, MODE_IRP_STACK, AT_IOCTL, IOCTL_DOWN, "rule broken: irp-stack")

MODE_TEST(device_initializing, MODE_KEEP_INITIALIZING, AT_LOAD, 0, "rule broken: add-device", "DO_DEVICE_INITIALIZING")
MODE_TEST(device_not_attached_by_add_device, MODE_NO_ATTACH, AT_LOAD, 0, "rule broken: add-device", "attached")
MODE_TEST(device_left, MODE_NO_DELETE, AT_REMOVAL, 0, "rule broken: device-left")
MODE_TEST(device_not_detached, MODE_NO_DETACH, AT_REMOVAL, 0, "rule broken: device-attached", "IoDetachDevice")
MODE_TEST(device_deleted_attached, MODE_DELETE_ATTACHED, AT_IOCTL, IOCTL_MISBEHAVE, "rule broken: device-attached")
MODE_TEST(device_deleted_twice, MODE_DELETE_TWICE, AT_IOCTL, IOCTL_MISBEHAVE, "rule broken: device-deleted")
MODE_TEST(device_called_deleted, MODE_CALL_DELETED, AT_IOCTL, IOCTL_MISBEHAVE, "rule broken: device-deleted",
          "IoCallDriver")
MODE_TEST(object_reference, MODE_DEREFERENCE_TWICE, AT_IOCTL, IOCTL_MISBEHAVE, "rule broken: object-reference")
MODE_TEST(device_object, MODE_NOT_A_DEVICE, AT_IOCTL, IOCTL_MISBEHAVE, "rule broken: device-object")
MODE_TEST(add_device, MODE_NO_ADD_DEVICE, AT_LOAD, 0, "rule broken: add-device", "AddDevice")
MODE_TEST(driver_unload, MODE_NO_UNLOAD, AT_LOAD, 0, "rule broken: driver-unload")

MODE_TEST(start_not_forwarded, MODE_START_NOT_FORWARDED, AT_LOAD, 0, "rule broken: pnp-forward", "IRP_MN_START_DEVICE")
MODE_TEST(remove_not_forwarded, MODE_REMOVE_NOT_FORWARDED, AT_REMOVAL, 0, "rule broken: pnp-forward",
          "IRP_MN_REMOVE_DEVICE")
MODE_TEST(remove_fails, MODE_REMOVE_FAILS, AT_REMOVAL, 0, "rule broken: pnp-must-succeed")
MODE_TEST(power_not_an_irp, MODE_POWER_NOT_AN_IRP, AT_IOCTL, IOCTL_MISBEHAVE, "rule broken: power-request")
MODE_TEST(power_bad_state, MODE_POWER_BAD_STATE, AT_IOCTL, IOCTL_MISBEHAVE, "rule broken: power-request", "D3")

MODE_TEST(interrupt_left, MODE_INTERRUPT_LEFT, AT_REMOVAL, 0, "rule broken: interrupt-left")
MODE_TEST(interrupt_before_start, MODE_INTERRUPT_EARLY, AT_LOAD, 0, "rule broken: interrupt-parameters", "before")
MODE_TEST(interrupt_of_the_fdo, MODE_INTERRUPT_FDO, AT_LOAD, 0, "rule broken: interrupt-parameters",
          "function device object")
MODE_TEST(interrupt_wrong_version, MODE_INTERRUPT_WRONG_VERSION, AT_REMOVAL, 0, "rule broken: interrupt-object")
MODE_TEST(interrupt_disconnected_twice, MODE_INTERRUPT_TWICE_DISCONNECTED, AT_REMOVAL, 0,
          "rule broken: interrupt-object")
MODE_TEST(interrupt_wrong_vector, MODE_FULLY_WRONG_VECTOR, AT_LOAD, 0, "rule broken: interrupt-parameters",
          "vector 0xb9")
MODE_TEST(mapping_not_assigned, MODE_MAPPING_BEYOND, AT_LOAD, 0, "rule broken: mapping-not-assigned", "8192 bytes")
MODE_TEST(mapping_left, MODE_MAPPING_LEFT, AT_REMOVAL, 0, "rule broken: mapping-left")
MODE_TEST(common_buffer_not_freed, MODE_BUFFER_NOT_FREED, AT_REMOVAL, 0, "rule broken: dma-adapter", "is not freed")
MODE_TEST(common_buffer_wrong_length, MODE_BUFFER_WRONG_LENGTH, AT_REMOVAL, 0, "rule broken: dma-adapter",
          "FreeCommonBuffer of 4096 bytes")
MODE_TEST(dma_adapter_after_put, MODE_ADAPTER_AFTER_PUT, AT_REMOVAL, 0, "rule broken: dma-adapter", "put back")
MODE_TEST(bus_interface_left, MODE_BUS_INTERFACE_LEFT, AT_IOCTL, IOCTL_CONFIG, "rule broken: bus-interface")

MODE_TEST(work_item_queued_twice, MODE_WORK_ITEM_TWICE, AT_IOCTL, IOCTL_WORK, "rule broken: work-item",
          "queued already")
MODE_TEST(work_item_freed_while_queued, MODE_WORK_ITEM_FREED_QUEUED, AT_IOCTL, IOCTL_WORK, "rule broken: work-item")
MODE_TEST(remove_lock_not_released, MODE_REMOVE_LOCK_NOT_RELEASED, AT_IOCTL, IOCTL_MISBEHAVE, "rule broken: hang",
          "IRP_MJ_PNP")
MODE_TEST(remove_lock_wrong_tag, MODE_REMOVE_LOCK_WRONG_TAG, AT_IOCTL, IOCTL_MISBEHAVE, "rule broken: remove-lock")
MODE_TEST(csq_uninitialised, MODE_CSQ_UNINITIALISED, AT_READ, 0, "rule broken: csq")
MODE_TEST(mdl_not_locked, MODE_MDL_NOT_LOCKED, AT_IOCTL, IOCTL_MISBEHAVE, "rule broken: mdl")
MODE_TEST(interface_left, MODE_INTERFACE_LEFT, AT_REMOVAL, 0, "rule broken: interface-left")
MODE_TEST(log_entry_written_twice, MODE_LOG_TWICE, AT_IOCTL, IOCTL_MISBEHAVE, "rule broken: log-entry")
MODE_TEST(registry_handle_left, MODE_HANDLE_LEFT, AT_REMOVAL, 0, "rule broken: registry-handle", "Device Parameters")
MODE_TEST(registry_handle_closed_twice, MODE_HANDLE_CLOSED_TWICE, AT_LOAD, 0, "rule broken: registry-handle")
MODE_TEST(registry_handle_of_a_process, MODE_HANDLE_OF_A_PROCESS, AT_IOCTL, IOCTL_MISBEHAVE,
          "rule broken: registry-handle", "OBJ_KERNEL_HANDLE")
MODE_TEST(clock_left_fast, MODE_CLOCK_LEFT_FAST, AT_IOCTL, IOCTL_MISBEHAVE, "rule broken: timer-resolution", "1 of its")
MODE_TEST(clock_restored_unasked, MODE_CLOCK_RESTORED_UNASKED, AT_IOCTL, IOCTL_MISBEHAVE,
          "rule broken: timer-resolution", "has not changed it")
MODE_TEST(clock_changed_in_power, MODE_CLOCK_CHANGED_IN_POWER, AT_SLEEP, 0, "rule broken: timer-resolution",
          "IRP_MJ_POWER")
MODE_TEST(device_created_at_dispatch, MODE_IOCREATE_AT_DISPATCH, AT_LOAD, 0, "rule broken: irql", "IoCreateDevice")
