// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: how the memory of requests is mapped, within which limits, and what is done if it
 * cannot be
 */

#include <kunit/test.h>
#include <linux/dma-direction.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/sizes.h>
#include <linux/string_choices.h>

#include "lib/dad.h"
#include "lib/dad_flight.h"
#include "lib/dad_user.h"
#include "lib/space.h"

/* What is copied by the driver, at most */
#define MAPPING_COPY	1024

/* User memory, in pages that are not in a row, unless a case wants more */
#define MAPPING_PAGES	4
#define MAPPING_SIZE	(MAPPING_PAGES * PAGE_SIZE)

#define MAPPING_DOORBELL	(DAD_Q(DAD_REQUESTS) + DAD_Q_PRODUCER)

static struct lab_dad_user *mapping_begin(const struct lab_dad *dad,
					  unsigned long pages)
{
	unsigned long addr = lab_mmap_anonymous(dad->test, pages);

	lab_dad_scatter(dad->test, addr, pages);
	return lab_dad_user_new(dad, addr, pages);
}

static struct lab_dad_user *mapping_plug(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);

	return mapping_begin(&dad, MAPPING_PAGES);
}

static void mapping_expect(struct lab_dad_user *user, bool write, size_t at,
			   size_t len, loff_t pos)
{
	KUNIT_EXPECT_EQ_MSG(user->dad.test,
			    lab_dad_user_move(user, write, at, len, pos), len,
			    "%s of %zu bytes", str_write_read(write), len);
}

/* Expect so many events like this one since @begin. */
static void mapping_expect_events(const struct lab_dad_user *user, u64 begin,
				  struct umlab_event pattern,
				  unsigned int want, const char *what)
{
	KUNIT_EXPECT_EQ_MSG(user->dad.test,
			    umlab_journal_count(user->dad.slot, begin, pattern),
			    want, "%s", what);
}

/* Expect that nothing was mapped and unmapped, or just what a request moves. */
static void mapping_expect_mapped(const struct lab_dad_user *user, u64 begin,
				  bool write, size_t len, unsigned int times)
{
	struct umlab_event map = UMLAB_DID_ANY(UMLAB_MAP);
	struct umlab_event unmap = UMLAB_DID_ANY(UMLAB_UNMAP);

	mapping_expect_events(user, begin, map, times, "all mappings");
	mapping_expect_events(user, begin, unmap, times, "all unmappings");
	map.any = UMLAB_ANY_VALUE;
	map.offset = write ? DMA_TO_DEVICE : DMA_FROM_DEVICE;
	map.size = len;
	unmap.any = map.any;
	unmap.offset = map.offset;
	unmap.size = len;
	mapping_expect_events(user, begin, map, times, "mappings of it");
	mapping_expect_events(user, begin, unmap, times, "unmappings of it");
}

/*
 * What is short is in a buffer that was mapped before, and changes hands by syncs; what is
 * not is mapped for the one request. All of it is there before the doorbell is rung, once,
 * for here the board takes it inside of that.
 */
static void mapping_expect_order(struct lab_dad_user *user, bool write,
				 size_t at, size_t len)
{
	const struct umlab_event doorbell =
		UMLAB_DID_WRITE_ANY(DAD_BAR_REGS, MAPPING_DOORBELL);
	bool copied = len <= MAPPING_COPY;
	u64 begin = umlab_journal_now();

	mapping_expect(user, write, at, len, 77);
	UMLAB_EXPECT_ORDER(user->dad.test, user->dad.slot, begin,
			   UMLAB_DID_ANY(copied ? UMLAB_SYNC_DEVICE :
						  UMLAB_MAP),
			   UMLAB_DID_WRITE_ANY(DAD_BAR_REGS, MAPPING_DOORBELL),
			   UMLAB_DID_ANY(UMLAB_DMA_READ),
			   UMLAB_DID_ANY(UMLAB_DMA_WRITE),
			   UMLAB_DID_ANY(copied ? UMLAB_SYNC_CPU :
						  UMLAB_UNMAP));
	mapping_expect_events(user, begin, doorbell, 1, "doorbells");
	mapping_expect_mapped(user, begin, write, len, copied ? 0 : 1);
	lab_dad_user_expect(user, "in order");
}

static void mapping_order(struct kunit *test)
{
	struct lab_dad_user *user = mapping_plug(test);
	unsigned int write;

	for (write = 0; write < 2; write++) {
		mapping_expect_order(user, write, 5 + write, MAPPING_COPY);
		mapping_expect_order(user, write, 5 + write, MAPPING_COPY + 1);
		mapping_expect_order(user, write, 4000 + write, 6000);
	}
	lab_dad_user_expect_counter(user, "copies", 2);
	lab_dad_user_expect_counter(user, "pages", 2);
	lab_dad_user_expect_counter(user, "lists", 2);
}

/* All that the board can have is mapped at a time, and the last one is done first. */
static void mapping_backwards(struct kunit *test)
{
	struct lab_flight *flight = lab_flight_begin(test);
	unsigned int idle = umlab_mappings(flight->dad.slot), round, nr;

	umlab_dad_behave(flight->dad.slot, &(struct umlab_dad_manners) {
		.backwards = true,
	});
	for (round = 0; round < 3; round++) {
		lab_flight_hold(flight);
		for (nr = 0; nr < LAB_FLIGHT_SLOTS; nr++)
			lab_flight_submit(flight, flight->file, nr,
					  (nr + round) % 2);
		KUNIT_EXPECT_EQ(test, lab_dad_poll(flight->file), 0);
		KUNIT_EXPECT_GE(test, umlab_mappings(flight->dad.slot),
				idle + LAB_FLIGHT_SLOTS);
		lab_flight_release(flight);
		for (nr = 0; nr < LAB_FLIGHT_SLOTS; nr++)
			lab_flight_expect(flight, nr, (nr + round) % 2);
		KUNIT_EXPECT_EQ(test, lab_dad_poll(flight->file),
				LAB_FLIGHT_READY);
	}
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&flight->dad, "requests"),
			3 * LAB_FLIGHT_SLOTS);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&flight->dad, "resets"), 0);
}

/* More than what A and B take in one segment, at no boundary of anything */
#define MAPPING_LONG_PAGES	50
#define MAPPING_LONG_AT		0x123
#define MAPPING_LONG		(3 * SZ_64K + 0x321)

/*
 * Memory in a row is cut as the board needs it, and so is what an IOMMU makes of pages that
 * are scattered. That no segment is too long, or crosses what it must not, the board sees to.
 */
static void mapping_limits_of(struct kunit *test, u8 revision, bool scattered)
{
	struct lab_dad dad = lab_dad_plug_as(test, revision, LAB_DAD_MEMORY,
					     NULL);
	struct lab_dad_user *user = scattered ?
		mapping_begin(&dad, MAPPING_LONG_PAGES) :
		lab_dad_user_new(&dad, lab_dad_contiguous(test, MAPPING_LONG_PAGES),
				 MAPPING_LONG_PAGES);

	mapping_expect(user, false, MAPPING_LONG_AT, MAPPING_LONG, 1001);
	lab_dad_user_expect(user, "read");
	mapping_expect(user, true, MAPPING_LONG_AT + 1, MAPPING_LONG, 5);
	lab_dad_user_expect(user, "write");
	lab_dad_user_expect_counter(user, "requests", 2);
	lab_dad_user_expect_counter(user, "lists", 2);
	lab_dad_user_expect_counter(user, "chains",
				    revision == DAD_REV_C ? 0 : 2);
}

static void mapping_limits(struct kunit *test)
{
	static const u8 revisions[] = { DAD_REV_A, DAD_REV_B, DAD_REV_C };
	const struct umlab_topology *topology = test->param_value;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(revisions); i++) {
		if (!lab_dad_way_dma(revisions[i], topology))
			continue;
		mapping_limits_of(test, revisions[i], false);
		if (topology->dma == UMLAB_DMA_IOMMU)
			mapping_limits_of(test, revisions[i], true);
	}
}

#define MAPPING_MORE_PAGES	(3 * SZ_1M / PAGE_SIZE)

/* C takes a segment of 1 MiB at most. */
static void mapping_longest(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug_as(test, DAD_REV_C, SZ_4M, NULL);
	unsigned long addr = lab_dad_contiguous(test, MAPPING_MORE_PAGES);
	struct lab_dad_user *user = lab_dad_user_new(&dad, addr,
						     MAPPING_MORE_PAGES);

	mapping_expect(user, false, 0x123, SZ_2M + SZ_512K + 1, 77);
	lab_dad_user_expect(user, "read");
	lab_dad_user_expect_counter(user, "chains", 1);
}

/* The whole of what a call may move, in a thousand pieces */
#define MAPPING_MOST_PAGES	(DAD_TRANSFER_MAX / PAGE_SIZE)

static void mapping_thousand(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug_as(test, DAD_REV_C, SZ_4M, NULL);
	struct lab_dad_user *user = mapping_begin(&dad, MAPPING_MOST_PAGES);

	KUNIT_EXPECT_GE(test, lab_dad_runs(user->addr, MAPPING_MOST_PAGES),
			1000);
	mapping_expect(user, false, 0, DAD_TRANSFER_MAX, 0);
	lab_dad_user_expect(user, "read");
	lab_dad_user_expect_counter(user, "requests", 1);
	lab_dad_user_expect_counter(user, "chains", 1);
	lab_dad_user_expect_counter(user, "map_retries", 0);
}

/*
 * More than a call may move is cut; there are fewer bounce buffers than that, so then it
 * is less.
 */
static void mapping_most(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug_as(test, DAD_REV_C, SZ_8M, NULL);
	struct lab_dad_user *user = mapping_begin(&dad, MAPPING_MOST_PAGES + 1);
	bool bounce = umlab_topology(dad.slot)->dma == UMLAB_DMA_BOUNCE;
	unsigned int write;

	for (write = 0; write < 2; write++) {
		size_t len = DAD_TRANSFER_MAX + 100, at = 99 + write;
		ssize_t ret = lab_dad_user_move(user, write, at, len, 12345);

		if (!bounce)
			KUNIT_EXPECT_EQ(test, ret, DAD_TRANSFER_MAX);
		KUNIT_ASSERT_GT(test, ret, 0);
		KUNIT_ASSERT_LE(test, ret, DAD_TRANSFER_MAX);
		lab_dad_user_expect(user, "a part");
		KUNIT_EXPECT_GT(test,
				lab_dad_user_move_all(user, write, at + ret,
						      len - ret, 12345 + ret),
				0);
		lab_dad_user_expect(user, "all");
	}
}

/*
 * The first, second or third mapping fails: so that call moves half as much, and it takes
 * one more of them.
 */
static void mapping_fails(struct kunit *test)
{
	struct lab_dad_user *user = mapping_plug(test);
	unsigned int nth, i;

	for (nth = 1; nth <= 3; nth++) {
		int calls = 0;

		umlab_set_faults(user->dad.slot, &(struct umlab_faults) {
			.map = nth,
		});
		for (i = 0; i < 3; i++)
			calls += lab_dad_user_move_all(user, (nth + i) % 2, 0,
						       MAPPING_SIZE,
						       (nth + 3 * i) * SZ_16K);
		KUNIT_EXPECT_EQ(test, calls, 4);
		lab_dad_user_expect(user, "all");
		lab_dad_user_expect_counter(user, "map_retries", nth);
	}
}

/*
 * There is nothing smaller than a page. Who waits is helped by the slot's own buffer, which
 * is mapped already; who does not, gets an error, and his memory back.
 */
static void mapping_fails_small(struct kunit *test)
{
	const struct umlab_faults faults = { .map = 1 };
	struct lab_dad_aio *aio = kunit_kzalloc(test, sizeof(*aio), GFP_KERNEL);
	struct lab_dad_user *user;
	ssize_t ret;

	KUNIT_ASSERT_NOT_NULL(test, aio);
	user = mapping_plug(test);
	umlab_set_faults(user->dad.slot, &faults);
	KUNIT_EXPECT_EQ(test, lab_dad_user_move(user, false, 10, 2000, 7),
			MAPPING_COPY);
	lab_dad_user_expect(user, "synchronous");
	lab_dad_user_expect_counter(user, "copies", 1);

	umlab_set_faults(user->dad.slot, &faults);
	ret = lab_dad_submit(user->file, aio, false, user->addr, 100, 5000);
	KUNIT_ASSERT_EQ(test, ret, -ENOMEM);
	lab_dad_user_expect(user, "asynchronous");
	KUNIT_ASSERT_EQ(test, lab_dad_submit(user->file, aio, false, user->addr,
					     100, 5000), -EIOCBQUEUED);
	KUNIT_EXPECT_EQ(test, lab_dad_wait(aio), 100);
	lab_dad_user_moved(user, false, 0, 5000, 100);
	lab_dad_user_expect(user, "once more");
}

/* So many bounce buffers the slots' own buffers take. A page takes two. */
/* There is no memory for a block of a chain: the list is unmapped, and half of it tried. */
static void mapping_no_block(struct kunit *test)
{
	/* B, so that there is a chain behind the IOMMU, but where that has no DMA */
	u8 revision = lab_dad_way_dma(DAD_REV_B, test->param_value) ?
		      DAD_REV_B : DAD_REV_C;
	struct lab_dad dad = lab_dad_plug_as(test, revision, LAB_DAD_MEMORY,
					     NULL);
	struct lab_dad_user *user = mapping_begin(&dad, MAPPING_LONG_PAGES);

	umlab_set_faults(dad.slot, &(struct umlab_faults) { .alloc = 1 });
	KUNIT_EXPECT_GE(test, 2,
			lab_dad_user_move_all(user, false, MAPPING_LONG_AT,
					      MAPPING_LONG, 1));
	lab_dad_user_expect(user, "all");
	umlab_set_faults(dad.slot, &(struct umlab_faults) { });
	mapping_expect(user, true, MAPPING_LONG_AT, MAPPING_LONG, 1);
	lab_dad_user_expect(user, "written");
}

#define MAPPING_OWN	8

/* Room for two of the four pages, for one, and for none */
static const struct umlab_topology mapping_pools[] = {
	{ .name = "2_pages", .dma = UMLAB_DMA_BOUNCE, .slots = MAPPING_OWN + 4 },
	{ .name = "1_page", .dma = UMLAB_DMA_BOUNCE, .slots = MAPPING_OWN + 2 },
	{ .name = "none", .dma = UMLAB_DMA_BOUNCE, .slots = MAPPING_OWN },
};

KUNIT_ARRAY_PARAM_DESC(mapping_pool, mapping_pools, name);

/* A pool of bounce buffers that is too small for a transfer still does for all of it. */
static void mapping_few_slots(struct kunit *test)
{
	const struct umlab_options options = { .topology = test->param_value };
	struct lab_dad dad = lab_dad_plug_as(test, DAD_REV_C, LAB_DAD_MEMORY,
					     &options);
	struct lab_dad_user *user = mapping_begin(&dad, MAPPING_PAGES);
	unsigned int write;

	for (write = 0; write < 2; write++) {
		KUNIT_EXPECT_GE(test,
				lab_dad_user_move_all(user, write, 100 + write,
						      MAPPING_SIZE - 300, 33),
				2);
		lab_dad_user_expect(user, "all");
	}
	KUNIT_EXPECT_GT(test, lab_dad_counter(&dad, "map_retries"), 0);
}

static struct kunit_case mapping_cases[] = {
	KUNIT_CASE_PARAM(mapping_order, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(mapping_backwards, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(mapping_limits, umlab_topology_gen_params),
	KUNIT_CASE(mapping_longest),
	KUNIT_CASE(mapping_thousand),
	KUNIT_CASE_PARAM_ATTR(mapping_most, umlab_topology_gen_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE_PARAM(mapping_fails, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(mapping_no_block, umlab_topology_gen_params),
	KUNIT_CASE(mapping_fails_small),
	KUNIT_CASE_PARAM(mapping_few_slots, mapping_pool_gen_params),
	{}
};

static struct kunit_suite mapping_suite = {
	.name		= "umlab_dad_dma",
	.test_cases	= mapping_cases,
};

kunit_test_suite(mapping_suite);
