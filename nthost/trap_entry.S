/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * trap_entry: where the signal handler makes an interrupted thread continue, on its own stack, with the stack pointer
 * at a struct trap_frame. trap_dispatch() answers with the address of a struct context that ends at the interrupted
 * stack pointer, from which all registers are taken. The kernel ABI of neither architecture keeps anything below the
 * stack pointer, so that is free.
 *
 * driver_thunk(function, count, arguments, state): calls driver code by the kernel's convention. The trap flag, when
 * wanted, is set by the last instruction before the call, so that the first trap comes at the driver's first
 * instruction.
 *
 * step_resume: takes the place of a return address into the driver while instructions are counted; sets the trap flag
 * again.
 */
        .text
        .globl  trap_entry, trap_dispatched, driver_thunk, driver_returned, step_resume
        .type   trap_entry, @function
        .type   driver_thunk, @function
        .type   step_resume, @function

#if defined(__x86_64__)
trap_entry:
        movq    %rsp, %rbx
        movq    %rsp, %rbp
        andq    $-16, %rsp
        subq    $512, %rsp
        fxsave64 (%rsp)
        cld
        movq    %rbx, %rdi
        call    trap_dispatch
trap_dispatched:
        fxrstor64 (%rsp)
        movq    %rax, %rsp
        popq    %rax
        popq    %rcx
        popq    %rdx
        popq    %rbx
        leaq    8(%rsp), %rsp
        popq    %rbp
        popq    %rsi
        popq    %rdi
        popq    %r8
        popq    %r9
        popq    %r10
        popq    %r11
        popq    %r12
        popq    %r13
        popq    %r14
        popq    %r15
        popfq
        ret

driver_thunk:
        pushq   %rbp
        movq    %rsp, %rbp
        pushq   %rbx
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        pushq   %rcx                    /* state, at -48(%rbp) */
        movq    %rdi, %r10
        movq    %rdx, %r11
        movq    %rcx, %r12
        movq    %rbp, (%r12)
        movl    $4, %eax                /* the callee's home space is there whatever it takes */
        cmpq    %rax, %rsi
        cmovaq  %rsi, %rax
        leaq    (,%rax,8), %rax
        subq    %rax, %rsp
        andq    $-16, %rsp
        xorl    %eax, %eax
1:      cmpq    %rsi, %rax
        jae     2f
        movq    (%r11,%rax,8), %rdx
        movq    %rdx, (%rsp,%rax,8)
        incq    %rax
        jmp     1b
2:      movq    (%rsp), %rcx
        movq    8(%rsp), %rdx
        movq    16(%rsp), %r8
        movq    24(%rsp), %r9
        movq    %rsp, 8(%r12)
        pushfq
        movq    16(%r12), %rax
        orq     %rax, (%rsp)
        popfq
        call    *%r10
driver_returned:
        movq    -48(%rbp), %rcx
        movq    %rsp, 24(%rcx)
        leaq    -48(%rbp), %rsp         /* whatever the callee has popped */
        pushfq
        popq    32(%rcx)
        cld
        leaq    -40(%rbp), %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbx
        popq    %rbp
        ret

step_resume:
        subq    $16, %rsp               /* the flags and, above them, the address to return to */
        pushq   %rbp
        movq    %rsp, %rbp
        pushq   %rax
        pushq   %rdx
        pushq   %rdi
        pushq   %rsi
        andq    $-16, %rsp
        subq    $512, %rsp
        fxsave64 (%rsp)
        leaq    24(%rbp), %rdi          /* the stack pointer that the caller sees */
        call    step_unhook
        movq    %rax, 16(%rbp)
        call    step_wanted_flags
        pushfq
        orq     %rax, (%rsp)
        popq    %rax
        movq    %rax, 8(%rbp)
        fxrstor64 (%rsp)
        leaq    -32(%rbp), %rsp
        popq    %rsi
        popq    %rdi
        popq    %rdx
        popq    %rax
        popq    %rbp
        popfq
        ret

#else
trap_entry:
        movl    %esp, %ebx
        movl    %esp, %ebp
        andl    $-16, %esp
        subl    $528, %esp
        fxsave  16(%esp)
        cld
        movl    %ebx, (%esp)
        call    trap_dispatch
trap_dispatched:
        fxrstor 16(%esp)
        movl    %eax, %esp
        popl    %eax
        popl    %ecx
        popl    %edx
        popl    %ebx
        leal    4(%esp), %esp
        popl    %ebp
        popl    %esi
        popl    %edi
        popfl
        ret

driver_thunk:
        pushl   %ebp
        movl    %esp, %ebp
        pushl   %ebx
        pushl   %esi
        pushl   %edi
        movl    20(%ebp), %ebx          /* state */
        movl    %ebp, (%ebx)
        movl    12(%ebp), %ecx          /* count */
        movl    16(%ebp), %edx          /* arguments */
        leal    (,%ecx,4), %eax
        negl    %eax
        leal    (%esp,%eax), %eax
        andl    $-16, %eax              /* so that the call finds an aligned stack */
        leal    (%eax,%ecx,4), %esp
        movl    %esp, 4(%ebx)
1:      testl   %ecx, %ecx
        jz      2f
        pushl   -4(%edx,%ecx,4)
        decl    %ecx
        jmp     1b
2:      pushfl
        movl    8(%ebx), %eax
        orl     %eax, (%esp)
        movl    8(%ebp), %eax
        popfl
        call    *%eax
driver_returned:
        movl    20(%ebp), %ecx
        movl    %esp, 12(%ecx)
        leal    -12(%ebp), %esp         /* whatever the callee has popped */
        pushfl
        popl    16(%ecx)
        cld
        popl    %edi
        popl    %esi
        popl    %ebx
        popl    %ebp
        ret

step_resume:
        subl    $8, %esp
        pushl   %ebp
        movl    %esp, %ebp
        pushl   %eax
        pushl   %edx
        pushl   %ecx
        andl    $-16, %esp
        subl    $528, %esp
        fxsave  16(%esp)
        leal    12(%ebp), %eax
        movl    %eax, (%esp)
        call    step_unhook
        movl    %eax, 8(%ebp)
        call    step_wanted_flags
        pushfl
        orl     %eax, (%esp)
        popl    %eax
        movl    %eax, 4(%ebp)
        fxrstor 16(%esp)
        leal    -12(%ebp), %esp
        popl    %ecx
        popl    %edx
        popl    %eax
        popl    %ebp
        popfl
        ret
#endif
        .section .note.GNU-stack, "", @progbits
