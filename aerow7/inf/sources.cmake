# SPDX-License-Identifier: MIT OR Apache-2.0
# INF files: reading them as Windows does, and the rules that they are held to.
list(APPEND AEROW7_SOURCES
     inf/cmd_inf.c inf/cmd_inf_check.c inf/inf_check.c inf/inf_classes.c inf/inf_decoration.c inf/inf_file.c
     inf/inf_files.c inf/inf_identity.c inf/inf_inbox.c inf/inf_lexer.c inf/inf_package.c inf/inf_references.c
     inf/inf_registry.c inf/inf_services.c inf/inf_show.c inf/inf_strings.c inf/inf_text.c inf/rules_aero.c
     inf/rules_files.c inf/rules_models.c inf/rules_msi.c inf/rules_registry.c inf/rules_sections.c
     inf/rules_services.c inf/rules_sets.c inf/rules_strings.c inf/rules_version.c inf/rules_windows7.c)
