// SPDX-License-Identifier: GPL-2.0-only
/*
 * A call of the DMA API that does not go with the mapping it is for
 *
 * Each rule is broken on purpose, and beside that kept, which passes in
 * silence. The kernel's own checks (kernel/dma/debug.c) see some of it too, and
 * how often they complain is a part of what is expected. Left out is what would
 * harm the kernel itself, such as to free memory twice.
 */

#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>
#include <umlab/model.h>

#include "lib/dma.h"
#include "lib/pci_fixture.h"

#define RULES_SIZE	200
#define RULES_MEMORY	(3 * PAGE_SIZE)

/**
 * enum rules_how - a call that ends or syncs a mapping, and what it is for
 * @RULES_NOTHING: no call
 * @RULES_SINGLE: dma_unmap_single()
 * @RULES_RESOURCE: dma_unmap_resource()
 * @RULES_LIST: dma_unmap_sg()
 * @RULES_COHERENT: dma_free_coherent()
 * @RULES_PAGES: dma_free_noncoherent()
 * @RULES_SYNC_CPU: dma_sync_single_for_cpu(); this and the rest end nothing
 * @RULES_SYNC_DEVICE: dma_sync_single_for_device()
 * @RULES_SYNC_LIST: dma_sync_sg_for_device()
 */
enum rules_how {
	RULES_NOTHING,
	RULES_SINGLE,
	RULES_RESOURCE,
	RULES_LIST,
	RULES_COHERENT,
	RULES_PAGES,
	RULES_SYNC_CPU,
	RULES_SYNC_DEVICE,
	RULES_SYNC_LIST,
};

/**
 * struct rules_call - a call and its arguments
 * @how: which
 * @size: in bytes; of a list: how many entries
 * @dir: the direction
 * @at: how far it is from the start of what is mapped, in bytes
 */
struct rules_call {
	enum rules_how how;
	size_t size;
	enum dma_data_direction dir;
	unsigned int at;
};

/**
 * struct rules_row - a mapping, and a call that does not go with it
 * @name: the case
 * @map: how it is mapped, which is also how to end it
 * @wrong: the call; none: it is forgotten
 * @kind: what comes of that
 * @api: how often the kernel's own checks complain
 * @in: in which topologies it can be done
 * @right: what it would have to be, if it does not end the mapping
 * @stays: for those checks it is still mapped, and has to be unmapped once more
 */
struct rules_row {
	const char *name;
	struct rules_call map;
	struct rules_call wrong;
	enum umlab_violation kind;
	unsigned int api;
	unsigned int in;
	struct rules_call right;
	bool stays;
};

static const struct rules_row rules_rows[] = {
	{ "unmapped with another size",
	  { RULES_SINGLE, RULES_SIZE, DMA_TO_DEVICE },
	  { RULES_SINGLE, RULES_SIZE - 1, DMA_TO_DEVICE },
	  UMLAB_VIOLATION_DMA_UNMAP, 1, LAB_DMA_ALL },
	{ "unmapped in another direction",
	  { RULES_SINGLE, RULES_SIZE, DMA_TO_DEVICE },
	  { RULES_SINGLE, RULES_SIZE, DMA_FROM_DEVICE },
	  UMLAB_VIOLATION_DMA_UNMAP, 1, LAB_DMA_ALL },
	{ "unmapped in one of both directions",
	  { RULES_SINGLE, RULES_SIZE, DMA_BIDIRECTIONAL },
	  { RULES_SINGLE, RULES_SIZE, DMA_TO_DEVICE },
	  UMLAB_VIOLATION_DMA_UNMAP, 1, LAB_DMA_COHERENT },
	{ "unmapped by an address inside",
	  { RULES_SINGLE, RULES_SIZE, DMA_TO_DEVICE },
	  { RULES_SINGLE, RULES_SIZE - 64, DMA_TO_DEVICE, 64 },
	  UMLAB_VIOLATION_DMA_UNMAP, 1, LAB_DMA_COHERENT, .stays = true },
	/* Which does nothing for a bounce buffer, so that would be lost. */
	{ "unmapped as a resource",
	  { RULES_SINGLE, RULES_SIZE, DMA_TO_DEVICE },
	  { RULES_RESOURCE, RULES_SIZE, DMA_TO_DEVICE },
	  UMLAB_VIOLATION_DMA_UNMAP, 1,
	  LAB_DMA_COHERENT & ~BIT(UMLAB_DMA_BOUNCE) },
	{ "list unmapped as a single one",
	  { RULES_LIST, 1, DMA_TO_DEVICE },
	  { RULES_SINGLE, RULES_SIZE, DMA_TO_DEVICE },
	  UMLAB_VIOLATION_DMA_UNMAP, 1, LAB_DMA_COHERENT },
	/* A complaint for each entry there was */
	{ "list unmapped with more entries",
	  { RULES_LIST, 2, DMA_TO_DEVICE },
	  { RULES_LIST, 3, DMA_TO_DEVICE },
	  UMLAB_VIOLATION_DMA_UNMAP, 2, LAB_DMA_ALL },
	{ "coherent memory freed with another size",
	  { RULES_COHERENT, 100, DMA_BIDIRECTIONAL },
	  { RULES_COHERENT, 200, DMA_BIDIRECTIONAL },
	  UMLAB_VIOLATION_DMA_UNMAP, 1, LAB_DMA_ALL },
	{ "pages freed in another direction",
	  { RULES_PAGES, PAGE_SIZE, DMA_FROM_DEVICE },
	  { RULES_PAGES, PAGE_SIZE, DMA_TO_DEVICE },
	  UMLAB_VIOLATION_DMA_UNMAP, 1, LAB_DMA_COHERENT },
	{ "synced past the end",
	  { RULES_SINGLE, RULES_SIZE, DMA_FROM_DEVICE },
	  { RULES_SYNC_DEVICE, 51, DMA_FROM_DEVICE, RULES_SIZE - 50 },
	  UMLAB_VIOLATION_DMA_SYNC, 1, LAB_DMA_ALL,
	  .right = { RULES_SYNC_DEVICE, 50, DMA_FROM_DEVICE, RULES_SIZE - 50 } },
	{ "synced for the device in another direction",
	  { RULES_SINGLE, RULES_SIZE, DMA_TO_DEVICE },
	  { RULES_SYNC_DEVICE, RULES_SIZE, DMA_FROM_DEVICE },
	  UMLAB_VIOLATION_DMA_SYNC, 1, LAB_DMA_COHERENT,
	  .right = { RULES_SYNC_DEVICE, RULES_SIZE, DMA_TO_DEVICE } },
	/* That it differs, and that the device has written nothing */
	{ "synced for the CPU in another direction",
	  { RULES_SINGLE, RULES_SIZE, DMA_TO_DEVICE },
	  { RULES_SYNC_CPU, RULES_SIZE, DMA_FROM_DEVICE },
	  UMLAB_VIOLATION_DMA_SYNC, 2, LAB_DMA_ALL,
	  .right = { RULES_SYNC_CPU, RULES_SIZE, DMA_TO_DEVICE } },
	/* They take all that is mapped both ways to be fine. */
	{ "coherent memory synced",
	  { RULES_COHERENT, RULES_SIZE, DMA_BIDIRECTIONAL },
	  { RULES_SYNC_DEVICE, RULES_SIZE, DMA_BIDIRECTIONAL },
	  UMLAB_VIOLATION_DMA_SYNC, 0, LAB_DMA_ALL },
	{ "list synced with fewer entries",
	  { RULES_LIST, 2, DMA_TO_DEVICE },
	  { RULES_SYNC_LIST, 1, DMA_TO_DEVICE },
	  UMLAB_VIOLATION_DMA_SYNC, 1, LAB_DMA_COHERENT,
	  .right = { RULES_SYNC_LIST, 2, DMA_TO_DEVICE } },
	/* They look when a driver is unbound, and here is none. */
	{ "mapping leaked", { RULES_SINGLE, RULES_SIZE, DMA_FROM_DEVICE }, { },
	  UMLAB_VIOLATION_DMA_LEAK, 0, LAB_DMA_ALL },
	{ "list leaked", { RULES_LIST, 3, DMA_BIDIRECTIONAL }, { },
	  UMLAB_VIOLATION_DMA_LEAK, 0, LAB_DMA_ALL },
	{ "coherent memory leaked", { RULES_COHERENT, 5000 }, { },
	  UMLAB_VIOLATION_DMA_LEAK, 0, LAB_DMA_ALL },
	{ "pages leaked", { RULES_PAGES, PAGE_SIZE, DMA_TO_DEVICE }, { },
	  UMLAB_VIOLATION_DMA_LEAK, 0, LAB_DMA_ALL },
};

KUNIT_ARRAY_PARAM_DESC(rules_row, rules_rows, name);

/**
 * struct rules_buffer - what is mapped
 * @dma: for which device
 * @memory: RULES_MEMORY bytes
 * @list: a part of each page of that
 * @cpu: memory that was allocated
 * @bus: the bus address
 */
struct rules_buffer {
	const struct lab_dma *dma;
	u8 *memory;
	struct scatterlist list[3];
	void *cpu;
	dma_addr_t bus;
};

static void rules_map_list(struct rules_buffer *buffer,
			   const struct rules_call *call)
{
	const struct lab_dma *dma = buffer->dma;
	unsigned int i;

	sg_init_table(buffer->list, ARRAY_SIZE(buffer->list));
	for (i = 0; i < ARRAY_SIZE(buffer->list); i++)
		sg_set_buf(&buffer->list[i], buffer->memory + i * PAGE_SIZE,
			   RULES_SIZE);
	KUNIT_ASSERT_EQ(dma->test, call->size,
			dma_map_sg(dma->dev, buffer->list, call->size,
				   call->dir));
	buffer->bus = sg_dma_address(buffer->list);
}

static void rules_map(struct rules_buffer *buffer,
		      const struct rules_call *call)
{
	const struct lab_dma *dma = buffer->dma;

	switch (call->how) {
	case RULES_LIST:
		rules_map_list(buffer, call);
		break;
	case RULES_COHERENT:
		buffer->cpu = dma_alloc_coherent(dma->dev, call->size,
						 &buffer->bus, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(dma->test, buffer->cpu);
		break;
	case RULES_PAGES:
		buffer->cpu = dma_alloc_noncoherent(dma->dev, call->size,
						    &buffer->bus, call->dir,
						    GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(dma->test, buffer->cpu);
		break;
	default:
		buffer->bus = lab_dma_map(dma, buffer->memory, call->size,
					  call->dir);
		break;
	}
}

static void rules_do(struct rules_buffer *buffer, const struct rules_call *call)
{
	struct device *dev = buffer->dma->dev;
	dma_addr_t bus = buffer->bus + call->at;

	switch (call->how) {
	case RULES_NOTHING:
		break;
	case RULES_SINGLE:
		dma_unmap_single(dev, bus, call->size, call->dir);
		break;
	case RULES_RESOURCE:
		dma_unmap_resource(dev, bus, call->size, call->dir, 0);
		break;
	case RULES_LIST:
		dma_unmap_sg(dev, buffer->list, call->size, call->dir);
		break;
	case RULES_COHERENT:
		dma_free_coherent(dev, call->size, buffer->cpu, bus);
		break;
	case RULES_PAGES:
		dma_free_noncoherent(dev, call->size, buffer->cpu, bus,
				     call->dir);
		break;
	case RULES_SYNC_CPU:
		dma_sync_single_for_cpu(dev, bus, call->size, call->dir);
		break;
	case RULES_SYNC_DEVICE:
		dma_sync_single_for_device(dev, bus, call->size, call->dir);
		break;
	case RULES_SYNC_LIST:
		dma_sync_sg_for_device(dev, buffer->list, call->size,
				       call->dir);
		break;
	}
}

/* First right, and then wrong */
static void rules_break(struct rules_buffer *buffer,
			const struct rules_row *row)
{
	const struct lab_dma *dma = buffer->dma;

	rules_map(buffer, &row->map);
	rules_do(buffer, &row->right);
	rules_do(buffer, &row->map);
	KUNIT_EXPECT_EQ(dma->test, umlab_mappings(dma->slot), 0);

	lab_dma_declare(dma, row->kind, 1);
	lab_dma_declare(dma, UMLAB_VIOLATION_DMA_API, row->api);
	lab_dma_declare(dma, UMLAB_VIOLATION_DMA_TWICE, row->stays);
	if (row->stays)
		lab_dma_expect_warn(dma, BIT(UMLAB_DMA_IOMMU));
	rules_map(buffer, &row->map);
	rules_do(buffer, &row->wrong);
	if (row->wrong.how >= RULES_SYNC_CPU || row->stays)
		rules_do(buffer, &row->map);
	lab_dma_expect_violations(dma, UMLAB_VIOLATION_DMA_API, row->api);
	KUNIT_EXPECT_EQ_MSG(dma->test, umlab_mappings(dma->slot),
			    row->kind == UMLAB_VIOLATION_DMA_LEAK, "%s",
			    umlab_topology(dma->slot)->name);
}

static void rules_wrong_call(struct kunit *test)
{
	struct rules_buffer buffer = {
		.memory = lab_dma_pages(test, RULES_MEMORY),
	};
	const struct rules_row *row = test->param_value;
	struct lab_dma dma;
	unsigned int i;

	buffer.dma = &dma;
	for (i = 0; i < UMLAB_TOPOLOGIES; i++) {
		if (!(row->in & BIT(i)))
			continue;
		dma = lab_dma_in(test, &umlab_topologies[i]);
		rules_break(&buffer, row);
		umlab_unplug(test, dma.slot);
	}
}

/* A driver is unbound: with nothing mapped, and then with one of two. */
static void rules_unbind(struct kunit *test)
{
	u8 *memory = lab_dma_pages(test, PAGE_SIZE);
	struct lab_dma dma = { .test = test };
	struct lab_pci pci;
	unsigned int leaks;

	lab_drv_register(test, NULL);
	pci = lab_pci_plug(test, &lab_card_model, NULL);
	dma.slot = pci.slot;
	dma.dev = &pci.pdev->dev;
	for (leaks = 0; leaks < 2; leaks++) {
		dma_addr_t one, two;

		KUNIT_ASSERT_EQ(test, 0,
				dma_set_mask(dma.dev, DMA_BIT_MASK(64)));
		one = lab_dma_map(&dma, memory, 64, DMA_TO_DEVICE);
		two = lab_dma_map(&dma, memory + 64, 64, DMA_TO_DEVICE);
		dma_unmap_single(dma.dev, one, 64, DMA_TO_DEVICE);
		if (!leaks)
			dma_unmap_single(dma.dev, two, 64, DMA_TO_DEVICE);
		lab_dma_declare(&dma, UMLAB_VIOLATION_DMA_LEAK, leaks);
		lab_dma_declare(&dma, UMLAB_VIOLATION_DMA_API, leaks);
		device_release_driver(dma.dev);
		lab_dma_expect_violations(&dma, UMLAB_VIOLATION_DMA_LEAK,
					  leaks);
		lab_dma_expect_violations(&dma, UMLAB_VIOLATION_DMA_API, leaks);
		KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 0);
		KUNIT_ASSERT_EQ(test, device_attach(dma.dev), 1);
	}
}

/* A device that is reset has forgotten what it was to do. */
static void rules_reset(struct kunit *test)
{
	static const struct umlab_cap cap = {
		.id = PCI_CAP_ID_EXP, .exp.flr = true,
	};
	struct umlab_model model = lab_dma_model;
	u8 *memory = lab_dma_pages(test, PAGE_SIZE);
	struct lab_dma dma;
	dma_addr_t bus;

	model.caps = &cap;
	model.num_caps = 1;
	dma = lab_dma_plug_model(test, &model, NULL);
	bus = lab_dma_map(&dma, memory, RULES_SIZE, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, lab_dma_hold(&dma, bus, true), 0);
	KUNIT_EXPECT_EQ(test, pcie_flr(umlab_pdev(dma.slot)), 0);
	dma_unmap_single(dma.dev, bus, RULES_SIZE, DMA_TO_DEVICE);
}

/* What is mapped both ways may be synced one way. */
static void rules_both_ways(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *memory = lab_dma_pages(test, RULES_SIZE);
	dma_addr_t bus = lab_dma_map(&dma, memory, RULES_SIZE,
				     DMA_BIDIRECTIONAL);

	dma_sync_single_for_cpu(dma.dev, bus, RULES_SIZE, DMA_FROM_DEVICE);
	dma_sync_single_for_device(dma.dev, bus, RULES_SIZE, DMA_TO_DEVICE);
	dma_unmap_single(dma.dev, bus, RULES_SIZE, DMA_BIDIRECTIONAL);
	lab_dma_expect_violations(&dma, UMLAB_VIOLATION_DMA_SYNC, 0);
}

/* What the CPU has only looked at need not be given back (dma-api-howto.rst). */
static void rules_look(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *memory = lab_dma_pages(test, RULES_SIZE);
	dma_addr_t bus = lab_dma_map(&dma, memory, RULES_SIZE, DMA_FROM_DEVICE);

	lab_dma_put(&dma, bus, RULES_SIZE, 1);
	dma_sync_single_for_cpu(dma.dev, bus, RULES_SIZE, DMA_FROM_DEVICE);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(memory, RULES_SIZE, 1));
	lab_dma_put(&dma, bus, RULES_SIZE, 2);
	dma_unmap_single(dma.dev, bus, RULES_SIZE, DMA_FROM_DEVICE);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(memory, RULES_SIZE, 2));
}

static struct kunit_case rules_cases[] = {
	KUNIT_CASE_PARAM(rules_wrong_call, rules_row_gen_params),
	KUNIT_CASE_PARAM(rules_unbind, umlab_topology_gen_params),
	KUNIT_CASE(rules_reset),
	KUNIT_CASE_PARAM(rules_look, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(rules_both_ways, umlab_topology_gen_params),
	{}
};

static struct kunit_suite rules_suite = {
	.name		= "umlab_dma_rules",
	.test_cases	= rules_cases,
};

kunit_test_suite(rules_suite);
