// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: whose the pages are that the board moves data to, while it does and afterwards
 *
 * They are pinned meanwhile. A fork then gives the child copies; once the board is done, the
 * pages are like any others. That no pin is left, whatever became of the request, the
 * kernel's counters say, and the next fork.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <kselftest_harness.h>

#include "aio.h"
#include "board.h"
#include "child.h"
#include "../../drivers/dad/dad-ioctl.h"
#include "pages.h"
#include "pattern.h"
#include "space.h"

#define PAGES	4
#define SIZE	(PAGES * LAB_PAGE)

/* What is moved: a part of each page */
#define AT	100
#define LEN	(SIZE - 300)

/* Seeds: what was in memory, what is on the board, what a child writes */
enum { OLD = 1, BOARD, CHILD };

FIXTURE(dad) {
	struct lab_board board;
	aio_context_t aio;
	struct iocb iocb;
	unsigned char *memory;
	int told[2];		/* a pipe, to tell a child to go on */
};

FIXTURE_SETUP(dad)
{
	unsigned char data[SIZE];

	ASSERT_EQ(0, lab_board_plug(&self->board,
				    "revision=C topology=bounce irq=msix"));
	ASSERT_EQ(0, lab_aio_setup(4, &self->aio));
	ASSERT_EQ(0, pipe(self->told));
	lab_pattern_put(data, SIZE, BOARD, 0);
	ASSERT_EQ(SIZE, pwrite(self->board.fd, data, SIZE, 0));
	self->memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->memory);
	lab_pattern_put(self->memory, SIZE, OLD, 0);
}

FIXTURE_TEARDOWN(dad)
{
	EXPECT_EQ(0, lab_aio_destroy(self->aio));
	EXPECT_STREQ("", lab_board_end(&self->board));
}

/* Have a read or write of the memory under way */
static int pins_hold(FIXTURE_DATA(dad) * self, int opcode)
{
	int err = lab_board_hold(&self->board);

	self->iocb = lab_aio_prepare(self->board.fd, opcode, self->memory + AT,
				     LEN, AT);
	return err ? err : lab_aio_submit(self->aio, &self->iocb);
}

static long pins_wait(FIXTURE_DATA(dad) * self)
{
	struct io_event event;
	int got = lab_aio_wait(self->aio, &event, 1);

	return got == 1 ? event.res : got;
}

/* Have it completed; how many bytes were moved */
static long pins_let_go(FIXTURE_DATA(dad) * self)
{
	int err = lab_board_let_go(&self->board);

	return err ? err : pins_wait(self);
}

/* Expect one seed in what was moved, and another around it */
static void pins_expect(struct __test_metadata *_metadata, const char *who,
			const unsigned char *memory, int inside, int around)
{
	const size_t end = AT + LEN;

	EXPECT_EQ(LEN, lab_pattern_length(memory + AT, LEN, inside, AT))
		TH_LOG("%s: what was moved", who);
	EXPECT_EQ(AT, lab_pattern_length(memory, AT, around, 0))
		TH_LOG("%s: before it", who);
	EXPECT_EQ(SIZE - end, lab_pattern_length(memory + end, SIZE - end,
						 around, end))
		TH_LOG("%s: after it", who);
}

/* Expect that nothing pins pages that were moved to or from */
static void pins_expect_none(struct __test_metadata *_metadata,
			     const FIXTURE_DATA(dad) * self, const char *when)
{
	EXPECT_EQ(self->board.pins, lab_pins()) TH_LOG("%s", when);
	EXPECT_EQ(0, lab_copied_by_fork(self->memory, SIZE))
		TH_LOG("%s: a fork takes pages for pinned", when);
}

/* While the board has them, all pages are pinned, once, and copied by a fork. */
TEST_F(dad, under_way)
{
	static const int opcodes[] = { IOCB_CMD_PREAD, IOCB_CMD_PWRITE };
	unsigned int i;

	pins_expect_none(_metadata, self, "nothing was moved");
	for (i = 0; i < ARRAY_SIZE(opcodes); i++) {
		ASSERT_EQ(0, pins_hold(self, opcodes[i]));
		EXPECT_EQ(self->board.pins + PAGES, lab_pins());
		EXPECT_EQ(PAGES, lab_copied_by_fork(self->memory, SIZE));
		EXPECT_EQ(LEN, pins_let_go(self));
		pins_expect_none(_metadata, self, i ? "a write" : "a read");
	}
	EXPECT_EQ(LEN, pread(self->board.fd, self->memory, LEN, 0));
	pins_expect_none(_metadata, self, "a read that waits");
	EXPECT_EQ(LEN, pwrite(self->board.fd, self->memory, LEN, 0));
	pins_expect_none(_metadata, self, "a write that waits");
}

/* A child that is born meanwhile: it writes, and later sees what it has written. */
static void pins_child(struct __test_metadata *_metadata,
		       FIXTURE_DATA(dad) * self)
{
	char byte;

	pins_expect(_metadata, "the child", self->memory, OLD, OLD);
	lab_pattern_put(self->memory, SIZE, CHILD, 0);
	EXPECT_EQ(1, read(self->told[0], &byte, 1));
	pins_expect(_metadata, "the child, later", self->memory, CHILD, CHILD);
	_exit(0);
}

/* The data is the parent's, who began the read, whatever the child does. */
TEST_F(dad, fork_under_way)
{
	pid_t pid;

	ASSERT_EQ(0, pins_hold(self, IOCB_CMD_PREAD));
	pid = fork();
	if (!pid)
		pins_child(_metadata, self);
	ASSERT_EQ(0, lab_child_asleep(pid));
	EXPECT_EQ(LEN, pins_let_go(self));
	EXPECT_EQ(1, write(self->told[1], "", 1));
	EXPECT_EQ(0, lab_child_end(pid));
	pins_expect(_metadata, "the parent", self->memory, BOARD, OLD);
	pins_expect_none(_metadata, self, "the end");
}

/* Memory that is shared since a fork: who reads, gets pages of his own first. */
TEST_F(dad, fork_before)
{
	char byte;
	pid_t pid = fork();

	if (!pid) {
		EXPECT_EQ(1, read(self->told[0], &byte, 1));
		pins_expect(_metadata, "the child", self->memory, OLD, OLD);
		EXPECT_EQ(LEN, pread(self->board.fd, self->memory + AT, LEN,
				     AT));
		pins_expect(_metadata, "the child's", self->memory, BOARD, OLD);
		_exit(0);
	}
	ASSERT_EQ(0, lab_child_asleep(pid));
	EXPECT_EQ(LEN, pread(self->board.fd, self->memory + AT, LEN, AT));
	pins_expect(_metadata, "the parent", self->memory, BOARD, OLD);
	EXPECT_EQ(1, write(self->told[1], "", 1));
	EXPECT_EQ(0, lab_child_end(pid));
	pins_expect(_metadata, "the parent, later", self->memory, BOARD, OLD);
	pins_expect_none(_metadata, self, "the end");
}

/* The board can do no more to memory than the caller: what is to be read, is not written. */
TEST_F(dad, protection)
{
	unsigned char *zeros = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = self->board.fd;

	ASSERT_EQ(0, mprotect(self->memory, SIZE, PROT_READ));
	EXPECT_EQ(-1, pread(fd, self->memory + AT, LEN, AT));
	EXPECT_EQ(EFAULT, errno);
	pins_expect(_metadata, "PROT_READ", self->memory, OLD, OLD);
	EXPECT_EQ(LEN, pwrite(fd, self->memory + AT, LEN, LAB_PAGE));
	pins_expect_none(_metadata, self, "PROT_READ");
	ASSERT_EQ(0, mprotect(self->memory, SIZE, PROT_NONE));
	errno = 0;
	EXPECT_EQ(-1, pwrite(fd, self->memory + AT, LEN, AT));
	EXPECT_EQ(EFAULT, errno);

	/* The page of zeros, as a first look gives it, is everybody's. */
	ASSERT_NE(MAP_FAILED, zeros);
	EXPECT_EQ(SIZE, lab_same_length(zeros, SIZE, 0));
	EXPECT_EQ(LEN, pread(fd, zeros, LEN, LAB_PAGE));
	EXPECT_EQ(LEN, lab_pattern_length(zeros, LEN, OLD, AT));
	munmap(zeros, SIZE);
	zeros = mmap(NULL, SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT_EQ(SIZE, lab_same_length(zeros, SIZE, 0));
	munmap(zeros, SIZE);
}

/*
 * A page that the board has written is dirty, though it was clean while the board had it:
 * MADV_FREE makes it that, and the kernel might drop it for good then.
 */
TEST_F(dad, dirty)
{
	static const int opcodes[] = { IOCB_CMD_PREAD, IOCB_CMD_PWRITE };
	unsigned int i, page;

	for (i = 0; i < ARRAY_SIZE(opcodes); i++) {
		ASSERT_EQ(0, pins_hold(self, opcodes[i]));
		ASSERT_EQ(0, madvise(self->memory, SIZE, MADV_FREE));
		for (page = 0; page < PAGES; page++) {
			EXPECT_EQ(0, lab_page_dirty(self->memory +
						    page * LAB_PAGE));
		}
		EXPECT_EQ(LEN, pins_let_go(self));
		for (page = 0; page < PAGES; page++) {
			EXPECT_EQ(opcodes[i] == IOCB_CMD_PREAD,
				  lab_page_dirty(self->memory +
						 page * LAB_PAGE))
				TH_LOG("%s: page %u", i ? "write" : "read",
				       page);
		}
	}
}

/* Memory that is given back meanwhile: its pages are nobody else's until the board is done. */
TEST_F(dad, unmapped_under_way)
{
	unsigned char *other;
	unsigned int page;

	ASSERT_EQ(0, pins_hold(self, IOCB_CMD_PREAD));
	ASSERT_EQ(0, munmap(self->memory, SIZE));
	other = mmap(self->memory, SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	ASSERT_EQ(self->memory, other);
	lab_pattern_put(other, SIZE, CHILD, 0);
	EXPECT_EQ(LEN, pins_let_go(self));
	pins_expect(_metadata, "what came after", other, CHILD, CHILD);
	for (page = 0; page < PAGES; page++) {
		EXPECT_NE(0, lab_frame(other + page * LAB_PAGE))
			TH_LOG("page %u", page);
	}
	pins_expect_none(_metadata, self, "the end");
}

static void pins_nothing(int signal)
{
}

/* Each way in which a request fails gives the pages back. */
TEST_F(dad, failures)
{
	const struct sigaction action = { .sa_handler = pins_nothing };
	int fd = self->board.fd;

	ASSERT_EQ(0, lab_board_hold(&self->board));
	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	alarm(1);
	EXPECT_EQ(-1, pread(fd, self->memory, LEN, 0));
	EXPECT_EQ(EINTR, errno);
	pins_expect_none(_metadata, self, "a signal");

	ASSERT_EQ(0, lab_board_set(&self->board, "timeout_ms", "50"));
	errno = 0;
	EXPECT_EQ(-1, pread(fd, self->memory, LEN, 0));
	EXPECT_EQ(EIO, errno);
	pins_expect_none(_metadata, self, "the board takes too long");

	ASSERT_EQ(0, pins_hold(self, IOCB_CMD_PREAD));
	ASSERT_EQ(0, lab_command(self->board.lab, "unplug %s",
				 self->board.node));
	EXPECT_EQ(-ENODEV, pins_wait(self));
	pins_expect_none(_metadata, self, "unplugged");
}

/* What all bounce buffers of a board are too few for: so many requests of so many bytes */
#define PIECE	(64 * LAB_PAGE)
#define PIECES	LAB_BOARD_SLOTS

/*
 * The driver needs some bounce buffers itself, so for the last request there are not enough:
 * it pins its pages again for half of what it is to move, which can be mapped. (It is not the
 * only one if the free buffers are in pieces.) What is pinned is what is moved.
 */
TEST_F(dad, too_few_to_map)
{
	unsigned char *piece = mmap(NULL, PIECE, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct io_event events[PIECES];
	struct iocb iocb[PIECES];
	aio_context_t aio;
	unsigned int i;
	long moved = 0, pins;

	ASSERT_NE(MAP_FAILED, piece);
	memset(piece, 1, PIECE);
	ASSERT_EQ(0, lab_aio_setup(PIECES, &aio));
	ASSERT_EQ(0, lab_board_hold(&self->board));
	for (i = 0; i < PIECES; i++) {
		iocb[i] = lab_aio_prepare(self->board.fd, IOCB_CMD_PWRITE,
					  piece, PIECE, 0);
		ASSERT_EQ(0, lab_aio_submit(aio, &iocb[i]));
	}
	EXPECT_LE(1, lab_board_counter(&self->board, "map_retries"));
	pins = lab_pins() - self->board.pins;
	ASSERT_EQ(0, lab_board_let_go(&self->board));
	EXPECT_EQ(PIECES, lab_aio_wait(aio, events, PIECES));
	for (i = 0; i < PIECES; i++) {
		EXPECT_LE((long)LAB_PAGE, events[i].res)
			TH_LOG("request %u", i);
		moved += events[i].res;
	}
	EXPECT_EQ(moved, pins * (long)LAB_PAGE);
	EXPECT_GT((long)(PIECES * PIECE), moved);
	pins_expect_none(_metadata, self, "all are done");
	EXPECT_EQ(0, lab_copied_by_fork(piece, PIECE));
	EXPECT_EQ(0, lab_aio_destroy(aio));
	munmap(piece, PIECE);
}

/* Memory that others see as well: a file's, mapped */
TEST_F(dad, memory_of_a_file)
{
	int file = memfd_create("pins", MFD_CLOEXEC);
	unsigned char *mine, seen[SIZE];

	ASSERT_LE(0, file);
	ASSERT_EQ(0, ftruncate(file, SIZE));
	mine = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, mine);
	EXPECT_EQ(SIZE, pwrite(file, self->memory, SIZE, 0));
	EXPECT_EQ(LEN, pread(self->board.fd, mine + AT, LEN, AT));
	EXPECT_EQ(SIZE, pread(file, seen, SIZE, 0));
	pins_expect(_metadata, "the file", seen, BOARD, OLD);

	lab_pattern_put(seen, SIZE, CHILD, 0);
	EXPECT_EQ(SIZE, pwrite(file, seen, SIZE, 0));
	EXPECT_EQ(LEN, pwrite(self->board.fd, mine + AT, LEN, AT));
	EXPECT_EQ(LEN, pread(self->board.fd, self->memory + AT, LEN, AT));
	pins_expect(_metadata, "from the file", self->memory, CHILD, OLD);
	munmap(mine, SIZE);
	close(file);
	pins_expect_none(_metadata, self, "the file is closed");
}

TEST_HARNESS_MAIN
