// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: who does not want to wait, and what poll() says to him
 *
 * A read or write would wait for one of these: all requests are in use, or the board is
 * being reset. Only then O_NONBLOCK gives EAGAIN, and poll() says that nothing is ready.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/uio.h>
#include <kselftest_harness.h>

#include "aio.h"
#include "board.h"
#include "child.h"
#include "../../drivers/dad/dad-ioctl.h"
#include "space.h"

#define LEN	5000

FIXTURE(dad) {
	struct lab_board board;
	int quick;		/* the same board, with O_NONBLOCK */
	int epoll;
	aio_context_t aio;
	struct iocb held[LAB_BOARD_SLOTS];
	/* A page is one request's only: requests must not share a cache line. */
	alignas(LAB_PAGE) char memory[LAB_BOARD_SLOTS][2 * LAB_PAGE];
	char buffer[LEN];
};

FIXTURE_SETUP(dad)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT };

	ASSERT_EQ(0, lab_board_plug(&self->board,
				    "revision=C topology=iommu irq=msix"));
	self->quick = lab_open(O_RDWR | O_NONBLOCK, "%s", self->board.node);
	ASSERT_LE(0, self->quick);
	self->epoll = epoll_create1(0);
	ASSERT_LE(0, self->epoll);
	ASSERT_EQ(0, epoll_ctl(self->epoll, EPOLL_CTL_ADD, self->board.fd,
			       &event));
	ASSERT_EQ(0, lab_aio_setup(LAB_BOARD_SLOTS, &self->aio));
}

FIXTURE_TEARDOWN(dad)
{
	EXPECT_EQ(0, lab_aio_destroy(self->aio));
	close(self->epoll);
	close(self->quick);
	EXPECT_STREQ("", lab_board_end(&self->board));
}

/* Have one more request under way */
static int poll_hold(FIXTURE_DATA(dad) * self, unsigned int nth)
{
	self->held[nth] = lab_aio_prepare(self->board.fd, IOCB_CMD_PREAD,
					  self->memory[nth], LEN, nth);
	return lab_aio_submit(self->aio, &self->held[nth]);
}

static int poll_hold_all(FIXTURE_DATA(dad) * self)
{
	unsigned int i;
	int err = lab_board_hold(&self->board);

	for (i = 0; !err && i < LAB_BOARD_SLOTS; i++)
		err = poll_hold(self, i);
	return err;
}

/* How many bytes all that were held, have moved */
static long poll_collect(FIXTURE_DATA(dad) * self)
{
	struct io_event events[LAB_BOARD_SLOTS];
	int i, got = lab_aio_wait(self->aio, events, LAB_BOARD_SLOTS);
	long moved = 0;

	for (i = 0; i < got; i++)
		moved += events[i].res;
	return moved;
}

/* Expect that poll(), epoll and select() say the same */
static void poll_expect(struct __test_metadata *_metadata,
			FIXTURE_DATA(dad) * self, int want)
{
	struct timeval none = { };
	struct epoll_event event = { };
	int fd = self->board.fd, ready = !!(want & POLLIN) + !!(want & POLLOUT);
	fd_set in, out;

	EXPECT_EQ(want, lab_poll(fd, LAB_BOARD_READY | POLLPRI));
	EXPECT_EQ(want & POLLIN, lab_poll(fd, POLLIN));
	EXPECT_EQ(want & POLLOUT, lab_poll(self->quick, POLLOUT));
	EXPECT_EQ(!!want, epoll_wait(self->epoll, &event, 1, 0));
	EXPECT_EQ(want & (POLLIN | POLLOUT), event.events);
	FD_ZERO(&in);
	FD_SET(fd, &in);
	out = in;
	EXPECT_EQ(ready, select(fd + 1, &in, &out, NULL, &none));
}

/* Expect of each kind of call that does not wait */
static void poll_expect_quick(struct __test_metadata *_metadata,
			      FIXTURE_DATA(dad) * self, int want)
{
	struct iovec all = { self->buffer, LEN }, some = { self->buffer, 9 };
	const struct {
		const char *what;
		ssize_t result;
		int error;
		ssize_t len;
	} calls[] = {
#define CALL(call, len)	{ #call, (errno = 0, call), errno, len }
		CALL(pread(self->quick, self->buffer, 9, 0), 9),
		CALL(pwrite(self->quick, self->buffer, 9, 0), 9),
		CALL(pread(self->quick, self->buffer, LEN, 0), LEN),
		CALL(pwrite(self->quick, self->buffer, LEN, 0), LEN),
		CALL(preadv2(self->board.fd, &some, 1, 0, RWF_NOWAIT), 9),
		CALL(preadv2(self->board.fd, &all, 1, 0, RWF_NOWAIT), LEN),
		CALL(pwritev2(self->board.fd, &all, 1, 0, RWF_NOWAIT), LEN),
#undef CALL
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		EXPECT_EQ(want ? -1 : calls[i].len, calls[i].result)
			TH_LOG("%s", calls[i].what);
		EXPECT_EQ(want, calls[i].error)
			TH_LOG("%s", calls[i].what);
	}
}

/* Up to the last slot there is room; when there is none, there is EAGAIN. */
TEST_F(dad, all_in_use)
{
	unsigned int i;

	poll_expect(_metadata, self, LAB_BOARD_READY);
	poll_expect_quick(_metadata, self, 0);
	ASSERT_EQ(0, lab_board_hold(&self->board));
	for (i = 0; i < LAB_BOARD_SLOTS; i++) {
		poll_expect(_metadata, self, LAB_BOARD_READY);
		ASSERT_EQ(0, poll_hold(self, i));
	}
	poll_expect(_metadata, self, 0);
	poll_expect_quick(_metadata, self, EAGAIN);
	/* What needs no request, does not wait. */
	EXPECT_EQ(0, pread(self->quick, self->buffer, 1, 1 << 30));
	EXPECT_EQ(0, pread(self->quick, self->buffer, 0, 0));
	EXPECT_EQ(-1, pwrite(self->quick, self->buffer, 1, 1 << 30));
	EXPECT_EQ(ENOSPC, errno);

	ASSERT_EQ(0, lab_board_let_go(&self->board));
	EXPECT_EQ(LAB_BOARD_SLOTS * LEN, poll_collect(self));
	poll_expect(_metadata, self, LAB_BOARD_READY);
	poll_expect_quick(_metadata, self, 0);
}

static int poll_until_ready(void *arg)
{
	FIXTURE_DATA(dad) * self = arg;
	struct pollfd pollfd = { .fd = self->board.fd, .events = POLLIN };

	return poll(&pollfd, 1, -1) == 1 ? pollfd.revents : errno;
}

static int poll_until_epoll(void *arg)
{
	FIXTURE_DATA(dad) * self = arg;
	struct epoll_event event;

	return epoll_wait(self->epoll, &event, 1, -1) == 1 ? event.events :
							     errno;
}

static int poll_until_read(void *arg)
{
	FIXTURE_DATA(dad) * self = arg;

	return pread(self->board.fd, self->buffer, LEN, 0) == LEN ? 0 : errno;
}

/* Who waits for room, wakes when there is some. */
TEST_F(dad, woken)
{
	static int (*const waits[])(void *arg) = {
		poll_until_ready, poll_until_epoll, poll_until_read,
	};
	static const int wants[] = { POLLIN, POLLIN | POLLOUT, 0 };
	pid_t pid[ARRAY_SIZE(waits)];
	unsigned int i;

	ASSERT_EQ(0, poll_hold_all(self));
	for (i = 0; i < ARRAY_SIZE(waits); i++) {
		pid[i] = lab_child(waits[i], self);
		ASSERT_EQ(0, lab_child_asleep(pid[i])) TH_LOG("waiter %u", i);
	}
	ASSERT_EQ(0, lab_board_let_go(&self->board));
	for (i = 0; i < ARRAY_SIZE(waits); i++) {
		EXPECT_EQ(wants[i], lab_child_end(pid[i]))
			TH_LOG("waiter %u", i);
	}
	EXPECT_EQ(LAB_BOARD_SLOTS * LEN, poll_collect(self));
}

static int poll_reset(void *arg)
{
	FIXTURE_DATA(dad) * self = arg;

	return -lab_board_set(&self->board, "device/reset", "1");
}

/*
 * While the PCI core resets the board, it has to wait: who does not want to gets his pages
 * back. What was under way has failed; who waits, or comes later, does not notice.
 */
TEST_F(dad, in_reset)
{
	pid_t reset, reader;
	struct io_event event;

	ASSERT_EQ(0, lab_board_hold(&self->board));
	ASSERT_EQ(0, poll_hold(self, 0));
	reset = lab_child(poll_reset, self);
	ASSERT_EQ(0, lab_board_wait_state(&self->board, "stopped"));
	poll_expect(_metadata, self, 0);
	poll_expect_quick(_metadata, self, EAGAIN);
	EXPECT_EQ(-1, ioctl(self->quick, DAD_IOC_START));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(1, lab_aio_wait(self->aio, &event, 1));
	EXPECT_EQ(-EIO, event.res);
	EXPECT_EQ(0, lab_board_let_go(&self->board));
	reader = lab_child(poll_until_read, self);
	EXPECT_EQ(0, lab_child_asleep(reader));
	EXPECT_EQ(0, lab_board_wait_state(&self->board, "running"));
	EXPECT_EQ(0, lab_child_end(reset));
	EXPECT_EQ(0, lab_child_end(reader));
	poll_expect(_metadata, self, LAB_BOARD_READY);
	poll_expect_quick(_metadata, self, 0);
}

/* A board that no reset brings back is in error, one that was unplugged is hung up. */
TEST_F(dad, failed_then_gone)
{
	static const int asked[] = { 0, POLLIN, POLLOUT, LAB_BOARD_READY };
	unsigned int i;

	ASSERT_EQ(0, lab_command(self->board.lab, "vanish %s",
				 self->board.node));
	EXPECT_EQ(-1, pread(self->board.fd, self->buffer, LEN, 0));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(0, lab_board_wait_state(&self->board, "failed"));
	poll_expect_quick(_metadata, self, EIO);
	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		EXPECT_EQ(POLLERR, lab_poll(self->quick, asked[i]))
			TH_LOG("asked for %#x", asked[i]);
	}

	ASSERT_EQ(0, lab_command(self->board.lab, "unplug %s",
				 self->board.node));
	poll_expect_quick(_metadata, self, ENODEV);
	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		EXPECT_EQ(POLLERR | POLLHUP, lab_poll(self->quick, asked[i]))
			TH_LOG("asked for %#x", asked[i]);
	}
	EXPECT_EQ(-1, ioctl(self->quick, DAD_IOC_STOP));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-ENOENT, lab_open(O_RDWR, "%s", self->board.node));
}

TEST_HARNESS_MAIN
