/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the driver takes from the configuration space, and what it makes of it. */
#include "unit.h"

#include "disk.h"

#define CAPACITY_CHANGED 0x062A09u

/* Feature bits and configuration offsets as VIRTIO 1.2 5.2.3 and 5.2.4 print them. */
#define SIZE_MAX_BIT (1ull << 1)
#define SEG_MAX_BIT (1ull << 2)
#define RO_BIT (1ull << 5)
#define BLK_SIZE_BIT (1ull << 6)
#define FLUSH_BIT (1ull << 9)
#define TOPOLOGY_BIT (1ull << 10)
#define CONFIG_WCE_BIT (1ull << 11)
#define DISCARD_BIT (1ull << 13)

static const struct {
    uint64_t feature;
    uint32_t offset;
    uint32_t width;
} wire[] = {
    {0, 0x00, 8},             /* capacity */
    {SIZE_MAX_BIT, 0x08, 4},  /* size_max */
    {SEG_MAX_BIT, 0x0C, 4},   /* seg_max */
    {BLK_SIZE_BIT, 0x14, 4},  /* blk_size */
    {TOPOLOGY_BIT, 0x18, 1},  /* physical_block_exp */
    {TOPOLOGY_BIT, 0x19, 1},  /* alignment_offset */
    {CONFIG_WCE_BIT, 0x20, 1}, /* writeback */
    {DISCARD_BIT, 0x24, 4},   /* max_discard_sectors */
    {DISCARD_BIT, 0x28, 4},   /* max_discard_seg */
    {DISCARD_BIT, 0x2C, 4},   /* discard_sector_alignment */
};

#define WIRE_FIELDS (sizeof(wire) / sizeof(wire[0]))

static uint8_t space[64];
static uint8_t touched[64];
static uint8_t generation;
static unsigned reads, change_at;

static uint32_t read_register(VIRTIO_TRANSPORT *transport, uint32_t offset, uint32_t width)
{
    uint32_t value = 0;

    assert_true(width == 1 || width == 2 || width == 4);
    assert_int_equal(offset % width, 0);
    assert_true(offset + width <= transport->ConfigLength);
    if (++reads == change_at) {
        generation++;
        for (size_t i = 0; i < sizeof(space); i++) {
            space[i] ^= 0xFF;
        }
    }
    memset(touched + offset, 1, width);
    memcpy(&value, space + offset, width);
    return value;
}

static uint8_t read_generation(VIRTIO_TRANSPORT *transport)
{
    (void)transport;
    return generation;
}

static const VIRTIO_TRANSPORT_OPS ops = {
    .ReadConfigRegister = read_register, .ReadConfigGeneration = read_generation, .Modern = true};

static VIRTIO_TRANSPORT transport;

static int setup(void **state)
{
    (void)state;
    memset(&transport, 0, sizeof(transport));
    transport.Ops = &ops;
    transport.ConfigLength = sizeof(space);
    for (size_t i = 0; i < sizeof(space); i++) {
        space[i] = (uint8_t)(0x41 + i);
    }
    memset(touched, 0, sizeof(touched));
    generation = 7;
    reads = 0;
    change_at = 0;
    return 0;
}

static uint64_t subset(unsigned number)
{
    static const uint64_t bits[] = {SIZE_MAX_BIT, SEG_MAX_BIT,    BLK_SIZE_BIT, TOPOLOGY_BIT,
                                    CONFIG_WCE_BIT, DISCARD_BIT, FLUSH_BIT,    RO_BIT};
    uint64_t features = 0;

    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        if ((number >> i & 1) != 0) {
            features |= bits[i];
        }
    }
    return features;
}

/* Every legal combination of the features that have fields: exactly those fields are read, each where the wire has it,
   and the rest reads as zero. */
static void config_fields_follow_the_features(void **state)
{
    (void)state;
    for (unsigned number = 0; number < 256; number++) {
        uint64_t features = subset(number);
        uint8_t expected[60] = {0}, expected_touched[64] = {0};
        uint32_t needed = 8;
        VIRTIO_BLK_CONFIG config;

        for (size_t i = 0; i < WIRE_FIELDS; i++) {
            if ((features & wire[i].feature) == wire[i].feature) {
                memcpy(expected + wire[i].offset, space + wire[i].offset, wire[i].width);
                memset(expected_touched + wire[i].offset, 1, wire[i].width);
                needed = wire[i].offset + wire[i].width;
            }
        }
        memset(touched, 0, sizeof(touched));
        memset(&config, 0xEE, sizeof(config));
        transport.ConfigLength = needed; /* a device need not have the fields of features it does not offer */
        assert_int_equal(BlkDiskReadConfig(&transport, features, &config), VirtioOk);
        assert_memory_equal(&config, expected, sizeof(expected));
        assert_memory_equal(touched, expected_touched, sizeof(touched));

        transport.ConfigLength = needed - 1;
        memset(touched, 0, sizeof(touched));
        assert_int_equal(BlkDiskReadConfig(&transport, features, &config), VirtioErrorConfigRange);
        for (size_t i = 0; i < sizeof(touched); i++) {
            assert_int_equal(touched[i], 0);
        }
    }
}

/* A configuration that changes under the reader is read again, all of it, at whatever access it changes. */
static void config_is_of_one_generation(void **state)
{
    (void)state;
    for (unsigned at = 1; at <= 11; at++) {
        VIRTIO_BLK_CONFIG config;

        (void)setup(NULL);
        change_at = at;
        assert_int_equal(BlkDiskReadConfig(&transport, subset(0xFF), &config), VirtioOk);
        assert_true(reads >= at + 11);
        for (size_t i = 0; i < WIRE_FIELDS; i++) {
            assert_memory_equal((uint8_t *)&config + wire[i].offset, space + wire[i].offset, wire[i].width);
        }
    }
}

static const VIRTIO_BLK_CONFIG usual = {.Capacity = 1000,
                                        .SizeMax = 0x10000,
                                        .SegMax = 254,
                                        .BlkSize = 512,
                                        .PhysicalBlockExp = 3,
                                        .AlignmentOffset = 1,
                                        .Writeback = 1,
                                        .MaxDiscardSectors = 100,
                                        .MaxDiscardSeg = 20,
                                        .DiscardSectorAlignment = 8};

static BLK_DISK_RESULT update(BLK_DISK *disk, uint64_t features, const VIRTIO_BLK_CONFIG *config)
{
    BLK_DISK before = *disk;
    BLK_DISK_RESULT result = BlkDiskUpdate(disk, features, config);

    if (result != BlkDiskOk) {
        assert_memory_equal(disk, &before, sizeof(before)); /* "unchanged unless the result is Ok" */
    }
    return result;
}

static void block_sizes(void **state)
{
    (void)state;
    for (uint32_t bytes = 0; bytes <= 0x10000; bytes++) {
        VIRTIO_BLK_CONFIG config = usual;
        BLK_DISK disk = {0};
        bool legal = bytes == 512 || bytes == 1024 || bytes == 2048 || bytes == 4096;

        config.BlkSize = bytes;
        assert_int_equal(update(&disk, BLK_SIZE_BIT, &config), legal ? BlkDiskOk : BlkDiskBlockSize);
        if (legal) {
            assert_int_equal(disk.BlockBytes, bytes);
            assert_int_equal(1u << disk.BlockShift, bytes);
            assert_int_equal(512u << disk.SectorShift, bytes);
            assert_int_equal(disk.Blocks, 1000 * 512 / bytes);
            assert_int_equal(disk.Sectors, 1000);
        }
        memset(&disk, 0, sizeof(disk));
        assert_int_equal(update(&disk, 0, &config), BlkDiskOk); /* without the feature the field means nothing */
        assert_int_equal(disk.BlockBytes, 512);
    }
}

static void block_size_may_not_change(void **state)
{
    VIRTIO_BLK_CONFIG config = usual;
    BLK_DISK disk = {0};

    (void)state;
    assert_int_equal(update(&disk, BLK_SIZE_BIT, &config), BlkDiskOk);
    config.BlkSize = 4096;
    assert_int_equal(update(&disk, BLK_SIZE_BIT, &config), BlkDiskBlockSizeChanged);
    config.BlkSize = 513;
    assert_int_equal(update(&disk, BLK_SIZE_BIT, &config), BlkDiskBlockSize);
}

static void capacities(void **state)
{
    static const struct {
        uint64_t sectors;
        uint32_t block;
        BLK_DISK_RESULT result;
    } cases[] = {
        {0, 512, BlkDiskCapacity},          {1, 512, BlkDiskOk},
        {7, 4096, BlkDiskCapacity},         {8, 4096, BlkDiskOk},
        {15, 4096, BlkDiskOk},              {(1ull << 55) - 1, 512, BlkDiskOk},
        {1ull << 55, 512, BlkDiskCapacity}, /* 2^64 bytes */
        {UINT64_MAX, 512, BlkDiskCapacity}, {UINT64_MAX, 4096, BlkDiskCapacity},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        VIRTIO_BLK_CONFIG config = usual;
        BLK_DISK disk = {0};

        config.Capacity = cases[i].sectors;
        config.BlkSize = cases[i].block;
        assert_int_equal(update(&disk, BLK_SIZE_BIT, &config), cases[i].result);
        if (cases[i].result == BlkDiskOk) {
            assert_int_equal(disk.Blocks, cases[i].sectors / (cases[i].block / 512));
        }
    }
}

static void capacity_change_is_an_attention(void **state)
{
    VIRTIO_BLK_CONFIG config = usual;
    BLK_DISK disk = {0};

    (void)state;
    assert_int_equal(update(&disk, 0, &config), BlkDiskOk);
    assert_int_equal(disk.PendingAttention, 0); /* the first reading is no change */
    assert_int_equal(update(&disk, 0, &config), BlkDiskOk);
    assert_int_equal(disk.PendingAttention, 0);
    config.Capacity = 2000;
    assert_int_equal(update(&disk, 0, &config), BlkDiskOk);
    assert_int_equal(disk.PendingAttention, CAPACITY_CHANGED);
    assert_int_equal(disk.Blocks, 2000);
    disk.PendingAttention = 0;
    config.Capacity = 500; /* it may shrink, too */
    assert_int_equal(update(&disk, 0, &config), BlkDiskOk);
    assert_int_equal(disk.PendingAttention, CAPACITY_CHANGED);
    assert_int_equal(disk.Blocks, 500);
    disk.PendingAttention = 0;
    config.Capacity = 0;
    assert_int_equal(update(&disk, 0, &config), BlkDiskCapacity);
    assert_int_equal(disk.PendingAttention, 0);
}

/* VIRTIO 1.2 5.2.5.1: FLUSH without CONFIG_WCE is writeback, neither is writethrough, CONFIG_WCE is what `writeback`
   says. */
static void write_cache(void **state)
{
    static const struct {
        uint64_t features;
        uint8_t writeback;
        bool can_flush;
        bool cache;
    } cases[] = {
        {0, 1, false, false},
        {FLUSH_BIT, 0, true, true},
        {FLUSH_BIT, 1, true, true},
        {FLUSH_BIT | CONFIG_WCE_BIT, 0, true, false},
        {FLUSH_BIT | CONFIG_WCE_BIT, 1, true, true},
        {FLUSH_BIT | CONFIG_WCE_BIT, 0x80, true, true},
        {CONFIG_WCE_BIT, 0, false, false},
        {CONFIG_WCE_BIT, 1, false, false}, /* a cache that cannot be flushed: not legal, and not to be relied on */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        VIRTIO_BLK_CONFIG config = usual;
        BLK_DISK disk = {0};

        config.Writeback = cases[i].writeback;
        assert_int_equal(update(&disk, cases[i].features, &config), BlkDiskOk);
        assert_int_equal(disk.CanFlush, cases[i].can_flush);
        assert_int_equal(disk.WriteCache, cases[i].cache);
        assert_false(disk.ReadOnly);
        assert_int_equal(update(&disk, cases[i].features | RO_BIT, &config), BlkDiskOk);
        assert_true(disk.ReadOnly);
    }
}

static void topology_and_limits(void **state)
{
    VIRTIO_BLK_CONFIG config = usual;
    BLK_DISK disk = {0};

    (void)state;
    assert_int_equal(update(&disk, subset(0xFF), &config), BlkDiskOk);
    assert_int_equal(disk.PhysicalExponent, 3);
    assert_int_equal(disk.AlignmentOffset, 1);
    assert_int_equal(disk.SegmentsMax, 254);
    assert_int_equal(disk.SegmentBytesMax, 0x10000);
    config.PhysicalBlockExp = 15; /* what READ CAPACITY(16) has room for */
    assert_int_equal(update(&disk, subset(0xFF), &config), BlkDiskOk);
    assert_int_equal(disk.PhysicalExponent, 15);
    config.PhysicalBlockExp = 16;
    assert_int_equal(update(&disk, subset(0xFF), &config), BlkDiskOk);
    assert_int_equal(disk.PhysicalExponent, 0);
}

/* Segments that do not hold a sector are of no use; a size_max without the feature means nothing. */
static void segment_sizes(void **state)
{
    static const struct {
        uint32_t size_max;
        BLK_DISK_RESULT result;
    } cases[] = {{0, BlkDiskOk}, {1, BlkDiskSegmentSize}, {511, BlkDiskSegmentSize}, {512, BlkDiskOk},
                 {1000, BlkDiskOk}, {0xFFFFFFFF, BlkDiskOk}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        VIRTIO_BLK_CONFIG config = usual;
        BLK_DISK disk = {0};

        config.SizeMax = cases[i].size_max;
        assert_int_equal(update(&disk, SIZE_MAX_BIT, &config), cases[i].result);
        if (cases[i].result == BlkDiskOk) {
            assert_int_equal(disk.SegmentBytesMax, cases[i].size_max);
        }
    }
}

static void discard_limits(void **state)
{
    static const struct {
        uint32_t sectors, segments, block;
        uint64_t features;
        bool can;
        uint32_t sectors_max, segments_max;
    } cases[] = {
        {100, 20, 512, DISCARD_BIT, true, 100, 14}, /* a slot holds 14 */
        {100, 3, 512, DISCARD_BIT, true, 100, 3},
        {100, 3, 4096, DISCARD_BIT, true, 96, 3},   /* whole blocks */
        {7, 3, 4096, DISCARD_BIT, false, 0, 0},     /* less than a block: of no use */
        {0, 3, 512, DISCARD_BIT, false, 0, 0},
        {100, 0, 512, DISCARD_BIT, false, 0, 0},
        {0xFFFFFFFF, 0xFFFFFFFF, 4096, DISCARD_BIT, true, 0xFFFFFFF8, 14},
        {100, 20, 512, 0, false, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        VIRTIO_BLK_CONFIG config = usual;
        BLK_DISK disk = {0};

        config.MaxDiscardSectors = cases[i].sectors;
        config.MaxDiscardSeg = cases[i].segments;
        config.BlkSize = cases[i].block;
        assert_int_equal(update(&disk, cases[i].features | BLK_SIZE_BIT, &config), BlkDiskOk);
        assert_int_equal(disk.CanUnmap, cases[i].can);
        if (cases[i].can) {
            assert_int_equal(disk.UnmapSectorsMax, cases[i].sectors_max);
            assert_int_equal(disk.UnmapSegmentsMax, cases[i].segments_max);
            assert_int_equal(disk.UnmapAlignmentSectors, 8);
        }
    }
}

static void expect_serial(const BLK_DISK *disk, const char *expected, bool known)
{
    assert_int_equal(disk->SerialLength, strlen(expected));
    assert_memory_equal(disk->Serial, expected, strlen(expected));
    assert_int_equal(disk->SerialKnown, known);
}

static void serial_from_place(void **state)
{
    BLK_DISK disk = {0};

    (void)state;
    BlkDiskSetPlace(&disk, 0xA5, 0x1234ABCD);
    expect_serial(&disk, "PCI-A51234ABCD", false);
    BlkDiskSetPlace(&disk, 0, 0);
    expect_serial(&disk, "PCI-0000000000", false);
}

static void serial_from_device(void **state)
{
    static const struct {
        const char *id, *expected;
    } cases[] = {
        {"A", "A"},
        {"ABCDEFGHIJ0123456789", "ABCDEFGHIJ0123456789"}, /* full length: no NUL on the wire */
        {"AB\x01\x1F\x7F\x80\xFF~ !", "AB_____~ !"},
        {"in the middle", "in the middle"},
        {"trailing    ", "trailing"},
        {"   leading", "leading"},
        {"   ", "PCI-0000000001"}, /* blanks name nothing */
        {"                    ", "PCI-0000000001"},
        {"", "PCI-0000000001"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t *id = calloc(1, 20); /* exactly: one byte further is found */
        BLK_DISK disk = {0};

        assert_non_null(id);
        memcpy(id, cases[i].id, strlen(cases[i].id));
        BlkDiskSetPlace(&disk, 0, 1);
        BlkDiskSetSerial(&disk, id);
        free(id);
        expect_serial(&disk, cases[i].expected, true);
    }
}

/* A bug once: two disks whose numbers were blank had the same name. */
static void serial_of_blanks_is_none(void **state)
{
    static const uint8_t blanks[20] = "                   ";
    BLK_DISK disk = {0};

    (void)state;
    BlkDiskSetPlace(&disk, 0, 1);
    BlkDiskSetSerial(&disk, blanks);
    expect_serial(&disk, "PCI-0000000001", true);
}

static void serial_refused_by_device(void **state)
{
    BLK_DISK disk = {0};

    (void)state;
    BlkDiskSetPlace(&disk, 0, 1);
    BlkDiskSetSerial(&disk, NULL);
    expect_serial(&disk, "PCI-0000000001", true);
}

/* What is behind the NUL is padding, whatever the device left there. */
static void serial_ends_at_nul(void **state)
{
    static const uint8_t id[20] = "ABC\0garbage";
    BLK_DISK disk = {0};

    (void)state;
    BlkDiskSetPlace(&disk, 0, 1);
    BlkDiskSetSerial(&disk, id);
    expect_serial(&disk, "ABC", true);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

static const struct CMUnitTest tests[] = {
    TEST(config_fields_follow_the_features), TEST(config_is_of_one_generation), TEST(block_sizes),
    TEST(block_size_may_not_change), TEST(capacities), TEST(capacity_change_is_an_attention), TEST(write_cache),
    TEST(topology_and_limits), TEST(segment_sizes), TEST(discard_limits), TEST(serial_from_place),
    TEST(serial_from_device),
    TEST(serial_of_blanks_is_none), TEST(serial_refused_by_device),
    TEST(serial_ends_at_nul),
};

UNIT_MAIN(tests)
