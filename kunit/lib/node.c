// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device nodes and sysfs attributes for suites, by the names users know
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mman.h>
#include <linux/string.h>

#include "node.h"
#include "space.h"
#include "touch.h"

struct file *lab_open_in(const char *fs, const char *path, int flags)
{
	struct file_system_type *type = get_fs_type(fs);
	struct vfsmount *mnt = NULL;
	struct file *file;
	int count = 0, ret;

	if (!type)
		return ERR_PTR(-ENODEV);

	ret = simple_pin_fs(type, &mnt, &count);
	put_filesystem(type);
	if (ret)
		return ERR_PTR(ret);

	/* The file keeps the mount from here on. */
	file = file_open_root_mnt(mnt, path, flags | O_LARGEFILE, 0);
	simple_release_fs(&mnt, &count);
	return file;
}

void lab_try_close(struct file *file)
{
	filp_close(file, NULL);
	/* A kernel thread's fput() is left to a work item. */
	flush_delayed_fput();
}

static void lab_filp_close(void *file)
{
	lab_try_close(file);
}

struct file *lab_try_open(const char *name, int flags)
{
	struct file *file = lab_open_in("devtmpfs", name, flags);

	flush_delayed_fput();
	return file;
}

struct file *lab_open(struct kunit *test, const char *name, int flags)
{
	struct file *file = lab_try_open(name, flags);

	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(file), "open of /dev/%s: %ld", name,
			       PTR_ERR(file));
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, lab_filp_close, file));
	return file;
}

void lab_close(struct kunit *test, struct file *file)
{
	kunit_release_action(test, lab_filp_close, file);
}

static struct file *lab_open_attr(struct kunit *test, const char *path,
				  int flags)
{
	struct file *file = lab_open_in("sysfs", path, flags);

	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(file), "open of /sys/%s: %ld", path,
			       PTR_ERR(file));
	return file;
}

long lab_attr_read(struct kunit *test, const char *path)
{
	struct file *file = lab_open_attr(test, path, O_RDONLY);
	char text[32] = "";
	loff_t pos = 0;
	ssize_t got;
	long value;

	got = kernel_read(file, text, sizeof(text) - 1, &pos);
	lab_try_close(file);
	KUNIT_ASSERT_GT(test, got, 0);
	KUNIT_ASSERT_EQ_MSG(test, kstrtol(strim(text), 0, &value), 0,
			    "/sys/%s holds \"%s\"", path, text);
	return value;
}

int lab_attr_write(struct kunit *test, const char *path, const char *text)
{
	struct file *file = lab_open_attr(test, path, O_WRONLY);
	loff_t pos = 0;
	ssize_t put;

	put = kernel_write(file, text, strlen(text), &pos);
	lab_try_close(file);
	return put < 0 ? put : 0;
}

void lab_proc_read(struct kunit *test, const char *path, char *text,
		   size_t size)
{
	struct file *file = lab_open_in("proc", path, O_RDONLY);
	unsigned long addr;
	loff_t pos = 0;

	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(file), "open of /proc/%s: %ld",
			       path, PTR_ERR(file));
	/* Most of procfs cannot be read to kernel memory. */
	lab_space_new(test);
	addr = lab_mmap(NULL, DIV_ROUND_UP(size, PAGE_SIZE),
			PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	while (pos < size - 1 && vfs_read(file, (char __user *)addr + pos,
					  size - 1 - pos, &pos) > 0)
		;
	lab_try_close(file);
	KUNIT_ASSERT_EQ(test, lab_load(addr, text, pos), LAB_OK);
	text[pos] = '\0';
}
