// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: each allocation, copy and mapping fails, in all that the driver is asked for
 *
 * dad_fault.c has more of the board's accesses, and dad_probe.c what a board does
 * without if there is no memory for rings.
 */

#include <kunit/test.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mman.h>
#include <linux/pci.h>
#include <umlab/machine.h>

#include "../drivers/dad/dad-ioctl.h"
#include "../drivers/dad/dad-regs.h"
#include "lib/dad.h"
#include "lib/dad_fate.h"
#include "lib/dad_ring.h"
#include "lib/fail_node.h"
#include "lib/node.h"
#include "lib/scull_dev.h"
#include "lib/space.h"
#include "lib/touch.h"

#define FAIL_LEN	(3 * PAGE_SIZE)
#define FAIL_BLOCKS	4

/**
 * struct fail_dad - a board, and what operations on it need
 * @dad: the board
 * @driver: its driver
 * @node: its node
 * @file: it, open, of one operation
 * @shape: of that one's ring
 * @ring: where that one's ring is mapped, or an errno
 * @aio: an asynchronous transfer
 */
struct fail_dad {
	struct lab_dad dad;
	const struct device_driver *driver;
	struct lab_fail_node node;
	struct file *file;
	struct dad_ring shape;
	unsigned long ring;
	struct lab_dad_aio aio;
};

static const struct umlab_topology fail_bounce = {
	.name = "bounce,noncoherent", .dma = UMLAB_DMA_BOUNCE,
	.noncoherent = true,
};

static const struct umlab_topology fail_iommu = {
	.name = "iommu", .dma = UMLAB_DMA_IOMMU,
};

static const struct umlab_topology fail_direct = {
	.name = "direct", .dma = UMLAB_DMA_DIRECT,
};

/* For what takes long even in a few */
static const struct lab_dad_way fail_ways[] = {
	{ "C,bounce,noncoherent,msi", DAD_REV_C, &fail_bounce, UMLAB_IRQ_MSI },
	{ "A,iommu,msix", DAD_REV_A, &fail_iommu, UMLAB_IRQ_MSIX },
	{ "P,direct", DAD_REV_P, &fail_direct },
};

KUNIT_ARRAY_PARAM_DESC(fail_way, fail_ways, name);

static struct fail_dad *fail_begin(struct kunit *test)
{
	const struct lab_dad_way *way = test->param_value;
	struct fail_dad *this = kunit_kzalloc(test, sizeof(*this), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, this);
	this->dad = lab_dad_plug_way(test, way, 0);
	this->driver = this->dad.pdev->dev.driver;
	this->shape = lab_ring_shape(DAD_RING_IN, DAD_BLOCK_MIN, FAIL_BLOCKS);
	lab_space_new(test);
	this->node = (struct lab_fail_node) {
		.pages = 2,
		.pos = 100,
		.len = FAIL_LEN,
		.file = lab_dad_open(&this->dad, O_RDWR),
	};
	strscpy(this->node.name, this->dad.node);
	return this;
}

static struct lab_fail_points fail_each(struct fail_dad *this,
					enum lab_fail_point point,
					const struct lab_fail_op *op, void *data)
{
	const struct lab_fail fail = {
		.test = this->dad.test, .slot = this->dad.slot, .point = point,
	};

	return lab_fail_each(&fail, op, data);
}

/* It has done all of it, so it does what it did before. */
static void fail_end(const struct fail_dad *this)
{
	lab_dad_expect_works(&this->dad,
			     lab_mmap_anonymous(this->dad.test, 2));
}

static long fail_bind(void *data)
{
	struct fail_dad *this = data;

	return device_driver_attach(this->driver, &this->dad.pdev->dev);
}

static void fail_unbind(void *data)
{
	struct fail_dad *this = data;

	device_release_driver(&this->dad.pdev->dev);
}

/*
 * A region that there is no memory for, looks like one that is taken; and if it cannot have
 * vectors, the PCI core says so in one of three ways.
 */
static const struct lab_fail_op fail_probe = {
	.name = "probe", .run = fail_bind, .undo = fail_unbind,
	.errors = { -ENOMEM, -EBUSY, -ENODEV, -EINVAL, -ENOSPC },
};

/* For the vectors of MSI it has interrupts made, where the kernel warns if it cannot. */
static enum lab_fail_point fail_memory(const struct lab_dad_way *way)
{
	return way->irqs & (UMLAB_IRQ_MSI | UMLAB_IRQ_MSIX) ? LAB_FAIL_MEMORY_ALONE :
							      LAB_FAIL_MEMORY;
}

static void fail_probing(struct kunit *test)
{
	struct fail_dad *this = fail_begin(test);
	struct lab_fail_points points;

	lab_close(test, this->node.file);
	fail_unbind(this);
	points = fail_each(this, fail_memory(test->param_value), &fail_probe, this);
	KUNIT_EXPECT_GE(test, points.failed, 30);
	fail_each(this, LAB_FAIL_MAP, &fail_probe, this);
	fail_each(this, LAB_FAIL_ALLOC, &fail_probe, this);
	/* An identity of all-ones is none; most others are looked at again. */
	points = fail_each(this, LAB_FAIL_READ, &fail_probe, this);
	KUNIT_EXPECT_GE(test, points.failed, 1);
	KUNIT_EXPECT_EQ(test, fail_bind(this), 0);
	fail_end(this);
}

static void fail_probing_each(struct kunit *test)
{
	fail_probing(test);
}

/*
 * A transfer, with a board that may fail as well. How much is allocated for it depends on
 * whether the user's pages are side by side, and on what an IOMMU has kept.
 */
static struct lab_fail_op fail_move(const struct fail_dad *this,
				    const struct lab_fail_op *move)
{
	struct lab_fail_op op = *move;

	op.errors[2] = -EIO;
	op.moves = this->dad.dma;
	return op;
}

/* It copes with much: it may be shorter, or go another way. */
static void fail_moving(struct fail_dad *this, const struct lab_fail_op *move)
{
	const struct lab_fail_op op = fail_move(this, move);
	struct kunit *test = this->dad.test;

	KUNIT_EXPECT_GE(test, fail_each(this, LAB_FAIL_MEMORY, &op,
					&this->node).all, 2);
	KUNIT_EXPECT_GE(test, fail_each(this, LAB_FAIL_MAP, &op,
					&this->node).all, this->dad.dma);
	/* Without DMA each word is read from a register, and may be all-ones. */
	if (!this->dad.dma)
		return;
	KUNIT_EXPECT_GE(test, fail_each(this, LAB_FAIL_READ, &op,
					&this->node).all, 1);
	KUNIT_EXPECT_GE(test, fail_each(this, LAB_FAIL_DMA, &op,
					&this->node).failed, 1);
}

static void fail_node(struct kunit *test)
{
	struct fail_dad *this = fail_begin(test);

	KUNIT_EXPECT_GE(test, fail_each(this, LAB_FAIL_MEMORY, &lab_fail_open,
					&this->node).failed, 1);
	fail_moving(this, &lab_fail_read);
	fail_moving(this, &lab_fail_write);
	fail_end(this);
}

/* The board's memory, all of it at once, so that there are no faults */
static void fail_mapping(struct kunit *test)
{
	struct fail_dad *this = fail_begin(test);
	struct lab_fail_points points;

	this->node.pgoff = DAD_MAP_MEMORY >> PAGE_SHIFT;
	points = fail_each(this, LAB_FAIL_MEMORY, &lab_fail_mmap, &this->node);
	KUNIT_EXPECT_GE(test, points.failed, 1);
	points = fail_each(this, LAB_FAIL_MEMORY, &lab_fail_fault, &this->node);
	KUNIT_EXPECT_EQ(test, points.all, 0);
	fail_end(this);
}

/* An open file, and its argument in user memory */
static void fail_ring_begin(void *data)
{
	struct fail_dad *this = data;

	this->file = lab_try_open(this->dad.node, O_RDWR);
	lab_fail_memory_begin(&this->node, sizeof(this->shape));
	lab_store(this->node.addr, &this->shape, sizeof(this->shape));
}

static void fail_ring_end(void *data)
{
	struct fail_dad *this = data;

	lab_fail_memory_end(&this->node, sizeof(this->shape));
	lab_try_close(this->file);
}

static long fail_ring(void *data)
{
	struct fail_dad *this = data;

	return lab_ioctl(this->file, DAD_IOC_RING, this->node.addr);
}

static void fail_start_begin(void *data)
{
	fail_ring_begin(data);
	fail_ring(data);
}

static unsigned long fail_ring_pages(const struct fail_dad *this)
{
	return PFN_UP(this->shape.block_size * FAIL_BLOCKS);
}

static long fail_map_ring(void *data)
{
	struct fail_dad *this = data;
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
	struct fail_dad *this = data;

	if (!IS_ERR_VALUE(this->ring))
		lab_munmap(this->ring, fail_ring_pages(this));
	fail_ring_end(data);
}

static long fail_start(void *data)
{
	struct fail_dad *this = data;

	return lab_ioctl(this->file, DAD_IOC_START, 0);
}

static void fail_stop(void *data)
{
	struct fail_dad *this = data;

	lab_ioctl(this->file, DAD_IOC_STOP, 0);
}

static long fail_info(void *data)
{
	struct fail_dad *this = data;

	return lab_ioctl(this->file, DAD_IOC_INFO, this->node.addr);
}

static void fail_advance_begin(void *data)
{
	const struct dad_advance advance = { .abi = DAD_ABI };
	struct fail_dad *this = data;

	fail_start_begin(data);
	fail_start(data);
	lab_store(this->node.addr, &advance, sizeof(advance));
}

static void fail_advance_end(void *data)
{
	fail_stop(data);
	fail_ring_end(data);
}

static long fail_advance(void *data)
{
	struct fail_dad *this = data;

	return lab_ioctl(this->file, DAD_IOC_ADVANCE, this->node.addr);
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
	struct fail_dad *this = fail_begin(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fail_ioctls); i++) {
		struct lab_fail_points points =
			fail_each(this, LAB_FAIL_MEMORY, &fail_ioctls[i], this);

		KUNIT_EXPECT_GE(test, points.failed, 1);
	}
	KUNIT_EXPECT_GE(test, fail_each(this, LAB_FAIL_ALLOC, &fail_ioctls[1],
					this).failed, 1);
	fail_end(this);
}

static const struct lab_fail_op fail_start_op = {
	.name = "DAD_IOC_START", .begin = fail_start_begin, .run = fail_start,
	.undo = fail_stop, .end = fail_ring_end,
	.errors = { -ENOMEM, -EIO },
};

/* All that it needs has been made by DAD_IOC_RING. */
static void fail_starting(struct kunit *test)
{
	struct fail_dad *this = fail_begin(test);
	struct lab_fail_points points;

	points = fail_each(this, LAB_FAIL_MEMORY, &fail_start_op, this);
	KUNIT_EXPECT_EQ(test, points.all, 0);
	points = fail_each(this, LAB_FAIL_MAP, &fail_start_op, this);
	KUNIT_EXPECT_EQ(test, points.all, 0);
	fail_each(this, LAB_FAIL_READ, &fail_start_op, this);
	fail_end(this);
}

static void fail_sleep(void *data)
{
	struct fail_dad *this = data;

	lab_dad_suspend(&this->dad);
}

static long fail_resume(void *data)
{
	struct fail_dad *this = data;

	return lab_dad_resume(&this->dad);
}

static const struct lab_fail_op fail_resume_op = {
	.name = "resume", .begin = fail_sleep, .run = fail_resume,
	.errors = { -ENOMEM, -EIO },
};

/* Whoever wakes up, has all that it had. */
static void fail_resuming(struct kunit *test)
{
	struct fail_dad *this = fail_begin(test);
	struct lab_fail_points points;

	points = fail_each(this, LAB_FAIL_MEMORY, &fail_resume_op, this);
	KUNIT_EXPECT_EQ(test, points.all, 0);
	points = fail_each(this, LAB_FAIL_READ, &fail_resume_op, this);
	KUNIT_EXPECT_GE(test, points.all, 1);
	fail_end(this);
}

static void fail_aio_begin(void *data)
{
	struct fail_dad *this = data;

	lab_fail_memory_begin(&this->node, FAIL_LEN);
}

static void fail_aio_end(void *data)
{
	struct fail_dad *this = data;

	lab_fail_memory_end(&this->node, FAIL_LEN);
}

static long fail_submit(void *data)
{
	struct fail_dad *this = data;
	ssize_t ret = lab_dad_submit(this->node.file, &this->aio, false,
				     this->node.addr, FAIL_LEN, 0);

	return ret == -EIOCBQUEUED ? lab_dad_wait(&this->aio) : ret;
}

static const struct lab_fail_op fail_submit_op = {
	.name = "asynchronous read", .begin = fail_aio_begin,
	.run = fail_submit, .end = fail_aio_end,
	.errors = { -ENOMEM, -EFAULT }, .moves = true,
};

static void fail_submitting(struct kunit *test)
{
	struct fail_dad *this = fail_begin(test);
	struct lab_fail_points points;

	points = fail_each(this, LAB_FAIL_MEMORY, &fail_submit_op, this);
	KUNIT_EXPECT_GE(test, points.all, 3);
	points = fail_each(this, LAB_FAIL_MAP, &fail_submit_op, this);
	KUNIT_EXPECT_GE(test, points.all, this->dad.dma);
	fail_end(this);
}

static struct kunit_case fail_cases[] = {
	KUNIT_CASE_PARAM(fail_probing, fail_way_gen_params),
	KUNIT_CASE_PARAM_ATTR(fail_probing_each, lab_dad_gen_few_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE_PARAM(fail_node, lab_dad_gen_few_params),
	KUNIT_CASE_PARAM(fail_mapping, lab_dad_gen_few_dma_params),
	KUNIT_CASE_PARAM(fail_ioctl, lab_dad_gen_few_dma_params),
	KUNIT_CASE_PARAM(fail_starting, lab_dad_gen_few_dma_params),
	KUNIT_CASE_PARAM(fail_resuming, lab_dad_gen_few_params),
	KUNIT_CASE_PARAM(fail_submitting, lab_dad_gen_few_params),
	{}
};

static struct kunit_suite fail_suite = {
	.name		= "umlab_fail_dad",
	.test_cases	= fail_cases,
};

kunit_test_suite(fail_suite);
