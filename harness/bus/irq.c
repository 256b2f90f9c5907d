// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interrupt line into the kernel, and INTx
 *
 * All interrupts of the bus come in by one line of UML: a pipe, whose reading
 * end raises SIGIO. So a handler runs in hard interrupt context, and while
 * interrupts are off nothing is delivered. What is due is kept here: messages
 * as bits, INTx as levels. Two chained domains give each message and each of
 * the four INTx lines an interrupt number of its own.
 *
 * INTx is level-triggered: it is delivered until the device lowers it. A driver
 * that never makes it do so would be interrupted for ever; after IRQ_STORM
 * deliveries in which no function raised or lowered the line, that is a violation,
 * and the line is ignored until that happens. As many messages in a row, each sent
 * by the handler of the one before, are a violation as well, and the last is lost.
 */

#define pr_fmt(fmt) "umlab: " fmt

#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/pci.h>

#include <irq_kern.h>
#include <os.h>

#include "../slot.h"

#define IRQ_STORM	2500

/**
 * struct intx_line - one of the four lines of the bus
 * @asserting: how many functions assert it
 * @foreign: asserted by no function until it was taken
 * @masked: the kernel does not want it now
 * @stormy: it is ignored until a function raises or lowers it
 * @taken: deliveries since one did
 */
struct intx_line {
	unsigned int asserting;
	bool foreign;
	bool masked;
	bool stormy;
	unsigned int taken;
};

/* Guards all below; inside any slot's lock */
static DEFINE_RAW_SPINLOCK(irq_lock);
static struct intx_line irq_intx[PCI_NUM_INTX];
static DECLARE_BITMAP(irq_messages, UMLAB_MESSAGES);
static u16 irq_senders[UMLAB_MESSAGES];
static bool irq_kicked;

static int irq_pipe[2];
static struct irq_domain *irq_intx_domain;

/* Have irq_take() run as soon as interrupts are on */
static void irq_kick(void)
{
	lockdep_assert_held(&irq_lock);
	if (irq_kicked)
		return;
	irq_kicked = true;
	os_write_file(irq_pipe[1], "", 1);
}

static bool intx_due(const struct intx_line *line)
{
	return (line->asserting || line->foreign) && !line->masked &&
	       !line->stormy;
}

static void intx_try(const struct intx_line *line)
{
	if (intx_due(line))
		irq_kick();
}

static void intx_mask(struct irq_data *data)
{
	guard(raw_spinlock_irqsave)(&irq_lock);
	irq_intx[data->hwirq].masked = true;
}

static void intx_unmask(struct irq_data *data)
{
	struct intx_line *line = &irq_intx[data->hwirq];

	guard(raw_spinlock_irqsave)(&irq_lock);
	line->masked = false;
	intx_try(line);
}

static struct irq_chip intx_chip = {
	.name = "umlab-INTx",
	.irq_mask = intx_mask,
	.irq_unmask = intx_unmask,
};

static int intx_map(struct irq_domain *domain, unsigned int virq,
		    irq_hw_number_t hwirq)
{
	irq_set_chip_and_handler(virq, &intx_chip, handle_level_irq);
	irq_set_status_flags(virq, IRQ_LEVEL);
	return 0;
}

static const struct irq_domain_ops intx_domain_ops = {
	.map = intx_map,
};

int umlab_irq_intx(const struct pci_dev *pdev, u8 slot, u8 pin)
{
	return irq_find_mapping(irq_intx_domain, umlab_irq_line(pdev->devfn));
}

void umlab_irq_sync(struct umlab_slot *slot)
{
	struct intx_line *line = &irq_intx[umlab_irq_line(slot->devfn)];
	struct umlab_config *config = &slot->config;
	bool raised = slot->present && config->value[PCI_INTERRUPT_PIN] &&
		      !umlab_msi_enabled(slot) &&
		      !bitmap_empty(slot->irqs.raised, UMLAB_VECTORS_MAX);
	bool asserted = raised && umlab_config_awake(slot) &&
			!umlab_config_command(slot, PCI_COMMAND_INTX_DISABLE);

	lockdep_assert_held(&slot->lock);
	umlab_config_set(config, PCI_STATUS, PCI_STATUS_INTERRUPT, raised);
	if (asserted == slot->irqs.asserted)
		return;
	slot->irqs.asserted = asserted;
	guard(raw_spinlock_irqsave)(&irq_lock);
	line->asserting += asserted ? 1 : -1;
	line->taken = 0;
	line->stormy = false;
	intx_try(line);
}

void umlab_irq_foreign(struct umlab_slot *slot)
{
	struct intx_line *line = &irq_intx[umlab_irq_line(slot->devfn)];

	guard(raw_spinlock_irqsave)(&irq_lock);
	line->foreign = true;
	intx_try(line);
}

void umlab_irq_gone(struct umlab_slot *slot)
{
	guard(raw_spinlock_irqsave)(&irq_lock);
	irq_intx[umlab_irq_line(slot->devfn)].foreign = false;
}

void umlab_irq_message(struct umlab_slot *slot, u32 data)
{
	guard(raw_spinlock_irqsave)(&irq_lock);
	set_bit(data, irq_messages);
	irq_senders[data] = slot->devfn;
	irq_kick();
}

/* Take a message that is due; UMLAB_MESSAGES: none is */
static unsigned int irq_next_message(void)
{
	unsigned int data;

	guard(raw_spinlock_irqsave)(&irq_lock);
	data = find_first_bit(irq_messages, UMLAB_MESSAGES);
	if (data < UMLAB_MESSAGES)
		clear_bit(data, irq_messages);
	return data;
}

static bool irq_blame_line(struct umlab_slot *slot, void *line)
{
	if (slot->irqs.asserted &&
	    umlab_irq_line(slot->devfn) == (unsigned long)line)
		umlab_slot_violation(slot, UMLAB_VIOLATION_STORM,
				     "INTx was delivered %u times and is still asserted",
				     IRQ_STORM);
	return false;
}

static bool irq_blame_sender(struct umlab_slot *slot, void *message)
{
	if (slot->devfn == irq_senders[(unsigned long)message])
		umlab_slot_violation(slot, UMLAB_VIOLATION_STORM,
				     "message %#lx was sent %u times in a row by its own handler",
				     (unsigned long)message, IRQ_STORM);
	return false;
}

static void irq_take_messages(void)
{
	unsigned int count = 0;
	unsigned long message;

	while ((message = irq_next_message()) < UMLAB_MESSAGES) {
		if (++count > IRQ_STORM) {
			umlab_bridge_find(irq_blame_sender, (void *)message);
			break;
		}
		umlab_bus_event(irq_senders[message], UMLAB_IRQ_DELIVER,
				message);
		umlab_msi_deliver(message);
	}
}

/* Whether a line is to be delivered now */
static bool intx_take(struct intx_line *line)
{
	guard(raw_spinlock_irqsave)(&irq_lock);
	if (!intx_due(line))
		return false;
	line->taken++;
	return true;
}

/* A line was delivered; once more if it is still asserted. Whether it storms */
static bool intx_taken(struct intx_line *line)
{
	guard(raw_spinlock_irqsave)(&irq_lock);
	line->foreign = false;
	line->stormy = line->asserting && line->taken >= IRQ_STORM;
	intx_try(line);
	return line->stormy;
}

static irqreturn_t irq_take(int irq, void *data)
{
	unsigned long i;
	char byte;

	os_read_file(irq_pipe[0], &byte, 1);
	scoped_guard(raw_spinlock_irqsave, &irq_lock)
		irq_kicked = false;

	irq_take_messages();
	for (i = 0; i < PCI_NUM_INTX; i++) {
		if (!intx_take(&irq_intx[i]))
			continue;
		umlab_bus_event(UMLAB_NO_FUNCTION, UMLAB_IRQ_DELIVER, i);
		generic_handle_domain_irq(irq_intx_domain, i);
		if (intx_taken(&irq_intx[i]))
			umlab_bridge_find(irq_blame_line, (void *)i);
	}
	return IRQ_HANDLED;
}

int umlab_irq_init(void)
{
	struct fwnode_handle *fwnode = irq_domain_alloc_named_fwnode("umlab-intx");
	unsigned int i;
	int err;

	if (!fwnode)
		return -ENOMEM;
	irq_intx_domain = irq_domain_create_linear(fwnode, PCI_NUM_INTX,
						   &intx_domain_ops, NULL);
	if (!irq_intx_domain)
		return -ENOMEM;
	for (i = 0; i < PCI_NUM_INTX; i++) {
		/* As the kernel has it until somebody requests it */
		irq_intx[i].masked = true;
		if (!irq_create_mapping(irq_intx_domain, i))
			return -ENOSPC;
	}
	err = os_pipe(irq_pipe, 1, 1);
	if (err < 0)
		return err;
	err = um_request_irq(UM_IRQ_ALLOC, irq_pipe[0], IRQ_READ, irq_take, 0,
			     "umlab", irq_pipe);
	return err < 0 ? err : 0;
}
