// SPDX-License-Identifier: GPL-2.0-only
/*
 * scullv: a quantum is 2^order pages, contiguous in kernel addresses only
 */

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

#include "scull-store.h"

static void *scullv_alloc(unsigned int order)
{
	return vzalloc(PAGE_SIZE << order);
}

/* vfree() puts each page, so one that is still referenced lives on. */
static void scullv_free(void *quantum, unsigned int order)
{
	vfree(quantum);
}

static struct page *scullv_page(void *quantum, size_t offset)
{
	return vmalloc_to_page(quantum + offset);
}

static const struct scull_store scullv_store = {
	.name	= "scullv",
	.owner	= THIS_MODULE,
	.order	= 0,
	.qset	= 500,
	.alloc	= scullv_alloc,
	.free	= scullv_free,
	.page	= scullv_page,
};
module_scull_store(scullv_store);

MODULE_DESCRIPTION("Memory that behaves like a file, made of vmalloc memory");
MODULE_LICENSE("GPL");
