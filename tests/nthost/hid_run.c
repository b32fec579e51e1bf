/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "hid_run.h"

static enum hid_mode mode_to_set;

static void set_mode(module *image)
{
    uint32_t *mode = module_export(image, "HidMode");
    CHECK(mode != NULL);
    *mode = mode_to_set;
}

wdm_driver *hid_load(enum hid_mode mode, NTSTATUS *status)
{
    mode_to_set = mode;
    wdm_before_entry = set_mode;
    hidclass_register();
    return wdm_driver_load(FIXTURE_DIR "/hid_fixture.sys", NULL, "hidfixture", status);
}

struct hid_run hid_run_start(enum hid_mode mode, uint64_t seed)
{
    struct hid_run run;
    struct devnode_options options = {0};
    NTSTATUS status;
    wdm_start_machine(2, seed);
    run.driver = hid_load(mode, &status);
    CHECK(run.driver != NULL && status == STATUS_SUCCESS);
    run.node = devnode_create(NULL, &options);
    CHECK(devnode_add(run.node, run.driver) == STATUS_SUCCESS);
    CHECK(devnode_start(run.node) == STATUS_SUCCESS);
    return run;
}

void hid_run_end(struct hid_run *run)
{
    devnode_remove(run->node);
    devnode_free(run->node);
    wdm_driver_unload(run->driver);
}

DEVICE_OBJECT *hid_collection(unsigned index)
{
    static const GUID interface_class = GUID_DEVINTERFACE_HID_VALUES;
    return interface_device(&interface_class, index);
}
