/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * native_run(struct context *c, const void *code): runs code on the registers and flags of `c` (all but the stack
 * pointer) and stores them back. The code ends with a jump to native_back.
 */
        .text
        .globl  native_run, native_back
#if defined(__x86_64__)
native_run:
        pushq   %rbp
        pushq   %rbx
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        pushq   %rdi
        movq    %rsi, native_code(%rip)
        pushq   128(%rdi)
        popfq
        movq    0(%rdi), %rax
        movq    8(%rdi), %rcx
        movq    16(%rdi), %rdx
        movq    24(%rdi), %rbx
        movq    40(%rdi), %rbp
        movq    48(%rdi), %rsi
        movq    64(%rdi), %r8
        movq    72(%rdi), %r9
        movq    80(%rdi), %r10
        movq    88(%rdi), %r11
        movq    96(%rdi), %r12
        movq    104(%rdi), %r13
        movq    112(%rdi), %r14
        movq    120(%rdi), %r15
        movq    56(%rdi), %rdi
        jmp     *native_code(%rip)
native_back:
        pushfq
        pushq   %rdi
        movq    16(%rsp), %rdi
        movq    %rax, 0(%rdi)
        movq    %rcx, 8(%rdi)
        movq    %rdx, 16(%rdi)
        movq    %rbx, 24(%rdi)
        movq    %rbp, 40(%rdi)
        movq    %rsi, 48(%rdi)
        popq    56(%rdi)
        movq    %r8, 64(%rdi)
        movq    %r9, 72(%rdi)
        movq    %r10, 80(%rdi)
        movq    %r11, 88(%rdi)
        movq    %r12, 96(%rdi)
        movq    %r13, 104(%rdi)
        movq    %r14, 112(%rdi)
        movq    %r15, 120(%rdi)
        popq    128(%rdi)
        cld
        popq    %rdi
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbx
        popq    %rbp
        ret
#else
native_run:
        pushl   %ebp
        pushl   %ebx
        pushl   %esi
        pushl   %edi
        movl    20(%esp), %edi
        movl    24(%esp), %eax
        pushl   %edi
        pushl   %eax
        pushl   32(%edi)
        popfl
        movl    0(%edi), %eax
        movl    4(%edi), %ecx
        movl    8(%edi), %edx
        movl    12(%edi), %ebx
        movl    20(%edi), %ebp
        movl    24(%edi), %esi
        movl    28(%edi), %edi
        jmp     *(%esp)
native_back:
        pushfl
        pushl   %edi
        movl    12(%esp), %edi
        movl    %eax, 0(%edi)
        movl    %ecx, 4(%edi)
        movl    %edx, 8(%edi)
        movl    %ebx, 12(%edi)
        movl    %ebp, 20(%edi)
        movl    %esi, 24(%edi)
        popl    28(%edi)
        popl    32(%edi)
        cld
        addl    $8, %esp
        popl    %edi
        popl    %esi
        popl    %ebx
        popl    %ebp
        ret
#endif
        .bss
        .balign 8
native_code:
        .zero   8
        .section .note.GNU-stack, "", @progbits
