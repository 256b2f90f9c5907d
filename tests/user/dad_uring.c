// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: asynchronous reads and writes by io_uring
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <kselftest_harness.h>

#include "board.h"
#include "pages.h"
#include "pattern.h"
#include "space.h"
#include "uring.h"

#define MEMORY	0x40000		/* bytes on the board */
#define LEN	5000
#define STRIDE	(2 * LAB_PAGE)	/* from one request's part of the board to the next */
#define MORE	4		/* requests than a board can have */
#define ALL	(LAB_BOARD_SLOTS + MORE)

FIXTURE(dad) {
	struct lab_board board;
	struct lab_uring ring;
	char *memory;		/* pages, STRIDE for each of ALL */
	char data[MEMORY];	/* what is on the board */
};

FIXTURE_SETUP(dad)
{
	ASSERT_EQ(0, lab_board_plug(&self->board,
				    "revision=B topology=bounce,noncoherent irq=intx"));
	ASSERT_EQ(0, lab_uring_begin(&self->ring, 32));
	self->memory = mmap(NULL, ALL * STRIDE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->memory);
	lab_pattern_put(self->data, MEMORY, 1, 0);
	ASSERT_EQ(MEMORY, pwrite(self->board.fd, self->data, MEMORY, 0));
}

FIXTURE_TEARDOWN(dad)
{
	lab_uring_end(&self->ring);
	EXPECT_STREQ("", lab_board_end(&self->board));
}

/* A request alone; its result */
static int uring_move(FIXTURE_DATA(dad) * self, int opcode, const void *addr,
		      size_t len, off_t pos)
{
	lab_uring_prepare(&self->ring, opcode, self->board.fd, addr, len, pos,
			  0);
	return lab_uring_move(&self->ring);
}

/* Expect what was read from a place on the board, and clear it */
static void uring_expect(struct __test_metadata *_metadata, const char *what,
			 char *memory, size_t len, int seed, off_t pos)
{
	EXPECT_EQ(len, lab_pattern_length(memory, len, seed, pos))
		TH_LOG("%s: %zu bytes", what, len);
	memset(memory, 0, len);
}

static void uring_expect_board(struct __test_metadata *_metadata,
			       FIXTURE_DATA(dad) * self, const char *what,
			       size_t len, int seed, off_t pos, size_t first)
{
	EXPECT_EQ(len, pread(self->board.fd, self->data, len, pos));
	EXPECT_EQ(len, lab_pattern_length(self->data, len, seed, first))
		TH_LOG("%s: %zu bytes", what, len);
}

/* Each kind of request that goes by the caller's addresses */
TEST_F(dad, moves)
{
	static const size_t lengths[] = { 1, 100, 1024, 4096, LEN };
	char *memory = self->memory + 1;
	struct iovec piece[2];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		size_t len = lengths[i];

		EXPECT_EQ(len, uring_move(self, IORING_OP_READ, memory, len,
					  i));
		uring_expect(_metadata, "read", memory, len, 1, i);
		lab_pattern_put(memory, len, 2 + i, 0);
		EXPECT_EQ(len, uring_move(self, IORING_OP_WRITE, memory, len,
					  MEMORY - len));
		uring_expect_board(_metadata, self, "write", len, 2 + i,
				   MEMORY - len, 0);
	}
	piece[0] = (struct iovec) { memory + 7000, 3000 };
	piece[1] = (struct iovec) { memory, 2000 };
	EXPECT_EQ(LEN, uring_move(self, IORING_OP_READV, piece, 2, 77));
	uring_expect(_metadata, "readv", memory + 7000, 3000, 1, 77);
	uring_expect(_metadata, "readv", memory, 2000, 1, 3077);
	lab_pattern_put(memory + 7000, 3000, 9, 0);
	lab_pattern_put(memory, 2000, 9, 3000);
	EXPECT_EQ(LEN, uring_move(self, IORING_OP_WRITEV, piece, 2, 99));
	uring_expect_board(_metadata, self, "writev", LEN, 9, 99, 0);

	EXPECT_EQ(0, uring_move(self, IORING_OP_READ, memory, 1, MEMORY));
	EXPECT_EQ(-ENOSPC, uring_move(self, IORING_OP_WRITE, memory, 1,
				      MEMORY));
	EXPECT_EQ(-EFAULT, uring_move(self, IORING_OP_READ, NULL, LEN, 0));
	EXPECT_EQ(-EFAULT, uring_move(self, IORING_OP_WRITE, NULL, 1, 0));
}

/* Buffers that were registered are pinned by that, and not by each request again. */
TEST_F(dad, fixed_buffers)
{
	const struct iovec buffers[] = {
		{ self->memory, STRIDE },
		{ self->memory + 2 * STRIDE, STRIDE },
	};
	const long pages = 2 * STRIDE / LAB_PAGE;
	char *second = self->memory + 2 * STRIDE;
	struct io_uring_sqe *sqe;

	ASSERT_EQ(0, lab_uring_register(&self->ring, IORING_REGISTER_BUFFERS,
					buffers, 2));
	EXPECT_EQ(self->board.pins + pages, lab_pins());
	sqe = lab_uring_prepare(&self->ring, IORING_OP_READ_FIXED,
				self->board.fd, second + 33, LEN, 11, 0);
	sqe->buf_index = 1;
	EXPECT_EQ(LEN, lab_uring_move(&self->ring));
	EXPECT_EQ(self->board.pins + pages, lab_pins());
	uring_expect(_metadata, "fixed read", second + 33, LEN, 1, 11);
	lab_pattern_put(self->memory + 5, LEN, 3, 0);
	lab_uring_prepare(&self->ring, IORING_OP_WRITE_FIXED, self->board.fd,
			  self->memory + 5, LEN, 500, 0);
	EXPECT_EQ(LEN, lab_uring_move(&self->ring));
	EXPECT_EQ(self->board.pins + pages, lab_pins());
	uring_expect_board(_metadata, self, "fixed write", LEN, 3, 500, 0);
	/* What is not in the buffer, may not be used by it. */
	EXPECT_EQ(-EFAULT, uring_move(self, IORING_OP_READ_FIXED,
				      self->memory + STRIDE - 1, 2, 0));
	EXPECT_EQ(0, lab_uring_register(&self->ring, IORING_UNREGISTER_BUFFERS,
					NULL, 0));
	EXPECT_EQ(self->board.pins, lab_pins());
	EXPECT_EQ(0, lab_copied_by_fork(self->memory, STRIDE));
}

/* Have all of them under way, each at a place of its own; more than there are slots wait */
static int uring_hold(FIXTURE_DATA(dad) * self, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		lab_uring_prepare(&self->ring, IORING_OP_READ, self->board.fd,
				  self->memory + i * STRIDE + i, LEN, i * 7000,
				  i);
	return lab_uring_submit(&self->ring, 0);
}

/* Several under way at once, and more that wait for a slot: each gets its own data. */
TEST_F(dad, many_at_once)
{
	struct io_uring_cqe cqe;
	unsigned int i, seen = 0;

	ASSERT_EQ(0, lab_board_hold(&self->board));
	EXPECT_EQ(ALL, uring_hold(self, ALL));
	EXPECT_FALSE(lab_uring_take(&self->ring, &cqe));
	EXPECT_EQ(0, lab_poll(self->board.fd, POLLIN));
	ASSERT_EQ(0, lab_board_let_go(&self->board));
	EXPECT_EQ(0, lab_uring_submit(&self->ring, ALL));
	for (i = 0; i < ALL; i++) {
		if (!lab_uring_take(&self->ring, &cqe))
			break;
		EXPECT_EQ(LEN, cqe.res) TH_LOG("request %llu", cqe.user_data);
		seen |= 1U << cqe.user_data;
	}
	EXPECT_EQ((1U << ALL) - 1, seen);
	for (i = 0; i < ALL; i++)
		uring_expect(_metadata, "many", self->memory + i * STRIDE + i,
			     LEN, 1, i * 7000);
	EXPECT_EQ(self->board.pins, lab_pins());
}

/* The result of cancelling a request; what else completes comes later */
static int uring_cancel(FIXTURE_DATA(dad) * self, __u64 data)
{
	struct io_uring_sqe *sqe;

	sqe = lab_uring_prepare(&self->ring, IORING_OP_ASYNC_CANCEL, -1, NULL,
				0, 0, 100);
	sqe->addr = data;
	return lab_uring_move(&self->ring);
}

/* Who waits for a slot can be cancelled; what the board has, completes all the same. */
TEST_F(dad, cancel)
{
	struct io_uring_cqe cqe;
	unsigned int i;

	ASSERT_EQ(0, lab_board_hold(&self->board));
	EXPECT_EQ(LAB_BOARD_SLOTS + 1, uring_hold(self, LAB_BOARD_SLOTS + 1));
	EXPECT_EQ(-ENOENT, uring_cancel(self, 0));
	EXPECT_EQ(-ENOENT, uring_cancel(self, 50));
	EXPECT_FALSE(lab_uring_take(&self->ring, &cqe));

	lab_uring_prepare(&self->ring, IORING_OP_ASYNC_CANCEL, -1, NULL, 0, 0,
			  100)->addr = LAB_BOARD_SLOTS;
	EXPECT_EQ(1, lab_uring_submit(&self->ring, 2));
	for (i = 0; i < 2; i++) {
		ASSERT_TRUE(lab_uring_take(&self->ring, &cqe));
		EXPECT_EQ(cqe.user_data == 100 ? 0 : -ECANCELED, cqe.res)
			TH_LOG("request %llu", cqe.user_data);
	}
	ASSERT_EQ(0, lab_board_let_go(&self->board));
	EXPECT_EQ(0, lab_uring_submit(&self->ring, LAB_BOARD_SLOTS));
	for (i = 0; i < LAB_BOARD_SLOTS; i++) {
		ASSERT_TRUE(lab_uring_take(&self->ring, &cqe));
		EXPECT_EQ(LEN, cqe.res) TH_LOG("request %llu", cqe.user_data);
	}
	EXPECT_FALSE(lab_uring_take(&self->ring, &cqe));
	EXPECT_EQ(0, lab_same_length(self->memory, 1, 1));
}

TEST_HARNESS_MAIN
