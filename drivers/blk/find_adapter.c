/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * HwStorFindAdapter: is this the device, where are its registers, how large can requests be, and all the memory there
 * will ever be. PASSIVE_LEVEL, or HIGH_LEVEL in dump mode.
 */
#include "adapter.h"
#include "contract_ids.h"
#include "drivers/common/pci_bars.h"
#include "pci_identity.h"

#define QUEUE_SIZE_MAX 1024u
#define QUEUE_DEPTH_MAX 254u /* StorPort's limit for a logical unit */
#define SEGMENTS_MAX 254u    /* QEMU's seg_max; 254 pages are just under 1 MiB */
#define SCRATCH_BYTES 0x10000u
#define BREAKS_AT_LEAST 16u         /* longer requests than the device takes go in several */
#define PAGE_SIZE_BYTES 4096u
#define ALIGNMENT_MASK 0x1FFu /* FILE_512_BYTE_ALIGNMENT, the largest that wdm.h knows: segments are whole sectors */

/* "The miniport driver should not attempt to allocate more than 32 kilobytes" in dump mode; one request is
 * outstanding then. */
#define DUMP_QUEUE_SIZE_MAX 256u
#define DUMP_DEPTH 1u
#define DUMP_SEGMENTS_MAX 33u

#define RESET_TIMEOUT_PASSIVE_US 1000000u
#define RESET_POLL_PASSIVE_US 500u /* StorPortStallExecution: "less than a full millisecond" */

/* `wanted` occurs in the argument string: "dump=1" comes from the dump port driver, the rest from the DriverParameter
 * registry value. */
static BOOLEAN HasArgument(const CHAR *arguments, const CHAR *wanted)
{
    for (; arguments != NULL && *arguments != 0; arguments++) {
        ULONG i = 0;

        while (wanted[i] != 0 && arguments[i] == wanted[i])
            i++;
        if (wanted[i] == 0)
            return TRUE;
    }
    return FALSE;
}

static void Delay(void *context, uint32_t microseconds)
{
    (void)context;
    StorPortStallExecution(microseconds);
}

/* The mapped register BARs: only those that a capability points into. */
static BOOLEAN MapBars(BLK_ADAPTER *adapter, const PORT_CONFIGURATION_INFORMATION *config, const VIRTIO_PCI_CAPS *caps,
                       const uint64_t address[VIRTIO_PCI_BAR_COUNT], VIRTIO_MODERN_BAR bars[VIRTIO_PCI_BAR_COUNT])
{
    const VIRTIO_PCI_REGION *regions[] = {&caps->Common, &caps->Notify, &caps->Isr, &caps->Device};

    for (ULONG i = 0; i < sizeof(regions) / sizeof(regions[0]); i++) {
        UCHAR bar = regions[i]->Bar;
        const ACCESS_RANGE *range = config->AccessRanges;

        if (bars[bar].Base != NULL || (regions[i] == &caps->Device && !caps->HasDevice))
            continue;
        for (ULONG left = config->NumberOfAccessRanges; left != 0; left--, range++) {
            if (!range->RangeInMemory || (uint64_t)range->RangeStart.QuadPart != address[bar])
                continue;
            bars[bar].Base = StorPortGetDeviceBase(adapter, config->AdapterInterfaceType, config->SystemIoBusNumber,
                                                   range->RangeStart, range->RangeLength, FALSE);
            bars[bar].Length = range->RangeLength;
            break;
        }
        if (bars[bar].Base == NULL)
            return FALSE;
    }
    return TRUE;
}

/* From configuration space to a transport that can be used. 0, or the event that says why not. `strict`: the layout
 * has to be the contract's, to the letter. */
static ULONG OpenTransport(BLK_ADAPTER *adapter, const PORT_CONFIGURATION_INFORMATION *config, BOOLEAN strict)
{
    static const uint16_t deviceIds[] = {AERO_VIRTIO_BLK_DEVICE_ID};
    VIRTIO_MODERN_BAR bars[VIRTIO_PCI_BAR_COUNT] = {0};
    uint64_t address[VIRTIO_PCI_BAR_COUNT];
    VIRTIO_ENV env = {.DelayMicroseconds = Delay};
    VIRTIO_PCI_BAR bar0;
    VIRTIO_PCI_CAPS caps;
    uint8_t space[256];
    ULONG length;

    length = StorPortGetBusData(adapter, PCIConfiguration, config->SystemIoBusNumber, config->SlotNumber, space,
                                sizeof(space));
    if (length == 0 || length > sizeof(space))
        return BlkEventConfigSpace;
    if (VirtioPciCheckIdentity(space, length, AERO_VIRTIO_BLK_REVISION, deviceIds, 1, NULL) != VirtioPciIdentityOk)
        return BlkEventIdentity;
    PciReadMemoryBars(space, length, address);
    if (VirtioPciParseCaps(space, length, address, strict ? VirtioPciCapStrict : VirtioPciCapPermissive, &caps) !=
            VirtioPciCapOk ||
        !caps.HasDevice)
        return BlkEventCapabilities;
    if (!MapBars(adapter, config, &caps, address, bars))
        return BlkEventMapping;
    bar0 = (VIRTIO_PCI_BAR){.Length = bars[0].Length, .IsMemory = bars[0].Base != NULL};
    if (strict && !VirtioPciIsContractLayout(&caps, &bar0))
        return BlkEventLayout;
    if (VirtioModernInit(&adapter->Device, &caps, bars, &env) != VirtioOk)
        return BlkEventMapping;
    return 0;
}

static uint16_t Smaller(uint32_t a, uint32_t b)
{
    return (uint16_t)(a < b ? a : b);
}

/* VIRTIO 1.x states no limit without SEG_MAX, and there are devices that then take one segment only. One holds a
 * sector; a larger block may cross a page and takes two. */
static uint32_t SegmentsMax(const BLK_DISK *disk)
{
    if (disk->SegmentsMax != 0)
        return disk->SegmentsMax;
    return disk->BlockBytes > VIRTIO_BLK_SECTOR_SIZE ? 2 : 1;
}

/* Sizes from what the device offers and this driver can use. */
static BOOLEAN PlanMemory(BLK_ADAPTER *adapter, uint16_t offered, uint16_t depth)
{
    uint32_t segments = SegmentsMax(&adapter->Disk);
    uint16_t size = Smaller(offered, adapter->Dump ? DUMP_QUEUE_SIZE_MAX : QUEUE_SIZE_MAX);

    if (size < 4)
        return FALSE; /* header, one segment, status: VIRTIO 1.x forbids a chain longer than the queue */
    segments = Smaller(segments, size - 2u);
    segments = Smaller(segments, adapter->Dump ? DUMP_SEGMENTS_MAX : SEGMENTS_MAX);
    return BlkEngineLayout(size, Smaller(size, depth), (uint16_t)segments, adapter->Dump ? 0 : SCRATCH_BYTES,
                           &adapter->Layout);
}

static VOID DescribeAdapter(BLK_ADAPTER *adapter, PPORT_CONFIGURATION_INFORMATION config)
{
    ULONG breaks = adapter->Layout.SegmentsMax - 1u;

    if (breaks < BREAKS_AT_LEAST)
        breaks = BREAKS_AT_LEAST;
    /* n breaks make n + 1 segments; a buffer that starts within a page touches one page more than it fills. */
    adapter->MaximumTransferBytes = breaks * PAGE_SIZE_BYTES;
    config->MaximumTransferLength = adapter->MaximumTransferBytes;
    config->NumberOfPhysicalBreaks = breaks;
    config->AlignmentMask = ALIGNMENT_MASK;
    config->NumberOfBuses = 1;
    config->MaximumNumberOfTargets = 1;
    config->MaximumNumberOfLogicalUnits = 1;
    config->ScatterGather = TRUE;
    config->Master = TRUE;
    config->CachesData = adapter->Disk.WriteCache;
    config->Dma32BitAddresses = TRUE;
    config->Dma64BitAddresses |= SCSI_DMA64_MINIPORT_SUPPORTED;
    config->MapBuffers = STOR_MAP_NON_READ_WRITE_BUFFERS;
    config->NeedPhysicalAddresses = TRUE;
    config->TaggedQueuing = TRUE;
    config->AutoRequestSense = TRUE;
    config->MultipleRequestPerLu = TRUE;
    config->ResetTargetSupported = TRUE;
    config->WmiDataProvider = FALSE;
    config->SynchronizationModel = StorSynchronizeFullDuplex;
    /* Older port drivers hand out a shorter block, and know no messages. */
    if (config->Length >= offsetof(PORT_CONFIGURATION_INFORMATION, DumpRegion) && !adapter->Dump) {
        config->HwMSInterruptRoutine = BlkMessageInterrupt;
        config->InterruptSynchronizationMode = InterruptSynchronizeAll;
    }
}

/* One contiguous block: rings, slots, scratch memory, and the engine's private state behind them. */
static BOOLEAN AllocateMemory(BLK_ADAPTER *adapter, PPORT_CONFIGURATION_INFORMATION config)
{
    const BLK_ENGINE_LAYOUT *layout = &adapter->Layout;
    ULONG bytes = layout->DmaBytes + layout->StateBytes, length = 0;
    uint64_t physical;
    PUCHAR memory;

    memory = (PUCHAR)StorPortGetUncachedExtension(adapter, config, bytes);
    if (memory == NULL)
        return FALSE;
    physical = (uint64_t)StorPortGetPhysicalAddress(adapter, NULL, memory, &length).QuadPart;
    return length >= layout->DmaBytes &&
           BlkEngineInit(&adapter->Engine, layout, memory, physical, memory + layout->DmaBytes, adapter->Features,
                         adapter->Disk.SegmentBytesMax, adapter->Dump);
}

/* The best depth for which there is memory. */
static BOOLEAN SetUpMemory(BLK_ADAPTER *adapter, PPORT_CONFIGURATION_INFORMATION config, uint16_t offered)
{
    static const uint16_t depths[] = {QUEUE_DEPTH_MAX, 64, 16, 4};

    if (adapter->Dump) {
        if (!PlanMemory(adapter, offered, DUMP_DEPTH))
            return FALSE;
        DescribeAdapter(adapter, config);
        return AllocateMemory(adapter, config);
    }
    for (ULONG i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
        if (!PlanMemory(adapter, offered, depths[i]))
            return FALSE;
        DescribeAdapter(adapter, config);
        if (AllocateMemory(adapter, config))
            return TRUE;
    }
    return FALSE;
}

ULONG NTAPI BlkFindAdapter(PVOID extension, PVOID hwContext, PVOID busInformation, PCHAR argumentString,
                           PPORT_CONFIGURATION_INFORMATION config, PBOOLEAN reserved)
{
    BLK_ADAPTER *adapter = (BLK_ADAPTER *)extension;
    uint16_t queueSize;
    ULONG event;

    (void)hwContext;
    (void)busInformation;
    *reserved = FALSE;
    adapter->State = BlkStopped;
    adapter->Dump = HasArgument(argumentString, "dump=1");
    BlkDiskSetPlace(&adapter->Disk, config->SystemIoBusNumber, config->SlotNumber);

    event = OpenTransport(adapter, config, HasArgument(argumentString, "StrictContract=1"));
    if (event != 0) {
        BlkLog(adapter, (BLK_EVENT)event);
        return event == BlkEventIdentity ? SP_RETURN_NOT_FOUND : SP_RETURN_ERROR;
    }
    if (!BlkDeviceOpen(adapter, RESET_TIMEOUT_PASSIVE_US, RESET_POLL_PASSIVE_US))
        return SP_RETURN_ERROR;
    if (VirtioGetQueueSize(&adapter->Device.Transport, 0, &queueSize) != VirtioOk) {
        BlkLog(adapter, BlkEventQueue);
        return SP_RETURN_ERROR;
    }
    if (!SetUpMemory(adapter, config, queueSize)) {
        BlkLog(adapter, BlkEventNoMemory);
        return SP_RETURN_ERROR;
    }
    return SP_RETURN_FOUND;
}
