# SPDX-License-Identifier: MIT OR Apache-2.0
# Packages: the driver pack, the guest tools.
list(APPEND AEROW7_SOURCES pack/cmd_guest_tools.c pack/cmd_pack.c pack/manifest.c pack/pack.c)
