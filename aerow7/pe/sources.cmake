# SPDX-License-Identifier: MIT OR Apache-2.0
# PE images as files.
list(APPEND AEROW7_SOURCES pe/pe_hash.c pe/pe_image.c pe/pe_page_hash.c)
