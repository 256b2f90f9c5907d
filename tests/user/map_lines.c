// SPDX-License-Identifier: GPL-2.0-only
/*
 * simple and scull: what /proc/self/maps says of a mapping that is split, cut
 * and moved, and what the driver counts meanwhile
 */

#include <kselftest_harness.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "pattern.h"
#include "device_fixture.h"

#define TEXT	2048

/**
 * struct part - a part of a mapping, which has a line of its own
 * @at: its address
 * @perms: its permissions
 * @page: the page of the device that it starts with
 * @pages: how many
 */
struct part {
	const unsigned char *at;
	const char *perms;
	unsigned int page;
	unsigned int pages;
};

/* The lines of all parts, of which there are as many as have pages */
static void want_lines(const struct lab_device *dev, const struct part *part,
		       char text[TEXT])
{
	struct stat stat = { };

	fstat(dev->fd, &stat);
	text[0] = '\0';
	for (; part->pages; part++) {
		struct lab_map map = {
			.start = (unsigned long)part->at,
			.end = (unsigned long)part->at + part->pages * LAB_PAGE,
			.offset = part->page * LAB_PAGE,
			.major = major(stat.st_dev),
			.minor = minor(stat.st_dev),
			.inode = stat.st_ino,
		};

		snprintf(map.perms, sizeof(map.perms), "%s", part->perms);
		snprintf(map.path, sizeof(map.path), "%s", dev->path);
		lab_map_text(&map, text, TEXT);
	}
}

/* Expect these parts and no other ones; the driver has to know of each. */
static void expect_parts(struct __test_metadata *_metadata,
			 const struct lab_device *dev, const char *step,
			 const struct part parts[])
{
	char wanted[TEXT], seen[TEXT];
	unsigned int count = 0;

	want_lines(dev, parts, wanted);
	EXPECT_EQ(0, lab_maps(dev->path, seen, TEXT));
	EXPECT_STREQ(wanted, seen)
		TH_LOG("%s", step);
	while (parts[count].pages)
		count++;
	EXPECT_EQ(count, lab_device_vmas(dev))
		TH_LOG("%s: the driver does not count what is there", step);
}

/* Permissions split it. */
static void split(struct __test_metadata *_metadata,
		  const struct lab_device *dev)
{
	unsigned char *map = lab_device_map(dev, 1, 6, MAP_SHARED);

	ASSERT_NE(MAP_FAILED, map);
	expect_parts(_metadata, dev, "mmap()", (struct part[]) {
		{ map, "rw-s", 1, 6 }, { } });

	EXPECT_EQ(0, mprotect(map + 2 * LAB_PAGE, LAB_PAGE, PROT_READ));
	expect_parts(_metadata, dev, "mprotect() of the third page",
		     (struct part[]) { { map, "rw-s", 1, 2 },
				       { map + 2 * LAB_PAGE, "r--s", 3, 1 },
				       { map + 3 * LAB_PAGE, "rw-s", 4, 3 },
				       { } });
	EXPECT_EQ(0, mprotect(map + 4 * LAB_PAGE, 2 * LAB_PAGE, PROT_NONE));
	expect_parts(_metadata, dev, "mprotect() of the last two",
		     (struct part[]) { { map, "rw-s", 1, 2 },
				       { map + 2 * LAB_PAGE, "r--s", 3, 1 },
				       { map + 3 * LAB_PAGE, "rw-s", 4, 1 },
				       { map + 4 * LAB_PAGE, "---s", 5, 2 },
				       { } });
	EXPECT_EQ(4 * LAB_PAGE,
		  lab_pattern_length(map, 4 * LAB_PAGE, LAB_SEED, LAB_PAGE));

	/* What is alike again may be merged, or not: but as one says so the other. */
	EXPECT_EQ(0, mprotect(map, 6 * LAB_PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(lab_map_count(dev->path), lab_device_vmas(dev));
	EXPECT_EQ(6 * LAB_PAGE,
		  lab_pattern_length(map, 6 * LAB_PAGE, LAB_SEED, LAB_PAGE));
	EXPECT_EQ(0, munmap(map, 6 * LAB_PAGE));
	expect_parts(_metadata, dev, "munmap()", (struct part[]) { { } });
}

/* A hole in the middle, then at the front and at the end */
static void cut(struct __test_metadata *_metadata,
		const struct lab_device *dev)
{
	unsigned char *map = lab_device_map(dev, 0, 8, MAP_SHARED);

	ASSERT_NE(MAP_FAILED, map);
	/* Half of the pages were touched before. */
	EXPECT_EQ(4 * LAB_PAGE,
		  lab_pattern_length(map, 4 * LAB_PAGE, LAB_SEED, 0));
	EXPECT_EQ(0, munmap(map + 3 * LAB_PAGE, 2 * LAB_PAGE));
	expect_parts(_metadata, dev, "a hole in the middle",
		     (struct part[]) { { map, "rw-s", 0, 3 },
				       { map + 5 * LAB_PAGE, "rw-s", 5, 3 },
				       { } });
	EXPECT_STREQ("", lab_strange(map + 3 * LAB_PAGE, 2, "rw",
				     LAB_UNMAPPED));

	EXPECT_EQ(0, munmap(map, LAB_PAGE));
	EXPECT_EQ(0, munmap(map + 7 * LAB_PAGE, LAB_PAGE));
	expect_parts(_metadata, dev, "front and end",
		     (struct part[]) { { map + LAB_PAGE, "rw-s", 1, 2 },
				       { map + 5 * LAB_PAGE, "rw-s", 5, 2 },
				       { } });
	EXPECT_STREQ("", lab_strange(map, 1, "rw", LAB_UNMAPPED));
	EXPECT_STREQ("", lab_strange(map + 7 * LAB_PAGE, 1, "rw", LAB_UNMAPPED));
	EXPECT_EQ(2 * LAB_PAGE,
		  lab_pattern_length(map + LAB_PAGE, 2 * LAB_PAGE, LAB_SEED,
				     LAB_PAGE));
	lab_pattern_put(map + 5 * LAB_PAGE, 2 * LAB_PAGE, 2, 5 * LAB_PAGE);
	EXPECT_EQ(-1, lab_device_differs(dev, 5, 2, 2));

	/* All at once, over holes and edges */
	EXPECT_EQ(0, munmap(map, 8 * LAB_PAGE));
	expect_parts(_metadata, dev, "munmap()", (struct part[]) { { } });
	EXPECT_EQ(-1, lab_device_differs(dev, 0, 5, LAB_SEED));
	EXPECT_EQ(-1, lab_device_differs(dev, 5, 2, 2));
}

/* Shrunk, moved as a whole, and a part of it moved away from between its neighbours */
static void move(struct __test_metadata *_metadata,
		 const struct lab_device *dev)
{
	unsigned char *map = lab_device_map(dev, 2, 6, MAP_SHARED);
	unsigned char *room, *far;

	room = mmap(NULL, 16 * LAB_PAGE, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	far = room + 8 * LAB_PAGE;
	ASSERT_NE(MAP_FAILED, room);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(LAB_PAGE,
		  lab_pattern_length(map, LAB_PAGE, LAB_SEED, 2 * LAB_PAGE));
	EXPECT_EQ(map, mremap(map, 6 * LAB_PAGE, 5 * LAB_PAGE, 0));
	expect_parts(_metadata, dev, "shrunk", (struct part[]) {
		{ map, "rw-s", 2, 5 }, { } });
	EXPECT_STREQ("", lab_strange(map + 5 * LAB_PAGE, 1, "rw", LAB_UNMAPPED));

	EXPECT_EQ(far, mremap(map, 5 * LAB_PAGE, 5 * LAB_PAGE,
			      MREMAP_MAYMOVE | MREMAP_FIXED, far));
	expect_parts(_metadata, dev, "moved", (struct part[]) {
		{ far, "rw-s", 2, 5 }, { } });
	EXPECT_STREQ("", lab_strange(map, 1, "rw", LAB_UNMAPPED));
	EXPECT_EQ(5 * LAB_PAGE,
		  lab_pattern_length(far, 5 * LAB_PAGE, LAB_SEED,
				     2 * LAB_PAGE));

	EXPECT_EQ(room, mremap(far + LAB_PAGE, 2 * LAB_PAGE, 2 * LAB_PAGE,
			       MREMAP_MAYMOVE | MREMAP_FIXED, room));
	expect_parts(_metadata, dev, "a part of it moved",
		     (struct part[]) { { room, "rw-s", 3, 2 },
				       { far, "rw-s", 2, 1 },
				       { far + 3 * LAB_PAGE, "rw-s", 5, 2 },
				       { } });
	EXPECT_STREQ("", lab_strange(far + LAB_PAGE, 1, "rw", LAB_UNMAPPED));
	lab_pattern_put(room, 2 * LAB_PAGE, 2, 3 * LAB_PAGE);
	EXPECT_EQ(-1, lab_device_differs(dev, 3, 2, 2));
	EXPECT_EQ(-1, lab_device_differs(dev, 5, 3, LAB_SEED));
	EXPECT_EQ(0, munmap(room, 16 * LAB_PAGE));
	expect_parts(_metadata, dev, "munmap()", (struct part[]) { { } });
}

TEST_F(device, lines)
{
	split(_metadata, &self->dev);
	cut(_metadata, &self->dev);
	EXPECT_EQ(0, lab_device_fill(&self->dev, 0, LAB_PAGES, LAB_SEED));
	move(_metadata, &self->dev);
}

TEST_HARNESS_MAIN
