# SPDX-License-Identifier: MIT OR Apache-2.0
# Security catalogs (.cat).
list(APPEND AEROW7_SOURCES catalog/cmd_cat.c)
