// SPDX-License-Identifier: GPL-2.0-only
/*
 * scull: a mapping of a device as the buffer for a read() or a write() of the same device,
 * which so takes a page fault of its own while it works: it must not wait for itself
 */

#include <fcntl.h>
#include <kselftest_harness.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "../../drivers/scull/scull-ioctl.h"
#include "pattern.h"
#include "device_fixture.h"

#define BYTES	(LAB_PAGES * LAB_PAGE)

/* A mapping that has not been touched: data, and four pages after their end */
static unsigned char *map_fresh(struct __test_metadata *_metadata,
				const struct lab_device *dev)
{
	unsigned char *map;

	close(lab_device_open(dev, O_WRONLY));
	EXPECT_EQ(0, lab_device_fill(dev, 0, LAB_PAGES, LAB_SEED));
	map = lab_device_map(dev, 0, LAB_PAGES + 4, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, map);
	return map;
}

static void unmap(struct __test_metadata *_metadata, unsigned char *map)
{
	EXPECT_EQ(0, munmap(map, (LAB_PAGES + 4) * LAB_PAGE));
}

/* Pages, bytes across pages, to and from themselves, and after the end */
static void whole(struct __test_metadata *_metadata,
		  const struct lab_device *dev)
{
	unsigned char *map = map_fresh(_metadata, dev);
	unsigned char wanted[5000];

	EXPECT_EQ(3 * LAB_PAGE, pread(dev->fd, map + 4 * LAB_PAGE, 3 * LAB_PAGE,
				      0));
	EXPECT_EQ(3 * LAB_PAGE,
		  lab_pattern_length(map + 4 * LAB_PAGE, 3 * LAB_PAGE, LAB_SEED,
				     0));
	unmap(_metadata, map);

	map = map_fresh(_metadata, dev);
	EXPECT_EQ(3 * LAB_PAGE, pwrite(dev->fd, map, 3 * LAB_PAGE,
				       4 * LAB_PAGE));
	EXPECT_EQ(3 * LAB_PAGE,
		  lab_pattern_length(map + 4 * LAB_PAGE, 3 * LAB_PAGE, LAB_SEED,
				     0));
	EXPECT_EQ(-1, lab_device_differs(dev, 7, 1, LAB_SEED));
	unmap(_metadata, map);

	map = map_fresh(_metadata, dev);
	EXPECT_EQ(LAB_PAGE, pwrite(dev->fd, map, LAB_PAGE, 0));
	EXPECT_EQ(LAB_PAGE, pread(dev->fd, map + LAB_PAGE, LAB_PAGE, LAB_PAGE));
	EXPECT_EQ(-1, lab_device_differs(dev, 0, LAB_PAGES, LAB_SEED));
	unmap(_metadata, map);

	map = map_fresh(_metadata, dev);
	lab_pattern_put(wanted, sizeof(wanted), LAB_SEED, 100);
	EXPECT_EQ(5000, pwrite(dev->fd, map + 100, 5000, 5 * LAB_PAGE + 50));
	EXPECT_EQ(0, memcmp(wanted, map + 5 * LAB_PAGE + 50, 5000));
	EXPECT_EQ(5000, pread(dev->fd, map + 3 * LAB_PAGE - 7, 5000, 100));
	EXPECT_EQ(0, memcmp(wanted, map + 3 * LAB_PAGE - 7, 5000));
	/* The data get longer by what they had at their start. */
	EXPECT_EQ(5000, pwrite(dev->fd, map + 100, 5000, BYTES + 1));
	EXPECT_EQ(0, memcmp(wanted, map + BYTES + 1, 5000));
	EXPECT_EQ(0, map[BYTES]);
	unmap(_metadata, map);
}

/* As much as there is goes, and if there is nothing, nothing is changed. */
static void holes(struct __test_metadata *_metadata,
		  const struct lab_device *dev)
{
	unsigned char *map = map_fresh(_metadata, dev);
	unsigned char *last = map + BYTES - LAB_PAGE, *end = map + BYTES;

	EXPECT_EQ(0, lseek(dev->fd, 0, SEEK_SET));
	EXPECT_EQ(-1, write(dev->fd, end, LAB_PAGE));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, read(dev->fd, end, LAB_PAGE));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, lseek(dev->fd, 0, SEEK_CUR));
	/* Not even a page that would be filled by this very write is there. */
	EXPECT_EQ(-1, pwrite(dev->fd, end, LAB_PAGE, BYTES));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(BYTES, lseek(dev->fd, 0, SEEK_END));
	EXPECT_STREQ("", lab_strange(end, 4, "rw", LAB_SIGBUS));

	EXPECT_EQ(0, lseek(dev->fd, 0, SEEK_SET));
	EXPECT_EQ(LAB_PAGE, read(dev->fd, last, 2 * LAB_PAGE));
	EXPECT_EQ(LAB_PAGE, lseek(dev->fd, 0, SEEK_CUR));
	EXPECT_EQ(LAB_PAGE, lab_pattern_length(last, LAB_PAGE, LAB_SEED, 0));
	EXPECT_EQ(LAB_PAGE, write(dev->fd, last, 2 * LAB_PAGE));
	EXPECT_EQ(2 * LAB_PAGE, lseek(dev->fd, 0, SEEK_CUR));
	EXPECT_EQ(LAB_PAGE,
		  lab_pattern_length(map + LAB_PAGE, LAB_PAGE, LAB_SEED, 0));
	EXPECT_EQ(-1, lab_device_differs(dev, 2, LAB_PAGES - 3, LAB_SEED));
	unmap(_metadata, map);
}

/* Lists of buffers of both sorts, O_APPEND, and the pointer of an ioctl() */
static void other_ways(struct __test_metadata *_metadata,
		       const struct lab_device *dev)
{
	int append = lab_device_open(dev, O_RDWR | O_APPEND);
	unsigned char *map = map_fresh(_metadata, dev);
	int *value = (int *)(map + 6 * LAB_PAGE);
	unsigned char bytes[LAB_PAGE];
	struct iovec parts[] = {
		{ map + 2 * LAB_PAGE - 8, 16 }, { bytes, LAB_PAGE },
		{ map + 5 * LAB_PAGE, LAB_PAGE },
	};

	EXPECT_EQ(16 + 2 * LAB_PAGE, preadv(dev->fd, parts, 3, 0));
	EXPECT_EQ(16, lab_pattern_length(parts[0].iov_base, 16, LAB_SEED, 0));
	EXPECT_EQ(LAB_PAGE, lab_pattern_length(bytes, LAB_PAGE, LAB_SEED, 16));
	EXPECT_EQ(LAB_PAGE - 24,
		  lab_pattern_length(parts[2].iov_base, LAB_PAGE - 24, LAB_SEED,
				     16 + LAB_PAGE));
	EXPECT_EQ(16 + 2 * LAB_PAGE, writev(append, parts, 3));
	EXPECT_EQ(0, memcmp(map + BYTES, parts[0].iov_base, 16));
	EXPECT_EQ(0, memcmp(map + BYTES + 16, bytes, LAB_PAGE));
	EXPECT_EQ(0, memcmp(map + BYTES + 16 + LAB_PAGE, parts[2].iov_base,
			    LAB_PAGE));
	close(append);

	EXPECT_EQ(0, ioctl(dev->fd, SCULL_IOCGQSET, value));
	EXPECT_EQ(500, *value);
	*value = 7;
	EXPECT_EQ(0, ioctl(dev->fd, SCULL_IOCXQSET, value));
	EXPECT_EQ(500, *value);
	EXPECT_EQ(7, ioctl(dev->fd, SCULL_IOCQQSET));
	/* Nothing is there: nothing is set. */
	value = (int *)(map + BYTES + 3 * LAB_PAGE);
	EXPECT_EQ(-1, ioctl(dev->fd, SCULL_IOCSQSET, value));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(7, ioctl(dev->fd, SCULL_IOCQQSET));
	unmap(_metadata, map);
}

TEST_F(scull, its_own_buffer)
{
	whole(_metadata, &self->dev);
	holes(_metadata, &self->dev);
	other_ways(_metadata, &self->dev);
	EXPECT_EQ(0, lab_device_vmas(&self->dev));
}

TEST_HARNESS_MAIN
