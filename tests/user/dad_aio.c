// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: asynchronous reads and writes by Linux AIO
 */

#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <kselftest_harness.h>

#include "aio.h"
#include "board.h"
#include "child.h"
#include "pages.h"
#include "pattern.h"
#include "space.h"

#define MEMORY	0x40000		/* bytes on the board */
#define LEN	5000
#define STRIDE	(2 * LAB_PAGE)	/* from one request's part of the board to the next */

FIXTURE(dad) {
	struct lab_board board;
	aio_context_t aio;
	struct iocb iocb[LAB_BOARD_SLOTS];
	/* A page is one request's only: requests must not share a cache line. */
	alignas(LAB_PAGE) char memory[LAB_BOARD_SLOTS][STRIDE];
};

FIXTURE_SETUP(dad)
{
	ASSERT_EQ(0, lab_board_plug(&self->board,
				    "revision=C topology=offset irq=msix"));
	ASSERT_EQ(0, lab_aio_setup(32, &self->aio));
}

FIXTURE_TEARDOWN(dad)
{
	lab_aio_destroy(self->aio);
	EXPECT_STREQ("", lab_board_end(&self->board));
}

static long aio_move(FIXTURE_DATA(dad) * self, int opcode, void *buffer,
		     size_t len, off_t pos)
{
	struct iocb iocb = lab_aio_prepare(self->board.fd, opcode, buffer, len,
					   pos);

	return lab_aio_move(self->aio, &iocb);
}

/* Each kind of request, what is short included, and the file's position left alone */
TEST_F(dad, moves)
{
	static const size_t lengths[] = { 1, 100, 1024, 4096, LEN };
	char out[LEN], in[LEN];
	struct iovec pieces[2];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		size_t len = lengths[i];

		lab_pattern_put(out, len, i, 0);
		memset(in, 0, sizeof(in));
		EXPECT_EQ(len, aio_move(self, IOCB_CMD_PWRITE, out, len, i));
		EXPECT_EQ(len, aio_move(self, IOCB_CMD_PREAD, in, len, i));
		EXPECT_EQ(len, lab_pattern_length(in, len, i, 0))
			TH_LOG("%zu bytes", len);
	}
	pieces[0] = (struct iovec) { out + 2000, 3000 };
	pieces[1] = (struct iovec) { out, 2000 };
	EXPECT_EQ(LEN, aio_move(self, IOCB_CMD_PWRITEV, pieces, 2, 77));
	memset(in, 0, sizeof(in));
	pieces[0] = (struct iovec) { in + 2000, 3000 };
	pieces[1] = (struct iovec) { in, 2000 };
	EXPECT_EQ(LEN, aio_move(self, IOCB_CMD_PREADV, pieces, 2, 77));
	EXPECT_EQ(LEN, lab_pattern_length(in, LEN, i - 1, 0));
	EXPECT_EQ(0, lseek(self->board.fd, 0, SEEK_CUR));
}

/* What cannot be done is an event with the error, or is not taken at all. */
TEST_F(dad, errors)
{
	char *gone = (char *)(LAB_PAGE / 2), buffer[LEN];

	EXPECT_EQ(-EFAULT, aio_move(self, IOCB_CMD_PREAD, gone, LEN, 0));
	EXPECT_EQ(-EFAULT, aio_move(self, IOCB_CMD_PWRITE, gone, 100, 0));
	EXPECT_EQ(0, aio_move(self, IOCB_CMD_PREAD, buffer, LEN, MEMORY));
	EXPECT_EQ(-ENOSPC, aio_move(self, IOCB_CMD_PWRITE, buffer, LEN,
				    MEMORY));
	EXPECT_EQ(10, aio_move(self, IOCB_CMD_PREAD, buffer, LEN, MEMORY - 10));
	EXPECT_EQ(0, aio_move(self, IOCB_CMD_PREAD, buffer, 0, 0));
	/* There is nothing that would have to reach a disk. */
	EXPECT_EQ(-EINVAL, aio_move(self, IOCB_CMD_FSYNC, NULL, 0, 0));
	EXPECT_EQ(-EINVAL, aio_move(self, 99, buffer, LEN, 0));
	ASSERT_EQ(0, lab_board_hold(&self->board));
	ASSERT_EQ(0, lab_board_set(&self->board, "timeout_ms", "50"));
	EXPECT_EQ(-EIO, aio_move(self, IOCB_CMD_PREAD, buffer, LEN, 0));
}

static int aio_submit(FIXTURE_DATA(dad) * self, unsigned int nth)
{
	struct iocb *iocb = &self->iocb[nth];

	*iocb = lab_aio_prepare(self->board.fd, IOCB_CMD_PREAD,
				self->memory[nth], LEN, nth * STRIDE);
	iocb->aio_data = nth;
	return lab_aio_submit(self->aio, iocb);
}

/*
 * As many as go, under way at once; each has its own event and data. Nothing is cancelled
 * once the board has it: it completes all the same.
 */
TEST_F(dad, many_at_once)
{
	struct io_event events[LAB_BOARD_SLOTS];
	char data[MEMORY / 2];
	unsigned int i, seen = 0;
	struct iocb more;

	lab_pattern_put(data, sizeof(data), 7, 0);
	EXPECT_EQ(sizeof(data), pwrite(self->board.fd, data, sizeof(data), 0));
	ASSERT_EQ(0, lab_board_hold(&self->board));
	for (i = 0; i < LAB_BOARD_SLOTS; i++) {
		ASSERT_EQ(0, aio_submit(self, i))
			TH_LOG("request %u", i);
	}
	EXPECT_EQ(0, lab_aio_ready(self->aio, events, LAB_BOARD_SLOTS));
	more = lab_aio_prepare(self->board.fd, IOCB_CMD_PREAD, data, LEN, 0);
	more.aio_rw_flags = RWF_NOWAIT;
	EXPECT_EQ(0, lab_aio_submit(self->aio, &more));
	EXPECT_EQ(1, lab_aio_ready(self->aio, events, 1));
	EXPECT_EQ(-EAGAIN, events[0].res);
	EXPECT_EQ(-EINVAL, lab_aio_cancel(self->aio, &self->iocb[0]));
	EXPECT_EQ(-EINVAL, lab_aio_cancel(self->aio, &more));
	EXPECT_EQ(0, lab_aio_ready(self->aio, events, LAB_BOARD_SLOTS));

	ASSERT_EQ(0, lab_board_let_go(&self->board));
	ASSERT_EQ(LAB_BOARD_SLOTS,
		  lab_aio_wait(self->aio, events, LAB_BOARD_SLOTS));
	for (i = 0; i < LAB_BOARD_SLOTS; i++) {
		unsigned int nth = events[i].data;

		seen |= 1U << nth;
		EXPECT_EQ(LEN, events[i].res);
		EXPECT_EQ(0, events[i].res2);
		EXPECT_EQ((uintptr_t)&self->iocb[nth], events[i].obj);
		EXPECT_EQ(LEN, lab_pattern_length(self->memory[nth], LEN, 7,
						  nth * STRIDE));
	}
	EXPECT_EQ(0xffff, seen);
	EXPECT_EQ(-EINVAL, lab_aio_cancel(self->aio, &self->iocb[0]));
}

/* An event may be told to an eventfd; and poll() is a request, too. */
TEST_F(dad, told)
{
	struct iocb poll = lab_aio_prepare(self->board.fd, IOCB_CMD_POLL,
					   NULL, 0, 0);
	struct io_event events[LAB_BOARD_SLOTS + 1];
	int told = eventfd(0, EFD_NONBLOCK);
	eventfd_t count;
	unsigned int i;

	ASSERT_LE(0, told);
	ASSERT_EQ(0, lab_board_hold(&self->board));
	for (i = 0; i < LAB_BOARD_SLOTS; i++) {
		self->iocb[i] = lab_aio_prepare(self->board.fd, IOCB_CMD_PREAD,
						self->memory[i], LEN, 0);
		self->iocb[i].aio_flags = IOCB_FLAG_RESFD;
		self->iocb[i].aio_resfd = told;
		ASSERT_EQ(0, lab_aio_submit(self->aio, &self->iocb[i]));
	}
	poll.aio_buf = POLLIN;
	poll.aio_data = 99;
	EXPECT_EQ(0, lab_aio_submit(self->aio, &poll));
	EXPECT_EQ(-1, eventfd_read(told, &count));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, lab_aio_ready(self->aio, events, 1));

	ASSERT_EQ(0, lab_board_let_go(&self->board));
	ASSERT_EQ(LAB_BOARD_SLOTS + 1,
		  lab_aio_wait(self->aio, events, LAB_BOARD_SLOTS + 1));
	for (i = 0; i <= LAB_BOARD_SLOTS; i++) {
		EXPECT_EQ(events[i].data == 99 ? POLLIN : LEN, events[i].res)
			TH_LOG("event %u", i);
	}
	EXPECT_EQ(0, eventfd_read(told, &count));
	EXPECT_EQ(LAB_BOARD_SLOTS, count);
	close(told);
}

/* In a child: have one under way, and leave without another word */
static int aio_leave(void *arg)
{
	FIXTURE_DATA(dad) * self = arg;
	int err = lab_aio_setup(4, &self->aio);

	return -(err ? err : aio_submit(self, 0));
}

/* A context, or its process, ends when the board is done with what it has under way. */
TEST_F(dad, left_behind)
{
	ASSERT_EQ(0, lab_board_hold(&self->board));
	ASSERT_EQ(0, lab_board_set(&self->board, "timeout_ms", "50"));
	ASSERT_EQ(0, aio_submit(self, 0));
	EXPECT_EQ(0, lab_aio_destroy(self->aio));
	EXPECT_EQ(self->board.pins, lab_pins());
	EXPECT_EQ(1, lab_board_counter(&self->board, "timeouts"));
	EXPECT_EQ(0, lab_child_end(lab_child(aio_leave, self)));
	EXPECT_EQ(self->board.pins, lab_pins());
	EXPECT_EQ(2, lab_board_counter(&self->board, "timeouts"));
	ASSERT_EQ(0, lab_board_let_go(&self->board));
	EXPECT_EQ(LEN, pread(self->board.fd, self->memory[0], LEN, 0));
}

TEST_HARNESS_MAIN
