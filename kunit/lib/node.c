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

static struct file *node_open_in(struct kunit *test, const char *fs,
				 const char *path, int flags)
{
	struct file *file = lab_open_in(fs, path, flags);

	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(file), "open of %s of %s: %ld",
			       path, fs, PTR_ERR(file));
	return file;
}

/* Much of procfs and debugfs cannot be read to kernel memory. */
static size_t node_read_user(struct kunit *test, struct file *file, char *text,
			     size_t size)
{
	unsigned long pages = DIV_ROUND_UP(size, PAGE_SIZE), addr;
	loff_t pos = 0;

	if (!current->mm)
		lab_space_new(test);
	addr = lab_mmap(NULL, pages, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	while (pos < size - 1 && vfs_read(file, (char __user *)addr + pos,
					  size - 1 - pos, &pos) > 0)
		;
	KUNIT_ASSERT_EQ(test, lab_load(addr, text, pos), LAB_OK);
	lab_munmap(addr, pages);
	text[pos] = '\0';
	return pos;
}

char *lab_text_read(struct kunit *test, const char *fs, const char *path,
		    char *text, size_t size)
{
	struct file *file = node_open_in(test, fs, path, O_RDONLY);
	size_t got = node_read_user(test, file, text, size);

	lab_try_close(file);
	KUNIT_ASSERT_GT_MSG(test, got, 0, "%s of %s is empty", path, fs);
	return strim(text);
}

long lab_number_read(struct kunit *test, const char *fs, const char *path)
{
	char buffer[32];
	char *text = lab_text_read(test, fs, path, buffer, sizeof(buffer));
	long value;

	KUNIT_ASSERT_EQ_MSG(test, kstrtol(text, 0, &value), 0,
			    "%s of %s holds \"%s\"", path, fs, text);
	return value;
}

long lab_attr_read(struct kunit *test, const char *path)
{
	return lab_number_read(test, "sysfs", path);
}

int lab_attr_write(struct kunit *test, const char *path, const char *text)
{
	struct file *file = node_open_in(test, "sysfs", path, O_WRONLY);
	loff_t pos = 0;
	ssize_t put;

	put = kernel_write(file, text, strlen(text), &pos);
	lab_try_close(file);
	return put < 0 ? put : 0;
}

void lab_proc_read(struct kunit *test, const char *path, char *text,
		   size_t size)
{
	struct file *file = node_open_in(test, "proc", path, O_RDONLY);

	node_read_user(test, file, text, size);
	lab_try_close(file);
}
