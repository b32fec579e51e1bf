/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the tests of the model share: opening it from "name=value" settings, on a virtual clock.
 */
#ifndef NTHOST_BUS_MODEL_FRAME_H
#define NTHOST_BUS_MODEL_FRAME_H

#include "../../nthost/model_bus.h"
#include "check.h"
#include "stub_core.h"
#include "tiny_driver.h"

/* Everything that the tiny driver can live with. */
#define ALL_FEATURES (~0ull)

/* Whether models are opened with strict=off. */
extern bool model_frame_tolerant;

pci_bus *open_model(const char *const *settings);
#define OPEN(...) open_model((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

/* Opens a model and brings the driver up on it. */
#define START(driver, msix, ...) tiny_start(driver, OPEN(__VA_ARGS__), ALL_FEATURES, msix)

/* Lets the device work until it has nothing more to do, now or later. */
void run_dry(pci_bus *bus);

#endif
