// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: the converter's ring, mapped: blocks that come and go, and what poll() says
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <kselftest_harness.h>

#include "board.h"
#include "child.h"
#include "../../drivers/dad/dad-ioctl.h"
#include "space.h"

#define BLOCK	LAB_PAGE
#define BLOCKS	4
#define SIZE	(BLOCKS * BLOCK)
#define SAMPLES	(BLOCK / sizeof(__u32))

/* A block takes 1 ms. */
#define SAMPLE_NS	977
#define PROT		(PROT_READ | PROT_WRITE)

FIXTURE(dad) {
	struct lab_board board;
	int fd;
	__u32 *map;
};

FIXTURE_SETUP(dad)
{
	ASSERT_EQ(0, lab_board_plug(&self->board,
				    "revision=B topology=iommu,noncoherent irq=msi"));
	self->fd = self->board.fd;
}

FIXTURE_TEARDOWN(dad)
{
	EXPECT_STREQ("", lab_board_end(&self->board));
}

static struct dad_ring ring_of(int direction)
{
	return (struct dad_ring) {
		.abi = DAD_ABI,
		.direction = direction,
		.block_size = BLOCK,
		.blocks = BLOCKS,
		.sample_ns = SAMPLE_NS,
	};
}

/* Make the ring, and map it */
static int ring_make(FIXTURE_DATA(dad) * self, int direction)
{
	struct dad_ring ring = ring_of(direction);

	if (ioctl(self->fd, DAD_IOC_RING, &ring))
		return -errno;
	self->map = mmap(NULL, SIZE, PROT, MAP_SHARED, self->fd, DAD_MAP_RING);
	return self->map == MAP_FAILED ? -errno : 0;
}

/* Give blocks, and see how far it is; 0 or a negative errno */
static int ring_advance(FIXTURE_DATA(dad) * self, unsigned int count,
			struct dad_advance *advance)
{
	*advance = (struct dad_advance) { .abi = DAD_ABI, .count = count };
	return ioctl(self->fd, DAD_IOC_ADVANCE, advance) ? -errno : 0;
}

/* Wait by poll() until there is something; what it says */
static int ring_wait(FIXTURE_DATA(dad) * self, int events)
{
	struct pollfd pollfd = { .fd = self->fd, .events = events };

	return poll(&pollfd, 1, 10000) < 0 ? -errno : pollfd.revents;
}

static void ring_expect_line(struct __test_metadata *_metadata,
			     FIXTURE_DATA(dad) * self)
{
	struct lab_map map;
	char path[64];

	snprintf(path, sizeof(path), "/dev/%s", self->board.node);
	ASSERT_EQ(0, lab_map_of(0, self->map, &map));
	EXPECT_EQ((unsigned long)self->map, map.start);
	EXPECT_EQ((unsigned long)self->map + SIZE, map.end);
	EXPECT_STREQ("rw-s", map.perms);
	EXPECT_EQ(DAD_MAP_RING, map.offset);
	EXPECT_STREQ(path, map.path);
	EXPECT_TRUE(lab_vmflag(self->map, "sh"));
	EXPECT_TRUE(lab_vmflag(self->map, "io"));
	EXPECT_TRUE(lab_vmflag(self->map, "de"));
	EXPECT_TRUE(lab_vmflag(self->map, "dd"));
}

/* Each sample of the line in is its own number: none is missing, in some laps. */
TEST_F(dad, input)
{
	struct dad_advance advance;
	__u64 block, given = BLOCKS;
	unsigned int i;

	ASSERT_EQ(0, ring_make(self, DAD_RING_IN));
	ring_expect_line(_metadata, self);
	EXPECT_EQ(0, lab_poll(self->fd, LAB_BOARD_READY));
	ASSERT_EQ(0, ioctl(self->fd, DAD_IOC_START));
	EXPECT_EQ(0, lab_poll(self->fd, LAB_BOARD_READY));
	for (block = 0; block < 3 * BLOCKS + 1; block++) {
		const __u32 *at = self->map + block % BLOCKS * SAMPLES;

		EXPECT_EQ(POLLIN, ring_wait(self, POLLIN | POLLOUT))
			TH_LOG("block %llu", block);
		for (i = 0; i < SAMPLES && at[i] == block * SAMPLES + i; i++)
			;
		EXPECT_EQ(SAMPLES, i) TH_LOG("block %llu", block);
		EXPECT_EQ(0, ring_advance(self, 1, &advance));
		EXPECT_EQ(++given, advance.given);
		EXPECT_EQ(block + 1, advance.done);
		EXPECT_EQ(DAD_STATE_RUNNING, advance.state);
		EXPECT_EQ(0, advance.overruns);
	}
	EXPECT_EQ(-EINVAL, ring_advance(self, 1, &advance));
	EXPECT_EQ(0, ioctl(self->fd, DAD_IOC_STOP));
	EXPECT_EQ(-EPIPE, ring_advance(self, 1, &advance));
	EXPECT_EQ(0, ring_advance(self, 0, &advance));
	EXPECT_EQ(DAD_STATE_STOPPED, advance.state);
	munmap(self->map, SIZE);
}

/* Blocks of output are the user's first; then one comes back each ms. */
TEST_F(dad, output)
{
	struct dad_advance advance;
	unsigned int i;

	ASSERT_EQ(0, ring_make(self, DAD_RING_OUT));
	for (i = 0; i < SIZE / sizeof(__u32); i++)
		self->map[i] = i;
	ASSERT_EQ(0, ioctl(self->fd, DAD_IOC_START));
	EXPECT_EQ(POLLOUT, lab_poll(self->fd, POLLIN | POLLOUT));
	EXPECT_EQ(-EINVAL, ring_advance(self, BLOCKS + 1, &advance));
	EXPECT_EQ(0, ring_advance(self, BLOCKS, &advance));
	EXPECT_EQ(0, lab_poll(self->fd, POLLIN | POLLOUT));
	EXPECT_EQ(POLLOUT, ring_wait(self, POLLOUT));
	EXPECT_EQ(0, ring_advance(self, 0, &advance));
	EXPECT_EQ(BLOCKS, advance.given);
	EXPECT_EQ(1, advance.done);
	EXPECT_EQ(0, ring_advance(self, 1, &advance));
	EXPECT_EQ(0, lab_poll(self->fd, POLLIN | POLLOUT));
	EXPECT_EQ(POLLOUT, ring_wait(self, POLLOUT));
	for (i = 0; i < SIZE / sizeof(__u32) && self->map[i] == i; i++)
		;
	EXPECT_EQ(SIZE / sizeof(__u32), i);
	EXPECT_EQ(0, ioctl(self->fd, DAD_IOC_STOP));
	munmap(self->map, SIZE);
}

/* What DAD_IOC_RING refuses: a field that is wrong, in a ring that is right */
static void ring_expect_refused(struct __test_metadata *_metadata,
				FIXTURE_DATA(dad) * self)
{
	static const struct {
		unsigned int word;	/* of struct dad_ring */
		__u32 value;
	} wrong[] = {
		{ 0, 0 }, { 0, DAD_ABI + 1 }, { 1, 2 }, { 2, 0 }, { 2, 32 },
		{ 2, 4097 }, { 2, 0x20000 }, { 3, 0 }, { 3, 1 }, { 3, 3 },
		{ 3, 128 }, { 4, 9 }, { 4, 1000001 }, { 5, 1 }, { 6, 1 },
		{ 7, 1 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct dad_ring ring = ring_of(DAD_RING_IN);

		((__u32 *)&ring)[wrong[i].word] = wrong[i].value;
		errno = 0;
		EXPECT_EQ(-1, ioctl(self->fd, DAD_IOC_RING, &ring))
			TH_LOG("word %u: %u", wrong[i].word, wrong[i].value);
		EXPECT_EQ(EINVAL, errno)
			TH_LOG("word %u: %u", wrong[i].word, wrong[i].value);
	}
}

/* What each call refuses: without a ring, with one, and while another one runs */
TEST_F(dad, refused)
{
	struct dad_ring in = ring_of(DAD_RING_IN), out = ring_of(DAD_RING_OUT);
	int other = lab_open(O_RDONLY, "%s", self->board.node);
	struct dad_advance advance;
	char byte;

	ASSERT_LE(0, other);
	ring_expect_refused(_metadata, self);
	EXPECT_EQ(-1, ioctl(self->fd, DAD_IOC_START));
	EXPECT_EQ(ENXIO, errno);
	errno = 0;
	EXPECT_EQ(-1, ioctl(self->fd, DAD_IOC_STOP));
	EXPECT_EQ(ENXIO, errno);
	EXPECT_EQ(-ENXIO, ring_advance(self, 0, &advance));
	EXPECT_EQ(-1, ioctl(other, DAD_IOC_RING, &out));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, ioctl(self->fd, DAD_IOC_RING, NULL));
	EXPECT_EQ(EFAULT, errno);

	ASSERT_EQ(0, ring_make(self, DAD_RING_IN));
	EXPECT_EQ(-1, ioctl(self->fd, DAD_IOC_RING, &in));
	EXPECT_EQ(EBUSY, errno);
	errno = 0;
	EXPECT_EQ(-1, pread(self->fd, &byte, 1, 0));
	EXPECT_EQ(EBUSY, errno);
	errno = 0;
	EXPECT_EQ(-1, pwrite(self->fd, &byte, 1, 0));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, SIZE + LAB_PAGE, PROT, MAP_SHARED,
				   self->fd, DAD_MAP_RING));
	EXPECT_EQ(EINVAL, errno);
	errno = 0;
	EXPECT_EQ(MAP_FAILED, mmap(NULL, SIZE, PROT, MAP_PRIVATE, self->fd,
				   DAD_MAP_RING));
	EXPECT_EQ(EINVAL, errno);

	ASSERT_EQ(0, ioctl(other, DAD_IOC_RING, &in));
	ASSERT_EQ(0, ioctl(self->fd, DAD_IOC_START));
	EXPECT_EQ(-1, ioctl(other, DAD_IOC_START));
	EXPECT_EQ(EBUSY, errno);
	errno = 0;
	EXPECT_EQ(-1, ioctl(self->fd, DAD_IOC_START));
	EXPECT_EQ(EBUSY, errno);
	advance = (struct dad_advance) { .abi = DAD_ABI, .reserved[2] = 1 };
	EXPECT_EQ(-1, ioctl(self->fd, DAD_IOC_ADVANCE, &advance));
	EXPECT_EQ(EINVAL, errno);
	munmap(self->map, SIZE);
	close(other);
}

static int ring_hold_file(void *arg)
{
	FIXTURE_DATA(dad) * self = arg;

	return ring_wait(self, POLLIN);
}

/* A reset of the board ends its stream, which then may be started again. */
static void ring_reset(struct __test_metadata *_metadata,
		       FIXTURE_DATA(dad) * self)
{
	struct dad_advance advance;

	EXPECT_EQ(0, lab_board_set(&self->board, "device/reset", "1"));
	EXPECT_EQ(0, lab_board_wait_state(&self->board, "running"));
	EXPECT_EQ(POLLERR, lab_poll(self->fd, POLLIN));
	EXPECT_EQ(0, ring_advance(self, 0, &advance));
	EXPECT_EQ(DAD_STATE_FAILED, advance.state);
	EXPECT_EQ(-EPIPE, ring_advance(self, 1, &advance));
	EXPECT_EQ(0, ioctl(self->fd, DAD_IOC_START));
	EXPECT_EQ(0, lab_poll(self->fd, POLLIN));
	EXPECT_EQ(POLLIN, ring_wait(self, POLLIN));
	EXPECT_EQ(0, self->map[0]);
	EXPECT_EQ(1, self->map[1]);
	EXPECT_EQ(0, ring_advance(self, 1, &advance));
}

/* An overrun is counted; a stream that failed is POLLERR, and so is a board that is gone. */
TEST_F(dad, overrun_then_failure)
{
	struct dad_advance advance;
	pid_t pid;

	ASSERT_EQ(0, ring_make(self, DAD_RING_IN));
	ASSERT_EQ(0, ioctl(self->fd, DAD_IOC_START));
	/* When all blocks are filled, it has none. */
	usleep(BLOCKS * 1000 + 500);
	EXPECT_EQ(0, ring_advance(self, BLOCKS, &advance));
	EXPECT_EQ(BLOCKS, advance.done);
	EXPECT_EQ(2 * BLOCKS, advance.given);
	EXPECT_EQ(1, advance.overruns);
	ring_reset(_metadata, self);

	ASSERT_EQ(0, lab_command(self->board.lab, "vanish %s",
				 self->board.node));
	pid = lab_child(ring_hold_file, self);
	ASSERT_EQ(0, lab_child_asleep(pid));
	EXPECT_EQ(POLLERR, ring_wait(self, 0) & POLLERR)
		TH_LOG("nobody notices that the board does not go on");
	EXPECT_EQ(POLLERR, lab_child_end(pid));
	EXPECT_EQ(0, ring_advance(self, 0, &advance));
	EXPECT_EQ(DAD_STATE_FAILED, advance.state);
	EXPECT_EQ(-EPIPE, ring_advance(self, 1, &advance));
	munmap(self->map, SIZE);
}

TEST_HARNESS_MAIN
