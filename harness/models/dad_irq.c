// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dad board's interrupts, section 7: causes, and the vectors they are on
 *
 * A cause that comes, or is enabled while it is there, is an edge of its vector; the
 * vector is lowered when it has no cause left that is enabled.
 */

#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/kernel.h>

#include "dad.h"

/**
 * struct irq_cause - a cause
 * @bit: DAD_INT_*
 * @shift: where its vector is in DAD_VECTORS
 */
struct irq_cause {
	u32 bit;
	u8 shift;
};

static const struct irq_cause irq_causes[] = {
	{ DAD_INT_QUEUE(DAD_REQUESTS), DAD_VECTOR_QUEUE(DAD_REQUESTS) },
	{ DAD_INT_QUEUE(DAD_STREAM), DAD_VECTOR_QUEUE(DAD_STREAM) },
	{ DAD_INT_OVERRUN, DAD_VECTOR_QUEUE(DAD_STREAM) },
	{ DAD_INT_ERROR, DAD_VECTOR_ERROR },
};

/* The control word of MSI or MSI-X; 0: the function was plugged in without */
static u16 irq_control(const struct board *board, u8 at, u8 id)
{
	return umlab_config_read(board->slot, at, 1) == id ?
	       umlab_config_read(board->slot, at + PCI_MSI_FLAGS, 2) : 0;
}

/* How many vectors there are to tell apart */
static unsigned int irq_vector_count(const struct board *board)
{
	u16 control = irq_control(board, BOARD_CAP_MSIX, PCI_CAP_ID_MSIX);

	if (control & PCI_MSIX_FLAGS_ENABLE)
		return DAD_VECTORS_MAX;
	control = irq_control(board, BOARD_CAP_MSI, PCI_CAP_ID_MSI);
	if (control & PCI_MSI_FLAGS_ENABLE)
		return 1 << FIELD_GET(PCI_MSI_FLAGS_QSIZE, control);
	return 1;
}

/* The vectors that causes are on, by bits */
static unsigned long irq_vectors(const struct board *board, u32 causes)
{
	unsigned int mask = irq_vector_count(board) - 1;
	unsigned long vectors = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(irq_causes); i++) {
		if (causes & irq_causes[i].bit)
			vectors |= BIT(board->regs.vectors >>
				       irq_causes[i].shift & mask);
	}
	return vectors;
}

static void irq_raise(struct board *board, u32 causes)
{
	unsigned long vectors = irq_vectors(board, causes);
	unsigned int i;

	for_each_set_bit(i, &vectors, DAD_VECTORS_MAX)
		umlab_irq_raise(board->slot, i);
}

/* Lower all vectors but those of some causes */
static void irq_lower_but(struct board *board, u32 causes)
{
	unsigned long idle = ~irq_vectors(board, causes);
	unsigned int i;

	for_each_set_bit(i, &idle, DAD_VECTORS_MAX)
		umlab_irq_lower(board->slot, i);
}

void board_irq_cause(struct board *board, u32 bits)
{
	u32 fresh = bits & ~board->regs.int_status;

	board->regs.int_status |= bits;
	irq_raise(board, fresh & board->regs.int_enable);
}

void board_irq_clear(struct board *board, u32 bits)
{
	board->regs.int_status &= ~bits;
	irq_lower_but(board, board->regs.int_status & board->regs.int_enable);
}

void board_irq_enable(struct board *board, u32 bits)
{
	u32 fresh = bits & ~board->regs.int_enable;

	board->regs.int_enable = bits;
	irq_raise(board, fresh & board->regs.int_status);
	irq_lower_but(board, board->regs.int_status & bits);
}

void board_irq_vectors(struct board *board, u32 vectors)
{
	irq_lower_but(board, 0);
	board->regs.vectors = vectors;
	irq_raise(board, board->regs.int_status & board->regs.int_enable);
}
