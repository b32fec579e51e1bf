# SPDX-License-Identifier: MIT OR Apache-2.0
# Security catalogs (.cat).
list(APPEND AEROW7_SOURCES
    catalog/catalog_asn1.c catalog/catalog_hash.c catalog/catalog_load.c catalog/catalog_make.c
    catalog/catalog_package.c catalog/catalog_read.c catalog/catalog_show.c catalog/catalog_spec_file.c
    catalog/catalog_verify.c catalog/cmd_cat.c catalog/cmd_cat_create.c catalog/cmd_cat_verify.c)
