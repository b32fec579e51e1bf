# SPDX-License-Identifier: MIT OR Apache-2.0
# A boot image without emulation (El Torito), as BIOS starts it at 0x7C00: says so on COM1 with the label that it reads
# from the disc's primary volume descriptor, and ends QEMU through isa-debug-exit.
    .code16
    .globl _start
_start:
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $0x7C00, %sp
    movw $message, %si
    call print
    movw $packet, %si
    movb $0x42, %ah             # extended read from the drive in DL
    int $0x13
    jc failed
    movw $0x9000 + 40, %si      # the label, 32 bytes, then an end
    movb $0, 0x9000 + 72
    call print
    movb $0x10, %al
    jmp end
failed:
    movw $fault, %si
    call print
    movb $0x20, %al
end:
    movw $0xF4, %dx
    outb %al, %dx
hang:
    hlt
    jmp hang
print:                          # keeps DL, the drive
    pushw %dx
    movw $0x3F8, %dx
1:  lodsb
    testb %al, %al
    jz 2f
    outb %al, %dx
    jmp 1b
2:  popw %dx
    ret
packet:
    .byte 16, 0
    .word 1                     # one sector of 2048 bytes
    .word 0x9000, 0             # to 0000:9000
    .quad 16
message:
    .asciz "AERO BIOS STUB "
fault:
    .asciz "CANNOT READ"
