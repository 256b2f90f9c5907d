// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad boards that vanish, at each access in turn
 */

#include <kunit/test.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/pci.h>

#include "dad_fate.h"
#include "dad_vanish.h"
#include "node.h"
#include "quiet.h"
#include "space.h"
#include "touch.h"

/* In ms, how long a request may take */
#define VANISH_TIMEOUT	"20"

static struct lab_dad vanish_plug(const struct lab_vanish *walk, unsigned int at)
{
	struct kunit *test = walk->test;
	struct lab_dad dad = lab_dad_plug_way(test, walk->way, at);
	char path[48];

	lab_dad_mark(&dad, LAB_VANISH_SEED, PAGE_SIZE);
	/* Not by lab_dad_attr(), whose memory would look like a leak. */
	snprintf(path, sizeof(path), "class/dad/%s/timeout_ms", dad.node);
	KUNIT_EXPECT_EQ(test, lab_attr_write(test, path, VANISH_TIMEOUT), 0);
	return dad;
}

struct lab_vanish *lab_vanish_begin(struct kunit *test,
				    const struct lab_dad_way *way)
{
	struct lab_vanish *walk = kunit_kzalloc(test, sizeof(*walk), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, walk);
	lab_quiet_console(test);
	walk->test = test;
	walk->way = way;
	walk->user = lab_mmap_anonymous(test, 4);
	/* Devices whose numbers differ by 4 share a line. */
	walk->other = vanish_plug(walk, UMLAB_AT(5, 0));
	walk->other_file = lab_dad_open(&walk->other, O_RDWR);
	return walk;
}

void lab_vanish_map(struct lab_vanish *walk)
{
	struct dad_ring shape = lab_ring_shape(DAD_RING_IN, DAD_BLOCK_MIN, 4);

	walk->ring = lab_ring_new(&walk->dad, shape);
	walk->memory = lab_mmap_shared(walk->test, walk->file, 1, 0);
	lab_expect_touch(walk->test, walk->ring.addr, true, LAB_OK);
	lab_expect_touch(walk->test, walk->memory, true, LAB_OK);
}

/* The board is gone: so is what was mapped of it. */
static void vanish_unmap(struct lab_vanish *walk)
{
	if (!walk->ring.file)
		return;
	lab_expect_touch(walk->test, walk->ring.addr, false, LAB_SIGBUS);
	lab_expect_touch(walk->test, walk->memory, true, LAB_SIGBUS);
	lab_dad_expect_gone(walk->test, walk->ring.file, walk->user);
	KUNIT_EXPECT_EQ(walk->test, lab_munmap(walk->memory, 1), 0);
	lab_ring_close(&walk->ring);
	walk->ring.file = NULL;
}

void lab_vanish_arm(struct lab_vanish *walk)
{
	const struct umlab_faults faults = {
		.vanish = walk->dma ? 0 : walk->nth,
		.dma_vanish = walk->dma ? walk->nth : 0,
	};

	umlab_set_faults(walk->dad.slot, &faults);
}

bool lab_vanish_gone(const struct lab_vanish *walk)
{
	return !pci_device_is_present(walk->dad.pdev);
}

void lab_vanish_expect(const struct lab_vanish *walk, const char *what, long all,
		       long got)
{
	bool failed = got == -EIO || got == -ENODEV;

	KUNIT_EXPECT_TRUE_MSG(walk->test, got == all ||
			      (failed && lab_vanish_gone(walk)),
			      "%s: %ld, with the board to vanish at access %u of %s",
			      what, got, walk->nth,
			      walk->dma ? "it to memory" : "the CPU");
}

void lab_vanish_expect_other(const struct lab_vanish *walk)
{
	unsigned long addr = walk->user + 3 * PAGE_SIZE;

	KUNIT_EXPECT_EQ(walk->test, 100,
			lab_dad_read(walk->other_file, addr, 100, 5));
	lab_dad_expect_user(&walk->other, addr, 100, LAB_VANISH_SEED, 5);
}

bool lab_vanish_step(struct lab_vanish *walk,
		     void (*thing)(struct lab_vanish *walk))
{
	struct kunit *test = walk->test;
	ktime_t begin;
	bool gone;

	walk->dad = vanish_plug(walk, LAB_VANISH_AT);
	walk->file = lab_dad_open(&walk->dad, O_RDWR | O_NONBLOCK);
	begin = ktime_get();
	thing(walk);
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), begin), LAB_DAD_LONG);
	gone = lab_vanish_gone(walk);
	umlab_set_faults(walk->dad.slot, &(struct umlab_faults) { });
	lab_vanish_expect_other(walk);
	umlab_unplug(test, walk->dad.slot);
	lab_dad_expect_gone(test, walk->file, walk->user);
	vanish_unmap(walk);
	lab_close(test, walk->file);
	KUNIT_EXPECT_EQ(test, umlab_functions(), 1);
	return gone;
}

void lab_vanish_each(struct lab_vanish *walk, bool dma,
		     void (*thing)(struct lab_vanish *walk))
{
	struct kunit *test = walk->test;
	bool gone;

	walk->dma = dma;
	walk->nth = 0;
	do {
		walk->nth++;
		gone = lab_vanish_step(walk, thing);
	} while (gone && walk->nth < LAB_VANISH_MAX &&
		 test->status != KUNIT_FAILURE);
	KUNIT_EXPECT_FALSE(test, gone);
	KUNIT_EXPECT_GT(test, walk->nth, 1);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&walk->other, "resets"), 0);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&walk->other, "lost_interrupts"),
			0);
}
