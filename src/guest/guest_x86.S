// SPDX-License-Identifier: GPL-2.0-or-later
// The x86 guest. Real mode, segments at 0; the VMM writes the interrupt vectors.
//
// The VMM starts it here, with
//   ax  mask of the master PIC   bx  1: tick with the PIT   cx  the PIT's divisor
// It talks to the VMM by ports: 0xe0 ready, 0xe1 woke, 0xe2 fault.

	.section .rodata.wakepath_guest, "a", @progbits
	.code16
	.balign	16
	.global	wakepath_guest_begin
	.hidden	wakepath_guest_begin
wakepath_guest_begin:
	cli
	movw	%ax, %si
	// Master PIC: edge, cascaded, vectors from 0x20, 8086 mode.
	movb	$0x11, %al
	outb	%al, $0x20
	movb	$0x20, %al
	outb	%al, $0x21
	movb	$0x04, %al
	outb	%al, $0x21
	movb	$0x01, %al
	outb	%al, $0x21
	movw	%si, %ax
	outb	%al, $0x21

	outb	%al, $0xe0		// ready
	testw	%bx, %bx
	jz	sleep
	// Channel 0, low then high byte, mode 2 (rate generator).
	movb	$0x34, %al
	outb	%al, $0x43
	movb	%cl, %al
	outb	%al, $0x40
	movb	%ch, %al
	outb	%al, $0x40

sleep:
	xorw	%di, %di
	sti				// takes effect after the next instruction: no wake is missed
	hlt
	cli
	testw	%di, %di		// no interrupt was taken: sleep on
	jz	sleep
	outb	%al, $0xe1		// woke
	jmp	sleep

	.global	wakepath_guest_irq
	.hidden	wakepath_guest_irq
wakepath_guest_irq:
	movw	$1, %di
	movb	$0x20, %al
	outb	%al, $0x20		// end of interrupt
	iretw

	.global	wakepath_guest_fault
	.hidden	wakepath_guest_fault
wakepath_guest_fault:
	cli
	outb	%al, $0xe2
1:	hlt
	jmp	1b

	.global	wakepath_guest_end
	.hidden	wakepath_guest_end
wakepath_guest_end:

	.section .note.GNU-stack, "", @progbits
