// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host bridge: plugging, unplugging, and taking away by surprise
 */

#include <kunit/test.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <umlab/machine.h>

#include "lib/node.h"
#include "lib/pci_fixture.h"
#include "lib/quiet.h"
#include "lib/slabs.h"

#define BRIDGE_FUNCTIONS	256

static const struct lab_drv_setup bridge_msix = {
	.irqs = PCI_IRQ_MSIX,
	.vectors = LAB_CARD_MSIX,
	.says_goodbye = true,
};

static void bridge_is_a_bus(struct kunit *test)
{
	struct pci_bus *bus = pci_find_bus(0, UMLAB_BUS);

	KUNIT_ASSERT_NOT_NULL(test, bus);
	KUNIT_EXPECT_TRUE(test, pci_is_root_bus(bus));
	KUNIT_EXPECT_TRUE(test, list_empty(&bus->devices));
	/* Beside UML's own bus, where there is one */
	KUNIT_EXPECT_EQ(test, !!pci_find_bus(0, 0),
			IS_ENABLED(CONFIG_UML_PCI_OVER_VIRTIO));
}

/* Each place can be had, and is the one asked for. */
static void bridge_each_place(struct kunit *test)
{
	unsigned int device, fn;

	lab_quiet_console(test);
	for (device = 0; device < 32; device++) {
		struct umlab_slot *slots[8];

		for (fn = 0; fn < 8; fn++) {
			struct umlab_options options = {
				.at = UMLAB_AT(device, fn),
			};

			slots[fn] = umlab_plug(test, &lab_bare_model, &options);
			KUNIT_EXPECT_EQ(test, umlab_pdev(slots[fn])->devfn,
					PCI_DEVFN(device, fn));
		}
		for (fn = 0; fn < 8; fn++)
			umlab_unplug(test, slots[7 - fn]);
	}
}

static void bridge_bad_places(struct kunit *test)
{
	struct umlab_options taken = { .at = UMLAB_AT(4, 0) };
	struct umlab_options alone = { .at = UMLAB_AT(5, 3) };
	struct umlab_options wild = { .at = 3 };

	umlab_plug(test, &lab_bare_model, &taken);
	KUNIT_EXPECT_EQ(test, PTR_ERR(umlab_try_plug(test, &lab_bare_model,
						     &taken)), -EBUSY);
	KUNIT_EXPECT_EQ(test, PTR_ERR(umlab_try_plug(test, &lab_bare_model,
						     &alone)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(umlab_try_plug(test, &lab_bare_model,
						     &wild)), -EINVAL);
	KUNIT_EXPECT_EQ(test, umlab_functions(), 1);
}

static void bridge_no_room(struct kunit *test)
{
	struct umlab_model model = lab_bare_model;
	struct umlab_slot *slot = NULL;
	unsigned int i;

	model.bars[0].size = SZ_16M;
	for (i = 0; i < 32 && !IS_ERR(slot); i++)
		slot = umlab_try_plug(test, &model, NULL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(slot), -ENOSPC);
	/* 64 MiB of window; the one refused has left nothing behind. */
	KUNIT_EXPECT_EQ(test, i, 5);
	KUNIT_EXPECT_EQ(test, umlab_functions(), 4);
	slot = umlab_try_plug(test, &model, NULL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(slot), -ENOSPC);
}

static void bridge_full(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 32; i++)
		umlab_plug(test, &lab_bare_model, NULL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(umlab_try_plug(test, &lab_bare_model,
						     NULL)), -ENOSPC);
}

/* Mapped for this alone: UML has room for about 120 mappings. */
static void bridge_write_scratch(struct kunit *test, struct umlab_slot *slot,
				 u32 value)
{
	void __iomem *regs = pci_iomap(umlab_pdev(slot), 0, 0);

	KUNIT_ASSERT_TRUE(test, regs);
	iowrite32(value, regs + LAB_CARD_SCRATCH);
	iounmap(regs);
}

/* All of them at once, each with its driver and registers of its own */
static void bridge_256_functions(struct kunit *test)
{
	struct umlab_model model = lab_bare_model;
	struct umlab_slot **slots;
	unsigned int i;

	slots = kunit_kcalloc(test, BRIDGE_FUNCTIONS, sizeof(*slots),
			      GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, slots);
	lab_quiet_console(test);
	lab_drv_register(test, NULL);
	for (i = 0; i < BRIDGE_FUNCTIONS; i++) {
		struct umlab_options options = { .at = UMLAB_AT(i / 8, i % 8) };

		model.subsystem_device = i;
		slots[i] = umlab_plug(test, &model, &options);
	}
	for (i = 0; i < BRIDGE_FUNCTIONS; i++)
		bridge_write_scratch(test, slots[i], i);
	for (i = 0; i < BRIDGE_FUNCTIONS; i++) {
		struct pci_dev *pdev = umlab_pdev(slots[i]);
		struct lab_card *card = umlab_priv(slots[i]);

		lab_drv_bound(test, pdev);
		KUNIT_EXPECT_EQ(test, pdev->devfn, i);
		KUNIT_EXPECT_EQ(test, lab_config_read(pdev, PCI_SUBSYSTEM_ID,
						      2), i);
		KUNIT_EXPECT_EQ(test, card->scratch, i);
	}
	KUNIT_EXPECT_EQ(test, umlab_functions(), BRIDGE_FUNCTIONS);
	for (i = 0; i < BRIDGE_FUNCTIONS; i++)
		umlab_unplug(test, slots[BRIDGE_FUNCTIONS - 1 - i]);
	KUNIT_EXPECT_EQ(test, lab_drv_removes(), BRIDGE_FUNCTIONS);
	KUNIT_EXPECT_EQ(test, umlab_functions(), 0);
	KUNIT_EXPECT_TRUE(test,
			  list_empty(&pci_find_bus(0, UMLAB_BUS)->devices));
}

/* An orderly unplug: the driver's remove still reaches the registers */
static void bridge_unplug(struct kunit *test)
{
	struct umlab_slot *slot;

	lab_drv_register(test, &bridge_msix);
	slot = umlab_plug(test, &lab_card_model, NULL);
	lab_drv_bound(test, umlab_pdev(slot));
	umlab_unplug(test, slot);
	KUNIT_EXPECT_EQ(test, lab_drv_removes(), 1);
	KUNIT_EXPECT_EQ(test, lab_drv_last_id(), LAB_CARD_MAGIC);
	KUNIT_EXPECT_FALSE(test, lab_drv_was_offline());
	KUNIT_EXPECT_EQ(test, umlab_functions(), 0);
}

/* By surprise: the driver finds all-ones everywhere, and it is no violation. */
static void bridge_surprise(struct kunit *test)
{
	struct umlab_slot *slot;
	struct lab_drv *drv;
	struct pci_dev *pdev;
	u32 id;

	lab_drv_register(test, &bridge_msix);
	slot = umlab_plug(test, &lab_card_model, NULL);
	pdev = umlab_pdev(slot);
	drv = lab_drv_bound(test, pdev);
	umlab_vanish(slot);
	KUNIT_EXPECT_EQ(test, lab_drv_removes(), 0);
	pci_read_config_dword(pdev, PCI_VENDOR_ID, &id);
	KUNIT_EXPECT_EQ(test, id, ~0U);
	KUNIT_EXPECT_EQ(test, ioread32(drv->regs), ~0U);
	umlab_unplug(test, slot);
	KUNIT_EXPECT_EQ(test, lab_drv_removes(), 1);
	KUNIT_EXPECT_EQ(test, lab_drv_last_id(), ~0U);
	KUNIT_EXPECT_TRUE(test, lab_drv_was_offline());
}

/* A mapping that a driver forgot outlives the function, and reads all-ones. */
static void bridge_forgotten_mapping(struct kunit *test)
{
	struct umlab_slot *slot = umlab_plug(test, &lab_card_model, NULL);
	struct pci_dev *pdev = umlab_pdev(slot);
	void __iomem *regs;

	KUNIT_ASSERT_EQ(test, pci_enable_device(pdev), 0);
	regs = ioremap(pci_resource_start(pdev, 0), SZ_4K);
	KUNIT_ASSERT_TRUE(test, regs);
	KUNIT_EXPECT_EQ(test, ioread32(regs), LAB_CARD_MAGIC);
	umlab_unplug(test, slot);
	KUNIT_EXPECT_EQ(test, umlab_functions(), 1);
	KUNIT_EXPECT_EQ(test, ioread32(regs), ~0U);
	iowrite32(1, regs);
	iounmap(regs);
	KUNIT_EXPECT_EQ(test, umlab_functions(), 0);
}

/* The PCI core's own way: removed and found again through sysfs */
static void bridge_remove_and_rescan(struct kunit *test)
{
	struct umlab_slot *slot;
	char path[80];

	lab_drv_register(test, &bridge_msix);
	slot = umlab_plug(test, &lab_card_model, NULL);
	snprintf(path, sizeof(path), "bus/pci/devices/%s/remove",
		 pci_name(umlab_pdev(slot)));
	KUNIT_EXPECT_EQ(test, lab_attr_write(test, path, "1"), 0);
	KUNIT_EXPECT_NULL(test, umlab_pdev(slot));
	KUNIT_EXPECT_EQ(test, lab_drv_removes(), 1);
	KUNIT_EXPECT_EQ(test, lab_attr_write(test, "bus/pci/rescan", "1"), 0);
	lab_drv_bound(test, umlab_pdev(slot));
}

/* One that the PCI core has forgotten leaves what has its addresses now alone. */
static void bridge_forgotten_addresses(struct kunit *test)
{
	struct lab_pci first, second;
	u32 *memory;

	first = lab_pci_plug(test, &lab_card_model, NULL);
	KUNIT_ASSERT_EQ(test, pci_enable_device(first.pdev), 0);
	pci_stop_and_remove_bus_device_locked(first.pdev);
	second = lab_pci_plug(test, &lab_card_model, NULL);
	KUNIT_ASSERT_EQ(test, pci_enable_device(second.pdev), 0);
	memory = umlab_bar_memory(second.slot, LAB_CARD_MEMORY);
	KUNIT_ASSERT_PTR_EQ(test, memory,
			    umlab_bar_memory(first.slot, LAB_CARD_MEMORY));
	*memory = 0x1234;
	umlab_unplug(test, first.slot);
	KUNIT_EXPECT_EQ(test, *memory, 0x1234);
}

/* A function that vanished is not found again. */
static void bridge_rescan_vanished(struct kunit *test)
{
	struct umlab_slot *slot = umlab_plug(test, &lab_card_model, NULL);
	struct pci_dev *pdev = umlab_pdev(slot);

	umlab_vanish(slot);
	pci_stop_and_remove_bus_device_locked(pdev);
	pci_lock_rescan_remove();
	pci_rescan_bus(pci_find_bus(0, UMLAB_BUS));
	pci_unlock_rescan_remove();
	KUNIT_EXPECT_NULL(test, umlab_pdev(slot));
}

static void bridge_cycle(struct kunit *test, bool by_surprise)
{
	struct umlab_slot *slot = umlab_plug(test, &lab_card_model, NULL);
	struct lab_drv *drv = lab_drv_bound(test, umlab_pdev(slot));

	KUNIT_ASSERT_EQ(test, drv->vectors, LAB_CARD_MSIX);
	iowrite32(1, drv->regs + LAB_CARD_CAUSE);
	KUNIT_EXPECT_EQ(test, drv->vector[1].taken, 1);
	if (by_surprise)
		umlab_vanish(slot);
	umlab_unplug(test, slot);
}

/*
 * A thousand times, with driver, mappings and interrupts: nothing stays. The
 * interrupt numbers would not last for 30 if one stayed.
 */
static void bridge_cycle_1000(struct kunit *test)
{
	struct lab_slabs *before;
	unsigned int i;

	lab_quiet_console(test);
	lab_drv_register(test, &bridge_msix);
	for (i = 0; i < 10; i++)
		bridge_cycle(test, i % 2);
	before = lab_slabs_count(test);
	for (i = 0; i < 1000; i++)
		bridge_cycle(test, i % 2);
	lab_slabs_expect_growth(test, before, 500, "plugging below a bridge");
	KUNIT_EXPECT_EQ(test, umlab_functions(), 0);
}

static struct kunit_case bridge_cases[] = {
	KUNIT_CASE(bridge_is_a_bus),
	KUNIT_CASE(bridge_each_place),
	KUNIT_CASE(bridge_bad_places),
	KUNIT_CASE(bridge_no_room),
	KUNIT_CASE(bridge_full),
	KUNIT_CASE(bridge_256_functions),
	KUNIT_CASE(bridge_unplug),
	KUNIT_CASE(bridge_surprise),
	KUNIT_CASE(bridge_forgotten_mapping),
	KUNIT_CASE(bridge_remove_and_rescan),
	KUNIT_CASE(bridge_forgotten_addresses),
	KUNIT_CASE(bridge_rescan_vanished),
	KUNIT_CASE(bridge_cycle_1000),
	{}
};

static struct kunit_suite bridge_suite = {
	.name		= "umlab_bus_bridge",
	.test_cases	= bridge_cases,
};

kunit_test_suite(bridge_suite);
