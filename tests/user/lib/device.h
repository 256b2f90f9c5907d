/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device that maps memory, of the drivers simple and scull: what is the same with
 * both of them, and what a program has to know to hold them to the same things
 *
 * device_fixture.h has fixtures for them.
 */
#ifndef _DEVICE_H
#define _DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lab.h"
#include "space.h"

/* It has so many pages, and this pattern in them */
#define LAB_PAGES	8
#define LAB_SEED	1

/**
 * enum lab_kind - which device
 * @LAB_REMAP: simple, all page table entries made by mmap()
 * @LAB_FAULT: simple, each made when it is needed
 * @LAB_SCULLP: scull on pages
 * @LAB_SCULLV: scull on vmalloc()
 * @LAB_KINDS: how many there are
 */
enum lab_kind {
	LAB_REMAP,
	LAB_FAULT,
	LAB_SCULLP,
	LAB_SCULLV,
	LAB_KINDS
};

/**
 * struct lab_device - a device
 * @kind: which
 * @lab: the machine; of a scull -1, as they are always there
 * @name: what was plugged in: "simple0"; or "scullp0"
 * @path: its node
 * @fd: the node, open for reading and writing
 */
struct lab_device {
	enum lab_kind kind;
	int lab;
	char name[LAB_NAME];
	char path[64];
	int fd;
};

/**
 * lab_device_begin() - have a device, with a pattern in it
 * @dev: the device
 * @kind: which
 *
 * Return: 0, or a negative errno.
 */
int lab_device_begin(struct lab_device *dev, enum lab_kind kind);

/**
 * lab_device_end() - give it back
 * @dev: the device; unmapped, if it is a scull
 *
 * Return: whether nobody has complained, and nothing is mapped any more.
 */
bool lab_device_end(struct lab_device *dev);

static inline bool lab_is_simple(const struct lab_device *dev)
{
	return dev->kind == LAB_REMAP || dev->kind == LAB_FAULT;
}

/**
 * lab_device_open() - open its node once more
 * @dev: the device
 * @flags: as for open()
 *
 * Return: the file, or a negative errno.
 */
int lab_device_open(const struct lab_device *dev, int flags);

/**
 * lab_device_vmas() - how many mappings the driver counts, in all processes
 * @dev: the device
 *
 * Return: how many, or a negative errno.
 */
long lab_device_vmas(const struct lab_device *dev);

/**
 * lab_device_map() - map pages of it
 * @dev: the device
 * @page: the first one
 * @pages: how many
 * @flags: MAP_SHARED or MAP_PRIVATE, and more; to be read and written
 *
 * Return: their address, or MAP_FAILED.
 */
unsigned char *lab_device_map(const struct lab_device *dev, unsigned int page,
			      unsigned int pages, int flags);

/**
 * lab_device_differs() - look for a pattern in the device itself
 * @dev: the device
 * @page: the first page to look at
 * @pages: how many
 * @seed: which pattern
 *
 * scull is read; simple is mapped once more, by another file.
 *
 * Return: the position in the device of the first wrong byte; -1: all are right; or an
 * errno below -1.
 */
long lab_device_differs(const struct lab_device *dev, unsigned int page,
			unsigned int pages, unsigned int seed);

/**
 * lab_device_fill() - write a pattern to the device, by the same way
 * @dev: the device
 * @page: the first page
 * @pages: how many
 * @seed: which pattern
 *
 * Return: 0, or a negative errno.
 */
int lab_device_fill(const struct lab_device *dev, unsigned int page,
		    unsigned int pages, unsigned int seed);

#endif /* _DEVICE_H */
