/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Our wire constants against the kernel's uapi headers, so that they are not merely agreed with by ourselves. */
#include "unit.h"

#include "virtio_blk.h"
#include "virtio_config.h"
#include "virtio_input.h"

extern const unsigned long long wire_theirs[];

static const struct {
    const char *name;
    unsigned long long value;
} ours[] = {
#define SAME(name) {#name, name},
#define PAIR(mine, theirs) {#mine, mine},
#include "wire_constants.h"
};

static void wire_constants_match_the_kernel(void **state)
{
    (void)state;
    unsigned wrong = 0;

    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (ours[i].value != wire_theirs[i]) {
            print_error("%s: ours %llu, the kernel's %llu\n", ours[i].name, ours[i].value, wire_theirs[i]);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

/* Not in the headers: VIRTIO 1.x gives the range and the values in prose. */
static void wire_constants_of_the_text(void **state)
{
    (void)state;
    assert_int_equal(VIRTIO_PCI_VENDOR_ID, 0x1AF4);
    assert_int_equal(VIRTIO_PCI_MODERN_DEVICE_ID_FIRST, 0x1040);
    assert_int_equal(VIRTIO_PCI_MODERN_DEVICE_ID_LAST, 0x107F);
    assert_int_equal(VIRTIO_F_NOTIFICATION_DATA, 38);
    assert_int_equal(VIRTIO_ISR_QUEUE, 1);
    assert_int_equal(sizeof(VIRTIO_BLK_CONFIG), 60);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(wire_constants_match_the_kernel),
    cmocka_unit_test(wire_constants_of_the_text),
};

UNIT_MAIN(tests)
