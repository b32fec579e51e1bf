# SPDX-License-Identifier: MIT OR Apache-2.0
# Optical media: writing our own, reading virtio-win's, and Windows' install media from the old to the new.
list(APPEND AEROW7_SOURCES
    media/boot_catalog.c media/cmd_extract.c media/cmd_iso.c media/cmd_media.c media/disk_folder.c media/file_digest.c
    media/folder_output.c media/install_source.c media/iso_boot.c media/iso_compare.c media/iso_descriptors.c
    media/iso_file.c media/iso_record.c media/iso_tree.c media/iso_udf.c media/media_build.c media/media_compare.c
    media/media_content.c media/media_iso.c media/media_name.c media/media_read.c media/media_udf.c media/media_zip.c
    media/setup_files.c media/virtio_win.c media/wim_split.c)
