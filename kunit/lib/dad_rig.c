// SPDX-License-Identifier: GPL-2.0-only
/*
 * A dad board whose driver is the suite
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/io.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "dad_rig.h"

/* A wait is a sleep of so many us, and as many more of them as it takes. */
#define RIG_NAP		50
#define RIG_NAPS_COMP	200

static void rig_nap(void)
{
	usleep_range(RIG_NAP, RIG_NAP + 1);
}

u32 lab_rig_read(const struct lab_rig *rig, u32 reg)
{
	return ioread32(rig->regs + reg);
}

void lab_rig_write(const struct lab_rig *rig, u32 reg, u32 value)
{
	iowrite32(value, rig->regs + reg);
}

bool lab_rig_reads(const struct lab_rig *rig, u32 reg, u32 mask, u32 value)
{
	unsigned int i;

	for (i = 0; i < LAB_RIG_PATIENCE / RIG_NAP; i++) {
		if ((lab_rig_read(rig, reg) & mask) == value)
			return true;
		rig_nap();
	}
	return (lab_rig_read(rig, reg) & mask) == value;
}

bool lab_rig_ready(const struct lab_rig *rig)
{
	return lab_rig_reads(rig, DAD_STATUS, DAD_STATUS_READY,
			     DAD_STATUS_READY);
}

void lab_rig_reset(const struct lab_rig *rig)
{
	lab_rig_write(rig, DAD_CONTROL, DAD_CONTROL_RESET);
	KUNIT_EXPECT_TRUE_MSG(rig->dma.test, lab_rig_ready(rig),
			      "the board is not ready %u us after its reset",
			      LAB_RIG_PATIENCE);
}

void lab_rig_faults(const struct lab_rig *rig, dma_addr_t bus)
{
	const struct umlab_faults faults = { .dma_fault = bus };

	umlab_set_faults(rig->dma.slot, &faults);
}

static unsigned int rig_bits(u8 revision)
{
	switch (revision) {
	case DAD_REV_A:
		return 24;
	case DAD_REV_B:
		return 32;
	case DAD_REV_C:
		return 64;
	default:
		return 0;
	}
}

void lab_rig_free(struct lab_rig *rig, struct lab_rig_buffer *buffer)
{
	if (buffer->coherent) {
		dma_free_coherent(rig->dma.dev, buffer->size, buffer->cpu,
				  buffer->bus);
	} else {
		lab_rig_unmap(rig, buffer);
		free_pages_exact(buffer->cpu, buffer->size);
	}
	list_del(&buffer->entry);
	kfree(buffer);
}

/* A board that is in the middle of a reset takes none by register. */
static void rig_halt(const struct lab_rig *rig)
{
	if (lab_rig_read(rig, DAD_STATUS) & DAD_STATUS_READY)
		lab_rig_write(rig, DAD_CONTROL, DAD_CONTROL_RESET);
	else
		pci_reset_function(rig->pdev);
}

static void rig_end(void *data)
{
	struct lab_rig *rig = data;
	struct lab_rig_buffer *buffer, *next;

	umlab_dad_behave(rig->dma.slot, NULL);
	if (rig->regs && rig_bits(rig->revision))
		rig_halt(rig);
	list_for_each_entry_safe(buffer, next, &rig->buffers, entry)
		lab_rig_free(rig, buffer);
	if (rig->regs)
		pci_iounmap(rig->pdev, rig->regs);
	pci_disable_device(rig->pdev);
}

/* What a driver's probe does */
static void rig_begin(struct lab_rig *rig)
{
	struct kunit *test = rig->dma.test;
	unsigned int bits = rig_bits(rig->revision);

	rig->regs = pci_iomap(rig->pdev, DAD_BAR_REGS, 0);
	KUNIT_ASSERT_TRUE(test, rig->regs);
	if (!bits)
		return;
	KUNIT_ASSERT_EQ(test, 0, dma_set_mask_and_coherent(rig->dma.dev,
							   DMA_BIT_MASK(bits)));
	pci_set_master(rig->pdev);
	KUNIT_ASSERT_TRUE(test, lab_rig_ready(rig));
	lab_rig_reset(rig);
}

struct lab_rig *lab_rig_plug_as(struct kunit *test, u8 revision, u32 memory,
				const struct umlab_options *options)
{
	const struct umlab_model model = umlab_dad_model(revision, memory);
	struct lab_rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rig);
	INIT_LIST_HEAD(&rig->buffers);
	rig->revision = revision;
	rig->size = memory;
	rig->dma.test = test;
	rig->dma.slot = umlab_plug(test, &model, options);
	rig->pdev = umlab_pdev(rig->dma.slot);
	KUNIT_ASSERT_NOT_NULL(test, rig->pdev);
	rig->dma.dev = &rig->pdev->dev;
	device_release_driver(rig->dma.dev);
	KUNIT_ASSERT_EQ(test, pci_enable_device(rig->pdev), 0);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, rig_end, rig));
	rig->memory = umlab_dad_memory(rig->dma.slot);
	KUNIT_ASSERT_NOT_NULL(test, rig->memory);
	rig_begin(rig);
	rig->dma.begin = umlab_journal_now();
	return rig;
}

struct lab_rig *lab_rig_plug_revision(struct kunit *test, u8 revision,
				      u32 memory)
{
	static const struct umlab_topology iommu = {
		.name = "iommu",
		.dma = UMLAB_DMA_IOMMU,
	};
	static const struct umlab_topology direct = {
		.name = "direct",
		.dma = UMLAB_DMA_DIRECT,
	};
	const struct umlab_options options = {
		.topology = revision == DAD_REV_A ? &iommu : &direct,
	};

	return lab_rig_plug_as(test, revision, memory, &options);
}

struct lab_rig *lab_rig_plug(struct kunit *test)
{
	return lab_rig_plug_as(test, DAD_REV_C, LAB_RIG_MEMORY, NULL);
}

static struct lab_rig_buffer *rig_buffer(struct lab_rig *rig, size_t size)
{
	struct lab_rig_buffer *buffer = kzalloc(sizeof(*buffer), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(rig->dma.test, buffer);
	buffer->size = size;
	return buffer;
}

/* It is the rig's as soon as there is memory in it. */
static struct lab_rig_buffer *rig_keep(struct lab_rig *rig,
				       struct lab_rig_buffer *buffer)
{
	if (buffer->cpu) {
		list_add(&buffer->entry, &rig->buffers);
		return buffer;
	}
	kfree(buffer);
	KUNIT_FAIL_AND_ABORT(rig->dma.test, "no memory for the board");
	return NULL;
}

struct lab_rig_buffer *lab_rig_alloc(struct lab_rig *rig, size_t size)
{
	struct lab_rig_buffer *buffer = rig_buffer(rig, size);

	buffer->coherent = true;
	buffer->cpu = dma_alloc_coherent(rig->dma.dev, size, &buffer->bus,
					 GFP_KERNEL);
	return rig_keep(rig, buffer);
}

struct lab_rig_buffer *lab_rig_pages(struct lab_rig *rig, size_t size)
{
	struct lab_rig_buffer *buffer = rig_buffer(rig, size);

	buffer->cpu = alloc_pages_exact(size, GFP_KERNEL | __GFP_ZERO);
	return rig_keep(rig, buffer);
}

void lab_rig_map(struct lab_rig *rig, struct lab_rig_buffer *buffer,
		 enum dma_data_direction dir)
{
	buffer->bus = lab_dma_map(&rig->dma, buffer->cpu, buffer->size, dir);
	buffer->dir = dir;
	buffer->mapped = true;
}

void lab_rig_unmap(struct lab_rig *rig, struct lab_rig_buffer *buffer)
{
	if (buffer->mapped)
		dma_unmap_single(rig->dma.dev, buffer->bus, buffer->size,
				 buffer->dir);
	buffer->mapped = false;
}

void lab_rig_prepare(struct lab_rig *rig, unsigned int queue, u32 entries)
{
	size_t desc = PAGE_ALIGN(entries * sizeof(struct dad_desc));
	size_t comp = PAGE_ALIGN(entries * sizeof(struct dad_comp));
	struct lab_rig_buffer *rings = lab_rig_alloc(rig, desc + comp +
						     PAGE_SIZE);
	struct lab_rig_queue *q = &rig->queue[queue];

	*q = (struct lab_rig_queue) {
		.rings = rings,
		.desc = (void *)rings->cpu,
		.comp = (void *)(rings->cpu + desc),
		.index = (void *)(rings->cpu + desc + comp),
		.desc_bus = rings->bus,
		.comp_bus = rings->bus + desc,
		.index_bus = rings->bus + desc + comp,
		.size = entries,
		.start = LAB_RIG_START,
		.producer = LAB_RIG_START,
		.consumer = LAB_RIG_START,
	};
	memset(q->comp, 0xff, comp);
	q->index->fetched = cpu_to_le32(q->start);
	q->index->completed = cpu_to_le32(q->start);
}

/* Revisions that drive no high addresses need not be told any. */
static void rig_write_bus(const struct lab_rig *rig, u32 reg, dma_addr_t bus)
{
	lab_rig_write(rig, reg, lower_32_bits(bus));
	if (rig->revision == DAD_REV_C)
		lab_rig_write(rig, reg + 4, upper_32_bits(bus));
}

void lab_rig_program(struct lab_rig *rig, unsigned int queue)
{
	const struct lab_rig_queue *q = &rig->queue[queue];
	u32 base = DAD_Q(queue);

	rig_write_bus(rig, base + DAD_Q_DESC_LO, q->desc_bus);
	rig_write_bus(rig, base + DAD_Q_COMP_LO, q->comp_bus);
	rig_write_bus(rig, base + DAD_Q_INDEX_LO, q->index_bus);
	lab_rig_write(rig, base + DAD_Q_SIZE, q->size);
	lab_rig_write(rig, base + DAD_Q_START, q->start);
}

void lab_rig_enable(struct lab_rig *rig, unsigned int queue, u32 entries)
{
	u32 control = DAD_Q(queue) + DAD_Q_CONTROL;

	lab_rig_prepare(rig, queue, entries);
	lab_rig_program(rig, queue);
	lab_rig_write(rig, control, DAD_Q_ENABLE);
	KUNIT_EXPECT_EQ_MSG(rig->dma.test, lab_rig_read(rig, control),
			    DAD_Q_ENABLE | DAD_Q_ACTIVE, "enabling queue %u",
			    queue);
}

void lab_rig_stop(struct lab_rig *rig, unsigned int queue)
{
	u32 control = DAD_Q(queue) + DAD_Q_CONTROL;

	lab_rig_write(rig, control, 0);
	KUNIT_EXPECT_TRUE_MSG(rig->dma.test,
			      lab_rig_reads(rig, control, DAD_Q_ACTIVE, 0),
			      "queue %u is active %u us after it was stopped",
			      queue, LAB_RIG_PATIENCE);
}

void lab_rig_put(struct lab_rig *rig, unsigned int queue, struct dad_desc desc)
{
	struct lab_rig_queue *q = &rig->queue[queue];

	q->desc[q->producer++ & (q->size - 1)] = desc;
}

void lab_rig_ring(struct lab_rig *rig, unsigned int queue)
{
	lab_rig_write(rig, DAD_Q(queue) + DAD_Q_PRODUCER,
		      rig->queue[queue].producer);
}

void lab_rig_post(struct lab_rig *rig, unsigned int queue, struct dad_desc desc)
{
	lab_rig_put(rig, queue, desc);
	lab_rig_ring(rig, queue);
}

u32 lab_rig_fetched(const struct lab_rig *rig, unsigned int queue)
{
	const struct lab_rig_queue *q = &rig->queue[queue];

	return le32_to_cpu(READ_ONCE(q->index->fetched)) - q->start;
}

u32 lab_rig_completed(const struct lab_rig *rig, unsigned int queue)
{
	const struct lab_rig_queue *q = &rig->queue[queue];

	return le32_to_cpu(READ_ONCE(q->index->completed)) - q->consumer;
}

bool lab_rig_wait(const struct lab_rig *rig, unsigned int queue, u32 count)
{
	unsigned int i;

	for (i = 0; i < RIG_NAPS_COMP; i++) {
		if (lab_rig_completed(rig, queue) >= count)
			return true;
		rig_nap();
	}
	return lab_rig_completed(rig, queue) >= count;
}

struct lab_rig_comp lab_rig_take(struct lab_rig *rig, unsigned int queue)
{
	struct lab_rig_queue *q = &rig->queue[queue];
	struct lab_rig_comp taken;
	struct dad_comp *comp;

	KUNIT_ASSERT_TRUE_MSG(rig->dma.test, lab_rig_wait(rig, queue, 1),
			      "queue %u: nothing more is completed", queue);
	comp = &q->comp[q->consumer++ & (q->size - 1)];
	taken = (struct lab_rig_comp) {
		.tag = le32_to_cpu(comp->tag),
		.len = le32_to_cpu(comp->len),
		.status = le32_to_cpu(comp->status),
		.zero = le32_to_cpu(comp->zero),
	};
	memset(comp, 0xff, sizeof(*comp));
	lab_rig_write(rig, DAD_Q(queue) + DAD_Q_CONSUMER, q->consumer);
	return taken;
}

void lab_rig_expect(struct lab_rig *rig, unsigned int queue, u32 tag, u32 len,
		    u32 status)
{
	const struct lab_rig_comp comp = lab_rig_take(rig, queue);
	struct kunit *test = rig->dma.test;

	KUNIT_EXPECT_EQ(test, comp.tag, tag);
	KUNIT_EXPECT_EQ_MSG(test, comp.len, len, "bytes of tag %u", tag);
	KUNIT_EXPECT_EQ_MSG(test, comp.status, status, "status of tag %u", tag);
	KUNIT_EXPECT_EQ(test, comp.zero, 0);
}

void lab_rig_expect_works(struct lab_rig *rig)
{
	struct lab_rig_buffer *buffer = lab_rig_alloc(rig, PAGE_SIZE);

	lab_rig_enable(rig, DAD_REQUESTS, 16);
	lab_rig_post(rig, DAD_REQUESTS,
		     lab_rig_desc(buffer->bus, 4, DAD_DESC_TO_HOST, 0, 3));
	lab_rig_expect(rig, DAD_REQUESTS, 3, 4, DAD_COMP_OK);
	KUNIT_EXPECT_MEMEQ(rig->dma.test, buffer->cpu, rig->memory, 4);
}

void lab_rig_expect_quiet(const struct lab_rig *rig)
{
	static const struct umlab_event reads = UMLAB_DID_ANY(UMLAB_DMA_READ);
	static const struct umlab_event writes = UMLAB_DID_ANY(UMLAB_DMA_WRITE);
	u64 since = umlab_journal_now();

	umlab_set_completion(rig->dma.slot, UMLAB_COMPLETE_AT_ONCE, 0);
	usleep_range(5000, 5001);
	KUNIT_EXPECT_EQ(rig->dma.test, 0,
			umlab_journal_count(rig->dma.slot, since, reads));
	KUNIT_EXPECT_EQ(rig->dma.test, 0,
			umlab_journal_count(rig->dma.slot, since, writes));
}

void lab_rig_block(const struct lab_rig_buffer *buffer, size_t at,
		   dma_addr_t next, u32 count)
{
	struct dad_block *block = (void *)(buffer->cpu + at);

	block->next = cpu_to_le64(next);
	block->count = cpu_to_le32(count);
	block->zero = 0;
}

void lab_rig_segment(const struct lab_rig_buffer *buffer, size_t at,
		     unsigned int index, dma_addr_t addr, u32 len)
{
	struct dad_block *block = (void *)(buffer->cpu + at);

	block->segments[index] = (struct dad_segment) {
		.addr = cpu_to_le64(addr),
		.len = cpu_to_le32(len),
	};
}
