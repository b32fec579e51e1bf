# SPDX-License-Identifier: MIT OR Apache-2.0
# Whatever holds a Windows that does not run: WIM, ISO, media folder, disk, folder. Looking at it and checking it.
list(APPEND AEROW7_SOURCES image/cmd_inspect.c image/cmd_verify_image.c image/identity_report.c image/image.c
     image/image_media.c image/image_split.c)
