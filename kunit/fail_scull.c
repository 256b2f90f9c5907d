// SPDX-License-Identifier: GPL-2.0-only
/*
 * scull: each allocation and each copy fails, in all that the driver is asked for
 */

#include <kunit/test.h>
#include <linux/fs.h>
#include <linux/sizes.h>

#include "../drivers/scull/scull-ioctl.h"
#include "lib/fail_node.h"
#include "lib/scull_dev.h"
#include "lib/space.h"

/* Some pages, and what is before and after them is in others */
#define FAIL_POS	100
#define FAIL_LEN	(2 * PAGE_SIZE)

/**
 * struct fail_scull - a device
 * @scull: the devices of its store
 * @node: it
 */
struct fail_scull {
	const struct lab_scull *scull;
	struct lab_fail_node node;
};

static struct fail_scull fail_begin(struct kunit *test)
{
	const struct lab_scull *scull = test->priv;
	struct fail_scull this = {
		.scull = scull,
		.node = {
			.file = scull->file,
			.pages = 2,
			.pos = FAIL_POS,
			.len = FAIL_LEN,
		},
	};

	scnprintf(this.node.name, sizeof(this.node.name), "%s0", scull->store);
	lab_space_new(test);
	return this;
}

static struct lab_fail_points fail_each(struct kunit *test,
					const struct lab_fail_op *op, void *data)
{
	const struct lab_fail fail = { .test = test, .point = LAB_FAIL_MEMORY };

	return lab_fail_each(&fail, op, data);
}

static void fail_opening(struct kunit *test)
{
	struct fail_scull this = fail_begin(test);

	KUNIT_EXPECT_GE(test, fail_each(test, &lab_fail_open, &this.node).failed,
			1);
}

/* Of holes and of data: both are copied, and into pages that are not there yet. */
static void fail_reading(struct kunit *test)
{
	struct fail_scull this = fail_begin(test);

	lab_pwrite(test, this.scull->file, FAIL_LEN, 2 * PAGE_SIZE, 7);
	KUNIT_EXPECT_GE(test, fail_each(test, &lab_fail_read, &this.node).failed,
			1);
	this.node.pos = FAIL_LEN;
	KUNIT_EXPECT_GE(test, fail_each(test, &lab_fail_read, &this.node).failed,
			1);
	lab_expect_pattern(test, this.scull->file, FAIL_LEN, 2 * PAGE_SIZE, 7);
}

static void fail_trim(void *data)
{
	struct fail_scull *this = data;

	lab_scull_trim(this->scull);
	lab_fail_memory_begin(&this->node, this->node.len);
}

static long fail_write(void *data)
{
	struct fail_scull *this = data;

	return lab_fail_write.run(&this->node);
}

static void fail_memory_end(void *data)
{
	struct fail_scull *this = data;

	lab_fail_memory_end(&this->node, this->node.len);
}

/* To a device that is empty, so each page and each list of pages is new */
static const struct lab_fail_op fail_write_op = {
	.name = "write", .begin = fail_trim, .run = fail_write,
	.end = fail_memory_end, .errors = { -ENOMEM, -EFAULT },
};

static void fail_writing(struct kunit *test)
{
	struct fail_scull this = fail_begin(test);

	/* A list and a page; a place for the list copes, as xa_store() tries twice. */
	this.node.pos = SZ_4M;
	KUNIT_EXPECT_GE(test, fail_each(test, &fail_write_op, &this).failed, 3);
	KUNIT_EXPECT_EQ(test, 0, lab_scull_trim(this.scull));
	KUNIT_EXPECT_EQ(test, 0, lab_scull_attr(test, this.scull, "size"));
}

static void fail_mapping(struct kunit *test)
{
	struct fail_scull this = fail_begin(test);

	lab_pwrite(test, this.scull->file, 0, 2 * PAGE_SIZE, 7);
	KUNIT_EXPECT_GE(test, fail_each(test, &lab_fail_mmap, &this.node).failed,
			1);
	KUNIT_EXPECT_GE(test, fail_each(test, &lab_fail_fault, &this.node).failed,
			1);
	KUNIT_EXPECT_EQ(test, 0, lab_scull_attr(test, this.scull, "vmas"));
	lab_expect_pattern(test, this.scull->file, 0, 2 * PAGE_SIZE, 7);
}

static void fail_user_begin(void *data)
{
	struct fail_scull *this = data;

	lab_fail_memory_begin(&this->node, sizeof(int));
}

static void fail_user_end(void *data)
{
	struct fail_scull *this = data;

	lab_fail_memory_end(&this->node, sizeof(int));
}

static long fail_get(void *data)
{
	struct fail_scull *this = data;

	return lab_ioctl(this->scull->file, SCULL_IOCGORDER, this->node.addr);
}

static const struct lab_fail_op fail_get_op = {
	.name = "SCULL_IOCGORDER", .begin = fail_user_begin, .run = fail_get,
	.end = fail_user_end, .errors = { -EFAULT },
};

/*
 * They allocate nothing, but where one writes to may not be there yet. Those that read
 * first would have UML 6.12 write to its page of zeros, if there is no memory.
 */
static void fail_ioctl(struct kunit *test)
{
	struct fail_scull this = fail_begin(test);

	KUNIT_EXPECT_GE(test, fail_each(test, &fail_get_op, &this).failed, 1);
	KUNIT_EXPECT_EQ(test, 0,
			lab_ioctl(this.scull->file, SCULL_IOCQORDER, 0));
}

static struct kunit_case fail_cases[] = {
	KUNIT_CASE_PARAM(fail_opening, lab_scull_gen_params),
	KUNIT_CASE_PARAM(fail_reading, lab_scull_gen_params),
	KUNIT_CASE_PARAM(fail_writing, lab_scull_gen_params),
	KUNIT_CASE_PARAM(fail_mapping, lab_scull_gen_params),
	KUNIT_CASE_PARAM(fail_ioctl, lab_scull_gen_params),
	{}
};

static struct kunit_suite fail_suite = {
	.name		= "umlab_fail_scull",
	.init		= lab_scull_init,
	.test_cases	= fail_cases,
};

kunit_test_suite(fail_suite);
