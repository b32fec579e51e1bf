# SPDX-License-Identifier: MIT OR Apache-2.0
# A Windows that does not run: reading it, and what putting drivers into it takes.
list(APPEND AEROW7_SOURCES
    offline/bcd.c offline/changes.c offline/hive.c offline/hive_check.c)
