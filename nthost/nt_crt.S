/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Compiler routines with register conventions of their own (Microsoft's C run-time library): 64-bit shifts take the
 * value in EDX:EAX and the count in CL; the combined divisions give the quotient in EDX:EAX and the remainder in
 * EBX:ECX and pop their arguments; the stack probe takes the size in EAX or RAX.
 */
        .text
        .globl  crt_chkstk
#if defined(__x86_64__)
crt_chkstk:                             /* nothing changes; the kernel's stacks are always present */
        ret
#else
crt_chkstk:                             /* lowers the stack pointer by EAX */
        popl    %ecx
        subl    %eax, %esp
        jmp     *%ecx

        .globl  crt_allshl, crt_allshr, crt_aullshr, crt_aulldvrm, crt_alldvrm
crt_allshl:
        cmpb    $64, %cl
        jae     2f
        cmpb    $32, %cl
        jae     1f
        shldl   %cl, %eax, %edx
        shll    %cl, %eax
        ret
1:      movl    %eax, %edx
        xorl    %eax, %eax
        andb    $31, %cl
        shll    %cl, %edx
        ret
2:      xorl    %eax, %eax
        xorl    %edx, %edx
        ret

crt_allshr:
        cmpb    $64, %cl
        jae     2f
        cmpb    $32, %cl
        jae     1f
        shrdl   %cl, %edx, %eax
        sarl    %cl, %edx
        ret
1:      movl    %edx, %eax
        sarl    $31, %edx
        andb    $31, %cl
        sarl    %cl, %eax
        ret
2:      sarl    $31, %edx
        movl    %edx, %eax
        ret

crt_aullshr:
        cmpb    $64, %cl
        jae     2f
        cmpb    $32, %cl
        jae     1f
        shrdl   %cl, %edx, %eax
        shrl    %cl, %edx
        ret
1:      movl    %edx, %eax
        xorl    %edx, %edx
        andb    $31, %cl
        shrl    %cl, %eax
        ret
2:      xorl    %eax, %eax
        xorl    %edx, %edx
        ret

/* crt_division(is_signed, dividend low, high, divisor low, high, result[4]) is in nt_crt.c */
        .macro  divide is_signed
        pushl   %ebp
        movl    %esp, %ebp
        pushl   %esi
        andl    $-16, %esp
        subl    $48, %esp
        movl    $\is_signed, (%esp)
        movl    8(%ebp), %eax
        movl    %eax, 4(%esp)
        movl    12(%ebp), %eax
        movl    %eax, 8(%esp)
        movl    16(%ebp), %eax
        movl    %eax, 12(%esp)
        movl    20(%ebp), %eax
        movl    %eax, 16(%esp)
        leal    32(%esp), %eax
        movl    %eax, 20(%esp)
        call    crt_division
        movl    32(%esp), %eax
        movl    36(%esp), %edx
        movl    40(%esp), %ecx
        movl    44(%esp), %ebx
        movl    -4(%ebp), %esi
        leave
        ret     $16
        .endm

crt_aulldvrm:
        divide  0
crt_alldvrm:
        divide  1
#endif
        .section .note.GNU-stack, "", @progbits
