// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a driver leaves behind when its probe fails, or when it is unbound
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/device.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "lib/dma.h"
#include "lib/pci_card-regs.h"

/**
 * struct probe_plan - what the driver does
 * @memory: what it maps; NULL: nothing
 * @managed: it allocates coherent memory that is freed by itself
 * @coherent: it allocates coherent memory that is not
 * @masters: it enables bus mastering
 * @cpu: the coherent memory
 * @bus: its bus address
 * @result: what its probe returns
 * @probes: how often it was called
 */
struct probe_plan {
	void *memory;
	bool managed;
	bool coherent;
	bool masters;
	void *cpu;
	dma_addr_t bus;
	int result;
	unsigned int probes;
};

/* One test runs at a time. */
static struct probe_plan probe_plan;

static int probe_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	dma_addr_t bus;
	int err;

	probe_plan.probes++;
	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (err)
		return err;
	if (probe_plan.managed &&
	    !dmam_alloc_coherent(&pdev->dev, PAGE_SIZE, &bus, GFP_KERNEL))
		return -ENOMEM;
	if (probe_plan.masters)
		pci_set_master(pdev);
	if (probe_plan.coherent)
		probe_plan.cpu = dma_alloc_coherent(&pdev->dev, PAGE_SIZE,
						    &probe_plan.bus,
						    GFP_KERNEL);
	if (probe_plan.memory &&
	    dma_mapping_error(&pdev->dev,
			      dma_map_single(&pdev->dev, probe_plan.memory,
					     PAGE_SIZE, DMA_TO_DEVICE)))
		return -ENOMEM;
	return probe_plan.result;
}

static const struct pci_device_id probe_ids[] = {
	{ PCI_DEVICE(LAB_CARD_VENDOR, LAB_DMA_DEVICE) },
	{}
};

static struct pci_driver probe_driver = {
	.name = "lab_probe",
	.id_table = probe_ids,
	.probe = probe_probe,
};

static void probe_unregister(void *unused)
{
	pci_unregister_driver(&probe_driver);
}

/* Plug in a function for the driver */
static struct umlab_slot *probe_plug(struct kunit *test,
				     struct probe_plan plan)
{
	struct umlab_slot *slot;

	probe_plan = plan;
	KUNIT_ASSERT_EQ(test, pci_register_driver(&probe_driver), 0);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, probe_unregister,
						  NULL));
	slot = umlab_plug(test, &lab_dma_model, NULL);
	KUNIT_ASSERT_EQ(test, probe_plan.probes, 1);
	KUNIT_ASSERT_EQ(test, !umlab_pdev(slot)->dev.driver, !!plan.result);
	return slot;
}

/* One whose probe has failed */
static struct umlab_slot *probe_fail(struct kunit *test, void *memory,
				     bool managed)
{
	return probe_plug(test, (struct probe_plan) {
		.memory = memory, .managed = managed, .result = -ENXIO,
	});
}

/* Have it probed once more, and succeed: it finds what the first one found */
static void probe_again(struct kunit *test, struct umlab_slot *slot)
{
	struct lab_dma dma = {
		.test = test, .slot = slot, .dev = &umlab_pdev(slot)->dev,
	};
	void *memory = lab_dma_pages(test, PAGE_SIZE);
	dma_addr_t bus;

	probe_plan.result = 0;
	probe_plan.memory = NULL;
	KUNIT_ASSERT_EQ(test, device_attach(dma.dev), 1);
	KUNIT_ASSERT_EQ(test, probe_plan.probes, 2);
	bus = lab_dma_map(&dma, memory, PAGE_SIZE, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, bus >= UMLAB_DMA_DISTANCE,
			lab_dma_is(&dma, UMLAB_DMA_OFFSET));
	dma_unmap_single(dma.dev, bus, PAGE_SIZE, DMA_TO_DEVICE);
}

/* What it has mapped is seen as a leak by the next probe. */
static void probe_leaks(struct kunit *test)
{
	struct umlab_slot *slot = probe_fail(test, lab_dma_pages(test, PAGE_SIZE),
					     false);

	KUNIT_EXPECT_EQ(test, umlab_mappings(slot), 1);
	umlab_expect_violation(slot, UMLAB_VIOLATION_DMA_LEAK);
	probe_again(test, slot);
	KUNIT_EXPECT_EQ(test, umlab_violations(slot, UMLAB_VIOLATION_DMA_LEAK),
			1);
	KUNIT_EXPECT_EQ(test, umlab_mappings(slot), 0);
}

/* Or when the function is unplugged */
static void probe_leaks_until_unplug(struct kunit *test)
{
	struct umlab_slot *slot = probe_plug(test, (struct probe_plan) {
		.coherent = true, .result = -ENXIO,
	});

	umlab_expect_violation(slot, UMLAB_VIOLATION_DMA_LEAK);
	umlab_unplug(test, slot);
}

/* What is freed by itself is none, in the failed probe and the next one. */
static void probe_managed(struct kunit *test)
{
	struct umlab_slot *slot = probe_fail(test, NULL, true);

	KUNIT_EXPECT_EQ(test, umlab_mappings(slot), 0);
	probe_again(test, slot);
	KUNIT_EXPECT_EQ(test, umlab_mappings(slot), 1);
	device_release_driver(&umlab_pdev(slot)->dev);
	KUNIT_EXPECT_EQ(test, umlab_mappings(slot), 0);
}

/*
 * Coherent memory that is forgotten: the kernel complains, too. It may be freed
 * later, as what is mapped to user space is, and is still there until then.
 */
static void probe_unbound(struct kunit *test)
{
	struct umlab_slot *slot = probe_plug(test, (struct probe_plan) {
		.coherent = true,
	});
	struct device *dev = &umlab_pdev(slot)->dev;

	KUNIT_EXPECT_EQ(test, umlab_mappings(slot), 1);
	umlab_expect_violation(slot, UMLAB_VIOLATION_DMA_LEAK);
	umlab_expect_violation(slot, UMLAB_VIOLATION_DMA_API);
	device_release_driver(dev);
	KUNIT_EXPECT_EQ(test, umlab_mappings(slot), 0);
	memset(probe_plan.cpu, 1, PAGE_SIZE);
	dma_free_coherent(dev, PAGE_SIZE, probe_plan.cpu, probe_plan.bus);
	KUNIT_EXPECT_EQ(test, umlab_mappings(slot), 0);
}

/* Bus mastering that is left on */
static void probe_mastering(struct kunit *test)
{
	struct umlab_slot *slot = probe_plug(test, (struct probe_plan) {
		.masters = true,
	});

	umlab_expect_violation(slot, UMLAB_VIOLATION_MASTER);
	device_release_driver(&umlab_pdev(slot)->dev);
}

/*
 * A driver that calls for a device that is gone, is none of the next one's. Only the
 * kernel's complaint comes there, as it has but the name.
 */
static void probe_late(struct kunit *test)
{
	void *memory = lab_dma_pages(test, PAGE_SIZE);
	struct lab_dma dma = lab_dma_plug(test, NULL), next;
	struct device *old = get_device(dma.dev);
	dma_addr_t bus;

	umlab_unplug(test, dma.slot);
	next = lab_dma_plug(test, NULL);
	bus = lab_dma_map(&next, memory, PAGE_SIZE, DMA_TO_DEVICE);
	umlab_expect_violation(next.slot, UMLAB_VIOLATION_DMA_API);
	dma_sync_single_for_cpu(old, bus, PAGE_SIZE, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(test, umlab_mappings(next.slot), 1);
	dma_unmap_single(next.dev, bus, PAGE_SIZE, DMA_TO_DEVICE);
	put_device(old);
}

/* Removed by sysfs and found again, it is a new device in the same topology. */
static void probe_rescan(struct kunit *test)
{
	void *memory = lab_dma_pages(test, PAGE_SIZE);
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct pci_bus *bus = umlab_pdev(dma.slot)->bus;
	struct pci_dev *pdev;
	dma_addr_t address, old;

	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_LEAK);
	KUNIT_EXPECT_NOT_NULL(test, dma_alloc_coherent(dma.dev, PAGE_SIZE, &old,
						       GFP_KERNEL));
	pci_stop_and_remove_bus_device_locked(umlab_pdev(dma.slot));
	pci_lock_rescan_remove();
	pci_rescan_bus(bus);
	pci_unlock_rescan_remove();
	pdev = umlab_pdev(dma.slot);
	KUNIT_ASSERT_NOT_NULL(test, pdev);
	dma.dev = &pdev->dev;
	KUNIT_ASSERT_EQ(test, pci_enable_device(pdev), 0);
	pci_set_master(pdev);
	KUNIT_ASSERT_EQ(test, dma_set_mask(dma.dev, DMA_BIT_MASK(64)), 0);
	lab_dma_refuse(&dma, old, 1, UMLAB_VIOLATION_DMA_UNMAPPED);
	lab_dma_fill(memory, PAGE_SIZE, 1);
	address = lab_dma_map(&dma, memory, PAGE_SIZE, DMA_TO_DEVICE);
	lab_dma_expect_read(&dma, address, PAGE_SIZE, 1);
	KUNIT_EXPECT_EQ(test, address == virt_to_phys(memory),
			lab_dma_is(&dma, UMLAB_DMA_DIRECT));
	dma_unmap_single(dma.dev, address, PAGE_SIZE, DMA_TO_DEVICE);
}

static struct kunit_case probe_cases[] = {
	KUNIT_CASE_PARAM(probe_leaks, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(probe_leaks_until_unplug, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(probe_managed, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(probe_unbound, umlab_topology_gen_params),
	KUNIT_CASE(probe_mastering),
	KUNIT_CASE_PARAM(probe_late, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(probe_rescan, umlab_topology_gen_params),
	{}
};

static struct kunit_suite probe_suite = {
	.name		= "umlab_dma_probe",
	.test_cases	= probe_cases,
};

kunit_test_suite(probe_suite);
