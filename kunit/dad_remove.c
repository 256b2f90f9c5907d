// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: boards that are unplugged or unbound with all under way that can be
 *
 * Most go in an orderly way: the driver can still reach them. What has vanished at some
 * access before, is in dad_unplug.c.
 */

#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/poll.h>
#include <umlab/dad.h>
#include <umlab/machine.h>

#include "lib/dad.h"
#include "lib/dad_fate.h"
#include "lib/dad_flight.h"
#include "lib/dad_ring.h"
#include "lib/node.h"
#include "lib/space.h"
#include "lib/touch.h"

static const struct umlab_topology remove_direct = {
	.name = "direct", .dma = UMLAB_DMA_DIRECT,
};

static const struct umlab_topology remove_iommu = {
	.name = "iommu,noncoherent", .dma = UMLAB_DMA_IOMMU,
	.noncoherent = true,
};

static const struct lab_dad_way remove_ways[] = {
	{ "at once", DAD_REV_C, &remove_direct, UMLAB_IRQ_INTX,
	  UMLAB_COMPLETE_AT_ONCE },
	{ "deferred", DAD_REV_C, &remove_iommu, UMLAB_IRQ_MSIX,
	  UMLAB_COMPLETE_DEFERRED },
	{ "delayed", DAD_REV_C, &remove_direct, UMLAB_IRQ_MSI,
	  UMLAB_COMPLETE_DELAYED },
	{ "delayed,iommu", DAD_REV_C, &remove_iommu, UMLAB_IRQ_INTX,
	  UMLAB_COMPLETE_DELAYED },
	{ "never", DAD_REV_C, &remove_direct, UMLAB_IRQ_INTX,
	  UMLAB_COMPLETE_NEVER },
	{ "never,iommu", DAD_REV_C, &remove_iommu, UMLAB_IRQ_MSIX,
	  UMLAB_COMPLETE_NEVER },
};

KUNIT_ARRAY_PARAM_DESC(remove, remove_ways, name);

static void remove_expect_dead(struct lab_flight *flight)
{
	struct kunit *test = flight->dad.test;

	lab_dad_expect_gone(test, flight->file, flight->addr);
	KUNIT_EXPECT_EQ(test, -ENOENT,
			PTR_ERR(lab_try_open(flight->dad.node, O_RDWR)));
	lab_close(test, flight->file);
	KUNIT_EXPECT_EQ(test, umlab_functions(), 0);
}

/* All slots are taken, and others wait: for a slot, in poll(). It is mapped, too. */
static void remove_busy(struct kunit *test, bool surprise)
{
	struct lab_flight *flight = lab_flight_begin(test);
	unsigned long spare = lab_flight_addr(flight, LAB_FLIGHT_SLOTS);
	struct lab_dad_thread *threads[2];
	struct lab_ring_poll *poll;
	unsigned long memory;
	unsigned int i;

	memory = lab_mmap_shared(test, flight->file, 1, 0);
	lab_flight_submit_all(flight, flight->file);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		threads[i] = lab_dad_thread(test, flight->file, i, spare, 100,
					    0);
	poll = lab_ring_poll_begin(test, flight->file,
				   LAB_FLIGHT_READY | POLLHUP);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		KUNIT_EXPECT_TRUE(test, lab_dad_thread_waits(threads[i]));
	lab_flight_unplug(flight, surprise);
	for (i = 0; i < LAB_FLIGHT_SLOTS; i++)
		KUNIT_EXPECT_EQ_MSG(test, lab_flight_wait(flight, i), -ENODEV,
				    "request %u", i);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		KUNIT_EXPECT_EQ(test, lab_dad_thread_end(threads[i]), -ENODEV);
	KUNIT_EXPECT_EQ(test, lab_ring_poll_end(poll), POLLERR | POLLHUP);
	lab_expect_touch(test, memory, false, LAB_SIGBUS);
	KUNIT_EXPECT_EQ(test, lab_munmap(memory, 1), 0);
	remove_expect_dead(flight);
}

static void remove_all_busy(struct kunit *test)
{
	remove_busy(test, false);
}

static void remove_all_busy_vanished(struct kunit *test)
{
	remove_busy(test, true);
}

/* One request of each kind: a page, a list, a long list, and a copied one */
static void remove_kinds(struct kunit *test)
{
	static const size_t lens[] = {
		1000, 2 * PAGE_SIZE, 20 * PAGE_SIZE + 1,
	};
	struct lab_flight *flight = lab_flight_begin(test);
	unsigned long addr = flight->addr + 10;
	struct lab_dad_thread *reader;
	unsigned int i;

	lab_flight_hold(flight);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		if (i == 1)
			lab_dad_put_user(test, addr, lens[i], 2, 0);
		KUNIT_ASSERT_EQ(test, -EIOCBQUEUED,
				lab_flight_try(flight, flight->file, i, i == 1,
					       addr, lens[i], 0));
		addr += PAGE_ALIGN(10 + lens[i]);
	}
	reader = lab_dad_thread(test, flight->file, false, addr, 100, 0);
	KUNIT_EXPECT_TRUE(test, lab_dad_thread_waits(reader));
	lab_flight_unplug(flight, false);
	for (i = 0; i < ARRAY_SIZE(lens); i++)
		KUNIT_EXPECT_EQ_MSG(test, lab_flight_wait(flight, i), -ENODEV,
				    "request %u", i);
	KUNIT_EXPECT_EQ(test, lab_dad_thread_end(reader), -ENODEV);
	remove_expect_dead(flight);
}

/* A stream that runs, with its ring mapped and somebody who waits for a block */
static void remove_stream(struct kunit *test)
{
	struct dad_ring shape = lab_ring_shape(DAD_RING_IN, DAD_BLOCK_MIN, 4);
	struct lab_dad dad = lab_dad_plug(test);
	unsigned long addr = lab_mmap_anonymous(test, 2);
	struct lab_ring_poll *poll;
	struct lab_ring ring;

	shape.sample_ns = DAD_SAMPLE_MAX;
	ring = lab_ring_new(&dad, shape);
	lab_ring_start(&ring);
	poll = lab_ring_poll_begin(test, ring.file, POLLIN | POLLHUP);
	umlab_unplug(test, dad.slot);
	KUNIT_EXPECT_EQ(test, lab_ring_poll_end(poll), POLLERR | POLLHUP);
	lab_expect_touch(test, ring.addr, false, LAB_SIGBUS);
	lab_dad_expect_gone(test, ring.file, addr);
	lab_ring_close(&ring);
	KUNIT_EXPECT_EQ(test, umlab_functions(), 0);
}

static unsigned int remove_accesses(const struct umlab_slot *slot, u64 since)
{
	const struct umlab_event reads = UMLAB_DID_ANY(UMLAB_DMA_READ);
	const struct umlab_event writes = UMLAB_DID_ANY(UMLAB_DMA_WRITE);

	return umlab_journal_count(slot, since, reads) +
	       umlab_journal_count(slot, since, writes);
}

#define REMOVE_REQUESTS	3

/* Unbound while requests are in any state: each is done or not, then all is quiet. */
static void remove_states(struct kunit *test)
{
	const struct lab_dad_way *way = test->param_value;
	struct lab_dad_aio *aio = kunit_kcalloc(test, REMOVE_REQUESTS,
						sizeof(*aio), GFP_KERNEL);
	struct lab_dad dad = lab_dad_plug_way(test, way, 0);
	unsigned long user = lab_mmap_anonymous(test, 2 * REMOVE_REQUESTS);
	struct file *file = lab_dad_open(&dad, O_RDWR);
	bool never = way->completion == UMLAB_COMPLETE_NEVER;
	unsigned int i;
	u64 begin;

	KUNIT_ASSERT_NOT_NULL(test, aio);
	for (i = 0; i < REMOVE_REQUESTS; i++) {
		unsigned long addr = user + 2 * i * PAGE_SIZE + 9;

		lab_dad_put_user(test, addr, PAGE_SIZE, 2, 0);
		KUNIT_ASSERT_EQ(test, -EIOCBQUEUED,
				lab_dad_submit(file, &aio[i], i == 1, addr,
					       PAGE_SIZE, i * PAGE_SIZE));
	}
	device_release_driver(&dad.pdev->dev);
	begin = umlab_journal_now();
	KUNIT_EXPECT_EQ(test, umlab_mappings(dad.slot), 0);
	for (i = 0; i < REMOVE_REQUESTS; i++) {
		ssize_t got = lab_dad_wait(&aio[i]);

		KUNIT_EXPECT_TRUE_MSG(test, got == -ENODEV ||
				      (got == PAGE_SIZE && !never),
				      "request %u: %zd", i, got);
	}
	msleep(20);
	KUNIT_EXPECT_EQ(test, remove_accesses(dad.slot, begin), 0);
	lab_close(test, file);
	umlab_set_completion(dad.slot, UMLAB_COMPLETE_AT_ONCE, 0);
	KUNIT_ASSERT_EQ(test, device_attach(&dad.pdev->dev), 1);
	lab_dad_expect_works(&dad, user);
}

/* The kernel is about to give the machine to another one, in the middle of a stream. */
static void remove_shutdown(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	unsigned long addr = lab_mmap_anonymous(test, 2);
	struct device *dev = &dad.pdev->dev;
	struct lab_ring ring;
	u64 begin;

	ring = lab_ring_short(&dad, DAD_RING_IN, 4);
	lab_ring_start(&ring);
	lab_ring_sleep(&ring, 2);
	dev->bus->shutdown(dev);
	begin = umlab_journal_now();
	KUNIT_EXPECT_FALSE(test, lab_dad_masters(dad.pdev));
	msleep(20);
	KUNIT_EXPECT_EQ(test, remove_accesses(dad.slot, begin), 0);
	lab_ring_close(&ring);
	device_release_driver(dev);
	KUNIT_ASSERT_EQ(test, device_attach(dev), 1);
	lab_dad_expect_works(&dad, addr);
}

/* Boards without bus mastering, or that may not use it, go as well. */
static void remove_each(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	unsigned long addr = lab_mmap_anonymous(test, 2);
	struct file *file = lab_dad_open(&dad, O_RDWR);

	lab_dad_expect_works(&dad, addr);
	umlab_unplug(test, dad.slot);
	lab_dad_expect_gone(test, file, addr);
	lab_close(test, file);
	KUNIT_EXPECT_EQ(test, umlab_functions(), 0);
}

static struct kunit_case remove_cases[] = {
	KUNIT_CASE_PARAM(remove_all_busy, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(remove_all_busy_vanished, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(remove_kinds, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(remove_stream, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(remove_states, remove_gen_params),
	KUNIT_CASE_PARAM(remove_shutdown, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(remove_each, lab_dad_gen_few_params),
	{}
};

static struct kunit_suite remove_suite = {
	.name		= "umlab_dad_remove",
	.test_cases	= remove_cases,
};

kunit_test_suite(remove_suite);
