// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is mapped more than once
 *
 * The device may read it by as many mappings as there are. If it may write by
 * any of them, that is an overlap, as nobody can say what is in memory then.
 */

#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>

#include "lib/dma.h"
#include "lib/quiet.h"

/**
 * struct overlap_pair - two mappings that overlap
 * @name: the case
 * @first: the direction of the first, of 512 bytes
 * @second: that of the second
 * @at: how far the second is from the start of the first, in bytes
 * @wrong: whether that is a violation
 * @api: how often the kernel's own checks complain, of the first lines alone
 */
struct overlap_pair {
	const char *name;
	enum dma_data_direction first;
	enum dma_data_direction second;
	unsigned int at;
	bool wrong;
	unsigned int api;
};

static const struct overlap_pair overlap_pairs[] = {
	{ "both read", DMA_TO_DEVICE, DMA_TO_DEVICE, 0 },
	{ "both written", DMA_FROM_DEVICE, DMA_FROM_DEVICE, 0, true, 1 },
	{ "both written, from the middle", DMA_FROM_DEVICE, DMA_FROM_DEVICE,
	  256, true },
	{ "both written, one byte", DMA_FROM_DEVICE, DMA_FROM_DEVICE, 511,
	  true },
	{ "both written, side by side", DMA_FROM_DEVICE, DMA_FROM_DEVICE, 512 },
	{ "read, then written", DMA_TO_DEVICE, DMA_FROM_DEVICE, 0, true },
	{ "written, then read", DMA_FROM_DEVICE, DMA_TO_DEVICE, 0, true },
	{ "read, then both", DMA_TO_DEVICE, DMA_BIDIRECTIONAL, 0, true },
	{ "both, twice", DMA_BIDIRECTIONAL, DMA_BIDIRECTIONAL, 0, true, 1 },
};

KUNIT_ARRAY_PARAM_DESC(overlap_pair, overlap_pairs, name);

static void overlap_two(struct kunit *test)
{
	const struct overlap_pair *pair = test->param_value;
	u8 *memory = lab_dma_pages(test, PAGE_SIZE);
	unsigned int i;

	for (i = 0; i < UMLAB_TOPOLOGIES; i++) {
		struct lab_dma dma = lab_dma_in(test, &umlab_topologies[i]);
		dma_addr_t first = lab_dma_map(&dma, memory, 512, pair->first);
		dma_addr_t second;

		lab_dma_declare(&dma, UMLAB_VIOLATION_DMA_OVERLAP, pair->wrong);
		lab_dma_declare(&dma, UMLAB_VIOLATION_DMA_API, pair->api);
		second = lab_dma_map(&dma, memory + pair->at, 512,
				     pair->second);
		dma_unmap_single(dma.dev, first, 512, pair->first);
		dma_unmap_single(dma.dev, second, 512, pair->second);
		KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 0);
		umlab_unplug(test, dma.slot);
	}
}

/**
 * struct overlap_share - one of the mappings of memory that is only read
 * @at: where in the memory it begins, in bytes
 * @bus: the bus address
 * @live: it is mapped
 */
struct overlap_share {
	unsigned int at;
	dma_addr_t bus;
	bool live;
};

#define OVERLAP_SHARES	3
#define OVERLAP_SHARE	100	/* bytes */

static const u8 overlap_orders[][OVERLAP_SHARES] = {
	{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 },
	{ 2, 1, 0 },
};

/* The device reads a byte, which it may if some mapping or other has it. */
static void overlap_probe(const struct lab_dma *dma,
			  const struct overlap_share *shares, dma_addr_t bus)
{
	bool may = false;
	unsigned int i;
	u8 byte;

	for (i = 0; i < OVERLAP_SHARES; i++)
		may |= shares[i].live && bus - shares[i].bus < OVERLAP_SHARE;
	lab_dma_declare(dma, UMLAB_VIOLATION_DMA_UNMAPPED, !may);
	KUNIT_EXPECT_EQ(dma->test, lab_dma_read(dma, bus, &byte, 1),
			may ? 0 : -EIO);
}

static void overlap_look(const struct lab_dma *dma,
			 const struct overlap_share *shares)
{
	unsigned int i;

	for (i = 0; i < OVERLAP_SHARES; i++) {
		dma_addr_t bus = shares[i].bus;

		if (shares[i].live)
			lab_dma_expect_read(dma, bus, OVERLAP_SHARE,
					    1 + shares[i].at);
		overlap_probe(dma, shares, bus - 1);
		overlap_probe(dma, shares, bus);
		overlap_probe(dma, shares, bus + OVERLAP_SHARE - 1);
		overlap_probe(dma, shares, bus + OVERLAP_SHARE);
	}
}

/* Mapped thrice, twice the same; each is there for as long as it is mapped. */
static void overlap_shared(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *memory = lab_dma_pages(test, PAGE_SIZE);
	unsigned int i, j;

	lab_quiet_console(test);
	lab_dma_fill(memory, 2 * OVERLAP_SHARE, 1);
	for (i = 0; i < ARRAY_SIZE(overlap_orders); i++) {
		struct overlap_share shares[OVERLAP_SHARES] = {
			{ 0 }, { 0 }, { OVERLAP_SHARE / 2 },
		};

		for (j = 0; j < OVERLAP_SHARES; j++) {
			shares[j].bus = lab_dma_map(&dma, memory + shares[j].at,
						    OVERLAP_SHARE,
						    DMA_TO_DEVICE);
			shares[j].live = true;
		}
		/* Where the first ends, the third goes on, but is another. */
		if (shares[2].bus == shares[0].bus + OVERLAP_SHARE / 2)
			lab_dma_refuse_read(&dma, shares[0].bus,
					    OVERLAP_SHARE * 3 / 2,
					    UMLAB_VIOLATION_DMA_UNMAPPED);
		overlap_look(&dma, shares);
		for (j = 0; j < OVERLAP_SHARES; j++) {
			struct overlap_share *share =
				&shares[overlap_orders[i][j]];

			dma_unmap_single(dma.dev, share->bus, OVERLAP_SHARE,
					 DMA_TO_DEVICE);
			share->live = false;
			overlap_look(&dma, shares);
		}
	}
}

/*
 * Two requests for the same data: the device has both in flight, is done with one,
 * and that one is unmapped. Their syncs are not mistaken for each other's.
 */
static void overlap_in_flight(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *memory = lab_dma_pages(test, PAGE_SIZE);
	dma_addr_t one = lab_dma_map(&dma, memory, 64, DMA_TO_DEVICE);
	dma_addr_t two = lab_dma_map(&dma, memory, 1500, DMA_TO_DEVICE);

	dma_sync_single_for_device(dma.dev, two, 1500, DMA_TO_DEVICE);
	dma_sync_single_for_device(dma.dev, one, 64, DMA_TO_DEVICE);
	dma_unmap_single(dma.dev, one, 64, DMA_TO_DEVICE);
	one = lab_dma_map(&dma, memory, 1500, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, lab_dma_hold(&dma, one, true), 0);
	KUNIT_EXPECT_EQ(test, lab_dma_hold(&dma, two, true), 0);
	lab_dma_hold(&dma, one, false);
	dma_unmap_single(dma.dev, one, 1500, DMA_TO_DEVICE);
	lab_dma_hold(&dma, two, false);
	dma_unmap_single(dma.dev, two, 1500, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 0);
}

#define OVERLAP_ENTRIES	3

/*
 * A list has its first page once more after another one: that is told once. The
 * kernel looks at where segments begin, not entries.
 */
static void overlap_try_list(const struct lab_dma *dma, u8 *memory,
			     unsigned int segments, enum dma_data_direction dir)
{
	bool wrong = dir != DMA_TO_DEVICE;
	struct scatterlist list[OVERLAP_ENTRIES];

	sg_init_table(list, OVERLAP_ENTRIES);
	sg_set_buf(&list[0], memory, PAGE_SIZE);
	sg_set_buf(&list[1], memory + PAGE_SIZE, PAGE_SIZE);
	sg_set_buf(&list[2], memory, PAGE_SIZE);
	lab_dma_declare(dma, UMLAB_VIOLATION_DMA_OVERLAP, wrong);
	lab_dma_declare(dma, UMLAB_VIOLATION_DMA_API, wrong && segments > 1);
	KUNIT_ASSERT_EQ(dma->test, segments,
			dma_map_sg(dma->dev, list, OVERLAP_ENTRIES, dir));
	dma_unmap_sg(dma->dev, list, OVERLAP_ENTRIES, dir);
	KUNIT_EXPECT_EQ(dma->test, umlab_mappings(dma->slot), 0);
}

/* Behind the IOMMU it is one segment, unless that were too long. */
static void overlap_in_list(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	unsigned int segments = lab_dma_is(&dma, UMLAB_DMA_IOMMU) ?
				1 : OVERLAP_ENTRIES;
	u8 *memory = lab_dma_pages(test, 2 * PAGE_SIZE);

	overlap_try_list(&dma, memory, segments, DMA_TO_DEVICE);
	overlap_try_list(&dma, memory, segments, DMA_FROM_DEVICE);
	dma_set_max_seg_size(dma.dev, PAGE_SIZE);
	overlap_try_list(&dma, memory, OVERLAP_ENTRIES, DMA_TO_DEVICE);
	overlap_try_list(&dma, memory, OVERLAP_ENTRIES, DMA_FROM_DEVICE);
	lab_dma_expect_violations(&dma, UMLAB_VIOLATION_DMA_OVERLAP, 2);
}

static struct kunit_case overlap_cases[] = {
	KUNIT_CASE_PARAM(overlap_two, overlap_pair_gen_params),
	KUNIT_CASE_PARAM(overlap_shared, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(overlap_in_flight, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(overlap_in_list, umlab_topology_gen_params),
	{}
};

static struct kunit_suite overlap_suite = {
	.name		= "umlab_dma_overlap",
	.test_cases	= overlap_cases,
};

kunit_test_suite(overlap_suite);
