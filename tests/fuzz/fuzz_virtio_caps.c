/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Any configuration space whatever: the parser ends, reads only what it was given, and what it accepts is usable.
 * Input: which BARs have an address (a bit each; bit 6: BAR0 near the end of the address space), then the bytes.
 */
#include "fuzz.h"

#include "pci_caps.h"
#include "pci_identity.h"

static void check_region(const VIRTIO_PCI_REGION *region, const uint64_t *bar, uint32_t length_min,
                         size_t config_length)
{
    FUZZ_CHECK(region->Bar < VIRTIO_PCI_BAR_COUNT);
    FUZZ_CHECK(bar[region->Bar] != 0);
    FUZZ_CHECK(region->Address == bar[region->Bar] + region->Offset);
    FUZZ_CHECK(region->Address >= bar[region->Bar]);
    FUZZ_CHECK(region->Address + region->Length >= region->Address);
    FUZZ_CHECK(region->Length >= length_min);
    FUZZ_CHECK(region->CapOffset >= 0x40 && (size_t)region->CapOffset + region->CapLength <= config_length);
}

static VIRTIO_PCI_CAP_RESULT parse(const uint8_t *config, size_t length, const uint64_t *bar,
                                   VIRTIO_PCI_CAP_POLICY policy, VIRTIO_PCI_CAPS *caps)
{
    VIRTIO_PCI_CAP_RESULT result = VirtioPciParseCaps(config, length, bar, policy, caps);

    FUZZ_CHECK(result >= VirtioPciCapOk && result < VirtioPciCapResultCount);
    if (result == VirtioPciCapOk) {
        check_region(&caps->Common, bar, VIRTIO_PCI_COMMON_LENGTH_MIN, length);
        check_region(&caps->Notify, bar, VIRTIO_PCI_NOTIFY_LENGTH_MIN, length);
        check_region(&caps->Isr, bar, VIRTIO_PCI_ISR_LENGTH_MIN, length);
        if (caps->HasDevice) {
            check_region(&caps->Device, bar, VIRTIO_PCI_DEVICE_LENGTH_MIN, length);
        }
        FUZZ_CHECK(caps->HasDevice || policy == VirtioPciCapPermissive);
    }
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t bar[VIRTIO_PCI_BAR_COUNT] = {0};
    VIRTIO_PCI_CAPS permissive, strict;
    VIRTIO_PCI_IDENTITY identity;
    VIRTIO_PCI_BAR bar0 = {.Length = 0x4000, .IsMemory = true};
    VIRTIO_PCI_CAP_RESULT result;
    uint8_t *config;

    if (size < 1) {
        return 0;
    }
    for (unsigned i = 0; i < VIRTIO_PCI_BAR_COUNT; i++) {
        bar[i] = (data[0] >> i & 1) != 0 ? 0xE0000000ull + 0x100000 * i : 0;
    }
    if ((data[0] & 0x40) != 0) {
        bar[0] = 0xFFFFFFFFFFFFF000ull;
    }
    size--;
    /* A block of exactly this size, so that a byte too far is seen. */
    config = malloc(size + 1);
    FUZZ_CHECK(config != NULL);
    memmove(config + 1, data + 1, size);

    result = parse(config + 1, size, bar, VirtioPciCapPermissive, &permissive);
    if (parse(config + 1, size, bar, VirtioPciCapStrict, &strict) == VirtioPciCapOk) {
        /* What the contract allows, the standard allows, and both mean the same by it. */
        FUZZ_CHECK(result == VirtioPciCapOk);
        FUZZ_CHECK(memcmp(&permissive, &strict, sizeof(strict)) == 0);
    }
    if (VirtioPciIsContractLayout(&permissive, &bar0)) {
        FUZZ_CHECK(permissive.Device.Offset == 0x3000 && permissive.NotifyOffMultiplier == 4);
    }
    if (VirtioPciCheckIdentity(config + 1, size, 1, NULL, 0, &identity) == VirtioPciIdentityOk) {
        FUZZ_CHECK(identity.DeviceId == 0x1040 + identity.VirtioType && identity.RevisionId == 1);
    }
    free(config);
    return 0;
}
