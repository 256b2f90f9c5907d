// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: each allocation, copy and mapping fails, in all that is done with rings
 */

#include <kunit/test.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mman.h>
#include <linux/pfn.h>

#include "../drivers/dad/dad-ioctl.h"
#include "../drivers/dad/dad-regs.h"
#include "lib/dad_ring.h"
#include "lib/fail_dad.h"
#include "lib/node.h"
#include "lib/scull_dev.h"
#include "lib/space.h"
#include "lib/touch.h"

#define FAIL_BLOCKS	4

/**
 * struct fail_ring - a board, and a ring of it
 * @board: the board
 * @file: its node, open, of one operation
 * @shape: of that one's ring
 * @ring: where that one's ring is mapped, or an errno
 */
struct fail_ring {
	struct lab_fail_dad board;
	struct file *file;
	struct dad_ring shape;
	unsigned long ring;
};

static struct fail_ring *fail_begin(struct kunit *test)
{
	struct fail_ring *this = kunit_kzalloc(test, sizeof(*this), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, this);
	this->board = lab_fail_dad_plug(test);
	this->shape = lab_ring_shape(DAD_RING_IN, DAD_BLOCK_MIN, FAIL_BLOCKS);
	return this;
}

/* An open file, and its argument in user memory */
static void fail_ring_begin(void *data)
{
	struct fail_ring *this = data;

	this->file = lab_try_open(this->board.dad.node, O_RDWR);
	lab_fail_memory_begin(&this->board.node, sizeof(this->shape));
	lab_store(this->board.node.addr, &this->shape, sizeof(this->shape));
}

static void fail_ring_end(void *data)
{
	struct fail_ring *this = data;

	lab_fail_memory_end(&this->board.node, sizeof(this->shape));
	lab_try_close(this->file);
}

static long fail_ring(void *data)
{
	struct fail_ring *this = data;

	return lab_ioctl(this->file, DAD_IOC_RING, this->board.node.addr);
}

static void fail_start_begin(void *data)
{
	fail_ring_begin(data);
	fail_ring(data);
}

static unsigned long fail_ring_pages(const struct fail_ring *this)
{
	return PFN_UP(this->shape.block_size * FAIL_BLOCKS);
}

static long fail_map_ring(void *data)
{
	struct fail_ring *this = data;
	enum lab_access access;

	this->ring = lab_mmap(this->file, fail_ring_pages(this), PROT_READ | PROT_WRITE,
			      MAP_SHARED, LAB_RING_PGOFF);
	if (IS_ERR_VALUE(this->ring))
		return this->ring;
	access = lab_touch(this->ring, true);
	return access == LAB_OK ? 0 : access == LAB_OOM ? -ENOMEM : -EFAULT;
}

static void fail_map_ring_end(void *data)
{
	struct fail_ring *this = data;

	if (!IS_ERR_VALUE(this->ring))
		lab_munmap(this->ring, fail_ring_pages(this));
	fail_ring_end(data);
}

static long fail_start(void *data)
{
	struct fail_ring *this = data;

	return lab_ioctl(this->file, DAD_IOC_START, 0);
}

static void fail_stop(void *data)
{
	struct fail_ring *this = data;

	lab_ioctl(this->file, DAD_IOC_STOP, 0);
}

static long fail_info(void *data)
{
	struct fail_ring *this = data;

	return lab_ioctl(this->file, DAD_IOC_INFO, this->board.node.addr);
}

static void fail_advance_begin(void *data)
{
	const struct dad_advance advance = { .abi = DAD_ABI };
	struct fail_ring *this = data;

	fail_start_begin(data);
	fail_start(data);
	lab_store(this->board.node.addr, &advance, sizeof(advance));
}

static void fail_advance_end(void *data)
{
	fail_stop(data);
	fail_ring_end(data);
}

static long fail_advance(void *data)
{
	struct fail_ring *this = data;

	return lab_ioctl(this->file, DAD_IOC_ADVANCE, this->board.node.addr);
}

static const struct lab_fail_op fail_ioctls[] = {
	{ .name = "DAD_IOC_INFO", .begin = fail_ring_begin, .run = fail_info,
	  .end = fail_ring_end, .errors = { -EFAULT } },
	{ .name = "DAD_IOC_RING", .begin = fail_ring_begin, .run = fail_ring,
	  .end = fail_ring_end, .errors = { -EFAULT, -ENOMEM } },
	{ .name = "DAD_IOC_ADVANCE", .begin = fail_advance_begin,
	  .run = fail_advance, .end = fail_advance_end, .errors = { -EFAULT } },
	{ .name = "mmap of a ring", .begin = fail_start_begin,
	  .run = fail_map_ring, .end = fail_map_ring_end, .errors = { -ENOMEM } },
};

static void fail_ioctl(struct kunit *test)
{
	struct fail_ring *this = fail_begin(test);
	struct lab_fail_points points;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fail_ioctls); i++) {
		points = lab_fail_dad_each(&this->board, LAB_FAIL_MEMORY,
					   &fail_ioctls[i], this);
		KUNIT_EXPECT_GE(test, points.failed, 1);
	}
	points = lab_fail_dad_each(&this->board, LAB_FAIL_ALLOC, &fail_ioctls[1], this);
	KUNIT_EXPECT_GE(test, points.failed, 1);
	lab_fail_dad_end(&this->board);
}

static const struct lab_fail_op fail_start_op = {
	.name = "DAD_IOC_START", .begin = fail_start_begin, .run = fail_start,
	.undo = fail_stop, .end = fail_ring_end,
	.errors = { -ENOMEM, -EIO },
};

/* All that it needs has been made by DAD_IOC_RING. */
static void fail_starting(struct kunit *test)
{
	struct fail_ring *this = fail_begin(test);
	struct lab_fail_points points;

	points = lab_fail_dad_each(&this->board, LAB_FAIL_MEMORY, &fail_start_op, this);
	KUNIT_EXPECT_EQ(test, points.all, 0);
	points = lab_fail_dad_each(&this->board, LAB_FAIL_MAP, &fail_start_op, this);
	KUNIT_EXPECT_EQ(test, points.all, 0);
	lab_fail_dad_each(&this->board, LAB_FAIL_READ, &fail_start_op, this);
	lab_fail_dad_end(&this->board);
}

static struct kunit_case fail_cases[] = {
	KUNIT_CASE_PARAM(fail_ioctl, lab_dad_gen_few_dma_params),
	KUNIT_CASE_PARAM(fail_starting, lab_dad_gen_few_dma_params),
	{}
};

static struct kunit_suite fail_suite = {
	.name		= "umlab_fail_dad_ring",
	.test_cases	= fail_cases,
};

kunit_test_suite(fail_suite);
