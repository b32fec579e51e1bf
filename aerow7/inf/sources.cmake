# SPDX-License-Identifier: MIT OR Apache-2.0
# INF files: reading them as Windows does, and the rules that they are held to.
list(APPEND AEROW7_SOURCES inf/cmd_inf.c inf/inf_decoration.c inf/inf_file.c inf/inf_files.c inf/inf_lexer.c
     inf/inf_package.c inf/inf_registry.c inf/inf_services.c inf/inf_show.c inf/inf_strings.c inf/inf_text.c)
