// SPDX-License-Identifier: GPL-2.0-only
/*
 * simple: what lies beyond the device's memory: it cannot be mapped, and if a mapping
 * is grown over it, SIGBUS
 */

#include <fcntl.h>
#include <kselftest_harness.h>

#include "pattern.h"
#include "device_fixture.h"

#define BYTES	(LAB_PAGES * LAB_PAGE)

/**
 * struct range - a range to map
 * @offset: in bytes
 * @len: in bytes
 * @err: what mmap() gives
 */
struct range {
	off_t offset;
	size_t len;
	int err;
};

static const struct range ranges[] = {
	{ 0, BYTES, 0 },
	{ 0, BYTES + 1, EINVAL },
	{ 0, BYTES - 1, 0 },
	{ 0, 1, 0 },
	{ 0, 0, EINVAL },
	{ 1, LAB_PAGE, EINVAL },
	{ LAB_PAGE - 1, LAB_PAGE, EINVAL },
	{ BYTES - LAB_PAGE, LAB_PAGE, 0 },
	{ BYTES - LAB_PAGE, LAB_PAGE + 1, EINVAL },
	{ BYTES - LAB_PAGE, 2 * LAB_PAGE, EINVAL },
	{ LAB_PAGE, BYTES, EINVAL },
	{ BYTES, 1, EINVAL },
	{ BYTES, LAB_PAGE, EINVAL },
	{ BYTES + LAB_PAGE, LAB_PAGE, EINVAL },
	/* Those that fit, if the upper bits of the offset are lost */
	{ 1L << 32, LAB_PAGE, EINVAL },
	{ 1L << 44, LAB_PAGE, EINVAL },
	{ 1L << 62, LAB_PAGE, EINVAL },
	/* Those that fit, if offset and length are added and wrap */
	{ -(off_t)LAB_PAGE, LAB_PAGE, EOVERFLOW },
	{ -(off_t)LAB_PAGE, 2 * LAB_PAGE, EOVERFLOW },
	{ -(off_t)(2 * LAB_PAGE), LAB_PAGE, EINVAL },
};

TEST_F(simple, ranges)
{
	unsigned char bytes[16];
	unsigned int i;
	void *map;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		const struct range *range = &ranges[i];

		errno = 0;
		map = mmap(NULL, range->len, PROT_READ, MAP_SHARED,
			   self->dev.fd, range->offset);
		EXPECT_EQ(range->err, errno)
			TH_LOG("%#zx bytes at %#lx", range->len, range->offset);
		EXPECT_EQ(!range->err, lab_device_vmas(&self->dev));
		if (map != MAP_FAILED)
			munmap(map, range->len);
	}
	/* There is no way but to map it. */
	EXPECT_EQ(-1, read(self->dev.fd, bytes, sizeof(bytes)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(self->dev.fd, bytes, sizeof(bytes)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, lseek(self->dev.fd, 0, SEEK_CUR));
	EXPECT_EQ(ESPIPE, errno);
}

/* What was mapped at once has no more to give: so it cannot be grown, nor doubled. */
static void grow_remap(struct __test_metadata *_metadata,
		       const struct lab_device *dev, unsigned char *map)
{
	EXPECT_EQ(MAP_FAILED, mremap(map, BYTES, BYTES + LAB_PAGE, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(MAP_FAILED, mremap(map, BYTES, BYTES + LAB_PAGE,
				     MREMAP_MAYMOVE));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(MAP_FAILED, mremap(map, LAB_PAGE, 2 * LAB_PAGE,
				     MREMAP_MAYMOVE));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(MAP_FAILED, mremap(map, 0, LAB_PAGE, MREMAP_MAYMOVE));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(MAP_FAILED, mremap(map, BYTES, BYTES, MREMAP_MAYMOVE |
				     MREMAP_DONTUNMAP, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_STREQ("", lab_strange(map, LAB_PAGES, "rw", LAB_GOOD));
	EXPECT_EQ(1, lab_device_vmas(dev));
	EXPECT_EQ(0, munmap(map, BYTES));
}

/* What is made page by page can; each page beyond the end is SIGBUS. */
static void grow_fault(struct __test_metadata *_metadata,
		       const struct lab_device *dev, unsigned char *map)
{
	unsigned char *more, *old;

	/* To where there is room: what is special does not grow in place. */
	old = mmap(NULL, BYTES + 3 * LAB_PAGE, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, old);
	more = mremap(map, BYTES, BYTES + 3 * LAB_PAGE,
		      MREMAP_MAYMOVE | MREMAP_FIXED, old);
	ASSERT_EQ(old, more);
	EXPECT_STREQ("", lab_strange(more, LAB_PAGES, "rw", LAB_GOOD));
	EXPECT_STREQ("", lab_strange(more + BYTES, 3, "rw", LAB_SIGBUS));
	EXPECT_EQ(BYTES, lab_pattern_length(more, BYTES, LAB_SEED, 0));
	EXPECT_EQ(1, lab_device_vmas(dev));

	/* From its last page on once more, as another mapping */
	map = mremap(more + BYTES - LAB_PAGE, 0, 3 * LAB_PAGE, MREMAP_MAYMOVE);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(LAB_PAGE,
		  lab_pattern_length(map, LAB_PAGE, LAB_SEED,
				     BYTES - LAB_PAGE));
	EXPECT_STREQ("", lab_strange(map, 1, "rw", LAB_GOOD));
	EXPECT_STREQ("", lab_strange(map + LAB_PAGE, 2, "rw", LAB_SIGBUS));
	EXPECT_EQ(2, lab_device_vmas(dev));

	/* Moved, with an empty mapping left behind, which is filled again */
	more = mremap(old, BYTES, BYTES, MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
		      NULL);
	ASSERT_NE(MAP_FAILED, more);
	EXPECT_NE(old, more);
	EXPECT_EQ(BYTES, lab_pattern_length(old, BYTES, LAB_SEED, 0));
	lab_pattern_put(more, BYTES, 2, 0);
	EXPECT_EQ(BYTES, lab_pattern_length(old, BYTES, 2, 0));
	EXPECT_EQ(lab_map_count(dev->path), lab_device_vmas(dev));
	EXPECT_EQ(0, munmap(more, BYTES));
	EXPECT_EQ(0, munmap(old, BYTES + 3 * LAB_PAGE));
	EXPECT_EQ(0, munmap(map, 3 * LAB_PAGE));
}

TEST_F(simple, growth)
{
	unsigned char *map = lab_device_map(&self->dev, 0, LAB_PAGES,
					    MAP_SHARED);

	ASSERT_NE(MAP_FAILED, map);
	if (variant->kind == LAB_REMAP)
		grow_remap(_metadata, &self->dev, map);
	else
		grow_fault(_metadata, &self->dev, map);
	EXPECT_EQ(0, lab_device_vmas(&self->dev));
}

TEST_HARNESS_MAIN
