// SPDX-License-Identifier: GPL-2.0-only
/*
 * What every device node has that can fail
 */

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mman.h>

#include "fail_node.h"
#include "node.h"
#include "space.h"
#include "touch.h"

static long fail_node_open(void *data)
{
	struct lab_fail_node *node = data;

	node->opened = lab_try_open(node->name, O_RDWR);
	return PTR_ERR_OR_ZERO(node->opened);
}

static void fail_node_close(void *data)
{
	struct lab_fail_node *node = data;

	lab_try_close(node->opened);
}

static long fail_node_mmap(void *data)
{
	struct lab_fail_node *node = data;

	node->addr = lab_mmap(node->file, node->pages, PROT_READ | PROT_WRITE,
			      MAP_SHARED, node->pgoff);
	return IS_ERR_VALUE(node->addr) ? (long)node->addr : 0;
}

static void fail_node_map(void *data)
{
	fail_node_mmap(data);
}

static void fail_node_unmap(void *data)
{
	struct lab_fail_node *node = data;

	lab_munmap(node->addr, node->pages);
}

static long fail_node_fault(void *data)
{
	struct lab_fail_node *node = data;
	enum lab_access access = lab_touch(node->addr, true);

	if (access == LAB_OK)
		return 0;
	return access == LAB_OOM ? -ENOMEM : -EFAULT;
}

/* The pages of @len bytes, and one before them */
static unsigned long fail_node_pages(size_t len)
{
	return 1 + DIV_ROUND_UP(len, PAGE_SIZE);
}

/*
 * The kernel's copies find a page table there, as a first page has one: without, a copy
 * for which there is no memory ends UML 6.12 (maybe_map()).
 */
void lab_fail_memory_begin(struct lab_fail_node *node, size_t len)
{
	node->addr = lab_mmap(NULL, fail_node_pages(len), PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, 0);
	lab_touch(node->addr, true);
	node->addr += PAGE_SIZE;
}

void lab_fail_memory_end(const struct lab_fail_node *node, size_t len)
{
	lab_munmap(node->addr - PAGE_SIZE, fail_node_pages(len));
}

static void fail_node_begin(void *data)
{
	struct lab_fail_node *node = data;

	lab_fail_memory_begin(node, node->len);
}

static void fail_node_end(void *data)
{
	struct lab_fail_node *node = data;

	lab_fail_memory_end(node, node->len);
}

/* Less than asked for is no failure, and nothing at all is none that user space sees. */
static long fail_node_read(void *data)
{
	struct lab_fail_node *node = data;
	loff_t pos = node->pos;
	ssize_t ret = vfs_read(node->file, (char __user *)node->addr, node->len,
			       &pos);

	return ret ?: -ENODATA;
}

static long fail_node_write(void *data)
{
	struct lab_fail_node *node = data;
	loff_t pos = node->pos;
	ssize_t ret = vfs_write(node->file, (const char __user *)node->addr,
				node->len, &pos);

	return ret ?: -ENODATA;
}

const struct lab_fail_op lab_fail_open = {
	.name = "open", .run = fail_node_open, .undo = fail_node_close,
	.errors = { -ENOMEM },
};

const struct lab_fail_op lab_fail_mmap = {
	.name = "mmap", .run = fail_node_mmap, .undo = fail_node_unmap,
	.errors = { -ENOMEM },
};

const struct lab_fail_op lab_fail_fault = {
	.name = "fault", .begin = fail_node_map, .run = fail_node_fault,
	.end = fail_node_unmap, .errors = { -ENOMEM },
};

const struct lab_fail_op lab_fail_read = {
	.name = "read", .begin = fail_node_begin, .run = fail_node_read,
	.end = fail_node_end, .errors = { -ENOMEM, -EFAULT },
};

const struct lab_fail_op lab_fail_write = {
	.name = "write", .begin = fail_node_begin, .run = fail_node_write,
	.end = fail_node_end, .errors = { -ENOMEM, -EFAULT },
};
