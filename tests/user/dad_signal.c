// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: signals for who waits for the board
 *
 * A read that gets a signal has its request aborted. It gives EINTR, or begins again if the
 * handler is one with SA_RESTART. Who is killed is gone when the board is done with his
 * pages, and the board goes on.
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <kselftest_harness.h>

#include "aio.h"
#include "board.h"
#include "child.h"
#include "pages.h"
#include "pattern.h"
#include "space.h"
#include "uring.h"

#define LEN	5000

FIXTURE(dad) {
	struct lab_board board;
	int flags;		/* of the handler */
	size_t len;		/* to be moved */
	bool write;
	int caught[2];		/* a pipe: the handler has run */
};

FIXTURE_SETUP(dad)
{
	char data[LEN];

	ASSERT_EQ(0, lab_board_plug(&self->board,
				    "revision=C topology=iommu irq=msix"));
	ASSERT_EQ(0, pipe(self->caught));
	lab_pattern_put(data, LEN, 1, 0);
	ASSERT_EQ(LEN, pwrite(self->board.fd, data, LEN, 0));
	ASSERT_EQ(0, lab_board_hold(&self->board));
}

FIXTURE_TEARDOWN(dad)
{
	EXPECT_STREQ("", lab_board_end(&self->board));
}

static int signal_pipe;

static void signal_handler(int signal)
{
	if (write(signal_pipe, "", 1) != 1)
		_exit(255);
}

/* In a child: move with a handler for SIGUSR1; 0, an errno, or 254: what was read is wrong */
static int signal_move(void *arg)
{
	FIXTURE_DATA(dad) * self = arg;
	const struct sigaction action = {
		.sa_handler = signal_handler,
		.sa_flags = self->flags,
	};
	char memory[LEN];
	ssize_t got;

	signal_pipe = self->caught[1];
	if (sigaction(SIGUSR1, &action, NULL))
		return errno;
	lab_pattern_put(memory, self->len, self->write ? 2 : 3, 0);
	got = self->write ? pwrite(self->board.fd, memory, self->len, 0) :
			    pread(self->board.fd, memory, self->len, 0);
	if (got < 0)
		return errno;
	return got == (ssize_t)self->len &&
	       lab_pattern_length(memory, self->len, self->write ? 2 : 1, 0) ==
	       self->len ? 0 : 254;
}

/* Have a child wait for the board */
static pid_t signal_begin(FIXTURE_DATA(dad) * self, int flags, size_t len,
			  bool write)
{
	pid_t pid;
	int err;

	self->flags = flags;
	self->len = len;
	self->write = write;
	pid = lab_child(signal_move, self);
	err = pid < 0 ? pid : lab_child_asleep(pid);
	return err ? err : pid;
}

/* What waits: copied and direct; a read and a write */
static const struct {
	size_t len;
	bool write;
} signal_moves[] = {
	{ 100, false }, { 100, true }, { LEN, false }, { LEN, true },
};

/* Expect that the board works, with nothing left of what was aborted */
static void signal_expect_works(struct __test_metadata *_metadata,
				FIXTURE_DATA(dad) * self, long aborts)
{
	char memory[LEN];

	EXPECT_EQ(aborts, lab_board_counter(&self->board, "aborts"));
	EXPECT_EQ(0, lab_board_counter(&self->board, "timeouts"));
	EXPECT_EQ(0, lab_board_counter(&self->board, "resets"));
	EXPECT_EQ(self->board.pins, lab_pins());
	ASSERT_EQ(0, lab_board_let_go(&self->board));
	EXPECT_EQ(LEN, pread(self->board.fd, memory, LEN, 0));
}

TEST_F(dad, interrupted)
{
	unsigned int i;
	char byte;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(signal_moves); i++) {
		pid = signal_begin(self, 0, signal_moves[i].len,
				   signal_moves[i].write);
		ASSERT_LT(0, pid);
		ASSERT_EQ(0, kill(pid, SIGUSR1));
		EXPECT_EQ(EINTR, lab_child_end(pid)) TH_LOG("move %u", i);
		EXPECT_EQ(1, read(self->caught[0], &byte, 1));
	}
	signal_expect_works(_metadata, self, i);
}

/* What was written is there; then what is to be read is, as before. */
static void signal_expect_written(struct __test_metadata *_metadata,
				  FIXTURE_DATA(dad) * self, size_t len)
{
	char data[LEN];

	EXPECT_EQ(LEN, pread(self->board.fd, data, LEN, 0));
	EXPECT_EQ(len, lab_pattern_length(data, len, 2, 0));
	lab_pattern_put(data, LEN, 1, 0);
	EXPECT_EQ(LEN, pwrite(self->board.fd, data, LEN, 0));
}

/* With SA_RESTART, and when it is stopped and continued, a move begins again. */
TEST_F(dad, restarted)
{
	unsigned int i;
	char byte;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(signal_moves); i++) {
		long requests = lab_board_counter(&self->board, "requests");
		int status;

		pid = signal_begin(self, SA_RESTART, signal_moves[i].len,
				   signal_moves[i].write);
		ASSERT_LT(0, pid);
		ASSERT_EQ(0, kill(pid, SIGUSR1));
		ASSERT_EQ(1, read(self->caught[0], &byte, 1));
		ASSERT_EQ(0, lab_child_asleep(pid));
		ASSERT_EQ(0, kill(pid, SIGSTOP));
		ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
		EXPECT_TRUE(WIFSTOPPED(status));
		ASSERT_EQ(0, kill(pid, SIGCONT));
		ASSERT_EQ(0, lab_child_asleep(pid));
		EXPECT_EQ(requests + 3,
			  lab_board_counter(&self->board, "requests"));
		ASSERT_EQ(0, lab_board_let_go(&self->board));
		EXPECT_EQ(0, lab_child_end(pid)) TH_LOG("move %u", i);
		if (signal_moves[i].write)
			signal_expect_written(_metadata, self,
					      signal_moves[i].len);
		ASSERT_EQ(0, lab_board_hold(&self->board));
	}
	signal_expect_works(_metadata, self, 2 * i);
}

static int signal_aio(void *arg)
{
	FIXTURE_DATA(dad) * self = arg;
	char memory[LEN];
	struct iocb iocb = lab_aio_prepare(self->board.fd, IOCB_CMD_PREAD,
					   memory, LEN, 0);
	aio_context_t aio;

	lab_aio_setup(1, &aio);
	return lab_aio_move(aio, &iocb);
}

static int signal_uring(void *arg)
{
	FIXTURE_DATA(dad) * self = arg;
	struct lab_uring ring;
	char memory[LEN];

	lab_uring_begin(&ring, 4);
	lab_uring_prepare(&ring, IORING_OP_READ, self->board.fd, memory, LEN,
			  0, 0);
	return lab_uring_move(&ring);
}

/* Killed in the middle of a read, in any way of reading */
TEST_F(dad, killed)
{
	static int (*const runs[])(void *arg) = { signal_aio, signal_uring };
	pid_t pid[ARRAY_SIZE(runs)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(signal_moves); i++) {
		pid_t reader = signal_begin(self, 0, signal_moves[i].len,
					    signal_moves[i].write);

		ASSERT_LT(0, reader);
		ASSERT_EQ(0, kill(reader, SIGKILL));
		EXPECT_EQ(-SIGKILL, lab_child_end(reader)) TH_LOG("move %u", i);
	}
	EXPECT_EQ(self->board.pins, lab_pins());
	/* What is asynchronous is not aborted, but ends when the board is done. */
	for (i = 0; i < ARRAY_SIZE(runs); i++) {
		pid[i] = lab_child(runs[i], self);
		ASSERT_EQ(0, lab_child_asleep(pid[i])) TH_LOG("run %u", i);
		ASSERT_EQ(0, kill(pid[i], SIGKILL));
	}
	ASSERT_EQ(0, lab_board_let_go(&self->board));
	for (i = 0; i < ARRAY_SIZE(runs); i++) {
		EXPECT_EQ(-SIGKILL, lab_child_end(pid[i]))
			TH_LOG("run %u", i);
	}
	signal_expect_works(_metadata, self, ARRAY_SIZE(signal_moves));
}

TEST_HARNESS_MAIN
