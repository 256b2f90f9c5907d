// SPDX-License-Identifier: GPL-2.0-only
/*
 * scull: what is written is what is read, by whatever way
 */

#include <kunit/test.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mman.h>

#include "../drivers/scull/scull-ioctl.h"
#include "lib/frames.h"
#include "lib/node.h"
#include "lib/scull_dev.h"
#include "lib/space.h"
#include "lib/touch.h"

/* Where nothing is: a page that no space has mapped */
#define BAD_POINTER	0x1000UL

static void data_empty(struct kunit *test)
{
	struct lab_scull *scull = test->priv;
	loff_t pos = 0;
	u8 byte;

	KUNIT_EXPECT_EQ(test, lab_scull_attr(test, scull, "size"), 0);
	KUNIT_EXPECT_EQ(test, kernel_read(scull->file, &byte, 1, &pos), 0);
	KUNIT_EXPECT_EQ(test, vfs_llseek(scull->file, 0, SEEK_END), 0);
}

/* Lengths and positions around every boundary there is. */
static void data_edges(struct kunit *test)
{
	static const loff_t at[] = {
		0, 1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1,
		500 * PAGE_SIZE - 1, 500 * PAGE_SIZE, 3 * 500 * PAGE_SIZE - 7,
	};
	static const size_t len[] = {
		1, 7, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 3 * PAGE_SIZE,
	};
	struct lab_scull *scull = test->priv;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(at); i++)
		for (j = 0; j < ARRAY_SIZE(len); j++) {
			u32 seed = 1 + i * ARRAY_SIZE(len) + j;

			lab_pwrite(test, scull->file, at[i], len[j], seed);
			lab_expect_pattern(test, scull->file, at[i], len[j],
					   seed);
		}
	KUNIT_EXPECT_EQ(test, lab_scull_attr(test, scull, "size"),
			3 * 500 * PAGE_SIZE - 7 + 3 * PAGE_SIZE);
}

static void data_overwrite(struct kunit *test)
{
	struct lab_scull *scull = test->priv;

	lab_pwrite(test, scull->file, 0, 4 * PAGE_SIZE, 1);
	lab_pwrite(test, scull->file, PAGE_SIZE + 100, PAGE_SIZE, 2);
	lab_expect_pattern(test, scull->file, 0, PAGE_SIZE + 100, 1);
	lab_expect_pattern(test, scull->file, PAGE_SIZE + 100, PAGE_SIZE, 2);
	lab_expect_pattern(test, scull->file, 2 * PAGE_SIZE + 100,
			   2 * PAGE_SIZE - 100, 1);
	KUNIT_EXPECT_EQ(test, lab_scull_attr(test, scull, "size"),
			4 * PAGE_SIZE);
}

static void data_short_read(struct kunit *test)
{
	struct lab_scull *scull = test->priv;
	u8 buf[64];
	loff_t pos = 90;

	lab_pwrite(test, scull->file, 0, 100, 1);
	KUNIT_EXPECT_EQ(test, kernel_read(scull->file, buf, 64, &pos), 10);
	KUNIT_EXPECT_EQ(test, pos, 100);
	KUNIT_EXPECT_EQ(test, kernel_read(scull->file, buf, 64, &pos), 0);
	pos = 5000;
	KUNIT_EXPECT_EQ(test, kernel_read(scull->file, buf, 64, &pos), 0);
}

static void data_holes(struct kunit *test)
{
	struct lab_scull *scull = test->priv;
	const loff_t far = 1ULL << 40;

	lab_pwrite(test, scull->file, 10 * PAGE_SIZE + 5, 10, 1);
	lab_expect_pattern(test, scull->file, 0, 10 * PAGE_SIZE + 5, 0);
	lab_pwrite(test, scull->file, far, 100, 2);
	lab_expect_pattern(test, scull->file, far - PAGE_SIZE, PAGE_SIZE, 0);
	lab_expect_pattern(test, scull->file, far, 100, 2);
	lab_expect_pattern(test, scull->file, 10 * PAGE_SIZE + 5, 10, 1);
	KUNIT_EXPECT_EQ(test, lab_scull_attr(test, scull, "size"), far + 100);
}

static void data_llseek(struct kunit *test)
{
	struct lab_scull *scull = test->priv;
	struct file *file = scull->file;

	lab_pwrite(test, file, 0, 1000, 1);
	KUNIT_EXPECT_EQ(test, vfs_llseek(file, 0, SEEK_END), 1000);
	KUNIT_EXPECT_EQ(test, vfs_llseek(file, -10, SEEK_CUR), 990);
	KUNIT_EXPECT_EQ(test, vfs_llseek(file, 5000, SEEK_SET), 5000);
	KUNIT_EXPECT_EQ(test, vfs_llseek(file, -1, SEEK_SET), -EINVAL);
	KUNIT_EXPECT_EQ(test, vfs_llseek(file, -1001, SEEK_END), -EINVAL);
	KUNIT_EXPECT_EQ(test, vfs_llseek(file, 0, SEEK_CUR), 5000);
}

static void data_limit(struct kunit *test)
{
	struct lab_scull *scull = test->priv;
	loff_t pos = MAX_LFS_FILESIZE - 3;
	u8 buf[8] = "abc", got[3] = {};

	/* The VFS refuses what would wrap, the driver what is too far. */
	KUNIT_EXPECT_EQ(test, kernel_write(scull->file, buf, 8, &pos), -EINVAL);
	KUNIT_EXPECT_EQ(test, kernel_write(scull->file, buf, 3, &pos), 3);
	pos = MAX_LFS_FILESIZE - 3;
	KUNIT_EXPECT_EQ(test, kernel_read(scull->file, got, 3, &pos), 3);
	KUNIT_EXPECT_MEMEQ(test, got, buf, 3);
}

static void data_append(struct kunit *test)
{
	struct lab_scull *scull = test->priv;
	struct file *file = lab_scull_open(test, scull->store, 0,
					   O_RDWR | O_APPEND);
	loff_t pos = 0;
	u8 byte = lab_pattern(300, 1);

	lab_pwrite(test, scull->file, 0, 300, 1);
	KUNIT_EXPECT_EQ(test, kernel_write(file, &byte, 1, &pos), 1);
	KUNIT_EXPECT_EQ(test, pos, 301);
	lab_expect_pattern(test, scull->file, 0, 301, 1);
}

static void data_append_limit(struct kunit *test)
{
	struct lab_scull *scull = test->priv;
	struct file *file = lab_scull_open(test, scull->store, 0,
					   O_RDWR | O_APPEND);
	loff_t pos = 0;

	lab_pwrite(test, scull->file, MAX_LFS_FILESIZE - 5, 3, 1);
	KUNIT_EXPECT_EQ(test, kernel_write(file, "abcde", 5, &pos), 2);
	pos = 0;
	KUNIT_EXPECT_EQ(test, kernel_write(file, "x", 1, &pos), -EFBIG);
	KUNIT_EXPECT_EQ(test, lab_scull_attr(test, scull, "size"),
			MAX_LFS_FILESIZE);
}

static void data_two_devices(struct kunit *test)
{
	struct lab_scull *scull = test->priv;
	struct file *other = lab_scull_open(test, scull->store, 3, O_RDWR);
	u8 byte;
	loff_t pos = 0;

	lab_pwrite(test, scull->file, 0, 100, 1);
	KUNIT_EXPECT_EQ(test, kernel_read(other, &byte, 1, &pos), 0);
}

static void data_trim(struct kunit *test)
{
	struct lab_scull *scull = test->priv;

	lab_pwrite(test, scull->file, 0, 600 * PAGE_SIZE, 1);
	KUNIT_EXPECT_EQ(test, lab_scull_trim(scull), 0);
	KUNIT_EXPECT_EQ(test, lab_scull_attr(test, scull, "size"), 0);
	lab_pwrite(test, scull->file, 2 * PAGE_SIZE, 1, 2);
	lab_expect_pattern(test, scull->file, 0, 2 * PAGE_SIZE, 0);
}

static void data_trim_keeps_for_readers(struct kunit *test)
{
	struct lab_scull *scull = test->priv;

	/* Neither reading nor reading and writing trims. */
	lab_pwrite(test, scull->file, 0, 10, 1);
	lab_close(test, lab_scull_open(test, scull->store, 0, O_RDONLY));
	lab_close(test, lab_scull_open(test, scull->store, 0, O_RDWR));
	lab_expect_pattern(test, scull->file, 0, 10, 1);
}

/* The same data with every layout. */
static void data_layouts(struct kunit *test)
{
	static const int qsets[] = { 1, 2, 7, 500 };
	struct lab_scull *scull = test->priv;
	int order, i;

	for (order = 0; order <= 3; order++)
		for (i = 0; i < ARRAY_SIZE(qsets); i++) {
			lab_ioctl(scull->file, SCULL_IOCTORDER, order);
			lab_ioctl(scull->file, SCULL_IOCTQSET, qsets[i]);
			KUNIT_ASSERT_EQ(test, lab_scull_trim(scull), 0);
			lab_pwrite(test, scull->file, 11, 40 * PAGE_SIZE, 1);
			lab_pwrite(test, scull->file, 90 * PAGE_SIZE - 1, 2, 2);
			lab_expect_pattern(test, scull->file, 0, 11, 0);
			lab_expect_pattern(test, scull->file, 11,
					   40 * PAGE_SIZE, 1);
			lab_expect_pattern(test, scull->file,
					   60 * PAGE_SIZE, PAGE_SIZE, 0);
			lab_expect_pattern(test, scull->file,
					   90 * PAGE_SIZE - 1, 2, 2);
		}
}

static void data_bad_pointer(struct kunit *test)
{
	struct lab_scull *scull = test->priv;
	unsigned long addr;
	loff_t pos = 0;

	lab_pwrite(test, scull->file, 0, 100, 1);
	lab_space_new(test);
	KUNIT_EXPECT_EQ(test, vfs_write(scull->file, (void __user *)BAD_POINTER,
					50, &pos), -EFAULT);
	KUNIT_EXPECT_EQ(test, vfs_read(scull->file, (void __user *)BAD_POINTER,
				       50, &pos), -EFAULT);
	pos = 5 * PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, vfs_write(scull->file, (void __user *)BAD_POINTER,
					50, &pos), -EFAULT);
	KUNIT_EXPECT_EQ(test, pos, 5 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, lab_scull_attr(test, scull, "size"), 100);
	lab_expect_pattern(test, scull->file, 0, 100, 1);

	/* The hole is still one: nothing was allocated for it. */
	lab_pwrite(test, scull->file, 8 * PAGE_SIZE, 1, 1);
	KUNIT_EXPECT_EQ(test, vfs_read(scull->file, (void __user *)BAD_POINTER,
				       50, &pos), -EFAULT);
	addr = lab_mmap_shared(test, scull->file, 9, 0);
	lab_expect_touch(test, addr + 5 * PAGE_SIZE, false, LAB_SIGBUS);
}

/* A buffer that is good for a page and then ends. */
static void data_half_bad_pointer(struct kunit *test)
{
	struct lab_scull *scull = test->priv;
	unsigned long buf;
	loff_t pos = 0;
	u8 byte;
	int i;

	lab_space_new(test);
	buf = lab_mmap(NULL, 2, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(buf));
	for (i = 0; i < PAGE_SIZE; i++) {
		byte = lab_pattern(i, 5);
		KUNIT_ASSERT_EQ(test, lab_store(buf + i, &byte, 1), LAB_OK);
	}
	KUNIT_ASSERT_EQ(test, lab_munmap(buf + PAGE_SIZE, 1), 0);

	KUNIT_EXPECT_EQ(test, vfs_write(scull->file, (void __user *)buf,
					2 * PAGE_SIZE, &pos), PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, pos, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, lab_scull_attr(test, scull, "size"), PAGE_SIZE);
	lab_expect_pattern(test, scull->file, 0, PAGE_SIZE, 5);
	lab_pwrite(test, scull->file, 0, 2 * PAGE_SIZE, 1);
	pos = 0;
	KUNIT_EXPECT_EQ(test, vfs_read(scull->file, (void __user *)buf,
				       2 * PAGE_SIZE, &pos), PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, pos, PAGE_SIZE);
	for (i = 0; i < PAGE_SIZE; i += 97) {
		KUNIT_ASSERT_EQ(test, lab_load(buf + i, &byte, 1), LAB_OK);
		KUNIT_EXPECT_EQ(test, byte, lab_pattern(i, 1));
	}
}

/* read(), write() and a mapping see each other's bytes. */
static void data_mix(struct kunit *test)
{
	struct lab_scull *scull = test->priv;
	unsigned long addr;
	u8 byte = 0;

	lab_space_new(test);
	lab_pwrite(test, scull->file, 0, 3 * PAGE_SIZE, 1);
	addr = lab_mmap_shared(test, scull->file, 4, 0);

	KUNIT_ASSERT_EQ(test, lab_load(addr + 5000, &byte, 1), LAB_OK);
	KUNIT_EXPECT_EQ(test, byte, lab_pattern(5000, 1));
	byte = lab_pattern(5000, 2);
	KUNIT_ASSERT_EQ(test, lab_store(addr + 5000, &byte, 1), LAB_OK);
	lab_expect_pattern(test, scull->file, 5000, 1, 2);
	lab_pwrite(test, scull->file, 5001, 100, 3);
	KUNIT_ASSERT_EQ(test, lab_load(addr + 5100, &byte, 1), LAB_OK);
	KUNIT_EXPECT_EQ(test, byte, lab_pattern(5100, 3));

	/* What grows while it is mapped can be touched from then on. */
	lab_expect_touch(test, addr + 3 * PAGE_SIZE, false, LAB_SIGBUS);
	lab_pwrite(test, scull->file, 3 * PAGE_SIZE, 1, 4);
	KUNIT_ASSERT_EQ(test, lab_load(addr + 3 * PAGE_SIZE, &byte, 1), LAB_OK);
	KUNIT_EXPECT_EQ(test, byte, lab_pattern(3 * PAGE_SIZE, 4));
}

/* The device's own mapping as the buffer: no lock may be held over the copy. */
static void data_own_mapping(struct kunit *test)
{
	struct lab_scull *scull = test->priv;
	unsigned long addr;
	loff_t pos = 0;
	u8 byte;
	int i;

	lab_space_new(test);
	lab_pwrite(test, scull->file, 0, 4 * PAGE_SIZE, 1);
	addr = lab_mmap_shared(test, scull->file, 4, 0);

	KUNIT_EXPECT_EQ(test,
			vfs_read(scull->file, (void __user *)(addr + PAGE_SIZE),
				 PAGE_SIZE, &pos), PAGE_SIZE);
	pos = 3 * PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, vfs_write(scull->file, (void __user *)addr,
					PAGE_SIZE, &pos), PAGE_SIZE);
	lab_expect_pattern(test, scull->file, 0, PAGE_SIZE, 1);
	lab_expect_pattern(test, scull->file, 2 * PAGE_SIZE, PAGE_SIZE, 1);
	for (i = 0; i < PAGE_SIZE; i += 97) {
		KUNIT_ASSERT_EQ(test, lab_load(addr + PAGE_SIZE + i, &byte, 1),
				LAB_OK);
		KUNIT_EXPECT_EQ(test, byte, lab_pattern(i, 1));
		KUNIT_ASSERT_EQ(test, lab_load(addr + 3 * PAGE_SIZE + i, &byte,
					       1), LAB_OK);
		KUNIT_EXPECT_EQ(test, byte, lab_pattern(i, 1));
	}
}

static struct kunit_case data_cases[] = {
	KUNIT_CASE_PARAM(data_empty, lab_scull_gen_params),
	KUNIT_CASE_PARAM(data_edges, lab_scull_gen_params),
	KUNIT_CASE_PARAM(data_overwrite, lab_scull_gen_params),
	KUNIT_CASE_PARAM(data_short_read, lab_scull_gen_params),
	KUNIT_CASE_PARAM(data_holes, lab_scull_gen_params),
	KUNIT_CASE_PARAM(data_llseek, lab_scull_gen_params),
	KUNIT_CASE_PARAM(data_limit, lab_scull_gen_params),
	KUNIT_CASE_PARAM(data_append, lab_scull_gen_params),
	KUNIT_CASE_PARAM(data_append_limit, lab_scull_gen_params),
	KUNIT_CASE_PARAM(data_two_devices, lab_scull_gen_params),
	KUNIT_CASE_PARAM(data_trim, lab_scull_gen_params),
	KUNIT_CASE_PARAM(data_trim_keeps_for_readers, lab_scull_gen_params),
	KUNIT_CASE_PARAM(data_layouts, lab_scull_gen_params),
	KUNIT_CASE_PARAM(data_bad_pointer, lab_scull_gen_params),
	KUNIT_CASE_PARAM(data_half_bad_pointer, lab_scull_gen_params),
	KUNIT_CASE_PARAM(data_mix, lab_scull_gen_params),
	KUNIT_CASE_PARAM(data_own_mapping, lab_scull_gen_params),
	{}
};

static struct kunit_suite data_suite = {
	.name		= "umlab_scull_data",
	.init		= lab_scull_init,
	.test_cases	= data_cases,
};

kunit_test_suite(data_suite);
