// SPDX-License-Identifier: GPL-2.0-only
/*
 * simple and scull: what a mapping shows, and what it is protected against
 */

#include <fcntl.h>
#include <kselftest_harness.h>

#include "pattern.h"
#include "device_fixture.h"

#define BYTES	(LAB_PAGES * LAB_PAGE)

/* Expect a run of pages, mapped by a file that is closed before it is used. */
static void expect_run(struct __test_metadata *_metadata,
		       const struct lab_device *dev, unsigned int page,
		       unsigned int pages)
{
	size_t at = page * LAB_PAGE, len = pages * LAB_PAGE;
	int fd = lab_device_open(dev, O_RDWR);
	unsigned char *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED,
				  fd, at);

	close(fd);
	ASSERT_NE(MAP_FAILED, map)
		TH_LOG("%u pages at page %u", pages, page);
	EXPECT_EQ(len, lab_pattern_length(map, len, LAB_SEED, at))
		TH_LOG("%u pages at page %u, read", pages, page);
	lab_pattern_put(map, len, 2, at);
	EXPECT_EQ(-1, lab_device_differs(dev, page, pages, 2))
		TH_LOG("%u pages at page %u, written", pages, page);
	EXPECT_EQ(0, munmap(map, len));
}

/* What the device has is seen, and what is written, it has. */
TEST_F(device, contents)
{
	const struct lab_device *dev = &self->dev;
	unsigned char *map = lab_device_map(dev, 0, LAB_PAGES, MAP_SHARED);
	unsigned int page;

	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(BYTES, lab_pattern_length(map, BYTES, LAB_SEED, 0));
	lab_pattern_put(map, BYTES, 2, 0);
	EXPECT_EQ(-1, lab_device_differs(dev, 0, LAB_PAGES, 2));
	EXPECT_EQ(0, lab_device_fill(dev, 0, LAB_PAGES, LAB_SEED));
	EXPECT_EQ(BYTES, lab_pattern_length(map, BYTES, LAB_SEED, 0));
	EXPECT_EQ(0, munmap(map, BYTES));
	EXPECT_EQ(-1, lab_device_differs(dev, 0, LAB_PAGES, LAB_SEED));

	/* Each page alone; then from a page on to the end */
	for (page = 0; page < LAB_PAGES; page++)
		expect_run(_metadata, dev, page, 1);
	for (page = 0; page < LAB_PAGES; page += 3) {
		EXPECT_EQ(0, lab_device_fill(dev, 0, LAB_PAGES, LAB_SEED));
		expect_run(_metadata, dev, page, LAB_PAGES - page);
	}
	EXPECT_EQ(0, lab_device_vmas(dev));
}

/**
 * struct mode - a way to map
 * @name: what it is
 * @open: how the file is opened
 * @prot: for mmap()
 * @flags: for mmap()
 * @err: what mmap() gives
 */
struct mode {
	const char *name;
	int open;
	int prot;
	int flags;
	int err;
};

static const struct mode modes[] = {
	{ "read only", O_RDONLY, PROT_READ, MAP_SHARED, 0 },
	{ "written, of a file to read", O_RDONLY, PROT_WRITE, MAP_SHARED,
	  EACCES },
	{ "a private copy of a file to read", O_RDONLY, PROT_READ | PROT_WRITE,
	  MAP_PRIVATE, 0 },
	{ "nothing at all", O_RDONLY, PROT_NONE, MAP_SHARED, 0 },
	{ "neither shared nor private", O_RDWR, PROT_READ, 0, EINVAL },
	{ "written only", O_RDWR, PROT_WRITE, MAP_SHARED, 0 },
	{ "MAP_SHARED_VALIDATE", O_RDWR, PROT_READ, MAP_SHARED_VALIDATE, 0 },
	{ "MAP_SYNC, of what is no DAX", O_RDWR, PROT_READ,
	  MAP_SHARED_VALIDATE | MAP_SYNC, EOPNOTSUPP },
};

/* Try one way to map; what cannot be written, neither can by way of mprotect(). */
static void expect_mode(struct __test_metadata *_metadata,
			const struct lab_device *dev, const struct mode *mode)
{
	bool read_only = mode->open == O_RDONLY && mode->flags == MAP_SHARED;
	int fd = lab_device_open(dev, mode->open);
	char *map;

	errno = 0;
	map = mmap(NULL, LAB_PAGE, mode->prot, mode->flags, fd, 0);
	EXPECT_EQ(mode->err, errno)
		TH_LOG("%s", mode->name);
	close(fd);
	if (map == MAP_FAILED)
		return;
	errno = 0;
	mprotect(map, LAB_PAGE, PROT_READ | PROT_WRITE);
	EXPECT_EQ(read_only ? EACCES : 0, errno)
		TH_LOG("%s, then mprotect()", mode->name);
	EXPECT_EQ(read_only ? SIGSEGV : 0, lab_write_signal(map))
		TH_LOG("%s, then written", mode->name);
	munmap(map, LAB_PAGE);
}

TEST_F(device, protection)
{
	unsigned char *map = lab_device_map(&self->dev, 0, 3, MAP_SHARED);
	unsigned char *middle = map + LAB_PAGE;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(modes); i++)
		expect_mode(_metadata, &self->dev, &modes[i]);
	EXPECT_EQ(0, lab_device_fill(&self->dev, 0, 1, LAB_SEED));
	ASSERT_NE(MAP_FAILED, map);
	/* Made before and after its page was touched */
	EXPECT_EQ(0, mprotect(middle, LAB_PAGE, PROT_NONE));
	EXPECT_STREQ("", lab_strange(middle, 1, "rw", LAB_DENIED));
	EXPECT_EQ(0, mprotect(middle, LAB_PAGE, PROT_READ));
	EXPECT_EQ(3 * LAB_PAGE,
		  lab_pattern_length(map, 3 * LAB_PAGE, LAB_SEED, 0));
	EXPECT_STREQ("", lab_strange(middle, 1, "r", LAB_GOOD));
	EXPECT_STREQ("", lab_strange(middle, 1, "w", LAB_DENIED));
	EXPECT_STREQ("", lab_strange(map, 1, "rw", LAB_GOOD));
	EXPECT_STREQ("", lab_strange(map + 2 * LAB_PAGE, 1, "rw", LAB_GOOD));
	EXPECT_EQ(-1, lab_device_differs(&self->dev, 1, 1, LAB_SEED));

	EXPECT_EQ(0, mprotect(middle, LAB_PAGE, PROT_READ | PROT_WRITE));
	lab_pattern_put(map, 3 * LAB_PAGE, 2, 0);
	EXPECT_EQ(0, mprotect(map, 3 * LAB_PAGE, PROT_NONE));
	EXPECT_STREQ("", lab_strange(map, 3, "rw", LAB_DENIED));
	EXPECT_EQ(-1, lab_device_differs(&self->dev, 0, 3, 2));
	EXPECT_EQ(0, munmap(map, 3 * LAB_PAGE));
	EXPECT_EQ(0, lab_device_vmas(&self->dev));
}

TEST_HARNESS_MAIN
