/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "model_frame.h"

bool model_frame_tolerant;

pci_bus *open_model(const char *const *settings)
{
    static bool initialized;
    struct model_options options;

    if (!initialized) {
        stub_init(64u << 20, sizeof(void *) == 8 ? 64u << 20 : 0);
        initialized = true;
    }
    stub_clock_us = 1;
    stub_processor = 0;
    model_options_default(&options);
    for (; *settings != NULL; settings++) {
        if (!model_option(&options, *settings)) {
            fprintf(stderr, "no such model option: %s\n", *settings);
            exit(1);
        }
    }
    if (model_frame_tolerant) {
        options.strict = 0;
    }
    return model_bus_open(&options);
}

void run_dry(pci_bus *bus)
{
    unsigned steps = 0;

    for (;; steps++) {
        CHECK(steps < 100000); /* it must come to rest */
        if (bus->ops->progress(bus, 0)) {
            continue;
        }
        uint64_t next = bus->ops->next_event_us(bus);
        if (next == UINT64_MAX) {
            return;
        }
        CHECK(next > stub_clock_us);
        stub_clock_us = next;
    }
}
