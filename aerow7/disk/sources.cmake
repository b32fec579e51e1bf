# SPDX-License-Identifier: MIT OR Apache-2.0
# Disk images with an installed Windows: raw and qcow2, MBR and GPT, NTFS, and the FAT of UEFI.
list(APPEND AEROW7_SOURCES
    disk/disk_image.c disk/disk_source.c disk/disk_undo.c disk/disk_write.c disk/fat.c disk/fat_file.c
    disk/nbd_server.c disk/ntfs_device.c disk/overlay.c disk/partition.c disk/target.c disk/volume.c
    disk/volume_read.c disk/volume_write.c)
