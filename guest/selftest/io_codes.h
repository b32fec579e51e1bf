/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * I/O control codes of Windows, for code that is also built without its headers; platform_win32.c asserts each against
 * them. Those of our drivers stand where they are used.
 */
#ifndef SELFTEST_IO_CODES_H
#define SELFTEST_IO_CODES_H

#define CODE_SCSI_MINIPORT 0x0004D008u
#define CODE_SCSI_GET_ADDRESS 0x00041018u
#define CODE_STORAGE_QUERY_PROPERTY 0x002D1400u
#define CODE_STORAGE_GET_DEVICE_NUMBER 0x002D1080u
#define CODE_DISK_GET_LENGTH_INFO 0x0007405Cu
#define CODE_DISK_UPDATE_PROPERTIES 0x00070140u
#define CODE_DISK_UPDATE_DRIVE_SIZE 0x0007C0C8u
#define CODE_VOLUME_GET_VOLUME_DISK_EXTENTS 0x00560000u
#define CODE_KS_PROPERTY 0x002F0003u

#endif
