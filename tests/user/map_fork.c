// SPDX-License-Identifier: GPL-2.0-only
/*
 * simple and scull: processes that share memory, by a fork or each by a file of its own,
 * and what is left of their mappings when they end
 */

#include <fcntl.h>
#include <kselftest_harness.h>

#include "child.h"
#include "pattern.h"
#include "device_fixture.h"

#define BYTES	(4 * LAB_PAGE)

/* The child's side: it sees what the parent wrote, before the fork and after it. */
static void child_shares(struct __test_metadata *_metadata,
			 const struct lab_device *dev, unsigned char *map,
			 const struct lab_peer *peer)
{
	EXPECT_EQ(2, lab_device_vmas(dev));
	EXPECT_EQ(LAB_PAGE, lab_pattern_length(map, LAB_PAGE, 2, 0));
	EXPECT_TRUE(lab_meet(peer));
	/* The parent writes two pages, of which one was touched before */
	EXPECT_TRUE(lab_meet(peer));
	EXPECT_EQ(2 * LAB_PAGE, lab_pattern_length(map, 2 * LAB_PAGE, 3, 0));
	lab_pattern_put(map + LAB_PAGE, 2 * LAB_PAGE, 4, LAB_PAGE);
	EXPECT_TRUE(lab_meet(peer));
	/* The parent has looked at it */
	EXPECT_TRUE(lab_meet(peer));
	EXPECT_EQ(0, munmap(map, 2 * LAB_PAGE));
	EXPECT_EQ(2, lab_device_vmas(dev));
	EXPECT_EQ(0, munmap(map, BYTES));
	EXPECT_EQ(1, lab_device_vmas(dev));
	EXPECT_TRUE(lab_meet(peer));
}

TEST_F(device, fork)
{
	const struct lab_device *dev = &self->dev;
	unsigned char *map = lab_device_map(dev, 0, 4, MAP_SHARED);
	struct lab_peer peer;

	ASSERT_NE(MAP_FAILED, map);
	lab_pattern_put(map, LAB_PAGE, 2, 0);
	EXPECT_EQ(1, lab_device_vmas(dev));
	if (!lab_fork(&peer)) {
		child_shares(_metadata, dev, map, &peer);
		_exit(0);
	}
	EXPECT_TRUE(lab_meet(&peer));
	lab_pattern_put(map, 2 * LAB_PAGE, 3, 0);
	EXPECT_TRUE(lab_meet(&peer));
	EXPECT_TRUE(lab_meet(&peer));
	EXPECT_EQ(LAB_PAGE, lab_pattern_length(map, LAB_PAGE, 3, 0));
	EXPECT_EQ(2 * LAB_PAGE,
		  lab_pattern_length(map + LAB_PAGE, 2 * LAB_PAGE, 4,
				     LAB_PAGE));
	EXPECT_EQ(-1, lab_device_differs(dev, 1, 2, 4));
	EXPECT_TRUE(lab_meet(&peer));
	EXPECT_TRUE(lab_meet(&peer));
	/* The child's munmap() is not the parent's. */
	EXPECT_EQ(2 * LAB_PAGE,
		  lab_pattern_length(map + LAB_PAGE, 2 * LAB_PAGE, 4,
				     LAB_PAGE));
	EXPECT_EQ(0, lab_reap(&peer));
	EXPECT_EQ(1, lab_device_vmas(dev));
	EXPECT_EQ(0, munmap(map, BYTES));
	EXPECT_EQ(0, lab_device_vmas(dev));
}

/* Have a child end without unmapping what it has: two mappings, and one inherited */
static void end_mapped(struct __test_metadata *_metadata,
		       const struct lab_device *dev, bool killed)
{
	unsigned char *map, *more;
	struct lab_peer peer;

	if (!lab_fork(&peer)) {
		map = lab_device_map(dev, 1, 4, MAP_SHARED);
		more = lab_device_map(dev, 0, 4, MAP_PRIVATE);
		EXPECT_NE(MAP_FAILED, map);
		EXPECT_NE(MAP_FAILED, more);
		lab_pattern_put(map, BYTES, 2, LAB_PAGE);
		lab_pattern_put(more, BYTES, 3, 0);
		/* The file is closed before the mapping goes. */
		close(dev->fd);
		EXPECT_TRUE(lab_meet(&peer));
		lab_meet(&peer);
		/* Who is to be killed, waits for that. */
		if (killed)
			lab_meet(&peer);
		_exit(0);
	}
	EXPECT_TRUE(lab_meet(&peer));
	EXPECT_EQ(4, lab_device_vmas(dev));
	EXPECT_EQ(0, killed ? kill(peer.pid, SIGKILL) : !lab_meet(&peer));
	EXPECT_EQ(killed ? SIGKILL : 0, lab_reap(&peer));
	EXPECT_EQ(1, lab_device_vmas(dev))
		TH_LOG("after %s", killed ? "SIGKILL" : "_exit()");
	EXPECT_EQ(-1, lab_device_differs(dev, 1, 4, 2));
}

/* A process without a mapping: it opens the device by itself, and maps another part */
static void stranger(struct __test_metadata *_metadata,
		     const struct lab_device *dev, const struct lab_peer *peer)
{
	int fd = lab_device_open(dev, O_RDWR);
	unsigned char *map;
	unsigned int round;

	map = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   2 * LAB_PAGE);
	EXPECT_NE(MAP_FAILED, map);
	for (round = 10; round < 14; round++) {
		EXPECT_TRUE(lab_meet(peer));
		EXPECT_EQ(2 * LAB_PAGE,
			  lab_pattern_length(map, 2 * LAB_PAGE, round,
					     2 * LAB_PAGE));
		lab_pattern_put(map, 2 * LAB_PAGE, round + 100, 2 * LAB_PAGE);
		EXPECT_TRUE(lab_meet(peer));
	}
	close(fd);
	EXPECT_EQ(2, lab_device_vmas(dev));
}

/* Pages 0 to 3 here and 2 to 5 there: two are shared, and data go both ways. */
static void strangers(struct __test_metadata *_metadata,
		      const struct lab_device *dev)
{
	unsigned char *map, *common;
	struct lab_peer peer;
	unsigned int round;

	if (!lab_fork(&peer)) {
		stranger(_metadata, dev, &peer);
		_exit(0);
	}
	map = lab_device_map(dev, 0, 4, MAP_SHARED);
	common = map + 2 * LAB_PAGE;
	EXPECT_NE(MAP_FAILED, map);
	for (round = 10; round < 14; round++) {
		lab_pattern_put(common, 2 * LAB_PAGE, round, 2 * LAB_PAGE);
		EXPECT_TRUE(lab_meet(&peer));
		EXPECT_TRUE(lab_meet(&peer));
		EXPECT_EQ(2 * LAB_PAGE,
			  lab_pattern_length(common, 2 * LAB_PAGE, round + 100,
					     2 * LAB_PAGE));
	}
	EXPECT_EQ(0, lab_reap(&peer));
	EXPECT_EQ(1, lab_device_vmas(dev));
	EXPECT_EQ(0, munmap(map, BYTES));
}

TEST_F(device, processes)
{
	const struct lab_device *dev = &self->dev;
	unsigned char *map;

	strangers(_metadata, dev);
	/* The page before it would be merged with what is mapped next. */
	map = lab_device_map(dev, 5, 1, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, map);
	end_mapped(_metadata, dev, false);
	end_mapped(_metadata, dev, true);
	EXPECT_EQ(0, munmap(map, LAB_PAGE));
	EXPECT_EQ(0, lab_device_vmas(dev));
}

TEST_HARNESS_MAIN
