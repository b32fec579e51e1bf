/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * coroutine_switch(void **save, void *load): saves what the System V ABI makes callee-saved on the current stack, and
 * the control words of x87 and SSE (also callee-saved there), stores the stack pointer in *save and continues on the
 * stack `load`. The other vector registers are volatile for our caller; a driver's xmm6-15 were saved by the ms_abi
 * function that it called, or by the trap that interrupted it.
 */
        .text
        .globl  coroutine_switch
        .type   coroutine_switch, @function
        .globl  coroutine_prepare
        .type   coroutine_prepare, @function

#if defined(__x86_64__)
coroutine_switch:
        pushq   %rbp
        pushq   %rbx
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        subq    $8, %rsp
        stmxcsr (%rsp)
        fnstcw  4(%rsp)
        movq    %rsp, (%rdi)
        movq    %rsi, %rsp
        ldmxcsr (%rsp)
        fldcw   4(%rsp)
        addq    $8, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbx
        popq    %rbp
        ret

/* coroutine_prepare(void *stack_top, void (*entry)(void)): what coroutine_switch() will find. `entry` never returns;
 * the zero return address and frame pointer end every stack walk. */
coroutine_prepare:
        andq    $-16, %rdi
        movq    $0, -8(%rdi)
        movq    %rsi, -16(%rdi)
        movq    $0, -24(%rdi)
        leaq    -72(%rdi), %rax
        stmxcsr (%rax)
        fnstcw  4(%rax)
        ret
#else
coroutine_switch:
        movl    4(%esp), %eax
        movl    8(%esp), %edx
        pushl   %ebp
        pushl   %ebx
        pushl   %esi
        pushl   %edi
        subl    $8, %esp
        stmxcsr (%esp)
        fnstcw  4(%esp)
        movl    %esp, (%eax)
        movl    %edx, %esp
        ldmxcsr (%esp)
        fldcw   4(%esp)
        addl    $8, %esp
        popl    %edi
        popl    %esi
        popl    %ebx
        popl    %ebp
        ret

coroutine_prepare:
        movl    4(%esp), %edx
        movl    8(%esp), %ecx
        andl    $-16, %edx
        movl    $0, -4(%edx)
        movl    %ecx, -8(%edx)
        movl    $0, -12(%edx)
        leal    -32(%edx), %eax
        stmxcsr (%eax)
        fnstcw  4(%eax)
        ret
#endif
        .section .note.GNU-stack, "", @progbits
