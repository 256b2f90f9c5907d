// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a violation says: where, what is nearest, whose doing, and how long ago
 */

#include <kunit/test.h>
#include <linux/compiler.h>
#include <linux/dmapool.h>
#include <linux/kmsg_dump.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>

#include "lib/dma.h"
#include "lib/klog.h"

#define WORDS_SIZE	100

static noinline dma_addr_t words_maker(const struct lab_dma *dma, u8 *memory)
{
	dma_addr_t bus = dma_map_single(dma->dev, memory, WORDS_SIZE,
					DMA_TO_DEVICE);

	KUNIT_ASSERT_EQ(dma->test, dma_mapping_error(dma->dev, bus), 0);
	return bus;
}

/* If the call were the last of a function, it would be a jump. */
static noinline void words_ender(const struct lab_dma *dma, dma_addr_t bus)
{
	dma_unmap_single(dma->dev, bus, WORDS_SIZE, DMA_TO_DEVICE);
	barrier();
}

static noinline void words_taker(const struct lab_dma *dma, dma_addr_t bus)
{
	dma_sync_single_for_cpu(dma->dev, bus, WORDS_SIZE, DMA_TO_DEVICE);
	barrier();
}

static void words_expect(const struct lab_dma *dma, struct kmsg_dump_iter begin,
			 const char *words)
{
	KUNIT_EXPECT_TRUE_MSG(dma->test, lab_klog_has(begin, words), "%s",
			      words);
}

/* The device reads a byte that it may not: that is told like this. */
static void words_expect_told(const struct lab_dma *dma, dma_addr_t bus,
			      enum umlab_violation kind, const char *what,
			      const char *who)
{
	struct kmsg_dump_iter begin = lab_klog_now();

	lab_dma_refuse_read(dma, bus, 1, kind);
	words_expect(dma, begin, what);
	words_expect(dma, begin, who);
}

static void words_unmapped(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *memory = lab_dma_pages(test, PAGE_SIZE);
	dma_addr_t bus = words_maker(&dma, memory + 64);

	words_expect_told(&dma, bus + 105, UMLAB_VIOLATION_DMA_UNMAPPED,
			  "0x5 past the end of the nearest mapping of 0x64 bytes",
			  "to the device, made by words_maker");
	words_expect_told(&dma, bus - 3, UMLAB_VIOLATION_DMA_UNMAPPED,
			  "0x3 before the nearest mapping of 0x64 bytes",
			  " 3 events ago");
	words_ender(&dma, bus);
	words_expect_told(&dma, bus + 99, UMLAB_VIOLATION_DMA_UNMAPPED,
			  "is mapped no longer, it was in 0x64 bytes",
			  "unmapped by words_ender");
}

/* Of two mappings, the one is named that is nearer. */
static void words_nearest(struct kunit *test)
{
	struct lab_dma dma = lab_dma_in(test, &umlab_topologies[0]);
	u8 *memory = lab_dma_pages(test, PAGE_SIZE);
	dma_addr_t below = words_maker(&dma, memory);
	dma_addr_t above = words_maker(&dma, memory + 1000);

	words_expect_told(&dma, below + WORDS_SIZE + 9,
			  UMLAB_VIOLATION_DMA_UNMAPPED, "0x9 past the end of",
			  "words_maker");
	words_expect_told(&dma, above - 9, UMLAB_VIOLATION_DMA_UNMAPPED,
			  "0x9 before the nearest", "words_maker");
	words_ender(&dma, below);
	words_ender(&dma, above);
}

/* Addresses that are none: the memory's, and half of the right one */
static void words_wrong_address(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *memory = lab_dma_pages(test, PAGE_SIZE);
	dma_addr_t bus = words_maker(&dma, memory);

	if (!lab_dma_is(&dma, UMLAB_DMA_DIRECT))
		words_expect_told(&dma, virt_to_phys(memory) + 5,
				  UMLAB_VIOLATION_DMA_UNMAPPED,
				  "it is the physical address of mapping of 0x64",
				  "words_maker");
	if (lab_dma_is(&dma, UMLAB_DMA_OFFSET))
		words_expect_told(&dma, (u32)bus + 5,
				  UMLAB_VIOLATION_DMA_UNMAPPED,
				  "it is the low half of an address in mapping",
				  "words_maker");
	words_ender(&dma, bus);
}

/* An unmap that is wrong names who did it. */
static void words_wrong_unmap(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *memory = lab_dma_pages(test, PAGE_SIZE);
	dma_addr_t bus = words_maker(&dma, memory);
	struct kmsg_dump_iter begin = lab_klog_now();

	KUNIT_EXPECT_EQ(test, lab_dma_hold(&dma, bus, true), 0);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_BUSY);
	words_ender(&dma, bus);
	words_expect(&dma, begin, "words_ender");
	words_expect(&dma, begin, " unmaps what the device has in flight");
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_TWICE);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_API);
	lab_dma_expect_warn(&dma, BIT(UMLAB_DMA_IOMMU));
	words_ender(&dma, bus);
	words_expect(&dma, begin, "where nothing is any more");
}

/* Nothing is near, for there is nothing. */
static void words_nothing(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);

	words_expect_told(&dma, 0x1000, UMLAB_VIOLATION_DMA_UNMAPPED,
			  "read of 0x1 bytes at 0x1000",
			  "nothing is mapped for this device");
	words_expect_told(&dma, DMA_MAPPING_ERROR, UMLAB_VIOLATION_DMA_UNMAPPED,
			  "the address is DMA_MAPPING_ERROR",
			  "of a mapping that failed");
}

/* Where the CPU's part begins, in an access that begins in the device's */
static void words_owner(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	dma_addr_t bus = words_maker(&dma, lab_dma_pages(test, PAGE_SIZE));
	struct kmsg_dump_iter begin = lab_klog_now();
	char words[64];

	words_taker(&dma, bus);
	snprintf(words, sizeof(words), "%#llx is the CPU's, to which words_taker",
		 (u64)bus + 10);
	words_expect_told(&dma, bus + 10, UMLAB_VIOLATION_DMA_OWNER, words,
			  "made by words_maker");
	dma_sync_single_range_for_device(dma.dev, bus, 0, 50, DMA_TO_DEVICE);
	lab_dma_refuse_read(&dma, bus + 40, 20, UMLAB_VIOLATION_DMA_OWNER);
	snprintf(words, sizeof(words), "%#llx is the CPU's, to which words_taker",
		 (u64)bus + 50);
	words_expect(&dma, begin, words);
	words_ender(&dma, bus);
}

/*
 * Of a list, each segment is remembered. Behind the IOMMU there is but one,
 * which the last entry is a part of.
 */
static void words_list(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	bool merged = lab_dma_is(&dma, UMLAB_DMA_IOMMU);
	u8 *memory = lab_dma_pages(test, 5 * PAGE_SIZE);
	struct scatterlist list[3];
	unsigned int i;
	dma_addr_t bus;

	sg_init_table(list, ARRAY_SIZE(list));
	for (i = 0; i < ARRAY_SIZE(list); i++)
		sg_set_buf(&list[i], memory + 2 * i * PAGE_SIZE, PAGE_SIZE);
	lab_dma_fill(sg_virt(&list[2]), PAGE_SIZE, 1);
	KUNIT_ASSERT_EQ(test, merged ? 1 : 3,
			dma_map_sg(dma.dev, list, 3, DMA_TO_DEVICE));
	bus = merged ? sg_dma_address(list) + 2 * PAGE_SIZE :
		       sg_dma_address(&list[2]);
	lab_dma_expect_read(&dma, bus, PAGE_SIZE, 1);
	dma_unmap_sg(dma.dev, list, 3, DMA_TO_DEVICE);
	words_expect_told(&dma, bus + PAGE_SIZE - 1,
			  UMLAB_VIOLATION_DMA_UNMAPPED, merged ?
			  "is mapped no longer, it was in 0x3000 bytes" :
			  "is mapped no longer, it was in 0x1000 bytes",
			  __func__);
}

#define WORDS_ENTRIES	40

/* One that is but one segment makes nothing else be forgotten. */
static void words_long_list(struct kunit *test)
{
	struct lab_dma dma = lab_dma_in(test, &umlab_topologies[UMLAB_DMA_IOMMU]);
	u8 *memory = lab_dma_pages(test, WORDS_ENTRIES * PAGE_SIZE);
	struct scatterlist list[WORDS_ENTRIES];
	dma_addr_t bus = words_maker(&dma, memory);
	dma_addr_t other = words_maker(&dma, memory);
	unsigned int i;

	words_ender(&dma, bus);
	dma_set_max_seg_size(dma.dev, WORDS_ENTRIES * PAGE_SIZE);
	sg_init_table(list, WORDS_ENTRIES);
	for (i = 0; i < WORDS_ENTRIES; i++)
		sg_set_buf(&list[i], memory + i * PAGE_SIZE, PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, 1, dma_map_sg(dma.dev, list, WORDS_ENTRIES,
					    DMA_TO_DEVICE));
	dma_unmap_sg(dma.dev, list, WORDS_ENTRIES, DMA_TO_DEVICE);
	words_expect_told(&dma, bus, UMLAB_VIOLATION_DMA_UNMAPPED,
			  "is mapped no longer, it was in 0x64 bytes",
			  "unmapped by words_ender");
	words_ender(&dma, other);
}

/* A pool's page was made by whoever took a block, not by the kernel's pool. */
static void words_pool(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct dma_pool *pool = dma_pool_create("words", dma.dev, 64, 64, 0);
	dma_addr_t bus;
	void *block;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	block = dma_pool_alloc(pool, GFP_KERNEL, &bus);
	KUNIT_EXPECT_NOT_NULL(test, block);
	words_expect_told(&dma, bus + 64, UMLAB_VIOLATION_DMA_POOL,
			  "the block is free: page of a DMA pool of 0x1000 bytes",
			  __func__);
	dma_pool_free(pool, block, bus);
	dma_pool_destroy(pool);
}

/* A leak names who made it. */
static void words_leak(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct kmsg_dump_iter begin = lab_klog_now();

	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_LEAK);
	words_maker(&dma, lab_dma_pages(test, PAGE_SIZE));
	umlab_unplug(test, dma.slot);
	words_expect(&dma, begin,
		     "the device is unplugged: still there is a mapping of 0x64 bytes");
	words_expect(&dma, begin, "made by words_maker");
}

static struct kunit_case words_cases[] = {
	KUNIT_CASE_PARAM(words_unmapped, umlab_topology_gen_params),
	KUNIT_CASE(words_nearest),
	KUNIT_CASE_PARAM(words_wrong_address, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(words_wrong_unmap, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(words_nothing, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(words_owner, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(words_list, umlab_topology_gen_params),
	KUNIT_CASE(words_long_list),
	KUNIT_CASE_PARAM(words_pool, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(words_leak, umlab_topology_gen_params),
	{}
};

static struct kunit_suite words_suite = {
	.name		= "umlab_dma_words",
	.test_cases	= words_cases,
};

kunit_test_suite(words_suite);
