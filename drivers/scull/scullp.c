// SPDX-License-Identifier: GPL-2.0-only
/*
 * scullp: a quantum is 2^order physically contiguous pages
 */

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "scull-store.h"

/*
 * __GFP_COMP: a reference to any page of the quantum holds all of it, so that
 * a reader may still be copying from one when the quantum is freed.
 */
static void *scullp_alloc(unsigned int order)
{
	return (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO | __GFP_COMP,
					order);
}

static void scullp_free(void *quantum, unsigned int order)
{
	free_pages((unsigned long)quantum, order);
}

static struct page *scullp_page(void *quantum, size_t offset)
{
	return virt_to_page(quantum + offset);
}

static const struct scull_store scullp_store = {
	.name	= "scullp",
	.owner	= THIS_MODULE,
	.order	= 0,
	.qset	= 500,
	.alloc	= scullp_alloc,
	.free	= scullp_free,
	.page	= scullp_page,
};
module_scull_store(scullp_store);

MODULE_DESCRIPTION("Memory that behaves like a file, made of pages");
MODULE_LICENSE("GPL");
