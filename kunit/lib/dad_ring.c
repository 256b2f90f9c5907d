// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rings of blocks of dad boards, and what of a board is mapped
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/pfn.h>
#include <linux/time64.h>

#include "dad_ring.h"
#include "frames.h"
#include "node.h"
#include "space.h"
#include "touch.h"

/* A sample, in bytes, and how many are looked at in one go */
#define RING_SAMPLE	4U
#define RING_CHUNK	64U

/* How often something is looked for that has to come */
#define RING_TRIES	64

static u32 ring_samples(const struct dad_ring *shape)
{
	return shape->block_size / RING_SAMPLE;
}

struct dad_ring lab_ring_shape(u32 direction, u32 block_size, u32 blocks)
{
	struct dad_ring shape = {
		.abi = DAD_ABI,
		.direction = direction,
		.block_size = block_size,
		.blocks = blocks,
	};

	shape.sample_ns = max_t(u32, DAD_SAMPLE_MIN,
				LAB_RING_BLOCK_US * NSEC_PER_USEC /
				ring_samples(&shape));
	return shape;
}

struct lab_ring lab_ring_make(const struct lab_dad *dad, struct dad_ring shape)
{
	struct lab_ring ring = {
		.dad = dad,
		.file = lab_dad_open(dad, O_RDWR),
		.shape = shape,
		.pages = PFN_UP((size_t)shape.block_size * shape.blocks),
	};

	KUNIT_ASSERT_EQ(dad->test, 0,
			lab_dad_ioctl(ring.file, DAD_IOC_RING, &shape));
	return ring;
}

struct lab_ring lab_ring_new(const struct lab_dad *dad, struct dad_ring shape)
{
	struct lab_ring ring = lab_ring_make(dad, shape);

	ring.addr = lab_mmap_shared(dad->test, ring.file, ring.pages,
				    LAB_RING_PGOFF);
	return ring;
}

struct lab_ring lab_ring_short(const struct lab_dad *dad, u32 direction,
			       u32 blocks)
{
	return lab_ring_new(dad, lab_ring_shape(direction, DAD_BLOCK_MIN,
						blocks));
}

struct lab_ring lab_ring_plug(struct kunit *test, struct lab_dad *dad,
			      u32 direction, u32 blocks)
{
	*dad = lab_dad_plug(test);
	lab_space_new(test);
	return lab_ring_short(dad, direction, blocks);
}

void lab_ring_close(const struct lab_ring *ring)
{
	/* The mapping would keep the file. */
	if (ring->addr)
		KUNIT_EXPECT_EQ(ring->dad->test, 0,
				lab_munmap(ring->addr, ring->pages));
	lab_close(ring->dad->test, ring->file);
}

void lab_ring_start(const struct lab_ring *ring)
{
	KUNIT_ASSERT_EQ(ring->dad->test, 0,
			lab_dad_ioctl(ring->file, DAD_IOC_START, NULL));
}

void lab_ring_stop(const struct lab_ring *ring)
{
	KUNIT_EXPECT_EQ(ring->dad->test, 0,
			lab_dad_ioctl(ring->file, DAD_IOC_STOP, NULL));
}

long lab_ring_try_give(const struct lab_ring *ring, u32 count)
{
	struct dad_advance advance = { .abi = DAD_ABI, .count = count };

	return lab_dad_ioctl(ring->file, DAD_IOC_ADVANCE, &advance);
}

struct dad_advance lab_ring_give(const struct lab_ring *ring, u32 count)
{
	struct dad_advance advance = { .abi = DAD_ABI, .count = count };
	long ret = lab_dad_ioctl(ring->file, DAD_IOC_ADVANCE, &advance);

	KUNIT_EXPECT_EQ_MSG(ring->dad->test, ret, 0, "giving %u blocks", count);
	return advance;
}

struct dad_advance lab_ring_look(const struct lab_ring *ring)
{
	return lab_ring_give(ring, 0);
}

/* How long a block lasts, in us */
static unsigned long ring_block_us(const struct lab_ring *ring)
{
	return DIV_ROUND_UP(ring->shape.sample_ns * ring_samples(&ring->shape),
			    (u32)NSEC_PER_USEC);
}

void lab_ring_sleep(const struct lab_ring *ring, u32 blocks)
{
	unsigned long us = blocks * ring_block_us(ring);

	usleep_range(us, us + 1);
}

/* Sleep until so many blocks may be there: never longer than a quarter of one after it */
static void ring_doze(const struct lab_ring *ring, u32 blocks)
{
	unsigned long us = DIV_ROUND_UP(ring_block_us(ring), 4);

	if (blocks > 1)
		lab_ring_sleep(ring, blocks - 1);
	else
		usleep_range(us, us + 1);
}

struct dad_advance lab_ring_wait(const struct lab_ring *ring, u64 done)
{
	struct dad_advance seen = lab_ring_look(ring);
	unsigned int tries;

	for (tries = 0; tries < RING_TRIES && seen.done < done &&
	     seen.state == DAD_STATE_RUNNING; tries++) {
		ring_doze(ring, done - seen.done);
		seen = lab_ring_look(ring);
	}
	KUNIT_EXPECT_GE_MSG(ring->dad->test, seen.done, done,
			    "the stream is in state %u", seen.state);
	return seen;
}

unsigned long lab_ring_at(const struct lab_ring *ring, u64 block)
{
	return ring->addr +
	       (block & (ring->shape.blocks - 1)) * ring->shape.block_size;
}

/* A part of a block, from its byte @at on */
static void ring_expect_part(const struct lab_ring *ring, u64 block, u32 at,
			     u32 count, u64 lost)
{
	u32 first = (block + lost) * ring_samples(&ring->shape) +
		    at / RING_SAMPLE;
	struct kunit *test = ring->dad->test;
	__le32 seen[RING_CHUNK];
	enum lab_access access;
	u32 i;

	access = lab_load(lab_ring_at(ring, block) + at, seen,
			  count * RING_SAMPLE);
	if (access != LAB_OK) {
		KUNIT_FAIL(test, "block %llu: %s", block,
			   lab_access_name(access));
		return;
	}
	for (i = 0; i < count; i++) {
		if (le32_to_cpu(seen[i]) == first + i)
			continue;
		KUNIT_FAIL(test, "block %llu, byte %u: sample %u, expected %u",
			   block, at + i * RING_SAMPLE, le32_to_cpu(seen[i]),
			   first + i);
		return;
	}
}

void lab_ring_expect(const struct lab_ring *ring, u64 block, u64 lost)
{
	u32 count = min(ring_samples(&ring->shape), RING_CHUNK);
	u32 size = ring->shape.block_size, part = count * RING_SAMPLE;
	u32 step = max(size / 16, part);
	u32 at;

	for (at = 0; at < size; at += step)
		ring_expect_part(ring, block, at, count, lost);
	if (step > part)
		ring_expect_part(ring, block, size - part, count, lost);
}

void lab_ring_fill(const struct lab_ring *ring, u64 block)
{
	u32 total = ring_samples(&ring->shape), number = block * total, done, i;
	u32 count = min(total, RING_CHUNK);
	__le32 samples[RING_CHUNK];

	for (done = 0; done < total; done += count) {
		for (i = 0; i < count; i++)
			samples[i] = cpu_to_le32(number++);
		KUNIT_EXPECT_EQ(ring->dad->test, LAB_OK,
				lab_store(lab_ring_at(ring, block) +
					  done * RING_SAMPLE, samples,
					  count * RING_SAMPLE));
	}
}

void lab_ring_expect_sent(const struct lab_ring *ring, u64 blocks)
{
	u64 bytes = blocks * ring->shape.block_size;
	size_t size = min_t(u64, bytes, UMLAB_DAD_SENT), i;
	u32 first = (bytes - size) / RING_SAMPLE;
	struct kunit *test = ring->dad->test;
	__le32 *sent = kunit_kzalloc(test, UMLAB_DAD_SENT, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, sent);
	KUNIT_EXPECT_EQ(test, umlab_dad_sent(ring->dad->slot, sent, size),
			bytes);
	for (i = 0; i < size / RING_SAMPLE; i++) {
		if (le32_to_cpu(sent[i]) == first + i)
			continue;
		KUNIT_FAIL(test, "sample %u was sent, expected %zu",
			   le32_to_cpu(sent[i]), first + i);
		break;
	}
	kunit_kfree(test, sent);
}

static unsigned int ring_accesses(const struct umlab_slot *slot, u64 since)
{
	static const enum umlab_event_kind kinds[] = {
		UMLAB_DMA_READ, UMLAB_DMA_WRITE, UMLAB_IOMMU_FAULT,
	};
	unsigned int count = 0, i;

	/* Those that succeeded, and those that failed */
	for (i = 0; i < 2 * ARRAY_SIZE(kinds); i++) {
		struct umlab_event pattern = UMLAB_DID_ANY(kinds[i / 2]);

		pattern.where = i % 2;
		count += umlab_journal_count(slot, since, pattern);
	}
	return count;
}

void lab_ring_expect_quiet(const struct lab_ring *ring)
{
	u64 since = umlab_journal_now();

	lab_ring_sleep(ring, 8);
	KUNIT_EXPECT_EQ_MSG(ring->dad->test, 0,
			    ring_accesses(ring->dad->slot, since),
			    "the board accesses memory");
}

static int ring_wake(struct wait_queue_entry *entry, unsigned int mode,
		     int flags, void *key)
{
	struct lab_ring_poll *poll = entry->private;

	/* As fs/select.c does: who is woken for something else, sleeps on. */
	if (key && !(key_to_poll(key) & poll->table._key))
		return 0;
	complete(&poll->woken);
	return 1;
}

static void ring_queue(struct file *file, wait_queue_head_t *queue,
		       poll_table *table)
{
	struct lab_ring_poll *poll = container_of(table, struct lab_ring_poll,
						  table);
	wait_queue_entry_t *entry = &poll->entries[poll->count];

	if (WARN_ON_ONCE(poll->count == LAB_RING_POLL_QUEUES))
		return;
	poll->queues[poll->count++] = queue;
	init_waitqueue_func_entry(entry, ring_wake);
	entry->private = poll;
	add_wait_queue(queue, entry);
}

static void ring_leave(void *data)
{
	struct lab_ring_poll *poll = data;

	while (poll->count--)
		remove_wait_queue(poll->queues[poll->count],
				  &poll->entries[poll->count]);
}

struct lab_ring_poll *lab_ring_poll_begin(struct kunit *test, struct file *file,
					  unsigned int events)
{
	struct lab_ring_poll *poll = kunit_kzalloc(test, sizeof(*poll),
						   GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, poll);
	poll->test = test;
	poll->file = file;
	poll->events = events;
	init_completion(&poll->woken);
	init_poll_funcptr(&poll->table, ring_queue);
	poll->table._key = demangle_poll(events) | EPOLLERR | EPOLLHUP;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, ring_leave,
							   poll));
	KUNIT_EXPECT_EQ(test, 0,
			mangle_poll(vfs_poll(file, &poll->table)) & events);
	return poll;
}

unsigned int lab_ring_poll_end(struct lab_ring_poll *poll)
{
	unsigned long timeout = msecs_to_jiffies(LAB_DAD_LONG);
	unsigned int tries;
	unsigned int found = 0;

	for (tries = 0; tries < RING_TRIES && !(found & poll->events) &&
	     wait_for_completion_timeout(&poll->woken, timeout); tries++)
		found = mangle_poll(vfs_poll(poll->file, NULL));
	kunit_release_action(poll->test, ring_leave, poll);
	return found;
}

static void areas_find_ring(struct lab_areas *areas)
{
	struct kunit *test = areas->dad.test;
	unsigned long addr = lab_area_map(areas, LAB_AREA_RING, 0,
					  LAB_AREA_PAGES);
	struct lab_frame frame;
	unsigned long page;

	for (page = 0; page < LAB_AREA_PAGES; page++) {
		KUNIT_ASSERT_EQ(test, LAB_OK, lab_touch(addr + page * PAGE_SIZE,
							true));
		KUNIT_ASSERT_TRUE(test, lab_frame_at(addr + page * PAGE_SIZE,
						     &frame));
		areas->pfn[LAB_AREA_RING][page] = frame.pfn;
	}
	KUNIT_ASSERT_EQ(test, 0, lab_munmap(addr, LAB_AREA_PAGES));
}

struct lab_areas *lab_areas_plug(struct kunit *test)
{
	struct lab_areas *areas = kunit_kzalloc(test, sizeof(*areas),
						GFP_KERNEL);
	unsigned long page;

	KUNIT_ASSERT_NOT_NULL(test, areas);
	areas->dad = lab_dad_plug(test);
	lab_space_new(test);
	areas->ring = lab_ring_make(&areas->dad,
				    lab_ring_shape(DAD_RING_IN, PAGE_SIZE,
						   LAB_AREA_PAGES));
	areas->file = areas->ring.file;
	areas->pgoff[LAB_AREA_RING] = LAB_RING_PGOFF;
	for (page = 0; page < LAB_AREA_PAGES; page++)
		areas->pfn[LAB_AREA_MEMORY][page] =
			PHYS_PFN(pci_resource_start(areas->dad.pdev,
						    DAD_BAR_MEMORY)) + page;
	areas_find_ring(areas);
	areas->space = lab_space_new(test);
	return areas;
}

unsigned long lab_area_map(const struct lab_areas *areas, enum lab_area area,
			   unsigned long first, unsigned long pages)
{
	return lab_mmap_shared(areas->dad.test, areas->file, pages,
			       areas->pgoff[area] + first);
}

struct lab_window lab_area_window(const struct lab_areas *areas,
				  enum lab_area area, unsigned long addr,
				  unsigned long first, unsigned long pages)
{
	return (struct lab_window) {
		.addr = addr,
		.pages = pages,
		.list = areas->pfn[area] + first,
	};
}

void lab_area_expect(const struct lab_areas *areas, enum lab_area area,
		     const char *step, unsigned long addr, unsigned long first,
		     unsigned long pages)
{
	struct lab_window window = lab_area_window(areas, area, addr, first,
						   pages);

	lab_expect_frames(areas->dad.test, step, &window, 1);
}
