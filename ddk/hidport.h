/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a HID minidriver needs and mingw-w64 does not declare: HidRegisterMinidriver, its structures and the internal
 * IOCTLs ("HID minidriver IOCTLs", hidport.h, Windows driver documentation). Layouts are asserted against those of
 * released Windows 7 drivers; control codes are those of Windows 7's hidclass.sys.
 */
#ifndef AERO_DDK_HIDPORT_H
#define AERO_DDK_HIDPORT_H

#include <stddef.h>

#include "aero_wdm.h"

#define HID_REVISION 0x00000001

#define HID_HID_DESCRIPTOR_TYPE 0x21
#define HID_REPORT_DESCRIPTOR_TYPE 0x22

typedef struct _HID_MINIDRIVER_REGISTRATION {
    ULONG Revision;
    PDRIVER_OBJECT DriverObject;
    PUNICODE_STRING RegistryPath;
    ULONG DeviceExtensionSize;
    BOOLEAN DevicesArePolled;
    UCHAR Reserved[3];
} HID_MINIDRIVER_REGISTRATION, *PHID_MINIDRIVER_REGISTRATION;

/* DeviceExtension of the FDO. HIDCLASS owns it; a minidriver changes nothing but what MiniDeviceExtension points to. */
typedef struct _HID_DEVICE_EXTENSION {
    PDEVICE_OBJECT PhysicalDeviceObject;
    PDEVICE_OBJECT NextDeviceObject;
    PVOID MiniDeviceExtension;
} HID_DEVICE_EXTENSION, *PHID_DEVICE_EXTENSION;

typedef struct _HID_DEVICE_ATTRIBUTES {
    ULONG Size;
    USHORT VendorID;
    USHORT ProductID;
    USHORT VersionNumber;
    USHORT Reserved[11];
} HID_DEVICE_ATTRIBUTES, *PHID_DEVICE_ATTRIBUTES;

#pragma pack(push, 1)
typedef struct _HID_DESCRIPTOR {
    UCHAR bLength;
    UCHAR bDescriptorType;
    USHORT bcdHID;
    UCHAR bCountry;
    UCHAR bNumDescriptors;
    struct _HID_DESCRIPTOR_DESC_LIST {
        UCHAR bReportType;
        USHORT wReportLength;
    } DescriptorList[1];
} HID_DESCRIPTOR, *PHID_DESCRIPTOR;
#pragma pack(pop)

typedef struct _HID_XFER_PACKET {
    PUCHAR reportBuffer;
    ULONG reportBufferLen;
    UCHAR reportId;
} HID_XFER_PACKET, *PHID_XFER_PACKET;

#define HID_STRING_ID_IMANUFACTURER 14
#define HID_STRING_ID_IPRODUCT 15
#define HID_STRING_ID_ISERIALNUMBER 16

#define HID_NEITHER_CODE(id) CTL_CODE(FILE_DEVICE_KEYBOARD, (id), METHOD_NEITHER, FILE_ANY_ACCESS)
#define HID_IN_CODE(id) CTL_CODE(FILE_DEVICE_KEYBOARD, (id), METHOD_IN_DIRECT, FILE_ANY_ACCESS)
#define HID_OUT_CODE(id) CTL_CODE(FILE_DEVICE_KEYBOARD, (id), METHOD_OUT_DIRECT, FILE_ANY_ACCESS)

#define IOCTL_HID_GET_DEVICE_DESCRIPTOR HID_NEITHER_CODE(0)
#define IOCTL_HID_GET_REPORT_DESCRIPTOR HID_NEITHER_CODE(1)
#define IOCTL_HID_READ_REPORT HID_NEITHER_CODE(2)
#define IOCTL_HID_WRITE_REPORT HID_NEITHER_CODE(3)
#define IOCTL_HID_GET_STRING HID_NEITHER_CODE(4)
#define IOCTL_HID_ACTIVATE_DEVICE HID_NEITHER_CODE(7)
#define IOCTL_HID_DEACTIVATE_DEVICE HID_NEITHER_CODE(8)
#define IOCTL_HID_GET_DEVICE_ATTRIBUTES HID_NEITHER_CODE(9)
#define IOCTL_HID_SEND_IDLE_NOTIFICATION_REQUEST HID_NEITHER_CODE(10)
#define IOCTL_HID_SET_FEATURE HID_IN_CODE(100)
#define IOCTL_HID_GET_FEATURE HID_OUT_CODE(100)
#define IOCTL_HID_SET_OUTPUT_REPORT HID_IN_CODE(101)
#define IOCTL_HID_GET_INPUT_REPORT HID_OUT_CODE(104)
#define IOCTL_HID_GET_INDEXED_STRING HID_OUT_CODE(120)

/* PASSIVE_LEVEL, from DriverEntry, once, after the driver object's entry points are set. */
NTSTATUS NTAPI HidRegisterMinidriver(PHID_MINIDRIVER_REGISTRATION registration);

#ifdef _WIN64
_Static_assert(sizeof(HID_MINIDRIVER_REGISTRATION) == 32, "hid-wdm-amd64");
_Static_assert(offsetof(HID_MINIDRIVER_REGISTRATION, DevicesArePolled) == 0x1C, "hid-wdm-amd64");
_Static_assert(sizeof(HID_DEVICE_EXTENSION) == 24, "hid-wdm-amd64");
#else
_Static_assert(sizeof(HID_MINIDRIVER_REGISTRATION) == 20, "hid-wdm-x86");
_Static_assert(offsetof(HID_MINIDRIVER_REGISTRATION, DevicesArePolled) == 0x10, "hid-wdm-x86");
_Static_assert(sizeof(HID_DEVICE_EXTENSION) == 12, "hid-wdm-x86");
#endif
_Static_assert(sizeof(HID_DEVICE_ATTRIBUTES) == 32, "hidport.h");
_Static_assert(sizeof(HID_DESCRIPTOR) == 9, "HID 1.11, 6.2.1");

#endif
