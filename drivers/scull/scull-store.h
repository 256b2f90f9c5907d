/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scull for the modules that bring a store: where quanta come from
 */
#ifndef _SCULL_STORE_H
#define _SCULL_STORE_H

#include <linux/err.h>
#include <linux/module.h>
#include <linux/types.h>

struct page;
struct scull_group;

/* How many devices a store can have */
#define SCULL_DEVICES_MAX	256

/**
 * struct scull_store - where quanta come from
 * @name: the devices are called /dev/<name>0 and on
 * @owner: the module
 * @order: the order that devices start with and are reset to
 * @qset: the same for the qset
 * @alloc: a new, zeroed quantum of PAGE_SIZE << order bytes, or NULL
 * @free: give a quantum back; pages of it that somebody holds a reference to
 *	  must live on
 * @page: the page that is @offset bytes into a quantum, without a reference
 */
struct scull_store {
	const char *name;
	struct module *owner;
	int order;
	int qset;
	void *(*alloc)(unsigned int order);
	void (*free)(void *quantum, unsigned int order);
	struct page *(*page)(void *quantum, size_t offset);
};

struct scull_group *scull_register(const struct scull_store *store,
				   unsigned int count);
void scull_unregister(struct scull_group *group);

/**
 * module_scull_store() - the module of a store, and nothing else in it
 * @__store: its struct scull_store
 *
 * Has a parameter "devices": how many devices there are.
 */
#define module_scull_store(__store)					\
static unsigned int devices = 4;					\
module_param(devices, uint, 0444);					\
MODULE_PARM_DESC(devices, "how many devices there are (1 to 256)");	\
									\
static struct scull_group *__store##_group;				\
									\
static int __init __store##_init(void)					\
{									\
	__store##_group = scull_register(&(__store), devices);		\
	return PTR_ERR_OR_ZERO(__store##_group);			\
}									\
module_init(__store##_init);						\
									\
static void __exit __store##_exit(void)					\
{									\
	scull_unregister(__store##_group);				\
}									\
module_exit(__store##_exit)

#endif /* _SCULL_STORE_H */
