// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: reads and writes that wait, and what a program learns of a board
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <kselftest_harness.h>

#include "board.h"
#include "../../drivers/dad/dad-ioctl.h"
#include "pattern.h"
#include "space.h"

#define MEMORY	0x40000		/* bytes on the board, unless one asks for more */
#define LONGEST	70000

static char rw_out[LONGEST + 1], rw_in[LONGEST + 1];

FIXTURE(dad) {
	struct lab_board board;
	int fd;
};

FIXTURE_SETUP(dad)
{
	ASSERT_EQ(0, lab_board_plug(&self->board,
				    "revision=C topology=bounce"));
	self->fd = self->board.fd;
}

FIXTURE_TEARDOWN(dad)
{
	EXPECT_STREQ("", lab_board_end(&self->board));
}

static const struct {
	const char *options;
	struct dad_info info;
} rw_boards[] = {
	{ "revision=P memory=65536",
	  { DAD_ABI, 0x01, 0, 0, 65536 } },
	{ "revision=A topology=iommu,noncoherent irq=intx completion=deferred",
	  { DAD_ABI, 0x0a, 24, 4096, MEMORY } },
	{ "revision=B topology=bounce irq=msi completion=delayed delay=50000",
	  { DAD_ABI, 0x0b, 32, 65536, MEMORY } },
	{ "revision=C topology=offset irq=msix memory=1048576",
	  { DAD_ABI, 0x0c, 64, 0x80000, 1048576 } },
	{ "revision=C topology=direct,noncoherent irq=msix",
	  { DAD_ABI, 0x0c, 64, 0x80000, MEMORY } },
};

#define BOARDS	ARRAY_SIZE(rw_boards)

/* What is copied, what is direct in one page, in some, and in many; over windows' ends */
static const size_t rw_lengths[] = {
	1, 2, 3, 100, 1023, 1024, 1025, 4095, 4096, 4097, 5000, 40000
};

/* Write, and read it back; from and to odd addresses */
static void rw_there_and_back(struct __test_metadata *_metadata, int fd,
			      size_t len, off_t pos, const char *name)
{
	lab_pattern_put(rw_out + 1, len, len, pos);
	memset(rw_in, 0, sizeof(rw_in));
	EXPECT_EQ(len, pwrite(fd, rw_out + 1, len, pos))
		TH_LOG("%s: %zu bytes", name, len);
	EXPECT_EQ(len, pread(fd, rw_in + 1, len, pos))
		TH_LOG("%s: %zu bytes", name, len);
	EXPECT_EQ(len, lab_pattern_length(rw_in + 1, len, len, pos))
		TH_LOG("%s: %zu bytes", name, len);
	EXPECT_EQ(0, rw_in[0] | rw_in[len + 1])
		TH_LOG("%s: %zu bytes: something next to them was written",
		       name, len);
}

TEST(each_board)
{
	struct dad_info info;
	struct lab_board board;
	unsigned int i, j;

	for (i = 0; i < BOARDS; i++) {
		const char *name = rw_boards[i].options;

		ASSERT_EQ(0, lab_board_plug(&board, name)) TH_LOG("%s", name);
		EXPECT_EQ(0, ioctl(board.fd, DAD_IOC_INFO, &info));
		EXPECT_EQ(0, memcmp(&info, &rw_boards[i].info, sizeof(info)))
			TH_LOG("%s: revision %#x, %u bits, blocks of %u, %llu",
			       name, info.revision, info.dma_bits,
			       info.block_max, info.memory);
		for (j = 0; j < ARRAY_SIZE(rw_lengths); j++)
			rw_there_and_back(_metadata, board.fd, rw_lengths[j],
					  3 + j, name);
		EXPECT_STREQ("", lab_board_end(&board)) TH_LOG("%s", name);
	}
}

/* A file has a position, which reads and writes share, and pread() leaves alone. */
TEST_F(dad, position)
{
	int fd = self->fd;

	EXPECT_EQ(0, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(500, write(fd, rw_out, 500));
	EXPECT_EQ(5000, write(fd, rw_out, 5000));
	EXPECT_EQ(5500, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(4096, pread(fd, rw_in, 4096, 77));
	EXPECT_EQ(4096, pwrite(fd, rw_in, 4096, 77));
	EXPECT_EQ(5500, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(5400, lseek(fd, -100, SEEK_CUR));
	EXPECT_EQ(3000, read(fd, rw_in, 3000));
	EXPECT_EQ(8400, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(MEMORY, lseek(fd, 0, SEEK_END));
	EXPECT_EQ(MEMORY - 9, lseek(fd, -9, SEEK_END));
	EXPECT_EQ(-1, lseek(fd, MEMORY + 1, SEEK_SET));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, lseek(fd, -1, SEEK_SET));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MEMORY - 9, lseek(fd, 0, SEEK_CUR));
}

/* What goes over the end is short; at the end, and after it, there is nothing. */
TEST_F(dad, end_of_memory)
{
	static const size_t lengths[] = { 1, 100, 5000 };
	static const off_t past[] = { 0, 1, 4096, 1L << 40 };
	unsigned int i, j;
	size_t len;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		len = lengths[i];
		EXPECT_EQ(len, pwrite(self->fd, rw_out, len + 1, MEMORY - len));
		EXPECT_EQ(len, pread(self->fd, rw_in, len + 5000,
				     MEMORY - len));
		for (j = 0; j < ARRAY_SIZE(past); j++) {
			off_t pos = MEMORY + past[j];

			EXPECT_EQ(0, pread(self->fd, rw_in, len, pos));
			errno = 0;
			EXPECT_EQ(-1, pwrite(self->fd, rw_out, len, pos));
			EXPECT_EQ(ENOSPC, errno);
			EXPECT_EQ(0, pwrite(self->fd, rw_out, 0, pos));
		}
	}
	EXPECT_EQ(-1, pread(self->fd, rw_in, 1, -1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, pread(self->fd, rw_in, 0, 0));
	EXPECT_EQ(MEMORY, lseek(self->fd, 0, SEEK_END));
	EXPECT_EQ(0, read(self->fd, rw_in, 1));
	EXPECT_EQ(-1, write(self->fd, rw_out, 1));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(MEMORY, lseek(self->fd, 0, SEEK_CUR));
}

#define PARTS	40

/* Pieces of a buffer, of odd sizes, in reverse order; how many bytes they have in all */
static size_t rw_pieces(struct iovec *piece, char *buffer, size_t step)
{
	size_t total = 0;
	unsigned int i;

	for (i = 0; i < PARTS; i++) {
		piece[i].iov_base = buffer + (PARTS - 1 - i) * 1700 + i;
		piece[i].iov_len = step * i % 1601;
		total += piece[i].iov_len;
	}
	return total;
}

/* A list of pieces is one request, be it copied or direct. */
TEST_F(dad, vectors)
{
	static const size_t steps[] = { 1, 37, 641 };
	struct iovec out[PARTS], in[PARTS];
	unsigned int i, j;
	size_t len, first;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		long requests = lab_board_counter(&self->board, "requests");

		len = rw_pieces(out, rw_out, steps[i]);
		for (j = 0, first = 0; j < PARTS; first += out[j++].iov_len)
			lab_pattern_put(out[j].iov_base, out[j].iov_len, i,
					first);
		EXPECT_EQ(len, pwritev(self->fd, out, PARTS, 999));
		memset(rw_in, 0, sizeof(rw_in));
		EXPECT_EQ(len, rw_pieces(in, rw_in, steps[i]));
		EXPECT_EQ(len, preadv(self->fd, in, PARTS, 999));
		for (j = 0, first = 0; j < PARTS; first += in[j++].iov_len) {
			EXPECT_EQ(in[j].iov_len,
				  lab_pattern_length(in[j].iov_base,
						     in[j].iov_len, i, first))
				TH_LOG("step %zu, piece %u", steps[i], j);
		}
		EXPECT_EQ(requests + 2,
			  lab_board_counter(&self->board, "requests"));
	}
}

/* What is not the caller's to read or write, is EFAULT; what begins well is short. */
TEST_F(dad, bad_memory)
{
	char *map = mmap(NULL, 3 * LAB_PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *gone = map + 2 * LAB_PAGE;
	unsigned int i;

	ASSERT_NE(MAP_FAILED, map);
	memset(map, 1, 3 * LAB_PAGE);
	ASSERT_EQ(0, munmap(gone, LAB_PAGE));
	for (i = 0; i < 2; i++) {
		size_t len = i ? 5000 : 100;

		EXPECT_EQ(-1, pread(self->fd, gone, len, 0));
		EXPECT_EQ(EFAULT, errno);
		errno = 0;
		EXPECT_EQ(-1, pwrite(self->fd, gone, len, 0));
		EXPECT_EQ(EFAULT, errno);
	}
	EXPECT_EQ(4097, pread(self->fd, gone - 4097, 9000, 0));
	EXPECT_EQ(4097, pwrite(self->fd, gone - 4097, 9000, 0));
	EXPECT_EQ(10, pread(self->fd, gone - 10, 100, 0));
	EXPECT_EQ(10, pwrite(self->fd, gone - 10, 100, 0));
	munmap(map, 2 * LAB_PAGE);
}

/* How it was opened, and what it does not understand */
TEST_F(dad, node)
{
	struct stat stat;
	int in = lab_open(O_RDONLY, "%s", self->board.node);
	int out = lab_open(O_WRONLY, "%s", self->board.node);

	ASSERT_LE(0, in);
	ASSERT_LE(0, out);
	EXPECT_EQ(-1, pwrite(in, rw_out, 10, 0));
	EXPECT_EQ(EBADF, errno);
	errno = 0;
	EXPECT_EQ(-1, pread(out, rw_in, 10, 0));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(10, pwrite(out, rw_out, 10, 0));
	EXPECT_EQ(10, pread(in, rw_in, 10, 0));
	EXPECT_EQ(-1, ioctl(in, _IO(DAD_IOC_MAGIC, 99), NULL));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(-1, ioctl(in, DAD_IOC_INFO, NULL));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, fstat(in, &stat));
	EXPECT_TRUE(S_ISCHR(stat.st_mode));
	close(in);
	close(out);
}

#define SIZE	(DAD_TRANSFER_MAX + 0x2000)

/* As long as it gets: what is longer is short */
TEST(longest)
{
	unsigned char *mine = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
				   -1, 0);
	unsigned char *onboard;
	struct lab_board board;
	char byte = 0;

	ASSERT_NE(MAP_FAILED, mine);
	ASSERT_EQ(0, lab_board_plug(&board, "revision=C memory=8388608"));
	onboard = lab_board_map(&board, SIZE);
	ASSERT_NE(MAP_FAILED, onboard);
	lab_pattern_put(mine + 77, DAD_TRANSFER_MAX + 1, 3, 0);
	EXPECT_EQ(DAD_TRANSFER_MAX,
		  pwrite(board.fd, mine + 77, DAD_TRANSFER_MAX + 1, 9));
	EXPECT_EQ(0, memcmp(onboard + 9, mine + 77, DAD_TRANSFER_MAX));
	EXPECT_EQ(0, onboard[8] | onboard[9 + DAD_TRANSFER_MAX]);

	onboard[5] = 0x12;
	EXPECT_EQ(DAD_TRANSFER_MAX,
		  pread(board.fd, mine + 78, DAD_TRANSFER_MAX + 1, 5));
	EXPECT_EQ(0, memcmp(onboard + 5, mine + 78, DAD_TRANSFER_MAX));
	lab_pattern_put(&byte, 1, 3, 0);
	EXPECT_EQ(byte, (char)mine[77]);
	EXPECT_EQ(0, mine[78 + DAD_TRANSFER_MAX]);
	munmap(onboard, SIZE);
	EXPECT_STREQ("", lab_board_end(&board));
}

TEST_HARNESS_MAIN
