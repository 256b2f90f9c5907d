// SPDX-License-Identifier: GPL-2.0-only
/*
 * simple: a device that goes while it is mapped, in more than one process: nobody can
 * reach its memory any more
 */

#include <fcntl.h>
#include <kselftest_harness.h>

#include "child.h"
#include "pattern.h"
#include "device_fixture.h"

/**
 * struct view - a mapping
 * @name: what is special about it
 * @page: its first page
 * @pages: how many
 * @flags: for mmap()
 * @prot: for mprotect() after it was touched
 * @at: where it is
 */
struct view {
	const char *name;
	unsigned int page;
	unsigned int pages;
	int flags;
	int prot;
	unsigned char *at;
};

#define RW	(PROT_READ | PROT_WRITE)

static struct view views[] = {
	{ "all of it", 0, LAB_PAGES, MAP_SHARED, RW },
	{ "the last page", LAB_PAGES - 1, 1, MAP_SHARED, RW },
	{ "the middle, read only", 2, 4, MAP_SHARED, PROT_READ },
	{ "private copies", 1, 3, MAP_PRIVATE, RW },
	{ "of no access", 3, 2, MAP_SHARED, PROT_NONE },
	{ "moved", 5, 2, MAP_SHARED, RW },
};

#define VIEWS	ARRAY_SIZE(views)

/* Map all views and touch what they have: every second page by a write */
static void map_views(struct __test_metadata *_metadata,
		      const struct lab_device *dev)
{
	struct view *view;
	unsigned int page;
	unsigned char *to;

	for (view = views; view < views + VIEWS; view++) {
		view->at = lab_device_map(dev, view->page, view->pages,
					  view->flags);
		ASSERT_NE(MAP_FAILED, view->at);
		for (page = 0; page < view->pages; page++)
			EXPECT_STREQ("", lab_strange(view->at + page * LAB_PAGE,
						     1, page % 2 ? "r" : "w",
						     LAB_GOOD));
		EXPECT_EQ(0, mprotect(view->at, view->pages * LAB_PAGE,
				      view->prot));
	}
	view--;
	to = mmap(NULL, 2 * LAB_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		  -1, 0);
	view->at = mremap(view->at, 2 * LAB_PAGE, 2 * LAB_PAGE,
			  MREMAP_MAYMOVE | MREMAP_FIXED, to);
	ASSERT_EQ(to, view->at);
}

/* Expect SIGBUS wherever an access is permitted, in this process. */
static void expect_gone(struct __test_metadata *_metadata, const char *who)
{
	struct view *view;

	for (view = views; view < views + VIEWS; view++) {
		EXPECT_STREQ("", lab_strange(view->at, view->pages, "r",
					     view->prot & PROT_READ ?
					     LAB_SIGBUS : LAB_DENIED))
			TH_LOG("%s: %s", who, view->name);
		EXPECT_STREQ("", lab_strange(view->at, view->pages, "w",
					     view->prot & PROT_WRITE ?
					     LAB_SIGBUS : LAB_DENIED))
			TH_LOG("%s: %s", who, view->name);
	}
}

/* What can still be done with what is left, and what cannot */
static void after(struct __test_metadata *_metadata,
		  const struct lab_device *dev)
{
	unsigned char *all = views[0].at;
	struct lab_peer peer;
	struct lab_map line;
	char path[80];

	EXPECT_EQ(-ENOENT, lab_device_open(dev, O_RDWR));
	errno = 0;
	EXPECT_EQ(MAP_FAILED, lab_device_map(dev, 0, 1, MAP_SHARED));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(0, lab_map_of(0, all, &line));
	snprintf(path, sizeof(path), "%s (deleted)", dev->path);
	EXPECT_STREQ(path, line.path);

	/* It does not come back by other ways to have it. */
	EXPECT_EQ(0, mprotect(all + LAB_PAGE, LAB_PAGE, PROT_READ));
	EXPECT_EQ(0, mprotect(all + LAB_PAGE, LAB_PAGE, RW));
	EXPECT_EQ(0, mprotect(views[4].at, 2 * LAB_PAGE, RW));
	views[4].prot = RW;
	if (!lab_fork(&peer)) {
		expect_gone(_metadata, "forked later");
		_exit(0);
	}
	EXPECT_EQ(0, lab_reap(&peer));
	EXPECT_EQ(0, munmap(all + 2 * LAB_PAGE, LAB_PAGE));
	EXPECT_STREQ("", lab_strange(all, 2, "rw", LAB_SIGBUS));
	EXPECT_STREQ("", lab_strange(all + 2 * LAB_PAGE, 1, "rw",
				     LAB_UNMAPPED));
}

TEST_F(simple, unplug)
{
	const struct lab_device *dev = &self->dev;
	struct lab_peer peer;
	unsigned char *own;
	int fd;

	map_views(_metadata, dev);
	EXPECT_EQ(VIEWS, lab_device_vmas(dev));
	if (!lab_fork(&peer)) {
		/* One more, which the parent does not know of */
		fd = lab_device_open(dev, O_RDWR);
		own = mmap(NULL, 2 * LAB_PAGE, RW, MAP_SHARED, fd, 0);
		EXPECT_NE(MAP_FAILED, own);
		close(fd);
		EXPECT_STREQ("", lab_strange(own, 1, "rw", LAB_GOOD));
		EXPECT_STREQ("", lab_strange(views[0].at, LAB_PAGES, "rw",
					     LAB_GOOD));
		EXPECT_EQ(2 * VIEWS + 1, lab_device_vmas(dev));
		EXPECT_TRUE(lab_meet(&peer));
		EXPECT_TRUE(lab_meet(&peer));
		expect_gone(_metadata, "the child");
		EXPECT_STREQ("", lab_strange(own, 2, "rw", LAB_SIGBUS));
		_exit(0);
	}
	EXPECT_TRUE(lab_meet(&peer));
	EXPECT_EQ(0, lab_command(dev->lab, "unplug %s", dev->name));
	EXPECT_TRUE(lab_meet(&peer));
	expect_gone(_metadata, "the parent");
	EXPECT_EQ(0, lab_reap(&peer));
	after(_metadata, dev);
}

TEST_HARNESS_MAIN
