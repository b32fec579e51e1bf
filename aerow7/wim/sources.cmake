# SPDX-License-Identifier: MIT OR Apache-2.0
# Images of Windows in WIM files: read, and changed so that everything else stays as it is.
list(APPEND AEROW7_SOURCES wim/cmd_inject.c wim/cmd_undo.c wim/inject_manifest.c wim/inject_request.c wim/wim_file.c
     wim/wim_inject.c wim/wim_integrity.c wim/wim_output.c wim/wim_resource.c wim/wim_security.c wim/wim_source.c
     wim/wim_split.c wim/wim_tree.c wim/wim_undo.c wim/wim_write.c wim/wim_xml.c)
