# SPDX-License-Identifier: MIT OR Apache-2.0
# What every command stands on: messages, options, files, JSON, ZIP.
list(APPEND AEROW7_SOURCES
    base/diag.c base/digest.c base/epoch.c base/expression.c base/file_copy.c base/file_io.c base/file_tree.c base/json_file.c base/json_schema.c base/options.c
    base/progress.c base/report.c base/room.c base/stale_part.c base/text.c base/zip_file.c)
