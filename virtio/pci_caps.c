/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See pci_caps.h. */
#include "pci_caps.h"

#include "virtio_config.h"
#include "virtio_io.h"

#define PCI_STATUS_OFFSET 0x06
#define PCI_STATUS_CAP_LIST 0x10
#define PCI_CAP_POINTER_OFFSET 0x34
#define PCI_CAP_FIRST 0x40
#define PCI_CFG_LENGTH_MAX 256
#define PCI_CAP_ID_VENDOR 0x09

/* struct virtio_pci_cap, after the PCI capability header. */
#define CAP_OFF_LEN 2
#define CAP_OFF_TYPE 3
#define CAP_OFF_BAR 4
#define CAP_OFF_ID 5
#define CAP_OFF_OFFSET 8
#define CAP_OFF_LENGTH 12
#define CAP_OFF_MULTIPLIER 16

#define TYPE_COUNT 5 /* indexed by cfg_type: 1 to 4 */

typedef struct CAP_WALK {
    const uint8_t *Config;
    uint32_t Length;
    const uint64_t *BarAddress;
    VIRTIO_PCI_CAP_POLICY Policy;
    VIRTIO_PCI_CAPS *Caps;
    bool Listed[TYPE_COUNT];                   /* an instance was there */
    bool Found[TYPE_COUNT];                    /* an acceptable one */
    VIRTIO_PCI_CAP_RESULT Refusal[TYPE_COUNT]; /* why the first unacceptable one was not, if for its BAR */
} CAP_WALK;

static const uint32_t LengthMin[TYPE_COUNT] = {0, VIRTIO_PCI_COMMON_LENGTH_MIN, VIRTIO_PCI_NOTIFY_LENGTH_MIN,
                                               VIRTIO_PCI_ISR_LENGTH_MIN, VIRTIO_PCI_DEVICE_LENGTH_MIN};

static uint32_t Load32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static VIRTIO_PCI_REGION *RegionOf(VIRTIO_PCI_CAPS *caps, uint8_t type)
{
    switch (type) {
    case VIRTIO_PCI_CAP_COMMON:
        return &caps->Common;
    case VIRTIO_PCI_CAP_NOTIFY:
        return &caps->Notify;
    case VIRTIO_PCI_CAP_ISR:
        return &caps->Isr;
    default:
        return &caps->Device;
    }
}

/* Whether a region can be reached: VirtioPciCapOk, or what is wrong with its BAR. */
static VIRTIO_PCI_CAP_RESULT CheckBar(const CAP_WALK *walk, const VIRTIO_PCI_REGION *region)
{
    uint64_t base = walk->BarAddress[region->Bar];
    uint64_t end = (uint64_t)region->Offset + region->Length;

    if (base == 0) {
        return VirtioPciCapBarAddressMissing;
    }
    if (base + end < base) {
        return VirtioPciCapBarAddressOverflow;
    }
    return VirtioPciCapOk;
}

/* Looks at the virtio structure capability of type 1 to 4 at offset. Anything but VirtioPciCapOk ends the walk. */
static VIRTIO_PCI_CAP_RESULT VisitStructure(CAP_WALK *walk, uint32_t offset, uint8_t type)
{
    const uint8_t *cap = walk->Config + offset;
    VIRTIO_PCI_REGION region = {.Bar = cap[CAP_OFF_BAR],
                                .Id = cap[CAP_OFF_ID],
                                .CapLength = cap[CAP_OFF_LEN],
                                .CapOffset = (uint8_t)offset,
                                .Offset = Load32(cap + CAP_OFF_OFFSET),
                                .Length = Load32(cap + CAP_OFF_LENGTH)};
    bool strict = walk->Policy == VirtioPciCapStrict;
    VIRTIO_PCI_CAP_RESULT result;

    if (walk->Listed[type] && strict) {
        return VirtioPciCapDuplicateCfgType;
    }
    if (region.Bar >= VIRTIO_PCI_BAR_COUNT) {
        /* "The driver MUST ignore any vendor-specific capability structure which has a reserved bar value." */
        return strict ? VirtioPciCapBarIndexOutOfRange : VirtioPciCapOk;
    }
    walk->Listed[type] = true;

    /* "The driver SHOULD use the first instance of each virtio structure type they can support." */
    if (walk->Found[type] || region.Length < LengthMin[type]) {
        return VirtioPciCapOk;
    }
    result = CheckBar(walk, &region);
    if (result != VirtioPciCapOk) {
        if (strict) {
            return result;
        }
        if (walk->Refusal[type] == VirtioPciCapOk) {
            walk->Refusal[type] = result;
        }
        return VirtioPciCapOk;
    }

    region.Address = walk->BarAddress[region.Bar] + region.Offset;
    *RegionOf(walk->Caps, type) = region;
    if (type == VIRTIO_PCI_CAP_NOTIFY) {
        walk->Caps->NotifyOffMultiplier = Load32(cap + CAP_OFF_MULTIPLIER);
    }
    walk->Found[type] = true;
    return VirtioPciCapOk;
}

/* Looks at the capability at offset, whose two header bytes are within the configuration space. */
static VIRTIO_PCI_CAP_RESULT VisitCap(CAP_WALK *walk, uint32_t offset)
{
    const uint8_t *cap = walk->Config + offset;
    uint8_t type, capLength;

    if (cap[0] != PCI_CAP_ID_VENDOR) {
        return VirtioPciCapOk;
    }
    if (offset + CAP_OFF_TYPE + 1 > walk->Length) {
        return VirtioPciCapCapHeaderTruncated;
    }
    type = cap[CAP_OFF_TYPE];
    capLength = cap[CAP_OFF_LEN];

    /* "The driver MUST ignore any vendor-specific capability structure which has a reserved cfg_type value." The known
       types above 4 are of no use here either, and their bodies are not looked at. */
    if (type < VIRTIO_PCI_CAP_COMMON || type > VIRTIO_PCI_CAP_DEVICE) {
        return VirtioPciCapOk;
    }
    /* "The driver MUST accept a cap_len value which is larger than specified here." */
    if (capLength < VIRTIO_PCI_CAP_LENGTH) {
        return VirtioPciCapCapLenTooSmall;
    }
    if (type == VIRTIO_PCI_CAP_NOTIFY && capLength < VIRTIO_PCI_NOTIFY_CAP_LENGTH) {
        return VirtioPciCapNotifyCapLenTooSmall;
    }
    if (offset + capLength > walk->Length) {
        return VirtioPciCapCapTruncated;
    }
    return VisitStructure(walk, offset, type);
}

/* Follows the list from offset, which is aligned and within range. Each place is visited once at most, so it ends. */
static VIRTIO_PCI_CAP_RESULT WalkList(CAP_WALK *walk, uint32_t offset)
{
    bool visited[PCI_CFG_LENGTH_MAX / 4];
    VIRTIO_PCI_CAP_RESULT result;
    uint32_t next;

    VirtioZero(visited, sizeof(visited));
    while (offset != 0) {
        if (visited[offset / 4]) {
            return VirtioPciCapCapListLoop;
        }
        visited[offset / 4] = true;
        if (offset + 2 > walk->Length) {
            return VirtioPciCapCapHeaderTruncated;
        }

        next = walk->Config[offset + 1];
        if (walk->Policy == VirtioPciCapStrict && (next & 3) != 0) {
            return VirtioPciCapCapNextUnaligned;
        }
        next &= ~3u;
        if (next != 0 && (next < PCI_CAP_FIRST || next >= walk->Length)) {
            return VirtioPciCapCapNextOutOfRange;
        }

        result = VisitCap(walk, offset);
        if (result != VirtioPciCapOk) {
            return result;
        }
        offset = next;
    }
    return VirtioPciCapOk;
}

/* Whether every structure that the policy requires was found. */
static VIRTIO_PCI_CAP_RESULT CheckComplete(CAP_WALK *walk)
{
    static const uint8_t missing[TYPE_COUNT] = {VirtioPciCapOk, VirtioPciCapMissingCommon, VirtioPciCapMissingNotify,
                                                VirtioPciCapMissingIsr, VirtioPciCapMissingDevice};
    uint8_t type;

    walk->Caps->HasDevice = walk->Found[VIRTIO_PCI_CAP_DEVICE];
    for (type = VIRTIO_PCI_CAP_COMMON; type <= VIRTIO_PCI_CAP_DEVICE; type++) {
        if (walk->Found[type]) {
            continue;
        }
        if (walk->Refusal[type] != VirtioPciCapOk) {
            return walk->Refusal[type];
        }
        if (type == VIRTIO_PCI_CAP_DEVICE && walk->Policy == VirtioPciCapPermissive) {
            continue;
        }
        return (VIRTIO_PCI_CAP_RESULT)missing[type];
    }
    return VirtioPciCapOk;
}

VIRTIO_PCI_CAP_RESULT VirtioPciParseCaps(const uint8_t *config, size_t length,
                                         const uint64_t barAddress[VIRTIO_PCI_BAR_COUNT], VIRTIO_PCI_CAP_POLICY policy,
                                         VIRTIO_PCI_CAPS *caps)
{
    CAP_WALK walk;
    VIRTIO_PCI_CAP_RESULT result;
    uint32_t head;

    if (config == NULL || barAddress == NULL || caps == NULL) {
        return VirtioPciCapBadArgument;
    }
    VirtioZero(caps, sizeof(*caps));
    if (policy != VirtioPciCapPermissive && policy != VirtioPciCapStrict) {
        return VirtioPciCapBadArgument;
    }
    if (length < PCI_CAP_FIRST) {
        return VirtioPciCapCfgSpaceTooSmall;
    }
    VirtioZero(&walk, sizeof(walk));
    walk.Config = config;
    walk.Length = length < PCI_CFG_LENGTH_MAX ? (uint32_t)length : PCI_CFG_LENGTH_MAX;
    walk.BarAddress = barAddress;
    walk.Policy = policy;
    walk.Caps = caps;

    head = config[PCI_CAP_POINTER_OFFSET];
    if ((config[PCI_STATUS_OFFSET] & PCI_STATUS_CAP_LIST) == 0 || head == 0) {
        return VirtioPciCapNoCapList;
    }
    if (policy == VirtioPciCapStrict && (head & 3) != 0) {
        return VirtioPciCapCapPtrUnaligned;
    }
    head &= ~3u;
    if (head < PCI_CAP_FIRST || head >= walk.Length) {
        return VirtioPciCapCapPtrOutOfRange;
    }
    result = WalkList(&walk, head);
    return result != VirtioPciCapOk ? result : CheckComplete(&walk);
}

const char *VirtioPciCapResultToString(VIRTIO_PCI_CAP_RESULT result)
{
    static const char *const names[VirtioPciCapResultCount] = {
        [VirtioPciCapOk] = "OK",
        [VirtioPciCapBadArgument] = "BAD_ARGUMENT",
        [VirtioPciCapCfgSpaceTooSmall] = "CFG_SPACE_TOO_SMALL",
        [VirtioPciCapNoCapList] = "NO_CAP_LIST",
        [VirtioPciCapCapPtrUnaligned] = "CAP_PTR_UNALIGNED",
        [VirtioPciCapCapPtrOutOfRange] = "CAP_PTR_OUT_OF_RANGE",
        [VirtioPciCapCapListLoop] = "CAP_LIST_LOOP",
        [VirtioPciCapCapHeaderTruncated] = "CAP_HEADER_TRUNCATED",
        [VirtioPciCapCapNextUnaligned] = "CAP_NEXT_UNALIGNED",
        [VirtioPciCapCapNextOutOfRange] = "CAP_NEXT_OUT_OF_RANGE",
        [VirtioPciCapCapLenTooSmall] = "CAP_LEN_TOO_SMALL",
        [VirtioPciCapNotifyCapLenTooSmall] = "NOTIFY_CAP_LEN_TOO_SMALL",
        [VirtioPciCapCapTruncated] = "CAP_TRUNCATED",
        [VirtioPciCapDuplicateCfgType] = "DUPLICATE_CFG_TYPE",
        [VirtioPciCapBarIndexOutOfRange] = "BAR_INDEX_OUT_OF_RANGE",
        [VirtioPciCapBarAddressMissing] = "BAR_ADDRESS_MISSING",
        [VirtioPciCapBarAddressOverflow] = "BAR_ADDRESS_OVERFLOW",
        [VirtioPciCapMissingCommon] = "MISSING_COMMON",
        [VirtioPciCapMissingNotify] = "MISSING_NOTIFY",
        [VirtioPciCapMissingIsr] = "MISSING_ISR",
        [VirtioPciCapMissingDevice] = "MISSING_DEVICE",
    };

    return (unsigned)result < VirtioPciCapResultCount ? names[result] : "UNKNOWN";
}
