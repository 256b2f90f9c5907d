// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: direct I/O, to the byte: from and to any address, over the ends of pages
 *
 * What is on the board is seen and set by a mapping of its memory, so that a read and a
 * write that are wrong in the same way do not make up for each other.
 */

#include <sys/mman.h>
#include <kselftest_harness.h>

#include "aio.h"
#include "board.h"
#include "pattern.h"
#include "space.h"

#define CANARY	0xa5

/* In which the moves are, on either side */
#define AREA	(6 * LAB_PAGE)

FIXTURE(dad) {
	struct lab_board board;
	aio_context_t aio;
	unsigned char *onboard;	/* the memory on the board, mapped */
};

FIXTURE_VARIANT(dad) {
	const char *options;
};

FIXTURE_VARIANT_ADD(dad, direct) {
	.options = "revision=C topology=direct irq=msix",
};

FIXTURE_VARIANT_ADD(dad, bounce) {
	.options = "revision=B topology=bounce irq=msi completion=deferred",
};

FIXTURE_VARIANT_ADD(dad, iommu_noncoherent) {
	.options = "revision=A topology=iommu,noncoherent completion=delayed delay=50000",
};

FIXTURE_SETUP(dad)
{
	ASSERT_EQ(0, lab_board_plug(&self->board, variant->options));
	ASSERT_EQ(0, lab_aio_setup(4, &self->aio));
	self->onboard = lab_board_map(&self->board, AREA);
	ASSERT_NE(MAP_FAILED, self->onboard);
}

FIXTURE_TEARDOWN(dad)
{
	munmap(self->onboard, AREA);
	EXPECT_EQ(0, lab_aio_destroy(self->aio));
	EXPECT_STREQ("", lab_board_end(&self->board));
}

/*
 * Move @len bytes at @start of an area, and compare all of it. Asynchronous moves are
 * direct, however short. @area is what they are moved to: ours, or the board's, where they
 * are at the same place.
 */
static void direct_check(struct __test_metadata *_metadata,
			 const FIXTURE_DATA(dad) * self, bool write,
			 unsigned char *mine, size_t start, size_t len)
{
	unsigned char *from = write ? mine : self->onboard;
	unsigned char *area = write ? self->onboard : mine;
	struct iocb iocb = lab_aio_prepare(self->board.fd,
					   write ? IOCB_CMD_PWRITE :
						   IOCB_CMD_PREAD,
					   mine + start, len, start);
	const char *what = write ? "write" : "read";
	size_t end = start + len;

	memset(area, CANARY, AREA);
	EXPECT_EQ(len, lab_aio_move(self->aio, &iocb))
		TH_LOG("%s: %#zx bytes at %#zx", what, len, start);
	EXPECT_EQ(0, memcmp(area + start, from + start, len))
		TH_LOG("%s: %#zx bytes at %#zx: they are not the same", what,
		       len, start);
	EXPECT_EQ(start, lab_same_length(area, start, CANARY))
		TH_LOG("%s: %#zx bytes at %#zx: before it", what, len, start);
	EXPECT_EQ(AREA - end, lab_same_length(area + end, AREA - end, CANARY))
		TH_LOG("%s: %#zx bytes at %#zx: after it", what, len, start);
}

/* Around the end of a page: bytes before it, and after */
#define AROUND	64

/*
 * Each place around the end of a page is a start once, and an end once, with none, one
 * and two whole pages in between, and every other one the start of some that are short.
 */
static void direct_odd(struct __test_metadata *_metadata,
		       const FIXTURE_DATA(dad) * self, bool write,
		       unsigned char *mine)
{
	unsigned int i;

	for (i = 0; i < 2 * AROUND; i++) {
		size_t start = LAB_PAGE - AROUND + i;
		size_t end = (2 + i % 3) * LAB_PAGE - AROUND +
			     (i * 37 + 11) % (2 * AROUND);

		direct_check(_metadata, self, write, mine, start, end - start);
		if (i % 2)
			direct_check(_metadata, self, write, mine, start,
				     1 + i * 5 % 67);
	}
}

TEST_F(dad, odd_addresses)
{
	unsigned char *mine = mmap(NULL, AREA, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, mine);
	lab_pattern_put(self->onboard, AREA, 1, 0);
	direct_odd(_metadata, self, false, mine);
	lab_pattern_put(mine, AREA, 2, 0);
	direct_odd(_metadata, self, true, mine);
	munmap(mine, AREA);
}

TEST_HARNESS_MAIN
