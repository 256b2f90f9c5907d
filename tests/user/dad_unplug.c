// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: a board that is unplugged, or vanishes, while processes wait for it and have it
 * mapped: each of them is told, and none waits for ever
 */

#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <kselftest_harness.h>

#include "aio.h"
#include "board.h"
#include "child.h"
#include "../../drivers/dad/dad-ioctl.h"
#include "pages.h"
#include "space.h"
#include "uring.h"

#define LEN	5000
#define PAGES	16
#define SIZE	(PAGES * LAB_PAGE)	/* of the memory on the board, and of a ring */
#define PROT	(PROT_READ | PROT_WRITE)

/* Requests that take all slots that the waiters do not */
#define FILLERS	11

FIXTURE(dad) {
	struct lab_board board;
	int ring;		/* a file of the same board, with a ring */
	unsigned char *memory_map;
	unsigned char *ring_map;
};

FIXTURE_SETUP(dad)
{
	const struct dad_ring ring = {
		.abi = DAD_ABI,
		.block_size = LAB_PAGE,
		.blocks = PAGES,
		.sample_ns = 1000000,
	};

	ASSERT_EQ(0, lab_board_plug(&self->board,
				    "revision=C topology=bounce irq=msix memory=65536"));
	self->ring = lab_open(O_RDWR, "%s", self->board.node);
	ASSERT_LE(0, self->ring);
	ASSERT_EQ(0, ioctl(self->ring, DAD_IOC_RING, &ring));
	self->memory_map = lab_board_map(&self->board, SIZE);
	ASSERT_NE(MAP_FAILED, self->memory_map);
	self->ring_map = mmap(NULL, SIZE, PROT, MAP_SHARED, self->ring,
			      DAD_MAP_RING);
	ASSERT_NE(MAP_FAILED, self->ring_map);
}

FIXTURE_TEARDOWN(dad)
{
	munmap(self->memory_map, SIZE);
	munmap(self->ring_map, SIZE);
	close(self->ring);
	EXPECT_STREQ("", lab_board_end(&self->board));
}

static int wait_read(FIXTURE_DATA(dad) * self)
{
	char buffer[LEN];

	return pread(self->board.fd, buffer, LEN, 0) < 0 ? errno : 0;
}

static int wait_read_short(FIXTURE_DATA(dad) * self)
{
	char buffer[100];

	return pread(self->board.fd, buffer, 100, 0) < 0 ? errno : 0;
}

static int wait_write(FIXTURE_DATA(dad) * self)
{
	char buffer[LEN] = "";

	return pwrite(self->board.fd, buffer, LEN, 0) < 0 ? errno : 0;
}

static int wait_aio(FIXTURE_DATA(dad) * self)
{
	char buffer[LEN];
	struct iocb iocb = lab_aio_prepare(self->board.fd, IOCB_CMD_PREAD,
					   buffer, LEN, 0);
	aio_context_t aio;
	int err = lab_aio_setup(1, &aio);

	return -(err ? err : lab_aio_move(aio, &iocb));
}

static int wait_uring(FIXTURE_DATA(dad) * self)
{
	struct lab_uring ring;
	char buffer[LEN];
	int err = lab_uring_begin(&ring, 4);

	if (err)
		return -err;
	lab_uring_prepare(&ring, IORING_OP_READ, self->board.fd, buffer, LEN,
			  0, 0);
	return -lab_uring_move(&ring);
}

/* What poll() says when it says something */
static int wait_poll_of(int fd, int events)
{
	struct pollfd pollfd = { .fd = fd, .events = events };

	return poll(&pollfd, 1, -1) == 1 ? pollfd.revents : -errno;
}

static int wait_poll(FIXTURE_DATA(dad) * self)
{
	return wait_poll_of(self->board.fd, POLLIN | POLLOUT);
}

static int wait_poll_nothing(FIXTURE_DATA(dad) * self)
{
	return wait_poll_of(self->board.fd, 0);
}

static int wait_poll_ring(FIXTURE_DATA(dad) * self)
{
	return wait_poll_of(self->ring, POLLIN);
}

static int wait_epoll(FIXTURE_DATA(dad) * self)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(0);

	epoll_ctl(epoll, EPOLL_CTL_ADD, self->board.fd, &event);
	return epoll_wait(epoll, &event, 1, -1) == 1 ? event.events : errno;
}

static int wait_uring_poll(FIXTURE_DATA(dad) * self)
{
	struct lab_uring ring;
	int err = lab_uring_begin(&ring, 4);

	if (err)
		return -err;
	lab_uring_prepare(&ring, IORING_OP_POLL_ADD, self->board.fd, NULL, 0,
			  0, 0)->poll32_events = POLLIN;
	return lab_uring_move(&ring);
}

#define ERR	POLLERR
#define HUP	(POLLERR | POLLHUP)

/*
 * Who waits, and what ends it: when the board is unplugged; when it has vanished, and the
 * driver has noticed. After the first five, with the fillers, all slots are in use.
 */
static const struct {
	const char *name;
	int (*wait)(FIXTURE_DATA(dad) * self);
	int unplug;
	int vanish;
} waiters[] = {
	{ "read", wait_read, ENODEV, EIO },
	{ "short read", wait_read_short, ENODEV, EIO },
	{ "write", wait_write, ENODEV, EIO },
	{ "AIO", wait_aio, ENODEV, EIO },
	{ "io_uring", wait_uring, ENODEV, EIO },
	{ "read without a slot", wait_read, ENODEV, EIO },
	{ "io_uring without a slot", wait_uring, ENODEV, EIO },
	{ "poll", wait_poll, HUP, ERR },
	{ "poll for nothing", wait_poll_nothing, HUP, ERR },
	{ "poll of a ring", wait_poll_ring, HUP, ERR },
	{ "epoll", wait_epoll, HUP, ERR },
	{ "io_uring poll", wait_uring_poll, HUP, ERR },
};

#define WAITERS	ARRAY_SIZE(waiters)
#define HOLDERS	5	/* of them have a slot */

/* Have a board with all slots in use, but for those of the first waiters */
static int unplug_fill(FIXTURE_DATA(dad) * self, aio_context_t aio,
		       struct iocb *iocb)
{
	static alignas(LAB_PAGE) char memory[FILLERS][2 * LAB_PAGE];
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < FILLERS; i++) {
		iocb[i] = lab_aio_prepare(self->board.fd, IOCB_CMD_PREAD,
					  memory[i], LEN, 0);
		err = lab_aio_submit(aio, &iocb[i]);
	}
	return err;
}

/* Start all waiters, and when all of them wait, give a command: see how they end */
static void unplug_waiters(struct __test_metadata *_metadata,
			   FIXTURE_DATA(dad) * self, const char *command)
{
	bool vanish = !strcmp(command, "vanish");
	struct io_event events[FILLERS];
	struct iocb iocb[FILLERS];
	aio_context_t aio;
	pid_t pid[WAITERS];
	unsigned int i;

	ASSERT_EQ(0, lab_aio_setup(FILLERS, &aio));
	ASSERT_EQ(0, lab_command(self->board.lab, "complete %s never",
				 self->board.node));
	ASSERT_EQ(0, unplug_fill(self, aio, iocb));
	for (i = 0; i < WAITERS; i++) {
		pid[i] = fork();
		if (!pid[i])
			_exit(waiters[i].wait(self));
		EXPECT_EQ(0, lab_child_asleep(pid[i]))
			TH_LOG("%s", waiters[i].name);
	}
	EXPECT_EQ(FILLERS + HOLDERS,
		  lab_board_counter(&self->board, "requests"));
	EXPECT_EQ(0, lab_command(self->board.lab, "%s %s", command,
				 self->board.node));
	for (i = 0; i < WAITERS; i++) {
		int want = vanish ? waiters[i].vanish : waiters[i].unplug;

		EXPECT_EQ(want, lab_child_end(pid[i]))
			TH_LOG("waiter %u: %s", i, waiters[i].name);
	}
	EXPECT_EQ(FILLERS, lab_aio_wait(aio, events, FILLERS));
	for (i = 0; i < FILLERS; i++) {
		EXPECT_EQ(vanish ? -EIO : -ENODEV, events[i].res)
			TH_LOG("request %u", i);
	}
	EXPECT_EQ(self->board.pins, lab_pins());
	EXPECT_EQ(0, lab_aio_destroy(aio));
}

/* Expect SIGBUS of each page, and that nothing is there to be mapped or used */
static void unplug_expect_gone(struct __test_metadata *_metadata,
			       const FIXTURE_DATA(dad) * self, const char *who)
{
	unsigned char *maps[] = { self->memory_map, self->ring_map };
	struct lab_touch touch;
	unsigned int i, page;

	for (i = 0; i < ARRAY_SIZE(maps); i++) {
		for (page = 0; page < PAGES; page++) {
			unsigned char *at = maps[i] + page * LAB_PAGE + page;

			touch = lab_read_byte(at, NULL);
			EXPECT_EQ(SIGBUS, touch.signal)
				TH_LOG("%s reads page %u of the %s", who, page,
				       i ? "ring" : "memory");
			EXPECT_EQ(BUS_ADRERR, touch.code);
			EXPECT_EQ(at, touch.addr);
			EXPECT_EQ(SIGBUS, lab_write_signal(at))
				TH_LOG("%s writes page %u of the %s", who, page,
				       i ? "ring" : "memory");
		}
	}
	EXPECT_EQ(MAP_FAILED, lab_board_map(&self->board, SIZE));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, ioctl(self->ring, DAD_IOC_START));
	EXPECT_EQ(ENODEV, errno);
}

TEST_F(dad, unplug_under_waiters)
{
	unplug_waiters(_metadata, self, "unplug");
	unplug_expect_gone(_metadata, self, "the test");
	EXPECT_EQ(ENODEV, wait_read(self));
	EXPECT_EQ(ENODEV, wait_read_short(self));
	EXPECT_EQ(ENODEV, wait_write(self));
	EXPECT_EQ(ENODEV, wait_aio(self));
	EXPECT_EQ(ENODEV, wait_uring(self));
	EXPECT_EQ(HUP, wait_poll(self));
	EXPECT_EQ(HUP, wait_poll_ring(self));
}

/* A board that has vanished fails; until it is unplugged, it reads as all-ones. */
TEST_F(dad, vanish_under_waiters)
{
	unsigned char byte = 0;

	unplug_waiters(_metadata, self, "vanish");
	EXPECT_EQ(0, lab_read_byte(self->memory_map + 5, &byte).signal);
	EXPECT_EQ(0xff, byte);
	EXPECT_EQ(0, lab_read_byte(self->ring_map + 5, &byte).signal);
	EXPECT_EQ(EIO, wait_read(self));
	ASSERT_EQ(0, lab_command(self->board.lab, "unplug %s",
				 self->board.node));
	EXPECT_EQ(ENODEV, wait_read(self));
	unplug_expect_gone(_metadata, self, "the test");
}

/* Of a board that has nothing to do, nobody hears but by being unplugged. */
TEST_F(dad, unplug_idle)
{
	static int (*const waits[])(FIXTURE_DATA(dad) * self) = {
		wait_poll_nothing, wait_poll_ring,
	};
	pid_t pid[ARRAY_SIZE(waits)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(waits); i++) {
		pid[i] = fork();
		if (!pid[i])
			_exit(waits[i](self));
		EXPECT_EQ(0, lab_child_asleep(pid[i]))
			TH_LOG("waiter %u", i);
	}
	ASSERT_EQ(0, lab_command(self->board.lab, "unplug %s",
				 self->board.node));
	for (i = 0; i < ARRAY_SIZE(waits); i++) {
		EXPECT_EQ(HUP, lab_child_end(pid[i]))
			TH_LOG("waiter %u", i);
	}
}

/* Mappings of other address spaces: of a child, which made more; and a ring that runs */
TEST_F(dad, unplug_while_mapped)
{
	int go[2], ready[2];
	char byte;
	pid_t pid;

	ASSERT_EQ(0, pipe(go));
	ASSERT_EQ(0, pipe(ready));
	ASSERT_EQ(0, ioctl(self->ring, DAD_IOC_START));
	pid = fork();
	if (!pid) {
		self->memory_map = lab_board_map(&self->board, SIZE);
		EXPECT_EQ(0, lab_write_signal(self->memory_map));
		EXPECT_EQ(0, lab_read_signal(self->ring_map));
		EXPECT_EQ(1, write(ready[1], "", 1));
		EXPECT_EQ(1, read(go[0], &byte, 1));
		unplug_expect_gone(_metadata, self, "the child");
		_exit(0);
	}
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	ASSERT_EQ(0, lab_command(self->board.lab, "unplug %s",
				 self->board.node));
	EXPECT_EQ(1, write(go[1], "", 1));
	unplug_expect_gone(_metadata, self, "the parent");
	EXPECT_EQ(0, lab_child_end(pid));
	EXPECT_EQ(HUP, wait_poll_ring(self));
}

TEST_HARNESS_MAIN
