// SPDX-License-Identifier: GPL-2.0-only
/*
 * All that a driver can break of the dad board's datasheet when it enables queues,
 * resets the board, and lets go of memory
 *
 * As dad_datasheet.c: each is one violation; what is just about allowed is none.
 */

#include <kunit/test.h>
#include <linux/dma-mapping.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "lib/dad_rig.h"

static struct lab_rig *setup_plug(struct kunit *test)
{
	return lab_rig_plug_revision(test, DAD_REV_C, LAB_RIG_MEMORY);
}

static void setup_declare(const struct lab_rig *rig, enum umlab_violation kind)
{
	umlab_expect_violation(rig->dma.slot, kind);
}

/* Expect that the one came that was declared */
static void setup_expect(const struct lab_rig *rig, enum umlab_violation kind)
{
	lab_dma_expect_violations(&rig->dma, kind, 1);
}

static void setup_expect_error(const struct lab_rig *rig)
{
	struct kunit *test = rig->dma.test;

	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_STATUS),
			DAD_STATUS_READY | DAD_STATUS_ERROR);
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_INT_STATUS), DAD_INT_ERROR);
}

/**
 * struct setup_row - how a queue is set up
 * @name: the case
 * @revision: DAD_REV_*
 * @size: entries
 * @desc: how far the descriptors are from the begin of a page, in bytes
 * @comp: likewise the completions
 * @index: likewise the indexes
 * @fine: it can be enabled so
 */
struct setup_row {
	const char *name;
	u8 revision;
	u32 size;
	u32 desc;
	u32 comp;
	u32 index;
	bool fine;
};

static const struct setup_row setup_rows[] = {
	{ "no entries", DAD_REV_C, 0 },
	{ "1 entry", DAD_REV_C, 1 },
	{ "3 entries", DAD_REV_C, 3 },
	{ "24 entries", DAD_REV_C, 24 },
	{ "512 entries", DAD_REV_C, 512 },
	{ "2^31 entries", DAD_REV_C, BIT(31) },
	{ "2 entries", DAD_REV_C, 2, .fine = true },
	{ "256 entries", DAD_REV_C, 256, .fine = true },
	{ "A, descriptors", DAD_REV_A, 16, .desc = 2048 },
	{ "A, completions", DAD_REV_A, 16, .comp = 256 },
	{ "A, indexes", DAD_REV_A, 16, .index = 4 },
	{ "A, all right", DAD_REV_A, 16, .index = 8, .fine = true },
	{ "B, descriptors", DAD_REV_B, 16, .desc = 128 },
	{ "B, completions", DAD_REV_B, 16, .comp = 64 },
	{ "B, indexes", DAD_REV_B, 16, .index = 4 },
	{ "B, all right", DAD_REV_B, 16, .desc = 256, .comp = 768, .index = 8,
	  .fine = true },
	{ "C, descriptors", DAD_REV_C, 16, .desc = 32 },
	{ "C, descriptors, by a byte", DAD_REV_C, 16, .desc = 1 },
	{ "C, completions", DAD_REV_C, 16, .comp = 32 },
	{ "C, indexes", DAD_REV_C, 16, .index = 4 },
	{ "C, all right", DAD_REV_C, 16, .desc = 64, .comp = 192, .index = 8,
	  .fine = true },
};

KUNIT_ARRAY_PARAM_DESC(setup_row, setup_rows, name);

/* Set a queue up as a row says; its rings have room for all of them. */
static void setup_queue(struct lab_rig *rig, unsigned int queue,
			const struct setup_row *row)
{
	struct lab_rig_queue *q = &rig->queue[queue];

	lab_rig_prepare(rig, queue, DAD_QUEUE_MAX);
	q->size = row->size;
	q->desc = (void *)q->desc + row->desc;
	q->desc_bus += row->desc;
	q->comp = (void *)q->comp + row->comp;
	q->comp_bus += row->comp;
	q->index = (void *)q->index + row->index;
	q->index_bus += row->index;
	q->index->fetched = cpu_to_le32(q->start);
	q->index->completed = cpu_to_le32(q->start);
	lab_rig_program(rig, queue);
}

static void setup_enabled(struct kunit *test)
{
	const struct setup_row *row = test->param_value;
	struct lab_rig *rig = lab_rig_plug_revision(test, row->revision,
						    LAB_RIG_MEMORY);
	dma_addr_t bus = lab_rig_alloc(rig, PAGE_SIZE)->bus;
	u32 control = DAD_Q(DAD_REQUESTS) + DAD_Q_CONTROL;
	unsigned int i;

	setup_queue(rig, DAD_REQUESTS, row);
	if (!row->fine)
		setup_declare(rig, UMLAB_VIOLATION_MODEL);
	lab_rig_write(rig, control, DAD_Q_ENABLE);
	if (!row->fine) {
		setup_expect(rig, UMLAB_VIOLATION_MODEL);
		setup_expect_error(rig);
		return;
	}
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, control),
			DAD_Q_ENABLE | DAD_Q_ACTIVE);
	for (i = 0; i < 3; i++) {
		lab_rig_post(rig, DAD_REQUESTS,
			     lab_rig_desc(bus, 4, DAD_DESC_TO_HOST, 0, i));
		lab_rig_expect(rig, DAD_REQUESTS, i, 4, DAD_COMP_OK);
	}
}

/* The converter's queue is no exception. */
static void setup_enabled_stream(struct kunit *test)
{
	static const struct setup_row row = {
		.revision = DAD_REV_C, .size = 16, .comp = 32,
	};
	struct lab_rig *rig = setup_plug(test);

	setup_queue(rig, DAD_STREAM, &row);
	setup_declare(rig, UMLAB_VIOLATION_MODEL);
	lab_rig_write(rig, DAD_Q(DAD_STREAM) + DAD_Q_CONTROL, DAD_Q_ENABLE);
	setup_expect(rig, UMLAB_VIOLATION_MODEL);
	setup_expect_error(rig);
}

/* Section 5: tags of what is under way differ. */
static void setup_same_tag(struct kunit *test)
{
	struct lab_rig *rig = setup_plug(test);
	dma_addr_t bus = lab_rig_alloc(rig, PAGE_SIZE)->bus;
	const struct dad_desc desc = lab_rig_desc(bus, 4, 0, 0, 7);

	umlab_set_completion(rig->dma.slot, UMLAB_COMPLETE_NEVER, 0);
	lab_rig_enable(rig, DAD_REQUESTS, 16);
	lab_rig_put(rig, DAD_REQUESTS, desc);
	lab_rig_put(rig, DAD_REQUESTS, lab_rig_desc(bus, 4, 0, 0, 8));
	lab_rig_ring(rig, DAD_REQUESTS);
	setup_declare(rig, UMLAB_VIOLATION_MODEL);
	lab_rig_post(rig, DAD_REQUESTS, desc);
	setup_expect(rig, UMLAB_VIOLATION_MODEL);
	setup_expect_error(rig);
}

/* One that is completed may be used again, and the same one in the other queue. */
static void setup_tag_again(struct kunit *test)
{
	struct lab_rig *rig = setup_plug(test);
	dma_addr_t bus = lab_rig_alloc(rig, PAGE_SIZE)->bus;
	const struct dad_desc desc = lab_rig_desc(bus, 4, DAD_DESC_TO_HOST, 0, 7);

	lab_rig_enable(rig, DAD_REQUESTS, 16);
	lab_rig_enable(rig, DAD_STREAM, 16);
	lab_rig_post(rig, DAD_STREAM, desc);
	lab_rig_post(rig, DAD_REQUESTS, desc);
	lab_rig_post(rig, DAD_REQUESTS, desc);
	lab_rig_expect(rig, DAD_REQUESTS, 7, 4, DAD_COMP_OK);
	lab_rig_expect(rig, DAD_REQUESTS, 7, 4, DAD_COMP_OK);
}

/* Section 4: a board that is being reset may be read, and must not be written. */
static void setup_written_in_reset(struct kunit *test)
{
	static const struct umlab_dad_manners manners = {
		.stuck = UMLAB_DAD_STUCK_RESET,
	};
	static const u32 regs[] = {
		DAD_CONTROL, DAD_INT_STATUS, DAD_WINDOW_AT,
		DAD_Q(DAD_REQUESTS) + DAD_Q_SIZE,
	};
	struct lab_rig *rig = setup_plug(test);
	unsigned int i;

	umlab_dad_behave(rig->dma.slot, &manners);
	lab_rig_write(rig, DAD_CONTROL, DAD_CONTROL_RESET);
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_STATUS), 0);
	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		lab_rig_read(rig, regs[i]);
		setup_declare(rig, UMLAB_VIOLATION_MODEL);
		lab_rig_write(rig, regs[i], 0);
		lab_dma_expect_violations(&rig->dma, UMLAB_VIOLATION_MODEL,
					  i + 1);
	}
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_STATUS), 0);
}

/* To let the board work without bus mastering: it cannot fetch a descriptor. */
static void setup_no_master(struct kunit *test)
{
	struct lab_rig *rig = setup_plug(test);
	dma_addr_t bus = lab_rig_alloc(rig, PAGE_SIZE)->bus;

	lab_rig_enable(rig, DAD_REQUESTS, 16);
	pci_clear_master(rig->pdev);
	setup_declare(rig, UMLAB_VIOLATION_MASTER);
	lab_rig_post(rig, DAD_REQUESTS, lab_rig_desc(bus, 4, 0, 0, 1));
	setup_expect(rig, UMLAB_VIOLATION_MASTER);
	setup_expect_error(rig);
}

/* To free the rings of a queue that is active */
static void setup_rings_freed(struct kunit *test)
{
	struct lab_rig *rig = setup_plug(test);

	lab_rig_enable(rig, DAD_REQUESTS, 16);
	setup_declare(rig, UMLAB_VIOLATION_DMA_BUSY);
	lab_rig_free(rig, rig->queue[DAD_REQUESTS].rings);
	setup_expect(rig, UMLAB_VIOLATION_DMA_BUSY);
	lab_rig_reset(rig);
}

/* The same, of one that was told to stop, and has not yet */
static void setup_rings_freed_early(struct kunit *test)
{
	static const struct umlab_dad_manners manners = {
		.stuck = UMLAB_DAD_STUCK_STOP,
	};
	struct lab_rig *rig = setup_plug(test);

	lab_rig_enable(rig, DAD_REQUESTS, 16);
	umlab_dad_behave(rig->dma.slot, &manners);
	lab_rig_write(rig, DAD_Q(DAD_REQUESTS) + DAD_Q_CONTROL, 0);
	setup_declare(rig, UMLAB_VIOLATION_DMA_BUSY);
	lab_rig_free(rig, rig->queue[DAD_REQUESTS].rings);
	setup_expect(rig, UMLAB_VIOLATION_DMA_BUSY);
	lab_rig_reset(rig);
}

/* To unmap what a request under way names; a reset is enough to make that right. */
static void setup_unmapped_in_flight(struct kunit *test)
{
	struct lab_rig *rig = setup_plug(test);
	struct lab_rig_buffer *buffer = lab_rig_pages(rig, PAGE_SIZE);

	umlab_set_completion(rig->dma.slot, UMLAB_COMPLETE_NEVER, 0);
	lab_rig_map(rig, buffer, DMA_TO_DEVICE);
	lab_rig_enable(rig, DAD_REQUESTS, 16);
	lab_rig_post(rig, DAD_REQUESTS, lab_rig_desc(buffer->bus, 4, 0, 0, 1));
	setup_declare(rig, UMLAB_VIOLATION_DMA_BUSY);
	lab_rig_unmap(rig, buffer);
	setup_expect(rig, UMLAB_VIOLATION_DMA_BUSY);
	lab_rig_reset(rig);
	lab_rig_map(rig, buffer, DMA_TO_DEVICE);
	lab_rig_enable(rig, DAD_REQUESTS, 16);
	lab_rig_post(rig, DAD_REQUESTS, lab_rig_desc(buffer->bus, 4, 0, 0, 1));
	lab_rig_write(rig, DAD_CONTROL, DAD_CONTROL_RESET);
	lab_rig_unmap(rig, buffer);
	setup_expect(rig, UMLAB_VIOLATION_DMA_BUSY);
	KUNIT_EXPECT_TRUE(test, lab_rig_ready(rig));
}

/* A request under way with a chain of one block, which has one segment */
static struct lab_rig_buffer *setup_chain(struct lab_rig *rig,
					  struct lab_rig_buffer *data)
{
	struct lab_rig_buffer *block = lab_rig_alloc(rig, PAGE_SIZE);

	umlab_set_completion(rig->dma.slot, UMLAB_COMPLETE_NEVER, 0);
	lab_rig_block(block, 0, 0, 1);
	lab_rig_segment(block, 0, 0, data->bus, 4);
	lab_rig_enable(rig, DAD_REQUESTS, 16);
	lab_rig_post(rig, DAD_REQUESTS,
		     lab_rig_desc(block->bus, 4, DAD_DESC_CHAIN, 0, 1));
	return block;
}

/* To free a block of a request under way */
static void setup_block_freed_in_flight(struct kunit *test)
{
	struct lab_rig *rig = setup_plug(test);
	struct lab_rig_buffer *data = lab_rig_alloc(rig, PAGE_SIZE);
	struct lab_rig_buffer *block = setup_chain(rig, data);

	setup_declare(rig, UMLAB_VIOLATION_DMA_BUSY);
	lab_rig_free(rig, block);
	setup_expect(rig, UMLAB_VIOLATION_DMA_BUSY);
	lab_rig_reset(rig);
}

/* To change one: the board may read it again, until the request is done. */
static void setup_block_changed_in_flight(struct kunit *test)
{
	struct lab_rig *rig = setup_plug(test);
	struct lab_rig_buffer *data = lab_rig_alloc(rig, PAGE_SIZE);
	struct lab_rig_buffer *block = setup_chain(rig, data);

	lab_rig_segment(block, 0, 0, data->bus + 4, 4);
	setup_declare(rig, UMLAB_VIOLATION_MODEL);
	umlab_set_completion(rig->dma.slot, UMLAB_COMPLETE_AT_ONCE, 0);
	setup_expect(rig, UMLAB_VIOLATION_MODEL);
	KUNIT_EXPECT_EQ(test, lab_rig_take(rig, DAD_REQUESTS).tag, 1);
}

static u64 setup_memory_unmapped(struct lab_rig *rig)
{
	struct lab_rig_buffer *buffer = lab_rig_pages(rig, PAGE_SIZE);

	lab_rig_map(rig, buffer, DMA_FROM_DEVICE);
	lab_rig_unmap(rig, buffer);
	return buffer->bus;
}

static u64 setup_memory_end(struct lab_rig *rig)
{
	struct lab_rig_buffer *buffer = lab_rig_pages(rig, PAGE_SIZE);

	lab_rig_map(rig, buffer, DMA_FROM_DEVICE);
	return buffer->bus + PAGE_SIZE - 3;
}

static u64 setup_memory_direction(struct lab_rig *rig)
{
	struct lab_rig_buffer *buffer = lab_rig_pages(rig, PAGE_SIZE);

	lab_rig_map(rig, buffer, DMA_TO_DEVICE);
	return buffer->bus;
}

static u64 setup_memory_owner(struct lab_rig *rig)
{
	struct lab_rig_buffer *buffer = lab_rig_pages(rig, PAGE_SIZE);

	lab_rig_map(rig, buffer, DMA_BIDIRECTIONAL);
	dma_sync_single_for_cpu(rig->dma.dev, buffer->bus, buffer->size,
				DMA_BIDIRECTIONAL);
	return buffer->bus;
}

static u64 setup_memory_wide(struct lab_rig *rig)
{
	return BIT(24);
}

/**
 * struct setup_memory - a segment that the board cannot write to
 * @name: the case
 * @kind: the violation that it is
 * @revision: DAD_REV_*
 * @where: makes it, and says where; it has four bytes
 */
struct setup_memory {
	const char *name;
	enum umlab_violation kind;
	u8 revision;
	u64 (*where)(struct lab_rig *rig);
};

static const struct setup_memory setup_memories[] = {
	{ "unmapped", UMLAB_VIOLATION_DMA_UNMAPPED, DAD_REV_C,
	  setup_memory_unmapped },
	{ "past its end", UMLAB_VIOLATION_DMA_UNMAPPED, DAD_REV_C,
	  setup_memory_end },
	{ "direction", UMLAB_VIOLATION_DMA_DIRECTION, DAD_REV_C,
	  setup_memory_direction },
	{ "owner", UMLAB_VIOLATION_DMA_OWNER, DAD_REV_C, setup_memory_owner },
	{ "A, address of 25 bits", UMLAB_VIOLATION_DMA_WIDTH, DAD_REV_A,
	  setup_memory_wide },
};

KUNIT_ARRAY_PARAM_DESC(setup_memory, setup_memories, name);

/* The board knows of no mappings: to it, it is a bus error. */
static void setup_segment_refused(struct kunit *test)
{
	const struct setup_memory *row = test->param_value;
	struct lab_rig *rig = lab_rig_plug_revision(test, row->revision,
						    LAB_RIG_MEMORY);
	u64 addr = row->where(rig);

	lab_rig_enable(rig, DAD_REQUESTS, 16);
	setup_declare(rig, row->kind);
	lab_rig_post(rig, DAD_REQUESTS,
		     lab_rig_desc(addr, 4, DAD_DESC_TO_HOST, 0, 1));
	lab_rig_expect(rig, DAD_REQUESTS, 1, 0, DAD_COMP_BUS);
	setup_expect(rig, row->kind);
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_STATUS), DAD_STATUS_READY);
}

static struct kunit_case setup_cases[] = {
	KUNIT_CASE_PARAM(setup_enabled, setup_row_gen_params),
	KUNIT_CASE(setup_enabled_stream),
	KUNIT_CASE(setup_same_tag),
	KUNIT_CASE(setup_tag_again),
	KUNIT_CASE(setup_written_in_reset),
	KUNIT_CASE(setup_no_master),
	KUNIT_CASE(setup_rings_freed),
	KUNIT_CASE(setup_rings_freed_early),
	KUNIT_CASE(setup_unmapped_in_flight),
	KUNIT_CASE(setup_block_freed_in_flight),
	KUNIT_CASE(setup_block_changed_in_flight),
	KUNIT_CASE_PARAM(setup_segment_refused, setup_memory_gen_params),
	{}
};

static struct kunit_suite setup_suite = {
	.name		= "umlab_dad_datasheet_queue",
	.test_cases	= setup_cases,
};

kunit_test_suite(setup_suite);
