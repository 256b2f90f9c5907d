// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages: MSI and MSI-X as their capabilities are programmed
 *
 * A message is a write of data to an address. The only address with anything
 * behind it is that of the interrupt controller here, which takes the data as
 * the number of the message. Which numbers there are is up to the kernel's MSI
 * core: it composes the messages and programs them into the function.
 *
 * A message whose vector is masked stays pending, and goes out when that ends.
 */

#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/msi.h>
#include <linux/mutex.h>

#include "../slot.h"

/* As on x86; UML has no memory there */
#define MSI_ADDRESS	0xfee00000U

/* In place of an order: it was taken with a number before it */
#define MSI_NOT_FIRST	0xff

static struct irq_domain *msi_domain;

/* Guards the three below but for reading msi_live */
static DEFINE_MUTEX(msi_mutex);

/* Numbers that are taken, and the size of what was taken at each, as an order */
static DECLARE_BITMAP(msi_taken, UMLAB_MESSAGES);
static u8 msi_order[UMLAB_MESSAGES];

/* Numbers that interrupt something */
static DECLARE_BITMAP(msi_live, UMLAB_MESSAGES);

static void msi_compose(struct irq_data *data, struct msi_msg *msg)
{
	msg->address_hi = 0;
	msg->address_lo = MSI_ADDRESS;
	msg->data = data->hwirq;
}

/* A message is an edge: there is nothing to acknowledge. */
static void msi_ack(struct irq_data *data)
{
}

static struct irq_chip msi_chip = {
	.name = "umlab-MSI",
	.irq_ack = msi_ack,
	.irq_compose_msi_msg = msi_compose,
};

/*
 * Several messages at once are those of MSI, which puts the vector into the low
 * bits of the data: all numbers that it could make are taken.
 */
static int msi_alloc(struct irq_domain *domain, unsigned int virq,
		     unsigned int count, void *arg)
{
	unsigned int order = get_count_order(count);
	unsigned int i;
	int first;

	guard(mutex)(&msi_mutex);
	first = bitmap_find_free_region(msi_taken, UMLAB_MESSAGES, order);
	if (first < 0)
		return -ENOSPC;
	msi_order[first] = order;
	for (i = 0; i < count; i++) {
		irq_domain_set_info(domain, virq + i, first + i, &msi_chip,
				    NULL, handle_edge_irq, NULL, NULL);
		set_bit(first + i, msi_live);
	}
	return 0;
}

/* Called for each message alone; the first one's end is that of all. */
static void msi_free(struct irq_domain *domain, unsigned int virq,
		     unsigned int count)
{
	unsigned int i;

	guard(mutex)(&msi_mutex);
	for (i = 0; i < count; i++) {
		struct irq_data *data = irq_domain_get_irq_data(domain,
								virq + i);
		unsigned int first = data->hwirq;
		unsigned int order = msi_order[first];

		clear_bit(first, msi_live);
		if (order == MSI_NOT_FIRST)
			continue;
		msi_order[first] = MSI_NOT_FIRST;
		bitmap_release_region(msi_taken, first, order);
	}
	irq_domain_free_irqs_top(domain, virq, count);
}

static const struct irq_domain_ops msi_domain_ops = {
	.alloc = msi_alloc,
	.free = msi_free,
};

/* A function's own MSI domain, as x86_init_dev_msi_info() has it */
static bool msi_init_device(struct device *dev, struct irq_domain *domain,
			    struct irq_domain *parent,
			    struct msi_domain_info *info)
{
	info->flags &= parent->msi_parent_ops->supported_flags;
	info->flags |= parent->msi_parent_ops->required_flags;
	info->chip->irq_ack = irq_chip_ack_parent;
	return true;
}

static const struct msi_parent_ops msi_parent_ops = {
	.supported_flags = MSI_GENERIC_FLAGS_MASK | MSI_FLAG_MULTI_PCI_MSI |
			   MSI_FLAG_PCI_MSIX | MSI_FLAG_PCI_MSIX_ALLOC_DYN,
	.required_flags = MSI_FLAG_USE_DEF_DOM_OPS | MSI_FLAG_USE_DEF_CHIP_OPS |
			  MSI_FLAG_NO_AFFINITY,
	.prefix = "umlab-",
	.init_dev_msi_info = msi_init_device,
};

struct irq_domain *umlab_msi_init(void)
{
	struct irq_domain_info info = {
		.fwnode = irq_domain_alloc_named_fwnode("umlab-msi"),
		.size = UMLAB_MESSAGES,
		.hwirq_max = UMLAB_MESSAGES,
		.ops = &msi_domain_ops,
	};

	if (!info.fwnode)
		return ERR_PTR(-ENOMEM);
	memset(msi_order, MSI_NOT_FIRST, sizeof(msi_order));
	msi_domain = irq_domain_instantiate(&info);
	if (IS_ERR(msi_domain))
		return msi_domain;
	msi_domain->flags |= IRQ_DOMAIN_FLAG_MSI_PARENT;
	msi_domain->msi_parent_ops = &msi_parent_ops;
	return msi_domain;
}

void umlab_msi_deliver(u32 data)
{
	generic_handle_domain_irq(msi_domain, data);
}

static u16 msi_flags(const struct umlab_slot *slot)
{
	const struct umlab_config *config = &slot->config;

	return config->msi ?
	       umlab_config_get(config, config->msi + PCI_MSI_FLAGS, 2) : 0;
}

static u16 msix_flags(const struct umlab_slot *slot)
{
	const struct umlab_config *config = &slot->config;

	return config->msix ?
	       umlab_config_get(config, config->msix + PCI_MSIX_FLAGS, 2) : 0;
}

static u8 msi_mode(const struct umlab_slot *slot)
{
	if (msix_flags(slot) & PCI_MSIX_FLAGS_ENABLE)
		return PCI_CAP_ID_MSIX;
	return msi_flags(slot) & PCI_MSI_FLAGS_ENABLE ? PCI_CAP_ID_MSI : 0;
}

bool umlab_msi_enabled(const struct umlab_slot *slot)
{
	return msi_mode(slot);
}

/* How many vectors software has granted */
static unsigned int msi_granted(const struct umlab_slot *slot)
{
	return 1 << FIELD_GET(PCI_MSI_FLAGS_QSIZE, msi_flags(slot));
}

/* The write of a message reaches whatever is at its address */
static void msi_send(struct umlab_slot *slot, unsigned int vector, u64 address,
		     u32 data)
{
	if (!umlab_config_command(slot, PCI_COMMAND_MASTER)) {
		umlab_slot_event(slot, UMLAB_IRQ_LOST, 0, vector, 0, data);
		umlab_slot_violation(slot, UMLAB_VIOLATION_MASTER,
				     "vector %u is due while bus mastering is disabled",
				     vector);
	} else if (address != MSI_ADDRESS || data >= UMLAB_MESSAGES ||
		   !test_bit(data, msi_live)) {
		umlab_slot_event(slot, UMLAB_IRQ_LOST, 0, vector, 0, data);
		umlab_slot_violation(slot, UMLAB_VIOLATION_MESSAGE,
				     "vector %u has the message %#x to %#llx, where it interrupts nothing",
				     vector, data, address);
	} else {
		umlab_slot_event(slot, UMLAB_IRQ_SEND, 0, vector, 0, data);
		umlab_irq_message(slot, data);
	}
}

static void msi_send_vector(struct umlab_slot *slot, unsigned int vector)
{
	const struct umlab_config *config = &slot->config;
	bool is_64 = msi_flags(slot) & PCI_MSI_FLAGS_64BIT;
	u64 address = umlab_config_get(config,
				       config->msi + PCI_MSI_ADDRESS_LO, 4);
	u32 data;

	if (is_64)
		address |= (u64)umlab_config_get(config, config->msi +
						 PCI_MSI_ADDRESS_HI, 4) << 32;
	data = umlab_config_get(config, config->msi + (is_64 ? PCI_MSI_DATA_64 :
							PCI_MSI_DATA_32), 2);
	data = (data & ~(msi_granted(slot) - 1)) | vector;
	msi_send(slot, vector, address, data);
}

static void msix_send_vector(struct umlab_slot *slot, unsigned int vector)
{
	const __le32 *entry = slot->irqs.msix[vector];

	msi_send(slot, vector,
		 le32_to_cpu(entry[0]) | (u64)le32_to_cpu(entry[1]) << 32,
		 le32_to_cpu(entry[2]));
}

/* Where the mask or pending bits of MSI are; 0: it has none */
static unsigned int msi_bits(const struct umlab_slot *slot, bool pending)
{
	u16 flags = msi_flags(slot);

	if (!(flags & PCI_MSI_FLAGS_MASKBIT))
		return 0;
	return slot->config.msi + (flags & PCI_MSI_FLAGS_64BIT ?
				   PCI_MSI_MASK_64 : PCI_MSI_MASK_32) +
	       4 * pending;
}

static bool msi_masked(const struct umlab_slot *slot, unsigned int vector)
{
	unsigned int where;

	if (!umlab_config_awake(slot))
		return true;
	if (msi_mode(slot) == PCI_CAP_ID_MSIX)
		return msix_flags(slot) & PCI_MSIX_FLAGS_MASKALL ||
		       le32_to_cpu(slot->irqs.msix[vector][3]) &
		       PCI_MSIX_ENTRY_CTRL_MASKBIT;
	where = msi_bits(slot, false);
	return where && umlab_config_get(&slot->config, where, 4) & BIT(vector);
}

static void msi_set_pending(struct umlab_slot *slot, unsigned int vector,
			    bool pending)
{
	unsigned int where = msi_bits(slot, true);

	assign_bit(vector, slot->irqs.pending, pending);
	if (where && msi_mode(slot) == PCI_CAP_ID_MSI)
		umlab_config_set(&slot->config, where + vector / 16 * 2,
				 BIT(vector % 16), pending);
}

/* As the function has it; @vector may not be: UMLAB_VECTORS_MAX */
static unsigned int msi_own_vector(const struct umlab_slot *slot,
				   unsigned int vector)
{
	if (msi_mode(slot) == PCI_CAP_ID_MSI)
		return vector & (msi_granted(slot) - 1);
	return vector < slot->irqs.num_msix ? vector : UMLAB_VECTORS_MAX;
}

void umlab_msi_raise(struct umlab_slot *slot, unsigned int vector)
{
	vector = msi_own_vector(slot, vector);
	if (vector == UMLAB_VECTORS_MAX) {
		umlab_slot_event(slot, UMLAB_IRQ_LOST, 0, vector, 0, 0);
	} else if (msi_masked(slot, vector)) {
		umlab_slot_event(slot, UMLAB_IRQ_PEND, 0, vector, 0, 0);
		msi_set_pending(slot, vector, true);
	} else if (msi_mode(slot) == PCI_CAP_ID_MSIX) {
		msix_send_vector(slot, vector);
	} else {
		msi_send_vector(slot, vector);
	}
}

void umlab_msi_lower(struct umlab_slot *slot, unsigned int vector)
{
	vector = msi_own_vector(slot, vector);
	if (vector < UMLAB_VECTORS_MAX)
		msi_set_pending(slot, vector, false);
}

/* Another capability is in charge: what the last one held back is gone. */
static void msi_change_mode(struct umlab_slot *slot)
{
	unsigned int where = msi_bits(slot, true);

	bitmap_zero(slot->irqs.pending, UMLAB_VECTORS_MAX);
	if (where) {
		umlab_config_set(&slot->config, where, 0xffff, false);
		umlab_config_set(&slot->config, where + 2, 0xffff, false);
	}
	slot->irqs.mode = msi_mode(slot);
}

void umlab_msi_sync(struct umlab_slot *slot)
{
	unsigned int vector;

	lockdep_assert_held(&slot->lock);
	if (slot->irqs.mode != msi_mode(slot))
		msi_change_mode(slot);
	if (!slot->irqs.mode)
		return;
	for_each_set_bit(vector, slot->irqs.pending, UMLAB_VECTORS_MAX) {
		if (msi_masked(slot, vector))
			continue;
		msi_set_pending(slot, vector, false);
		umlab_msi_raise(slot, vector);
	}
}
