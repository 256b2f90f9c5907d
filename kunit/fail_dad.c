// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: each allocation, copy and mapping fails, in all that the driver is asked for but
 * rings
 *
 * dad_fault.c has more of the board's accesses, and dad_probe.c what a board does
 * without if there is no memory for rings.
 */

#include <kunit/test.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/pci.h>
#include <umlab/machine.h>

#include "../drivers/dad/dad-ioctl.h"
#include "../drivers/dad/dad-regs.h"
#include "lib/dad.h"
#include "lib/dad_fate.h"
#include "lib/fail_dad.h"
#include "lib/node.h"

/**
 * struct fail_dad - a board, and what operations on it need
 * @board: the board
 * @driver: its driver
 * @aio: an asynchronous transfer
 */
struct fail_dad {
	struct lab_fail_dad board;
	const struct device_driver *driver;
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
	struct fail_dad *this = kunit_kzalloc(test, sizeof(*this), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, this);
	this->board = lab_fail_dad_plug(test);
	this->driver = this->board.dad.pdev->dev.driver;
	return this;
}

static struct lab_fail_points fail_each(const struct fail_dad *this,
					enum lab_fail_point point,
					const struct lab_fail_op *op, void *data)
{
	return lab_fail_dad_each(&this->board, point, op, data);
}

static long fail_bind(void *data)
{
	struct fail_dad *this = data;

	return device_driver_attach(this->driver, &this->board.dad.pdev->dev);
}

static void fail_unbind(void *data)
{
	struct fail_dad *this = data;

	device_release_driver(&this->board.dad.pdev->dev);
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

	lab_close(test, this->board.node.file);
	fail_unbind(this);
	points = fail_each(this, fail_memory(test->param_value), &fail_probe, this);
	KUNIT_EXPECT_GE(test, points.failed, 30);
	fail_each(this, LAB_FAIL_MAP, &fail_probe, this);
	fail_each(this, LAB_FAIL_ALLOC, &fail_probe, this);
	/* An identity of all-ones is none; most others are looked at again. */
	points = fail_each(this, LAB_FAIL_READ, &fail_probe, this);
	KUNIT_EXPECT_GE(test, points.failed, 1);
	KUNIT_EXPECT_EQ(test, fail_bind(this), 0);
	lab_fail_dad_end(&this->board);
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
	op.moves = this->board.dad.dma;
	return op;
}

/* It copes with much: it may be shorter, or go another way. */
static void fail_moving(struct fail_dad *this, const struct lab_fail_op *move)
{
	const struct lab_fail_op op = fail_move(this, move);
	struct kunit *test = this->board.dad.test;

	KUNIT_EXPECT_GE(test, fail_each(this, LAB_FAIL_MEMORY, &op,
					&this->board.node).all, 2);
	KUNIT_EXPECT_GE(test, fail_each(this, LAB_FAIL_MAP, &op,
					&this->board.node).all, this->board.dad.dma);
	/* Without DMA each word is read from a register, and may be all-ones. */
	if (!this->board.dad.dma)
		return;
	KUNIT_EXPECT_GE(test, fail_each(this, LAB_FAIL_READ, &op,
					&this->board.node).all, 1);
	KUNIT_EXPECT_GE(test, fail_each(this, LAB_FAIL_DMA, &op,
					&this->board.node).failed, 1);
}

static void fail_node(struct kunit *test)
{
	struct fail_dad *this = fail_begin(test);

	KUNIT_EXPECT_GE(test, fail_each(this, LAB_FAIL_MEMORY, &lab_fail_open,
					&this->board.node).failed, 1);
	fail_moving(this, &lab_fail_read);
	fail_moving(this, &lab_fail_write);
	lab_fail_dad_end(&this->board);
}

/* The board's memory, all of it at once, so that there are no faults */
static void fail_mapping(struct kunit *test)
{
	struct fail_dad *this = fail_begin(test);
	struct lab_fail_points points;

	this->board.node.pgoff = DAD_MAP_MEMORY >> PAGE_SHIFT;
	points = fail_each(this, LAB_FAIL_MEMORY, &lab_fail_mmap, &this->board.node);
	KUNIT_EXPECT_GE(test, points.failed, 1);
	points = fail_each(this, LAB_FAIL_MEMORY, &lab_fail_fault, &this->board.node);
	KUNIT_EXPECT_EQ(test, points.all, 0);
	lab_fail_dad_end(&this->board);
}

static void fail_sleep(void *data)
{
	struct fail_dad *this = data;

	lab_dad_suspend(&this->board.dad);
}

static long fail_resume(void *data)
{
	struct fail_dad *this = data;

	return lab_dad_resume(&this->board.dad);
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
	lab_fail_dad_end(&this->board);
}

static void fail_aio_begin(void *data)
{
	struct fail_dad *this = data;

	lab_fail_memory_begin(&this->board.node, LAB_FAIL_DAD_LEN);
}

static void fail_aio_end(void *data)
{
	struct fail_dad *this = data;

	lab_fail_memory_end(&this->board.node, LAB_FAIL_DAD_LEN);
}

static long fail_submit(void *data)
{
	struct fail_dad *this = data;
	ssize_t ret = lab_dad_submit(this->board.node.file, &this->aio, false,
				     this->board.node.addr, LAB_FAIL_DAD_LEN, 0);

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
	KUNIT_EXPECT_GE(test, points.all, this->board.dad.dma);
	lab_fail_dad_end(&this->board);
}

static struct kunit_case fail_cases[] = {
	KUNIT_CASE_PARAM(fail_probing, fail_way_gen_params),
	KUNIT_CASE_PARAM_ATTR(fail_probing_each, lab_dad_gen_few_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE_PARAM(fail_node, lab_dad_gen_few_params),
	KUNIT_CASE_PARAM(fail_mapping, lab_dad_gen_few_dma_params),
	KUNIT_CASE_PARAM(fail_resuming, lab_dad_gen_few_params),
	KUNIT_CASE_PARAM(fail_submitting, lab_dad_gen_few_params),
	{}
};

static struct kunit_suite fail_suite = {
	.name		= "umlab_fail_dad",
	.test_cases	= fail_cases,
};

kunit_test_suite(fail_suite);
