/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * DriverEntry: introduces the miniport to StorPort. In dump mode both arguments are NULL and StorPort's place is
 * taken by the dump port driver ("Restrictions on Miniport Drivers that Manage the Boot Drive").
 */
#include "adapter.h"

#define PCI_BAR_COUNT 6u

ULONG NTAPI DriverEntry(PVOID driverObject, PVOID registryPath)
{
    static HW_INITIALIZATION_DATA data = {
        /* static: no copy on the stack, which would call for memcpy */
        .HwInitializationDataSize = sizeof(data),
        .AdapterInterfaceType = PCIBus,
        .HwInitialize = BlkInitialize,
        .HwStartIo = BlkStartIo,
        .HwInterrupt = BlkInterrupt,
        .HwFindAdapter = (PVOID)BlkFindAdapter,
        .HwResetBus = BlkResetBus,
        .HwAdapterControl = BlkAdapterControl,
        .HwBuildIo = BlkBuildIo,
        .DeviceExtensionSize = sizeof(BLK_ADAPTER),
        .SrbExtensionSize = sizeof(BLK_REQUEST),
        .NumberOfAccessRanges = PCI_BAR_COUNT,
        .MapBuffers = STOR_MAP_NON_READ_WRITE_BUFFERS,
        .NeedPhysicalAddresses = TRUE,
        .TaggedQueuing = TRUE,
        .AutoRequestSense = TRUE,
        .MultipleRequestPerLu = TRUE,
    };

    return StorPortInitialize(driverObject, registryPath, &data, NULL);
}
