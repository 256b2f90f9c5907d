// SPDX-License-Identifier: GPL-2.0-only
/*
 * The capability list: where each one goes and what its registers are
 *
 * What the registers do is elsewhere: power states in config.c, MSI and MSI-X
 * in msi.c.
 */

#include <linux/align.h>
#include <linux/slab.h>

#include "../slot.h"

/* Of the parts of config space, PCI 3.0, 6.7: the list is after the header */
#define CAPS_FIRST	PCI_STD_HEADER_SIZEOF

/* PCIe 4.0, 7.5.3: the second version of the structure */
#define CAPS_EXP_SIZE	60

unsigned int umlab_caps_size(const struct umlab_cap *cap)
{
	switch (cap->id) {
	case PCI_CAP_ID_PM:
		return PCI_PM_SIZEOF;
	case PCI_CAP_ID_MSI:
		return 10 + 4 * cap->msi.is_64 + 10 * cap->msi.maskable;
	case PCI_CAP_ID_MSIX:
		return PCI_CAP_MSIX_SIZEOF;
	case PCI_CAP_ID_EXP:
		return CAPS_EXP_SIZE;
	case PCI_CAP_ID_VNDR:
		return cap->vendor.size;
	default:
		return 0;
	}
}

unsigned int umlab_caps_place(const struct umlab_model *model,
			      unsigned int index)
{
	const struct umlab_cap *cap = &model->caps[index];

	if (cap->at)
		return cap->at;
	if (!index)
		return CAPS_FIRST;
	return ALIGN(umlab_caps_place(model, index - 1) +
		     umlab_caps_size(cap - 1), 4);
}

static void caps_pm(struct umlab_config *config, unsigned int at,
		    const struct umlab_cap *cap)
{
	u16 pmc = 3;	/* version */

	if (cap->pm.d1)
		pmc |= PCI_PM_CAP_D1;
	if (cap->pm.d2)
		pmc |= PCI_PM_CAP_D2;
	config->pm = at;
	umlab_config_field(config, at + PCI_PM_PMC, 2, pmc, 0, 0);
	umlab_config_field(config, at + PCI_PM_CTRL, 2,
			   cap->pm.no_soft_reset ? PCI_PM_CTRL_NO_SOFT_RESET : 0,
			   PCI_PM_CTRL_STATE_MASK, 0);
}

static void caps_msi(struct umlab_config *config, unsigned int at,
		     const struct umlab_cap *cap)
{
	unsigned int data = cap->msi.is_64 ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32;
	unsigned int mask = cap->msi.is_64 ? PCI_MSI_MASK_64 : PCI_MSI_MASK_32;
	u16 flags = ilog2(cap->msi.vectors) << 1;

	if (cap->msi.is_64)
		flags |= PCI_MSI_FLAGS_64BIT;
	if (cap->msi.maskable)
		flags |= PCI_MSI_FLAGS_MASKBIT;
	config->msi = at;
	umlab_config_field(config, at + PCI_MSI_FLAGS, 2, flags,
			   PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE, 0);
	umlab_config_field(config, at + PCI_MSI_ADDRESS_LO, 4, 0, ~3U, 0);
	if (cap->msi.is_64)
		umlab_config_field(config, at + PCI_MSI_ADDRESS_HI, 4, 0, ~0U,
				   0);
	umlab_config_field(config, at + data, 2, 0, 0xffff, 0);
	if (cap->msi.maskable)
		umlab_config_field(config, at + mask, 4, 0,
				   GENMASK(cap->msi.vectors - 1, 0), 0);
}

static int caps_msix(struct umlab_slot *slot, unsigned int at,
		     const struct umlab_cap *cap)
{
	struct umlab_config *config = &slot->config;

	slot->irqs.msix = kcalloc(cap->msix.vectors, sizeof(*slot->irqs.msix),
				  GFP_KERNEL);
	if (!slot->irqs.msix)
		return -ENOMEM;
	slot->irqs.num_msix = cap->msix.vectors;
	slot->irqs.table = (struct umlab_bar_part) {
		.bar = cap->msix.table_bar,
		.offset = cap->msix.table,
		.size = cap->msix.vectors * PCI_MSIX_ENTRY_SIZE,
	};
	slot->irqs.pba = (struct umlab_bar_part) {
		.bar = cap->msix.pba_bar,
		.offset = cap->msix.pba,
		.size = DIV_ROUND_UP(cap->msix.vectors, 64) * 8,
	};
	config->msix = at;
	umlab_config_field(config, at + PCI_MSIX_FLAGS, 2,
			   cap->msix.vectors - 1,
			   PCI_MSIX_FLAGS_MASKALL | PCI_MSIX_FLAGS_ENABLE, 0);
	umlab_config_field(config, at + PCI_MSIX_TABLE, 4,
			   cap->msix.table | cap->msix.table_bar, 0, 0);
	umlab_config_field(config, at + PCI_MSIX_PBA, 4,
			   cap->msix.pba | cap->msix.pba_bar, 0, 0);
	return 0;
}

/*
 * An endpoint integrated into the root complex has no link, so all registers
 * of the link, the slot and the root read as 0.
 */
static void caps_exp(struct umlab_config *config, unsigned int at,
		     const struct umlab_cap *cap)
{
	u32 devcap = PCI_EXP_DEVCAP_RBER;

	if (cap->exp.flr)
		devcap |= PCI_EXP_DEVCAP_FLR;
	config->exp = at;
	umlab_config_field(config, at + PCI_EXP_FLAGS, 2,
			   2 | PCI_EXP_TYPE_RC_END << 4, 0, 0);
	umlab_config_field(config, at + PCI_EXP_DEVCAP, 4, devcap, 0, 0);
	umlab_config_field(config, at + PCI_EXP_DEVCTL, 2,
			   PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_READRQ_512B,
			   PCI_EXP_DEVCTL_CERE | PCI_EXP_DEVCTL_NFERE |
			   PCI_EXP_DEVCTL_FERE | PCI_EXP_DEVCTL_URRE |
			   PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_READRQ, 0);
	umlab_config_field(config, at + PCI_EXP_DEVSTA, 2, 0, 0,
			   PCI_EXP_DEVSTA_CED | PCI_EXP_DEVSTA_NFED |
			   PCI_EXP_DEVSTA_FED | PCI_EXP_DEVSTA_URD);
}

static void caps_vendor(struct umlab_config *config, unsigned int at,
			const struct umlab_cap *cap)
{
	unsigned int i;

	umlab_config_field(config, at + 2, 1, cap->vendor.size, 0, 0);
	for (i = 3; i < cap->vendor.size; i++)
		umlab_config_field(config, at + i, 1, 0, 0xff, 0);
}

static int caps_fill(struct umlab_slot *slot, unsigned int at,
		     const struct umlab_cap *cap)
{
	struct umlab_config *config = &slot->config;

	switch (cap->id) {
	case PCI_CAP_ID_PM:
		caps_pm(config, at, cap);
		break;
	case PCI_CAP_ID_MSI:
		caps_msi(config, at, cap);
		break;
	case PCI_CAP_ID_MSIX:
		return caps_msix(slot, at, cap);
	case PCI_CAP_ID_EXP:
		caps_exp(config, at, cap);
		break;
	case PCI_CAP_ID_VNDR:
		caps_vendor(config, at, cap);
		break;
	}
	return 0;
}

static bool caps_wanted(const struct umlab_cap *cap, unsigned int irqs)
{
	switch (cap->id) {
	case PCI_CAP_ID_MSI:
		return irqs & UMLAB_IRQ_MSI;
	case PCI_CAP_ID_MSIX:
		return irqs & UMLAB_IRQ_MSIX;
	default:
		return true;
	}
}

int umlab_caps_init(struct umlab_slot *slot, unsigned int irqs)
{
	const struct umlab_model *model = &slot->model;
	struct umlab_config *config = &slot->config;
	unsigned int link = PCI_CAPABILITY_LIST;
	unsigned int i;

	for (i = 0; i < model->num_caps; i++) {
		const struct umlab_cap *cap = &model->caps[i];
		unsigned int at = umlab_caps_place(model, i);
		int err;

		if (!caps_wanted(cap, irqs))
			continue;
		err = caps_fill(slot, at, cap);
		if (err)
			return err;
		umlab_config_field(config, link, 1, at, 0, 0);
		umlab_config_field(config, at + PCI_CAP_LIST_ID, 1, cap->id, 0,
				   0);
		link = at + PCI_CAP_LIST_NEXT;
	}
	if (link != PCI_CAPABILITY_LIST)
		config->reset[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
	return 0;
}
