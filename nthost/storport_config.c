/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * PORT_CONFIGURATION_INFORMATION as Windows 7 hands it out, and what HwStorFindAdapter may return in it. Sources: the
 * pages PORT_CONFIGURATION_INFORMATION (storport.h), HW_INITIALIZATION_DATA and HW_FIND_ADAPTER.
 */
#include "storport_internal.h"

#include <string.h>

#define DEFAULT_PHYSICAL_BREAKS 0x11u /* "By default, the value of this member is 0x11" */
#define MAXIMUM_TARGETS 128u          /* SCSI_MAXIMUM_TARGETS_PER_BUS */
#define MAXIMUM_LOGICAL_UNITS 8u      /* SCSI_MAXIMUM_LOGICAL_UNITS */
#define MAXIMUM_BUSES 255u
#define DEFAULT_MAX_IO 1000u /* "The default is set to 1000 by Storport" */
#define INTX_LEVEL 11u

bool config_init_data_valid(const adapter *a, const HW_INITIALIZATION_DATA *data)
{
    if (data->HwInitializationDataSize != sizeof(*data))
        return false;
    if (data->HwInitialize == NULL || data->HwStartIo == NULL || data->HwInterrupt == NULL ||
        data->HwFindAdapter == NULL || data->HwResetBus == NULL || data->HwAdapterControl == NULL)
        port_rule(
            a, "init-data",
            "HW_INITIALIZATION_DATA lacks a required routine (HwInitialize, HwStartIo, HwInterrupt, HwFindAdapter, "
            "HwResetBus, HwAdapterControl)");
    if (data->HwDmaStarted != NULL || data->HwAdapterState != NULL)
        port_rule(a, "init-data", "HwDmaStarted and HwAdapterState must be NULL");
    if (data->NeedPhysicalAddresses != TRUE || data->TaggedQueuing != TRUE || data->AutoRequestSense != TRUE ||
        data->MultipleRequestPerLu != TRUE)
        port_rule(a, "init-data",
                  "NeedPhysicalAddresses, TaggedQueuing, AutoRequestSense and MultipleRequestPerLu must be TRUE "
                  "(they are %u, %u, %u, %u)",
                  data->NeedPhysicalAddresses, data->TaggedQueuing, data->AutoRequestSense, data->MultipleRequestPerLu);
    if (data->AdapterInterfaceType != PCIBus)
        port_rule(a, "init-data", "AdapterInterfaceType is %d, the device is on PCIBus (5)",
                  (int)data->AdapterInterfaceType);
    if (data->MapBuffers > STOR_MAP_NON_READ_WRITE_BUFFERS)
        port_rule(a, "init-data", "MapBuffers %u is unknown to Windows 7", data->MapBuffers);
    return true;
}

static void prepare_ranges(adapter *a)
{
    unsigned declared = a->init.NumberOfAccessRanges, count = 0;

    a->ranges = ram_alloc((declared != 0 ? declared : 1) * sizeof(ACCESS_RANGE), 0, "access ranges");
    memset(a->ranges, 0, (declared != 0 ? declared : 1) * sizeof(ACCESS_RANGE));
    for (unsigned i = 0; i < 6 && count < declared; i++) {
        const struct pci_bar *bar = &a->device->bar[i];

        if (bar->bytes == 0)
            continue;
        a->ranges[count].RangeStart.QuadPart = (LONGLONG)bar->physical;
        a->ranges[count].RangeLength = (ULONG)bar->bytes;
        a->ranges[count].RangeInMemory = bar->memory;
        count++;
    }
    a->range_count = count;
}

static void prepare_values(adapter *a, PORT_CONFIGURATION_INFORMATION *c)
{
    unsigned bdf = a->device->bus->bdf;

    c->Length = a->config_length;
    c->SystemIoBusNumber = bdf >> 8;
    c->SlotNumber = ((bdf >> 3) & 0x1F) | (bdf & 7) << 5; /* PCI_SLOT_NUMBER */
    c->AdapterInterfaceType = a->init.AdapterInterfaceType;
    c->BusInterruptLevel = a->dump ? 0 : INTX_LEVEL;
    c->BusInterruptVector = a->dump ? 0 : INTX_LEVEL;
    c->InterruptMode = LevelSensitive;
    c->MaximumTransferLength = SP_UNINITIALIZED;
    c->NumberOfPhysicalBreaks = DEFAULT_PHYSICAL_BREAKS;
    c->DmaChannel = c->DmaPort = SP_UNINITIALIZED;
    c->NumberOfAccessRanges = a->init.NumberOfAccessRanges;
    c->AccessRanges = a->ranges;
    memset(c->InitiatorBusId, 0xFF, sizeof(c->InitiatorBusId));
    c->ScatterGather = c->Master = c->Dma32BitAddresses = TRUE;
    c->NeedPhysicalAddresses = c->TaggedQueuing = c->AutoRequestSense = c->MultipleRequestPerLu = TRUE;
    c->WmiDataProvider = TRUE;
    c->MapBuffers = a->init.MapBuffers;
    c->MaximumNumberOfTargets = MAXIMUM_TARGETS;
    c->MaximumNumberOfLogicalUnits = MAXIMUM_LOGICAL_UNITS;
    c->DeviceExtensionSize = a->init.DeviceExtensionSize;
    c->SpecificLuExtensionSize = a->init.SpecificLuExtensionSize;
    c->SrbExtensionSize = a->init.SrbExtensionSize;
    c->Dma64BitAddresses = SCSI_DMA64_SYSTEM_SUPPORTED;
    c->SynchronizationModel = StorSynchronizeHalfDuplex;
    c->MaxNumberOfIO = DEFAULT_MAX_IO;
}

void config_prepare(adapter *a)
{
    static const PORT_CONFIGURATION_INFORMATION nothing;

    config_release(a);
    a->config_length = a->options.config_length != 0 ? a->options.config_length : (uint32_t)sizeof(nothing);
    prepare_ranges(a);
    a->given = nothing;
    prepare_values(a, &a->given);
    a->config = ram_alloc(a->config_length, 0, "PORT_CONFIGURATION_INFORMATION");
    memcpy(a->config, &a->given, a->config_length);
    a->agreed = a->at_uncached = nothing;
}

void config_release(adapter *a)
{
    if (a->config != NULL)
        ram_free(a->config);
    if (a->ranges != NULL)
        ram_free(a->ranges);
    a->config = NULL;
    a->ranges = NULL;
}

/* "Miniport drivers must not modify this member." DmaWidth is not in the list: the page StorPortGetUncachedExtension
 * asks the miniport to fill it in. */
static void check_unmodified(const adapter *a)
{
    const PORT_CONFIGURATION_INFORMATION *now = &a->agreed, *was = &a->given;

#define UNMODIFIED(field)         \
    if (now->field != was->field) \
    port_rule(a, "port-configuration", "HwStorFindAdapter changed " #field ", which miniport drivers must not modify")
    UNMODIFIED(Length);
    UNMODIFIED(SystemIoBusNumber);
    UNMODIFIED(AdapterInterfaceType);
    UNMODIFIED(BusInterruptLevel);
    UNMODIFIED(BusInterruptVector);
    UNMODIFIED(InterruptMode);
    UNMODIFIED(DmaChannel);
    UNMODIFIED(DmaPort);
    UNMODIFIED(DmaSpeed);
    UNMODIFIED(NumberOfAccessRanges);
    UNMODIFIED(AccessRanges);
    UNMODIFIED(Reserved);
    UNMODIFIED(AtdiskPrimaryClaimed);
    UNMODIFIED(AtdiskSecondaryClaimed);
    UNMODIFIED(DemandMode);
    UNMODIFIED(ReceiveEvent);
    UNMODIFIED(RealModeInitialized);
    UNMODIFIED(BufferAccessScsiPortControlled);
    UNMODIFIED(SlotNumber);
    UNMODIFIED(BusInterruptLevel2);
    UNMODIFIED(BusInterruptVector2);
    UNMODIFIED(DmaChannel2);
    UNMODIFIED(DmaPort2);
    UNMODIFIED(DeviceExtensionSize);
#undef UNMODIFIED
    for (unsigned i = 0; i < a->range_count; i++) {
        if (a->ranges[i].RangeStart.QuadPart == 0 || a->ranges[i].RangeLength == 0)
            port_rule(a, "port-configuration", "HwStorFindAdapter changed access range %u", i);
    }
}

static void check_values(const adapter *a)
{
    const PORT_CONFIGURATION_INFORMATION *c = &a->agreed;

    if (c->ScatterGather != TRUE || c->Master != TRUE || c->NeedPhysicalAddresses != TRUE || c->TaggedQueuing != TRUE ||
        c->AutoRequestSense != TRUE || c->MultipleRequestPerLu != TRUE)
        port_rule(a, "port-configuration",
                  "ScatterGather, Master, NeedPhysicalAddresses, TaggedQueuing, AutoRequestSense and "
                  "MultipleRequestPerLu must stay TRUE");
    if (c->MaximumTransferLength < PAGE_BYTES || c->NumberOfPhysicalBreaks == 0)
        port_rule(a, "port-configuration",
                  "MaximumTransferLength %u, NumberOfPhysicalBreaks %u: not even a page can be transferred",
                  (unsigned)c->MaximumTransferLength, (unsigned)c->NumberOfPhysicalBreaks);
    if (c->AlignmentMask > 0x1FF || (c->AlignmentMask & (c->AlignmentMask + 1)) != 0)
        port_rule(a, "port-configuration",
                  "AlignmentMask 0x%x is none of the masks of wdm.h (0 to FILE_512_BYTE_ALIGNMENT)",
                  (unsigned)c->AlignmentMask);
    if (c->MapBuffers > STOR_MAP_NON_READ_WRITE_BUFFERS)
        port_rule(a, "port-configuration", "MapBuffers %u is unknown to Windows 7", c->MapBuffers);
    if (c->SynchronizationModel != StorSynchronizeHalfDuplex && c->SynchronizationModel != StorSynchronizeFullDuplex)
        port_rule(a, "port-configuration", "SynchronizationModel %d is unknown", (int)c->SynchronizationModel);
    if ((c->Dma64BitAddresses & ~(SCSI_DMA64_SYSTEM_SUPPORTED | SCSI_DMA64_MINIPORT_SUPPORTED)) != 0)
        port_rule(a, "port-configuration", "Dma64BitAddresses 0x%x is unknown to Windows 7", c->Dma64BitAddresses);
    if (c->SrbExtensionSize > 1u << 20)
        port_rule(a, "port-configuration", "SrbExtensionSize %u", (unsigned)c->SrbExtensionSize);
}

/* The uncached extension was laid out with what ConfigInfo said then: "The following members must be filled in". */
static void check_uncached(const adapter *a)
{
    if (a->uncached == NULL)
        return;
    if (a->at_uncached.MaximumTransferLength != a->agreed.MaximumTransferLength ||
        a->at_uncached.NumberOfPhysicalBreaks != a->agreed.NumberOfPhysicalBreaks ||
        a->at_uncached.SrbExtensionSize != a->agreed.SrbExtensionSize)
        port_rule(a, "uncached-extension",
                  "MaximumTransferLength, NumberOfPhysicalBreaks or SrbExtensionSize changed after "
                  "StorPortGetUncachedExtension, which wants them filled in");
}

bool config_accept(adapter *a)
{
    memset(&a->agreed, 0, sizeof(a->agreed));
    memcpy(&a->agreed, a->config, a->config_length);
    check_unmodified(a);
    check_values(a);
    check_uncached(a);
    a->full_duplex = a->agreed.SynchronizationModel == StorSynchronizeFullDuplex;
    if (a->agreed.NumberOfBuses == 0) {
        adapter_fail(a, "HwStorFindAdapter reports no bus (NumberOfBuses 0): no disk would be found");
        return false;
    }
    return true;
}

/* "Use of Mapping Buffers in the Storport I/O Model": which requests carry a DataBuffer that the miniport may read or
 * write. */
bool config_maps_buffers(const adapter *a, const struct request *r)
{
    uint8_t opcode = r->cdb[0];

    if (r->function != SRB_FUNCTION_EXECUTE_SCSI)
        return true; /* SRB_FUNCTION_IO_CONTROL and WMI: always; PnP: StorPort's own block */
    if (a->agreed.MapBuffers == STOR_MAP_NO_BUFFERS)
        return false;
    /* READ and WRITE of 6, 10, 12 and 16 bytes */
    return !(opcode == 0x08 || opcode == 0x0A || opcode == 0x28 || opcode == 0x2A || opcode == 0xA8 || opcode == 0xAA ||
             opcode == 0x88 || opcode == 0x8A);
}
