/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The pack has no network driver yet. A device that runs with one all the same is named in a CONFIG line; its traffic
 * is not tested, and the lines say so.
 */
#include "selftest.h"

static const char *const names[] = {"virtio-net",         "virtio-net-udp",
                                    "virtio-net-udp-dns", "virtio-net-offload-csum",
                                    "virtio-net-msix",    "virtio-net-link-flap"};
#define NAME_MSIX 4u
#define NAME_LINK_FLAP 5u

void test_net(struct selftest *test)
{
    bool present = devices_count(&test->devices, FAMILY_NET) != 0;

    if (test->options->disable_net) {
        skip_all(test, names, COUNT_OF(names), "disabled");
        return;
    }
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        bool needed = (i == NAME_MSIX && test->options->require_net_msix) ||
                      (i == NAME_LINK_FLAP && test->options->test_net_link_flap);

        if (needed) {
            marker_fail(&test->marker, names[i], present ? "not_supported" : "device_missing");
        } else if (i == NAME_LINK_FLAP) {
            marker_skip(&test->marker, names[i], "flag_not_set");
        } else {
            marker_skip(&test->marker, names[i], present ? "not_supported" : "device_missing");
        }
    }
}
