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

static struct irq_domain *msi_domain;

static DEFINE_MUTEX(msi_mutex);
static DECLARE_BITMAP(msi_used, UMLAB_MESSAGES);

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

/* Several messages at once are those of MSI: their data has to be aligned. */
static int msi_alloc(struct irq_domain *domain, unsigned int virq,
		     unsigned int count, void *arg)
{
	unsigned int order = get_count_order(count);
	int first;
	unsigned int i;

	scoped_guard(mutex, &msi_mutex)
		first = bitmap_find_free_region(msi_used, UMLAB_MESSAGES,
						order);
	if (first < 0)
		return -ENOSPC;
	for (i = 0; i < count; i++)
		irq_domain_set_info(domain, virq + i, first + i, &msi_chip,
				    NULL, handle_edge_irq, NULL, NULL);
	return 0;
}

static void msi_free(struct irq_domain *domain, unsigned int virq,
		     unsigned int count)
{
	struct irq_data *data = irq_domain_get_irq_data(domain, virq);

	scoped_guard(mutex, &msi_mutex)
		bitmap_release_region(msi_used, data->hwirq,
				      get_count_order(count));
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

bool umlab_msi_enabled(const struct umlab_slot *slot)
{
	return msi_flags(slot) & PCI_MSI_FLAGS_ENABLE ||
	       msix_flags(slot) & PCI_MSIX_FLAGS_ENABLE;
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
		   !test_bit(data, msi_used)) {
		umlab_slot_event(slot, UMLAB_IRQ_LOST, 0, vector, 0, data);
		umlab_slot_violation(slot, UMLAB_VIOLATION_MESSAGE,
				     "vector %u has the message %#x to %#llx, where it interrupts nothing",
				     vector, data, address);
	} else {
		umlab_slot_event(slot, UMLAB_IRQ_SEND, 0, vector, 0, data);
		umlab_irq_message(data);
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
	if (msix_flags(slot) & PCI_MSIX_FLAGS_ENABLE)
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
	if (where && vector < 32)
		umlab_config_set(&slot->config, where + vector / 16 * 2,
				 BIT(vector % 16), pending);
}

void umlab_msi_raise(struct umlab_slot *slot, unsigned int vector)
{
	bool msix = msix_flags(slot) & PCI_MSIX_FLAGS_ENABLE;

	if (!msix)
		vector &= msi_granted(slot) - 1;
	if (msix && vector >= slot->irqs.num_msix) {
		umlab_slot_event(slot, UMLAB_IRQ_LOST, 0, vector, 0, 0);
	} else if (msi_masked(slot, vector)) {
		umlab_slot_event(slot, UMLAB_IRQ_PEND, 0, vector, 0, 0);
		msi_set_pending(slot, vector, true);
	} else if (msix) {
		msix_send_vector(slot, vector);
	} else {
		msi_send_vector(slot, vector);
	}
}

void umlab_msi_sync(struct umlab_slot *slot)
{
	unsigned int vector;

	lockdep_assert_held(&slot->lock);
	if (!umlab_msi_enabled(slot))
		return;
	for_each_set_bit(vector, slot->irqs.pending, UMLAB_VECTORS_MAX) {
		if (msi_masked(slot, vector))
			continue;
		msi_set_pending(slot, vector, false);
		umlab_msi_raise(slot, vector);
	}
}
