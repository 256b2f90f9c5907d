// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scull devices, empty for each test
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "../../drivers/scull/scull-ioctl.h"
#include "node.h"
#include "scull_dev.h"

static const char * const lab_scull_stores[] = { "scullp", "scullv" };

static void lab_scull_describe(const char * const *store, char *desc)
{
	strscpy(desc, *store, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(lab_scull_all, lab_scull_stores, lab_scull_describe);

const void *lab_scull_gen_params(const void *prev, char *desc)
{
	return lab_scull_all_gen_params(prev, desc);
}

struct file *lab_scull_open(struct kunit *test, const char *store, int index,
			    int flags)
{
	char name[16];

	scnprintf(name, sizeof(name), "%s%d", store, index);
	return lab_open(test, name, flags);
}

long lab_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return file->f_op->unlocked_ioctl(file, cmd, arg);
}

int lab_scull_trim(const struct lab_scull *scull)
{
	struct file *file;
	char name[16];

	scnprintf(name, sizeof(name), "%s0", scull->store);
	file = lab_try_open(name, O_WRONLY);
	if (IS_ERR(file))
		return PTR_ERR(file);
	lab_try_close(file);
	return 0;
}

/* Runs after the test's spaces are gone, because it was added before them. */
static void lab_scull_restore(void *data)
{
	struct lab_scull *scull = data;

	KUNIT_EXPECT_EQ(scull->test, 0,
			lab_ioctl(scull->file, SCULL_IOCRESET, 0));
	KUNIT_EXPECT_EQ_MSG(scull->test, 0, lab_scull_trim(scull),
			    "the device is still mapped");
}

int lab_scull_init(struct kunit *test)
{
	struct lab_scull *scull;

	scull = kunit_kzalloc(test, sizeof(*scull), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, scull);
	scull->test = test;
	scull->store = *(const char * const *)test->param_value;
	scull->file = lab_scull_open(test, scull->store, 0, O_RDWR);
	lab_ioctl(scull->file, SCULL_IOCRESET, 0);
	KUNIT_ASSERT_EQ(test, 0, lab_scull_trim(scull));
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, lab_scull_restore,
						  scull));
	test->priv = scull;
	return 0;
}

long lab_scull_attr(struct kunit *test, const struct lab_scull *scull,
		    const char *attr)
{
	char path[64];

	scnprintf(path, sizeof(path), "class/scull/%s0/%s", scull->store, attr);
	return lab_attr_read(test, path);
}

u8 lab_pattern(loff_t pos, u32 seed)
{
	u64 x = ((u64)pos + 1) * 0x9e3779b97f4a7c15ULL ^
		seed * 0xc2b2ae3d27d4eb4fULL;

	x = (x ^ x >> 29) * 0xbf58476d1ce4e5b9ULL;
	return seed ? x >> 56 | 1 : 0;
}

void lab_pwrite(struct kunit *test, struct file *file, loff_t pos, size_t len,
		u32 seed)
{
	u8 *buf = vmalloc(len);
	loff_t at = pos;
	ssize_t done;
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	for (i = 0; i < len; i++)
		buf[i] = lab_pattern(pos + i, seed);
	done = kernel_write(file, buf, len, &at);
	vfree(buf);
	KUNIT_EXPECT_EQ(test, done, len);
	KUNIT_EXPECT_EQ(test, at, pos + len);
}

void lab_expect_pattern(struct kunit *test, struct file *file, loff_t pos,
			size_t len, u32 seed)
{
	u8 *buf = vmalloc(len);
	loff_t at = pos;
	ssize_t done;
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	done = kernel_read(file, buf, len, &at);
	for (i = 0; i < len && done == len; i++)
		if (buf[i] != lab_pattern(pos + i, seed))
			break;
	vfree(buf);
	KUNIT_EXPECT_EQ(test, done, len);
	if (done == len && i < len)
		KUNIT_FAIL(test, "byte %lld is not what was written", pos + i);
}
