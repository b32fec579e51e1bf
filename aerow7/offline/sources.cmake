# SPDX-License-Identifier: MIT OR Apache-2.0
# A Windows that does not run: reading it, and what putting drivers into it takes.
list(APPEND AEROW7_SOURCES
    offline/bcd.c offline/certificate_blob.c offline/changes.c offline/control_sets.c offline/device_path.c
    offline/driver_pack.c offline/file_version.c offline/first_start.c offline/folder_inject.c offline/hive.c offline/hive_check.c
    offline/identify.c offline/plan.c offline/setup_scripts.c offline/signature_check.c offline/source_folder.c
    offline/storage_service.c offline/verify.c offline/volume_path.c)
