# SPDX-License-Identifier: MIT OR Apache-2.0
# Certificates and Authenticode signatures: making and judging them.
list(APPEND AEROW7_SOURCES
    sign/authenticode.c sign/authenticode_verify.c sign/authority.c sign/certificate_file.c sign/certificate_make.c
    sign/chain.c sign/cmd_cert.c sign/cmd_sign.c sign/cmd_verify.c sign/signed_data.c sign/signer.c
    sign/signer_verify.c sign/spc_asn1.c sign/spc_indirect.c sign/timestamp.c sign/verify_report.c
    sign/windows7_verdict.c)
