// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: many at once on a board: processes and threads, each with a part of it
 */

#include <fcntl.h>
#include <pthread.h>
#include <kselftest_harness.h>

#include "board.h"
#include "child.h"
#include "pattern.h"
#include "space.h"

#define MANY	20		/* more than a board takes at a time */
#define PART	0x3000		/* bytes of the board for each */
#define ROUNDS	2

FIXTURE(dad) {
	struct lab_board board;
};

FIXTURE_SETUP(dad)
{
	ASSERT_EQ(0, lab_board_plug(&self->board,
				    "revision=B topology=iommu completion=delayed delay=50000"));
}

FIXTURE_TEARDOWN(dad)
{
	EXPECT_STREQ("", lab_board_end(&self->board));
}

/**
 * struct many - one of many
 * @fd: the board
 * @nth: which one; its part of the board is the nth
 * @thread: if it is a thread
 * @wrong: how often something went wrong
 */
struct many {
	int fd;
	unsigned int nth;
	pthread_t thread;
	unsigned int wrong;
};

/* Write and read a part of the board, first little, then all of it */
static unsigned int many_move(struct many *many)
{
	char memory[PART + LAB_PAGE];
	unsigned int round, wrong = 0;
	off_t pos = (off_t)many->nth * PART;

	for (round = 0; round < ROUNDS; round++) {
		size_t len = round % 2 ? PART - many->nth : 900 + many->nth;
		unsigned int seed = round * MANY + many->nth;
		char *at = memory + many->nth;

		lab_pattern_put(at, len, seed, 0);
		wrong += pwrite(many->fd, at, len, pos) != (ssize_t)len;
		memset(memory, 0, sizeof(memory));
		wrong += pread(many->fd, at, len, pos) != (ssize_t)len;
		wrong += lab_pattern_length(at, len, seed, 0) != len;
	}
	return wrong;
}

/* What each has written last is there, and nobody has written into another one's part. */
static void many_expect(struct __test_metadata *_metadata, int fd)
{
	unsigned int nth;
	char part[PART];

	for (nth = 0; nth < MANY; nth++) {
		unsigned int seed = (ROUNDS - 1) * MANY + nth;
		size_t len = PART - nth;

		EXPECT_EQ(PART, pread(fd, part, PART, (off_t)nth * PART));
		EXPECT_EQ(len, lab_pattern_length(part, len, seed, 0))
			TH_LOG("part %u", nth);
		EXPECT_EQ(nth, lab_same_length(part + len, nth, 0))
			TH_LOG("after part %u", nth);
	}
}

/* In a process with a file of its own */
static int many_run(void *arg)
{
	struct many *many = arg;

	return many_move(many);
}

TEST_F(dad, processes)
{
	struct many many = { };
	pid_t pid[MANY];

	for (many.nth = 0; many.nth < MANY; many.nth++) {
		/* Half of them share a file. */
		if (many.nth % 2 == 0)
			many.fd = lab_open(O_RDWR, "%s", self->board.node);
		ASSERT_LE(0, many.fd);
		pid[many.nth] = lab_child(many_run, &many);
		ASSERT_LT(0, pid[many.nth]);
		if (many.nth % 2)
			close(many.fd);
	}
	for (many.nth = 0; many.nth < MANY; many.nth++) {
		EXPECT_EQ(0, lab_child_end(pid[many.nth]))
			TH_LOG("process %u", many.nth);
	}
	many_expect(_metadata, self->board.fd);
}

static void *many_thread(void *arg)
{
	struct many *many = arg;

	many->wrong = many_move(many);
	return NULL;
}

TEST_F(dad, threads)
{
	struct many many[MANY];
	unsigned int nth;

	for (nth = 0; nth < MANY; nth++) {
		many[nth] = (struct many) { .fd = self->board.fd, .nth = nth };
		ASSERT_EQ(0, pthread_create(&many[nth].thread, NULL,
					    many_thread, &many[nth]));
	}
	for (nth = 0; nth < MANY; nth++) {
		ASSERT_EQ(0, pthread_join(many[nth].thread, NULL));
		EXPECT_EQ(0, many[nth].wrong) TH_LOG("thread %u", nth);
	}
	many_expect(_metadata, self->board.fd);
}

/* Two boards are each for themselves: one is unplugged, the other goes on. */
TEST_F(dad, two_boards)
{
	struct many first = { .fd = self->board.fd, .nth = 1 }, second = first;
	char node[LAB_NAME], data[PART], seen[PART];

	ASSERT_EQ(0, lab_plug(self->board.lab, node, "dad revision=C"));
	second.fd = lab_open(O_RDWR, "%s", node);
	ASSERT_LE(0, second.fd);
	EXPECT_STRNE(self->board.node, node);
	EXPECT_EQ(0, many_move(&first));
	EXPECT_EQ(PART, pread(second.fd, seen, PART, PART));
	EXPECT_EQ(PART, lab_same_length(seen, PART, 0));
	EXPECT_EQ(PART, pread(first.fd, data, PART, PART));
	second.nth = 2;
	EXPECT_EQ(0, many_move(&second));
	EXPECT_EQ(0, lab_command(self->board.lab, "unplug %s", node));
	EXPECT_EQ(-1, pread(second.fd, seen, PART, 0));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(PART, pread(first.fd, seen, PART, PART));
	EXPECT_EQ(0, memcmp(seen, data, PART));
	EXPECT_EQ(0, many_move(&first));
	close(second.fd);
}

TEST_HARNESS_MAIN
