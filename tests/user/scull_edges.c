// SPDX-License-Identifier: GPL-2.0-only
/*
 * scull: mappings of what is not there, or not yet: holes, and all that is behind the end
 * of the data, which may grow meanwhile, but not be dropped
 */

#include <fcntl.h>
#include <kselftest_harness.h>
#include <sys/ioctl.h>

#include "../../drivers/scull/scull-ioctl.h"
#include "pattern.h"
#include "device_fixture.h"

#define BYTES	(LAB_PAGES * LAB_PAGE)

/* A page with one byte, after two pages of a hole */
#define FAR	((LAB_PAGES + 2) * LAB_PAGE)

static long size_of(const struct lab_device *dev)
{
	return lab_attr("/sys/class/scull/%s/size", dev->name);
}

/* Holes, the end, and what is written there by write(), with the mapping in place */
static void holes(struct __test_metadata *_metadata,
		  const struct lab_device *dev)
{
	unsigned char *map = lab_device_map(dev, 0, LAB_PAGES + 5, MAP_SHARED);
	unsigned char *hole = map + BYTES, *far = map + FAR, byte;

	ASSERT_NE(MAP_FAILED, map);
	EXPECT_STREQ("", lab_strange(map, LAB_PAGES, "rw", LAB_GOOD));
	EXPECT_STREQ("", lab_strange(map + BYTES, 5, "rw", LAB_SIGBUS));
	EXPECT_EQ(1, pwrite(dev->fd, "x", 1, FAR));
	EXPECT_STREQ("", lab_strange(hole, 2, "rw", LAB_SIGBUS));
	EXPECT_STREQ("", lab_strange(far, 1, "rw", LAB_GOOD));
	EXPECT_STREQ("", lab_strange(far + LAB_PAGE, 2, "rw", LAB_SIGBUS));
	EXPECT_EQ('x', far[0]);
	EXPECT_EQ(0, far[1]);

	/* What is written behind the end is there, once the end has gone on. */
	far[LAB_PAGE - 2] = 'y';
	EXPECT_EQ(FAR + 1, size_of(dev));
	EXPECT_EQ(0, pread(dev->fd, &byte, 1, FAR + LAB_PAGE - 2));
	EXPECT_EQ(1, pwrite(dev->fd, "z", 1, FAR + LAB_PAGE - 1));
	EXPECT_EQ(1, pread(dev->fd, &byte, 1, FAR + LAB_PAGE - 2));
	EXPECT_EQ('y', byte);

	/* To read a hole does not fill it, to write to it does. */
	EXPECT_EQ(1, pread(dev->fd, &byte, 1, BYTES + LAB_PAGE));
	EXPECT_EQ(0, byte);
	EXPECT_STREQ("", lab_strange(hole, 2, "rw", LAB_SIGBUS));
	EXPECT_EQ(1, pwrite(dev->fd, "h", 1, BYTES + LAB_PAGE));
	EXPECT_STREQ("", lab_strange(hole, 1, "rw", LAB_SIGBUS));
	EXPECT_STREQ("", lab_strange(hole + LAB_PAGE, 1, "rw", LAB_GOOD));
	EXPECT_EQ('h', hole[LAB_PAGE]);
	EXPECT_EQ(0, hole[LAB_PAGE + 1]);

	/* Locked and touched in advance, as far as there is something */
	EXPECT_EQ(-1, mlock(map, (LAB_PAGES + 5) * LAB_PAGE));
	EXPECT_EQ(ENOMEM, errno);
	EXPECT_EQ(0, munmap(map, (LAB_PAGES + 5) * LAB_PAGE));
	map = lab_device_map(dev, 6, 5, MAP_SHARED | MAP_POPULATE);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(2 * LAB_PAGE / 1024, lab_smaps_kb(map, "Rss"));
	EXPECT_EQ(0, munmap(map, 5 * LAB_PAGE));
}

/* A position that fits only if its upper bits are lost, and a device without data */
static void nothing(struct __test_metadata *_metadata,
		    const struct lab_device *dev)
{
	static const off_t far[] = { 1L << 32, 1L << 44, 1L << 62 };
	unsigned char *map;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(far); i++) {
		map = mmap(NULL, LAB_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			   dev->fd, far[i]);
		ASSERT_NE(MAP_FAILED, map);
		EXPECT_STREQ("", lab_strange(map, 1, "rw", LAB_SIGBUS))
			TH_LOG("at %#lx", far[i]);
		EXPECT_EQ(0, munmap(map, LAB_PAGE));
	}
	close(lab_device_open(dev, O_WRONLY));
	EXPECT_EQ(0, size_of(dev));
	map = lab_device_map(dev, 0, 2, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_STREQ("", lab_strange(map, 2, "rw", LAB_SIGBUS));
	EXPECT_EQ(1, pwrite(dev->fd, "x", 1, 0));
	EXPECT_STREQ("", lab_strange(map, 1, "rw", LAB_GOOD));
	EXPECT_STREQ("", lab_strange(map + LAB_PAGE, 1, "rw", LAB_SIGBUS));
	EXPECT_EQ('x', map[0]);
	EXPECT_EQ(0, munmap(map, 2 * LAB_PAGE));
}

TEST_F(scull, nothing_there)
{
	holes(_metadata, &self->dev);
	nothing(_metadata, &self->dev);
	EXPECT_EQ(0, lab_device_vmas(&self->dev));
}

/* Grown over the end, doubled, and moved with an empty mapping left behind */
static void grow(struct __test_metadata *_metadata,
		 const struct lab_device *dev)
{
	unsigned char *map = lab_device_map(dev, 6, 1, MAP_SHARED), *more;

	ASSERT_NE(MAP_FAILED, map);
	map = mremap(map, LAB_PAGE, 4 * LAB_PAGE, MREMAP_MAYMOVE);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(2 * LAB_PAGE,
		  lab_pattern_length(map, 2 * LAB_PAGE, LAB_SEED,
				     6 * LAB_PAGE));
	EXPECT_STREQ("", lab_strange(map, 2, "rw", LAB_GOOD));
	EXPECT_STREQ("", lab_strange(map + 2 * LAB_PAGE, 2, "rw", LAB_SIGBUS));
	EXPECT_EQ(1, lab_device_vmas(dev));

	more = mremap(map + LAB_PAGE, 0, 2 * LAB_PAGE, MREMAP_MAYMOVE);
	ASSERT_NE(MAP_FAILED, more);
	EXPECT_EQ(LAB_PAGE,
		  lab_pattern_length(more, LAB_PAGE, LAB_SEED, 7 * LAB_PAGE));
	EXPECT_STREQ("", lab_strange(more + LAB_PAGE, 1, "rw", LAB_SIGBUS));
	EXPECT_EQ(2, lab_device_vmas(dev));
	EXPECT_EQ(0, munmap(more, 2 * LAB_PAGE));

	more = mremap(map, 4 * LAB_PAGE, 4 * LAB_PAGE,
		      MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	ASSERT_NE(MAP_FAILED, more);
	lab_pattern_put(more, 2 * LAB_PAGE, 2, 6 * LAB_PAGE);
	EXPECT_EQ(2 * LAB_PAGE,
		  lab_pattern_length(map, 2 * LAB_PAGE, 2, 6 * LAB_PAGE));
	EXPECT_EQ(2, lab_device_vmas(dev));
	EXPECT_EQ(0, munmap(more, 4 * LAB_PAGE));
	EXPECT_EQ(0, munmap(map, 4 * LAB_PAGE));
}

/* What is mapped is not dropped; only pages of order 0 are mapped. */
static void busy(struct __test_metadata *_metadata,
		 const struct lab_device *dev)
{
	unsigned char *map = lab_device_map(dev, 0, 1, MAP_SHARED);

	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, ioctl(dev->fd, SCULL_IOCTORDER, 1));
	EXPECT_EQ(-EBUSY, lab_device_open(dev, O_WRONLY));
	EXPECT_EQ(BYTES, size_of(dev));
	EXPECT_EQ(LAB_PAGE, lab_pattern_length(map, LAB_PAGE, LAB_SEED, 0));
	/* The new order is for new data; what there is can be mapped as before. */
	EXPECT_EQ(0, munmap(map, LAB_PAGE));
	map = lab_device_map(dev, 0, 1, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, munmap(map, LAB_PAGE));

	close(lab_device_open(dev, O_WRONLY));
	EXPECT_EQ(0, size_of(dev));
	EXPECT_EQ(0, lab_device_fill(dev, 0, 2, LAB_SEED));
	errno = 0;
	EXPECT_EQ(MAP_FAILED, lab_device_map(dev, 0, 1, MAP_SHARED));
	EXPECT_EQ(ENODEV, errno);
}

TEST_F(scull, life)
{
	grow(_metadata, &self->dev);
	EXPECT_EQ(0, lab_device_fill(&self->dev, 0, LAB_PAGES, LAB_SEED));
	busy(_metadata, &self->dev);
	EXPECT_EQ(0, lab_device_vmas(&self->dev));
}

TEST_HARNESS_MAIN
