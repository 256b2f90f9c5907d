// SPDX-License-Identifier: GPL-2.0-only
/*
 * simple and scull: the flags of a mapping, all that smaps has and no other ones, and
 * what becomes of MAP_POPULATE, mlock() and madvise()
 *
 * Memory that is mapped by frame numbers (remap: "pf") is never counted, dropped or made
 * again. What is I/O ("io") is not touched in advance, nor locked. scull has ordinary
 * pages, with which all goes as in an ordinary file.
 */

#include <fcntl.h>
#include <kselftest_harness.h>

#include "child.h"
#include "pattern.h"
#include "device_fixture.h"

#define BYTES	(LAB_PAGES * LAB_PAGE)

/**
 * struct promise - what a driver's mappings are
 * @shared: the flags if it is shared, to be read and written
 * @read_only: of a file to read
 * @private: of a copy
 * @locked: after mlock() of a shared one
 * @unforked: after MADV_DONTFORK of a shared one
 * @populated_kb: Rss after MAP_POPULATE or mlock() of all pages
 * @page_kb: Rss after a touch of one page
 * @dontneed: what MADV_DONTNEED gives
 * @undo: what MADV_DOFORK and MADV_DODUMP give
 */
struct promise {
	const char *shared;
	const char *read_only;
	const char *private;
	const char *locked;
	const char *unforked;
	long populated_kb;
	long page_kb;
	int dontneed;
	int undo;
};

#define SCULL_PROMISE {					\
	.shared = "rd wr sh mr mw me ms ",		\
	.read_only = "rd mr me ms ",			\
	.private = "rd wr mr mw me ac ",		\
	.locked = "rd wr sh mr mw me ms lo ",		\
	.unforked = "rd wr sh mr mw me ms dc ",		\
	.populated_kb = BYTES / 1024,			\
	.page_kb = LAB_PAGE / 1024,			\
}

static const struct promise promises[LAB_KINDS] = {
	[LAB_REMAP] = {
		.shared = "rd wr sh mr mw me ms pf io de dd ",
		.read_only = "rd mr me ms pf io de dd ",
		.private = "rd wr mr mw me pf io de ac dd ",
		.locked = "rd wr sh mr mw me ms pf io de dd ",
		.unforked = "rd wr sh mr mw me ms pf io dc de dd ",
		.dontneed = EINVAL,
		.undo = EINVAL,
	},
	[LAB_FAULT] = {
		.shared = "rd wr sh mr mw me ms io dd mm ",
		.read_only = "rd mr me ms io dd mm ",
		.private = "rd wr mr mw me io ac dd mm ",
		.locked = "rd wr sh mr mw me ms io dd mm ",
		.unforked = "rd wr sh mr mw me ms io dc dd mm ",
		.page_kb = LAB_PAGE / 1024,
		.undo = EINVAL,
	},
	[LAB_SCULLP] = SCULL_PROMISE,
	[LAB_SCULLV] = SCULL_PROMISE,
};

static void expect_flags(struct __test_metadata *_metadata, const char *step,
			 const char *wanted, const void *map)
{
	char seen[128];

	lab_vmflags(map, seen, sizeof(seen));
	EXPECT_STREQ(wanted, seen)
		TH_LOG("%s", step);
}

static void ways_to_map(struct __test_metadata *_metadata,
			const struct lab_device *dev)
{
	const struct promise *promise = &promises[dev->kind];
	unsigned char *map = lab_device_map(dev, 0, 2, MAP_SHARED);
	unsigned char *copy = lab_device_map(dev, 0, 2, MAP_PRIVATE);
	int fd = lab_device_open(dev, O_RDONLY);
	unsigned char *view = mmap(NULL, LAB_PAGE, PROT_READ, MAP_SHARED, fd, 0);

	ASSERT_NE(MAP_FAILED, map);
	ASSERT_NE(MAP_FAILED, copy);
	ASSERT_NE(MAP_FAILED, view);
	close(fd);
	expect_flags(_metadata, "shared", promise->shared, map);
	expect_flags(_metadata, "read only", promise->read_only, view);
	expect_flags(_metadata, "private", promise->private, copy);

	/* A mapping that is cut and touched is the same as before. */
	EXPECT_EQ(0, munmap(map, LAB_PAGE));
	EXPECT_STREQ("", lab_strange(map + LAB_PAGE, 1, "rw", LAB_GOOD));
	EXPECT_STREQ("", lab_strange(copy, 2, "rw", LAB_GOOD));
	expect_flags(_metadata, "cut", promise->shared, map + LAB_PAGE);
	expect_flags(_metadata, "copied", promise->private, copy);

	EXPECT_EQ(0, munmap(map, 2 * LAB_PAGE));
	EXPECT_EQ(0, munmap(copy, 2 * LAB_PAGE));
	EXPECT_EQ(0, munmap(view, LAB_PAGE));
}

/* MAP_POPULATE and mlock(): nobody fails, but not all do something. */
static void populate(struct __test_metadata *_metadata,
		     const struct lab_device *dev)
{
	const struct promise *promise = &promises[dev->kind];
	unsigned char *map = lab_device_map(dev, 0, LAB_PAGES,
					    MAP_SHARED | MAP_POPULATE);

	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(promise->populated_kb, lab_smaps_kb(map, "Rss"))
		TH_LOG("MAP_POPULATE");
	EXPECT_EQ(BYTES, lab_pattern_length(map, BYTES, LAB_SEED, 0));
	EXPECT_EQ(0, munmap(map, BYTES));

	map = lab_device_map(dev, 0, LAB_PAGES, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, lab_smaps_kb(map, "Rss"));
	EXPECT_EQ(0, lab_read_signal(map + LAB_PAGE));
	EXPECT_EQ(promise->page_kb, lab_smaps_kb(map, "Rss"))
		TH_LOG("one page was touched");
	EXPECT_EQ(0, munmap(map, BYTES));

	map = lab_device_map(dev, 0, LAB_PAGES, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, mlock(map, BYTES));
	expect_flags(_metadata, "mlock()", promise->locked, map);
	EXPECT_EQ(promise->populated_kb, lab_smaps_kb(map, "Rss"))
		TH_LOG("mlock()");
	EXPECT_EQ(promise->populated_kb, lab_smaps_kb(map, "Locked"));
	EXPECT_EQ(0, munlock(map, BYTES));
	expect_flags(_metadata, "munlock()", promise->shared, map);
	EXPECT_EQ(0, munmap(map, BYTES));
}

/* What is dropped comes again from the device. */
static void drop(struct __test_metadata *_metadata,
		 const struct lab_device *dev)
{
	const struct promise *promise = &promises[dev->kind];
	unsigned char *map = lab_device_map(dev, 0, LAB_PAGES, MAP_SHARED);

	ASSERT_NE(MAP_FAILED, map);
	lab_pattern_put(map, BYTES, 2, 0);
	errno = 0;
	madvise(map, BYTES, MADV_DONTNEED);
	EXPECT_EQ(promise->dontneed, errno)
		TH_LOG("MADV_DONTNEED");
	EXPECT_EQ(0, lab_smaps_kb(map, "Rss"));
	EXPECT_EQ(BYTES, lab_pattern_length(map, BYTES, 2, 0));
	EXPECT_EQ(0, munmap(map, BYTES));
	EXPECT_EQ(-1, lab_device_differs(dev, 0, LAB_PAGES, 2));
}

/* A child does not have what it should not inherit, and the driver knows. */
static void dont_fork(struct __test_metadata *_metadata,
		      const struct lab_device *dev)
{
	const struct promise *promise = &promises[dev->kind];
	unsigned char *map = lab_device_map(dev, 0, 4, MAP_SHARED);
	unsigned char *kept = map + 2 * LAB_PAGE;
	struct lab_peer peer;

	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, madvise(map, 2 * LAB_PAGE, MADV_DONTFORK));
	expect_flags(_metadata, "MADV_DONTFORK", promise->unforked, map);
	expect_flags(_metadata, "the rest", promise->shared, kept);
	EXPECT_EQ(2, lab_device_vmas(dev));
	if (!lab_fork(&peer)) {
		EXPECT_EQ(3, lab_device_vmas(dev));
		EXPECT_EQ(SIGSEGV, lab_read_signal(map));
		EXPECT_EQ(1, lab_map_count(dev->path));
		EXPECT_EQ(2 * LAB_PAGE,
			  lab_pattern_length(kept, 2 * LAB_PAGE, 2,
					     2 * LAB_PAGE));
		_exit(0);
	}
	EXPECT_EQ(0, lab_reap(&peer));
	EXPECT_EQ(2, lab_device_vmas(dev));

	/* It cannot be taken back for what is special, nor can it be dumped. */
	errno = 0;
	madvise(map, 2 * LAB_PAGE, MADV_DOFORK);
	EXPECT_EQ(promise->undo, errno)
		TH_LOG("MADV_DOFORK");
	errno = 0;
	madvise(map, 2 * LAB_PAGE, MADV_DODUMP);
	EXPECT_EQ(promise->undo, errno)
		TH_LOG("MADV_DODUMP");
	expect_flags(_metadata, "both undone", promise->undo ?
		     promise->unforked : promise->shared, map);
	EXPECT_EQ(0, munmap(map, 4 * LAB_PAGE));
	EXPECT_EQ(0, lab_device_vmas(dev));
}

TEST_F(device, flags)
{
	ways_to_map(_metadata, &self->dev);
	populate(_metadata, &self->dev);
	drop(_metadata, &self->dev);
	dont_fork(_metadata, &self->dev);
}

TEST_HARNESS_MAIN
