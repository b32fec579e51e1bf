# SPDX-License-Identifier: MIT OR Apache-2.0
# Packages: the driver pack, the guest tools.
list(APPEND AEROW7_SOURCES
    pack/build_leftover.c pack/cmd_guest_tools.c pack/cmd_pack.c pack/contract_match.c pack/driver_folder.c
    pack/fault.c pack/guest_driver_rules.c pack/guest_drivers.c pack/guest_media.c pack/guest_signatures.c pack/guest_spec.c pack/guest_tools.c
    pack/manifest.c pack/pack.c pack/pack_content.c pack/pack_sign.c pack/pack_virtio_win.c pack/pack_write.c
    pack/private_key.c pack/windows_text.c)
