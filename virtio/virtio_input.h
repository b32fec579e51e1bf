/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The input device's wire format: VIRTIO 1.x "Input Device". Event types and codes are those of the Linux input
 * subsystem, which the specification refers to. Asserted in the unit tests against <linux/virtio_input.h> and
 * <linux/input-event-codes.h>.
 */
#ifndef VIRTIO_INPUT_H
#define VIRTIO_INPUT_H

#include <stddef.h>
#include <stdint.h>

#define VIRTIO_INPUT_EVENT_QUEUE 0
#define VIRTIO_INPUT_STATUS_QUEUE 1

/* "Device configuration layout": write Select and Subsel, then read Size and as many bytes of the payload. */
typedef struct VIRTIO_INPUT_CONFIG {
    uint8_t Select;
    uint8_t Subsel;
    uint8_t Size;
    uint8_t Reserved[5];
    uint8_t Payload[128];
} VIRTIO_INPUT_CONFIG;

#define VIRTIO_INPUT_CFG_UNSET 0x00
#define VIRTIO_INPUT_CFG_ID_NAME 0x01
#define VIRTIO_INPUT_CFG_ID_SERIAL 0x02
#define VIRTIO_INPUT_CFG_ID_DEVIDS 0x03
#define VIRTIO_INPUT_CFG_PROP_BITS 0x10
#define VIRTIO_INPUT_CFG_EV_BITS 0x11
#define VIRTIO_INPUT_CFG_ABS_INFO 0x12

typedef struct VIRTIO_INPUT_ABSINFO {
    int32_t Minimum;
    int32_t Maximum;
    int32_t Fuzz;
    int32_t Flat;
    int32_t Resolution;
} VIRTIO_INPUT_ABSINFO;

typedef struct VIRTIO_INPUT_DEVIDS {
    uint16_t Bus;
    uint16_t Vendor;
    uint16_t Product;
    uint16_t Version;
} VIRTIO_INPUT_DEVIDS;

/* Both queues carry it; a status buffer holds exactly one. */
typedef struct VIRTIO_INPUT_EVENT {
    uint16_t Type;
    uint16_t Code;
    uint32_t Value;
} VIRTIO_INPUT_EVENT;

_Static_assert(sizeof(VIRTIO_INPUT_CONFIG) == 136 && sizeof(VIRTIO_INPUT_ABSINFO) == 20 &&
                   sizeof(VIRTIO_INPUT_DEVIDS) == 8 && sizeof(VIRTIO_INPUT_EVENT) == 8,
               "wire format");

#define INPUT_EV_SYN 0x00
#define INPUT_EV_KEY 0x01
#define INPUT_EV_REL 0x02
#define INPUT_EV_ABS 0x03
#define INPUT_EV_LED 0x11

#define INPUT_SYN_REPORT 0
#define INPUT_SYN_DROPPED 3

#define INPUT_REL_X 0x00
#define INPUT_REL_Y 0x01
#define INPUT_REL_HWHEEL 0x06
#define INPUT_REL_WHEEL 0x08
#define INPUT_REL_WHEEL_HI_RES 0x0B
#define INPUT_REL_HWHEEL_HI_RES 0x0C

#define INPUT_ABS_X 0x00
#define INPUT_ABS_Y 0x01
#define INPUT_ABS_MT_SLOT 0x2F
#define INPUT_ABS_MT_POSITION_X 0x35
#define INPUT_ABS_MT_POSITION_Y 0x36
#define INPUT_ABS_MT_TRACKING_ID 0x39

#define INPUT_BTN_LEFT 0x110
#define INPUT_BTN_TASK 0x117
#define INPUT_BTN_TOUCH 0x14A

#define INPUT_LED_NUML 0
#define INPUT_LED_CAPSL 1
#define INPUT_LED_SCROLLL 2
#define INPUT_LED_COMPOSE 3
#define INPUT_LED_KANA 4

#define INPUT_KEY_COUNT 0x300

#endif
