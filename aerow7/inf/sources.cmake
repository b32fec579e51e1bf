# SPDX-License-Identifier: MIT OR Apache-2.0
# INF files: reading them as Windows does, and the rules that they are held to.
list(APPEND AEROW7_SOURCES inf/cmd_inf.c)
