// SPDX-License-Identifier: GPL-2.0-or-later
// The ARM64 guest. EL1, MMU off, no memory but its own code; interrupts stay masked, for WFI
// wakes on a pending interrupt all the same (Arm ARM, "Wait for Interrupt").
//
// The VMM starts each vCPU here, with
//   x0  period in ticks of the virtual timer, 0 where the guest is woken from outside
//   x1  INTID that wakes it: 27 (virtual timer), an SGI, an SPI or an LPI
//   x2  GICD base   x3  this vCPU's GICR base
//   x4  where it talks to the VMM: +0 ready (CNTPCT_EL0 - CNTVCT_EL0), +8 woke (CNTVCT_EL0),
//       +16 fault (ESR_EL1)
//   x5  ICC_SGI1R_EL1: its SGI to the other vCPUs after it has woken, 0: none
//   x6  GITS_CTLR: after each second wake it disables and enables the ITS, 0: it does not
// and keeps x7 = 1 after each second wake, x8 = the deadline.

#define ICC_PMR_EL1     S3_0_C4_C6_0
#define ICC_IAR1_EL1    S3_0_C12_C12_0
#define ICC_EOIR1_EL1   S3_0_C12_C12_1
#define ICC_SGI1R_EL1   S3_0_C12_C11_5
#define ICC_HPPIR1_EL1  S3_0_C12_C12_2
#define ICC_SRE_EL1     S3_0_C12_C12_5
#define ICC_IGRPEN1_EL1 S3_0_C12_C12_7

	.section .rodata.wakepath_guest, "a", %progbits
	.balign	2048
	.global	wakepath_guest_begin
	.hidden	wakepath_guest_begin
wakepath_guest_begin:
	mov	x7, #0
	adr	x9, vectors
	msr	vbar_el1, x9

	// Redistributor: awake.
	ldr	w9, [x3, #0x14]			// GICR_WAKER
	bic	w9, w9, #(1 << 1)		// ProcessorSleep
	str	w9, [x3, #0x14]
1:	ldr	w9, [x3, #0x14]
	tbnz	w9, #2, 1b			// ChildrenAsleep

	// Distributor: affinity routing, group 1. Every vCPU writes the same.
	mov	w9, #((1 << 4) | (1 << 1))
	str	w9, [x2]			// GICD_CTLR

	tbnz	w1, #13, cpu_interface		// an LPI (8192 and up): the VMM has set it up

	mov	w10, #-1
	mov	w11, #1
	lsl	w11, w11, w1			// bit INTID % 32
	cmp	w1, #32
	b.hs	shared
	add	x9, x3, #0x10000		// the redistributor's SGI and PPI frame
	str	w10, [x9, #0x80]		// GICR_IGROUPR0
	str	w11, [x9, #0x100]		// GICR_ISENABLER0
	b	cpu_interface

	// An SPI: group 1, edge, to this vCPU. Words shared with other vCPUs' SPIs get the same value
	// from each of them.
shared:
	lsr	w12, w1, #4
	add	x9, x2, #0xc00
	mov	w13, #0xaaaaaaaa
	str	w13, [x9, x12, lsl #2]		// GICD_ICFGR
	lsr	w12, w1, #5
	add	x9, x2, #0x80
	str	w10, [x9, x12, lsl #2]		// GICD_IGROUPR
	mrs	x13, mpidr_el1
	and	x13, x13, #0xffffff
	mov	x14, #0x6000
	add	x9, x2, x14
	str	x13, [x9, x1, lsl #3]		// GICD_IROUTER
	add	x9, x2, #0x100
	str	w11, [x9, x12, lsl #2]		// GICD_ISENABLER

cpu_interface:
	mov	x9, #7
	msr	ICC_SRE_EL1, x9
	isb
	mov	x9, #0xff
	msr	ICC_PMR_EL1, x9
	mov	x9, #1
	msr	ICC_IGRPEN1_EL1, x9
	isb

	// The physical counter is the host's: KVM gives a guest no offset there that its VMM did not ask
	// for. The virtual one is read after it, so a delay only lowers the difference.
	mov	x9, #0
	mov	w12, #16
1:	isb
	mrs	x10, cntpct_el0
	mrs	x11, cntvct_el0
	sub	x10, x10, x11
	cmp	x10, x9
	csel	x9, x10, x9, hi
	subs	w12, w12, #1
	b.ne	1b
	str	x9, [x4]			// ready
	cbz	x0, sleep
	isb
	mrs	x8, cntvct_el0
	add	x8, x8, x0
	msr	cntv_cval_el0, x8
	mov	x9, #1				// enabled, not masked
	msr	cntv_ctl_el0, x9
	isb

sleep:
	wfi
	isb					// or the counter may be read before the wait
	mrs	x9, cntvct_el0
	mrs	x10, ICC_HPPIR1_EL1
	cmp	w10, w1
	b.ne	sleep				// nothing is pending: WFI may return at will
	cbz	x0, 1f
	mrs	x10, cntv_ctl_el0
	tbz	x10, #2, stale			// ISTATUS: not due
	// Before the acknowledgement: on a kernel without vgic_irq_handle_resampling (5.10), KVM
	// raises the timer's line once more when a vCPU comes back from user space with its timer due
	// and the interrupt active, and hands it in again after the deactivation
	// (vgic_v3_populate_lr, arch/arm64/kvm/vgic/vgic-v3.c, lowers the line only where the list
	// register is pending). Seen there as a second wake right after each true one.
1:	str	x9, [x4, #8]			// woke; the VMM reads CNTV_CVAL meanwhile
	cbz	x5, 2f
	msr	ICC_SGI1R_EL1, x5
2:	mrs	x10, ICC_IAR1_EL1
	dsb	sy
	cbz	x0, done
	// The next deadline of the schedule that is at least an eighth of a period away: with a nearer one
	// WFI would not sleep, and there would be a report without a wake.
	add	x8, x8, x0
	isb
	mrs	x9, cntvct_el0
	add	x9, x9, x0, lsr #3
	subs	x9, x9, x8
	b.lo	program
	udiv	x9, x9, x0
	add	x9, x9, #1
	madd	x8, x9, x0, x8
program:
	msr	cntv_cval_el0, x8
	isb					// the timer's line is low before the end of interrupt
done:
	msr	ICC_EOIR1_EL1, x10
	isb
	cbz	x6, sleep
	eor	w7, w7, #1
	cbnz	w7, sleep
	str	w7, [x6]			// 0: KVM forgets the translations that it has cached
	mov	w9, #1
	str	w9, [x6]
	b	sleep
stale:
	mrs	x10, ICC_IAR1_EL1
	dsb	sy
	b	done

fault:
	mrs	x9, esr_el1
	str	x9, [x4, #16]
2:	wfi
	b	2b

	.balign	2048
vectors:
	.rept	16
	.balign	128
	b	fault
	.endr
	.balign	128
	.global	wakepath_guest_end
	.hidden	wakepath_guest_end
wakepath_guest_end:

	.section .note.GNU-stack, "", %progbits
