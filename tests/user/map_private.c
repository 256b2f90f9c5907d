// SPDX-License-Identifier: GPL-2.0-only
/*
 * simple and scull: private mappings: a page shows the device until it is written, and
 * is the process's own from then on; nothing reaches the device
 */

#include <kselftest_harness.h>

#include "child.h"
#include "pattern.h"
#include "device_fixture.h"

#define BYTES	(4 * LAB_PAGE)

/* The first byte that the device's memory has in the machine's; 0: not found */
static unsigned long long device_phys(const struct lab_device *dev)
{
	char link[128], line[128], *name;
	unsigned long long phys = 0, start;
	ssize_t len;
	FILE *file;

	snprintf(line, sizeof(line), "/sys/class/misc/%s/device",
		 strrchr(dev->path, '/') + 1);
	len = readlink(line, link, sizeof(link) - 1);
	file = fopen("/proc/iomem", "r");
	if (len < 0 || !file)
		return 0;
	link[len] = '\0';
	name = strrchr(link, '/') + 1;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%llx-", &start) == 1 && strstr(line, " : ") &&
		    !strcmp(strstr(line, " : ") + 3, name))
			phys = start;
	}
	fclose(file);
	return phys;
}

/*
 * What has no struct page is found again, to be copied, by the mapping's offset: so
 * remap_pfn_range() makes it that in the machine's memory.
 */
static void expect_line(struct __test_metadata *_metadata,
			const struct lab_device *dev, const void *map)
{
	struct lab_map line;

	ASSERT_EQ(0, lab_map_of(0, map, &line));
	EXPECT_STREQ("rw-p", line.perms);
	if (dev->kind == LAB_REMAP) {
		EXPECT_NE(0, device_phys(dev));
		EXPECT_EQ(device_phys(dev) + LAB_PAGE, line.offset);
	} else {
		EXPECT_EQ(LAB_PAGE, line.offset);
	}
}

/* Pages 1 to 4; the second of them is copied. */
static unsigned char *map_and_copy(struct __test_metadata *_metadata,
				   const struct lab_device *dev)
{
	unsigned char *map = lab_device_map(dev, 1, 4, MAP_PRIVATE);

	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(BYTES, lab_pattern_length(map, BYTES, LAB_SEED, LAB_PAGE));
	EXPECT_EQ(0, lab_write_byte(map + LAB_PAGE, 0).signal);
	lab_pattern_put(map + LAB_PAGE, LAB_PAGE, 2, 2 * LAB_PAGE);
	EXPECT_EQ(-1, lab_device_differs(dev, 0, LAB_PAGES, LAB_SEED));
	return map;
}

static void copies(struct __test_metadata *_metadata,
		   const struct lab_device *dev)
{
	unsigned char *map = map_and_copy(_metadata, dev);

	expect_line(_metadata, dev, map);
	EXPECT_EQ(1, lab_device_vmas(dev));
	/* The copy stays, the rest shows what the device has meanwhile. */
	EXPECT_EQ(0, lab_device_fill(dev, 0, LAB_PAGES, 3));
	EXPECT_EQ(LAB_PAGE, lab_pattern_length(map, LAB_PAGE, 3, LAB_PAGE));
	EXPECT_EQ(LAB_PAGE,
		  lab_pattern_length(map + LAB_PAGE, LAB_PAGE, 2,
				     2 * LAB_PAGE));
	EXPECT_EQ(2 * LAB_PAGE,
		  lab_pattern_length(map + 2 * LAB_PAGE, 2 * LAB_PAGE, 3,
				     3 * LAB_PAGE));
	/* A page that was never read is copied by its first write. */
	EXPECT_EQ(0, lab_write_byte(map + 4 * LAB_PAGE - 1, 0x5a).signal);
	EXPECT_EQ(LAB_PAGE - 1,
		  lab_pattern_length(map + 3 * LAB_PAGE, LAB_PAGE - 1, 3,
				     4 * LAB_PAGE));
	EXPECT_EQ(-1, lab_device_differs(dev, 0, LAB_PAGES, 3));

	/* The copy is dropped, and the device is there again. */
	errno = 0;
	madvise(map, BYTES, MADV_DONTNEED);
	EXPECT_EQ(dev->kind == LAB_REMAP ? EINVAL : 0, errno);
	EXPECT_EQ(LAB_PAGE,
		  lab_pattern_length(map + LAB_PAGE, LAB_PAGE,
				     dev->kind == LAB_REMAP ? 2 : 3,
				     2 * LAB_PAGE));
	EXPECT_EQ(0, munmap(map, BYTES));
}

/* Both have a copy of their own of each page that one of them writes. */
static void after_fork(struct __test_metadata *_metadata,
		       const struct lab_device *dev)
{
	unsigned char *map = map_and_copy(_metadata, dev);
	struct lab_peer peer;

	/* A part of a private mapping is written, and a part is read only. */
	EXPECT_EQ(0, mprotect(map + 3 * LAB_PAGE, LAB_PAGE, PROT_READ));
	if (!lab_fork(&peer)) {
		EXPECT_EQ(4, lab_device_vmas(dev));
		EXPECT_EQ(LAB_PAGE,
			  lab_pattern_length(map + LAB_PAGE, LAB_PAGE, 2,
					     2 * LAB_PAGE));
		lab_pattern_put(map, 3 * LAB_PAGE, 4, LAB_PAGE);
		EXPECT_EQ(SIGSEGV, lab_write_signal(map + 3 * LAB_PAGE));
		EXPECT_TRUE(lab_meet(&peer));
		EXPECT_TRUE(lab_meet(&peer));
		EXPECT_EQ(3 * LAB_PAGE,
			  lab_pattern_length(map, 3 * LAB_PAGE, 4, LAB_PAGE));
		_exit(0);
	}
	EXPECT_TRUE(lab_meet(&peer));
	EXPECT_EQ(LAB_PAGE,
		  lab_pattern_length(map, LAB_PAGE, LAB_SEED, LAB_PAGE));
	EXPECT_EQ(LAB_PAGE,
		  lab_pattern_length(map + LAB_PAGE, LAB_PAGE, 2,
				     2 * LAB_PAGE));
	lab_pattern_put(map, 3 * LAB_PAGE, 5, LAB_PAGE);
	EXPECT_TRUE(lab_meet(&peer));
	EXPECT_EQ(0, lab_reap(&peer));
	EXPECT_EQ(2, lab_device_vmas(dev));
	EXPECT_EQ(3 * LAB_PAGE,
		  lab_pattern_length(map, 3 * LAB_PAGE, 5, LAB_PAGE));
	EXPECT_EQ(-1, lab_device_differs(dev, 0, LAB_PAGES, LAB_SEED));
	EXPECT_EQ(0, munmap(map, BYTES));
}

TEST_F(device, private)
{
	copies(_metadata, &self->dev);
	EXPECT_EQ(0, lab_device_vmas(&self->dev));
	EXPECT_EQ(0, lab_device_fill(&self->dev, 0, LAB_PAGES, LAB_SEED));
	after_fork(_metadata, &self->dev);
	EXPECT_EQ(0, lab_device_vmas(&self->dev));
}

TEST_HARNESS_MAIN
