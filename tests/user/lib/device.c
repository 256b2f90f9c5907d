// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that maps memory
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../../drivers/scull/scull-ioctl.h"
#include "device.h"
#include "pattern.h"

/* Parameters as at the start, and nothing in it; 0 or a negative errno */
static int device_empty(const struct lab_device *dev)
{
	int fd;

	if (ioctl(dev->fd, SCULL_IOCRESET))
		return -errno;
	/* Open for writing only: this drops all data. */
	fd = open(dev->path, O_WRONLY);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int device_open_simple(struct lab_device *dev)
{
	int err;

	dev->lab = lab_begin();
	if (dev->lab < 0)
		return dev->lab;
	err = lab_plug(dev->lab, dev->name, "simple pages=%d", LAB_PAGES);
	snprintf(dev->path, sizeof(dev->path), "/dev/%s-%s", dev->name,
		 dev->kind == LAB_REMAP ? "remap" : "fault");
	dev->fd = err ? -1 : open(dev->path, O_RDWR);
	return err ? err : dev->fd < 0 ? -errno : 0;
}

static int device_open_scull(struct lab_device *dev)
{
	dev->lab = -1;
	snprintf(dev->name, sizeof(dev->name), "%s0",
		 dev->kind == LAB_SCULLP ? "scullp" : "scullv");
	snprintf(dev->path, sizeof(dev->path), "/dev/%s", dev->name);
	dev->fd = open(dev->path, O_RDWR);
	return dev->fd < 0 ? -errno : device_empty(dev);
}

int lab_device_begin(struct lab_device *dev, enum lab_kind kind)
{
	int err;

	dev->kind = kind;
	err = lab_is_simple(dev) ? device_open_simple(dev) :
				   device_open_scull(dev);
	return err ? err : lab_device_fill(dev, 0, LAB_PAGES, LAB_SEED);
}

bool lab_device_end(struct lab_device *dev)
{
	/* It is EBUSY to drop what is mapped. */
	bool good = lab_is_simple(dev) || !device_empty(dev);

	close(dev->fd);
	return lab_is_simple(dev) ? lab_end(dev->lab) : good;
}

int lab_device_open(const struct lab_device *dev, int flags)
{
	int fd = open(dev->path, flags);

	return fd < 0 ? -errno : fd;
}

long lab_device_vmas(const struct lab_device *dev)
{
	if (lab_is_simple(dev))
		return lab_attr("/sys/class/misc/%s/device/vmas", dev->path + 5);
	return lab_attr("/sys/class/scull/%s/vmas", dev->name);
}

unsigned char *lab_device_map(const struct lab_device *dev, unsigned int page,
			      unsigned int pages, int flags)
{
	return mmap(NULL, pages * LAB_PAGE, PROT_READ | PROT_WRITE, flags,
		    dev->fd, page * LAB_PAGE);
}

/* Map it by a file that is closed again; NULL: errno says why not */
static unsigned char *device_look(const struct lab_device *dev,
				  unsigned int page, unsigned int pages)
{
	int fd = open(dev->path, O_RDWR);
	unsigned char *map;

	if (fd < 0)
		return NULL;
	map = mmap(NULL, pages * LAB_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
		   fd, page * LAB_PAGE);
	close(fd);
	return map == MAP_FAILED ? NULL : map;
}

/* The position in the device of the first wrong byte; -1: all are right */
static long device_differs(const unsigned char *bytes, size_t at, size_t len,
			   unsigned int seed)
{
	size_t right = lab_pattern_length(bytes, len, seed, at);

	return right == len ? -1 : (long)(at + right);
}

long lab_device_differs(const struct lab_device *dev, unsigned int page,
			unsigned int pages, unsigned int seed)
{
	unsigned char bytes[LAB_PAGES * LAB_PAGE], *map;
	size_t at = page * LAB_PAGE, len = pages * LAB_PAGE;
	long differs;

	if (len > sizeof(bytes))
		return -E2BIG;
	if (!lab_is_simple(dev)) {
		if (pread(dev->fd, bytes, len, at) != (ssize_t)len)
			return -EIO;
		return device_differs(bytes, at, len, seed);
	}
	map = device_look(dev, page, pages);
	if (!map)
		return -errno;
	differs = device_differs(map, at, len, seed);
	munmap(map, len);
	return differs;
}

int lab_device_fill(const struct lab_device *dev, unsigned int page,
		    unsigned int pages, unsigned int seed)
{
	unsigned char bytes[LAB_PAGES * LAB_PAGE], *map;
	size_t at = page * LAB_PAGE, len = pages * LAB_PAGE;

	if (len > sizeof(bytes))
		return -E2BIG;
	if (!lab_is_simple(dev)) {
		lab_pattern_put(bytes, len, seed, at);
		if (pwrite(dev->fd, bytes, len, at) != (ssize_t)len)
			return -EIO;
		return 0;
	}
	map = device_look(dev, page, pages);
	if (!map)
		return -errno;
	lab_pattern_put(map, len, seed, at);
	munmap(map, len);
	return 0;
}
