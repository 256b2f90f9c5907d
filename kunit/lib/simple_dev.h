/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device for the simple driver, for the length of a test
 */
#ifndef _LAB_SIMPLE_DEV_H
#define _LAB_SIMPLE_DEV_H

#include <linux/types.h>

#include "region.h"

struct file;
struct kunit;
struct platform_device;

enum lab_simple_node {
	LAB_SIMPLE_REMAP,
	LAB_SIMPLE_FAULT,
	LAB_SIMPLE_NODES
};

/**
 * struct lab_simple - a simple device
 * @region: its memory
 * @pdev: the platform device
 * @unplugged: lab_simple_unplug() was called
 */
struct lab_simple {
	struct lab_region region;
	struct platform_device *pdev;
	bool unplugged;
};

/**
 * lab_simple_plug() - plug in a device with whole pages of memory
 * @test: the test; aborted if the driver does not bind
 * @pages: how many pages
 *
 * Return: the device; unplugged when the test ends.
 */
struct lab_simple *lab_simple_plug(struct kunit *test, unsigned long pages);

/**
 * lab_simple_plug_bytes() - plug in a device with part of its region
 * @test: the test
 * @pages: how many pages the region has
 * @offset: where in the region the resource starts, in bytes
 * @size: of the resource, in bytes
 *
 * The driver may refuse it: see lab_simple_bound().
 *
 * Return: the device; unplugged when the test ends.
 */
struct lab_simple *lab_simple_plug_bytes(struct kunit *test,
					 unsigned long pages, size_t offset,
					 size_t size);

/**
 * lab_simple_bound() - whether the driver is bound
 * @simple: the device
 */
bool lab_simple_bound(const struct lab_simple *simple);

/**
 * lab_simple_unplug() - remove the device now
 * @simple: the device; its region stays until the test ends
 */
void lab_simple_unplug(struct lab_simple *simple);

/**
 * lab_simple_has_node() - whether a node is there
 * @simple: the device
 * @node: which
 */
bool lab_simple_has_node(const struct lab_simple *simple,
			 enum lab_simple_node node);

/**
 * lab_simple_open() - open one of the device's nodes
 * @test: the test; aborted if this fails
 * @simple: the device
 * @node: which one
 *
 * Return: the file; closed when the test ends.
 */
struct file *lab_simple_open(struct kunit *test,
			     const struct lab_simple *simple,
			     enum lab_simple_node node);

/**
 * lab_simple_vmas() - the device's own count of its mappings
 * @test: the test
 * @simple: the device, bound
 */
long lab_simple_vmas(struct kunit *test, const struct lab_simple *simple);

/**
 * lab_simple_node_name() - a node in words
 * @node: which one
 */
const char *lab_simple_node_name(enum lab_simple_node node);

/**
 * lab_simple_gen_params() - run a case on both nodes
 * @prev: see KUNIT_CASE_PARAM(); test->param_value points to the node
 * @desc: likewise
 */
const void *lab_simple_gen_params(const void *prev, char *desc);

#endif /* _LAB_SIMPLE_DEV_H */
