// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: mappings of the memory on the board: what is seen there, and what becomes of them
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <kselftest_harness.h>

#include "board.h"
#include "child.h"
#include "../../drivers/dad/dad-ioctl.h"
#include "pattern.h"
#include "space.h"

#define PAGES	16
#define SIZE	(PAGES * LAB_PAGE)	/* all of the memory on the board */
#define PROT	(PROT_READ | PROT_WRITE)

FIXTURE(dad) {
	struct lab_board board;
	unsigned char *map;
	char path[64];
};

FIXTURE_SETUP(dad)
{
	ASSERT_EQ(0, lab_board_plug(&self->board, "revision=C memory=65536"));
	self->map = lab_board_map(&self->board, SIZE);
	ASSERT_NE(MAP_FAILED, self->map);
	snprintf(self->path, sizeof(self->path), "/dev/%s", self->board.node);
}

FIXTURE_TEARDOWN(dad)
{
	munmap(self->map, SIZE);
	EXPECT_STREQ("", lab_board_end(&self->board));
}

/* Expect the line of a part of the mapping in maps, and its flags in smaps */
static void map_expect(struct __test_metadata *_metadata,
		       const FIXTURE_DATA(dad) * self, const void *addr,
		       size_t size, const char *perms, off_t offset)
{
	unsigned long start = (unsigned long)addr;
	struct lab_map map;

	ASSERT_EQ(0, lab_map_of(0, addr, &map));
	EXPECT_EQ(start, map.start);
	EXPECT_EQ(start + size, map.end);
	EXPECT_STREQ(perms, map.perms);
	EXPECT_EQ(offset, map.offset);
	EXPECT_STREQ(self->path, map.path);
	EXPECT_TRUE(lab_vmflag(addr, "sh"));
	EXPECT_TRUE(lab_vmflag(addr, "io"));
	EXPECT_TRUE(lab_vmflag(addr, "de"));
	EXPECT_TRUE(lab_vmflag(addr, "dd"));
}

/* It is what read() and write() move, on each page; and seen by a child, too. */
TEST_F(dad, same_memory)
{
	unsigned char data[SIZE], *part;
	int status;
	pid_t pid;

	map_expect(_metadata, self, self->map, SIZE, "rw-s", 0);
	lab_pattern_put(data, SIZE, 1, 0);
	EXPECT_EQ(SIZE, pwrite(self->board.fd, data, SIZE, 0));
	EXPECT_EQ(SIZE, lab_pattern_length(self->map, SIZE, 1, 0));
	lab_pattern_put(self->map, SIZE, 2, 0);
	EXPECT_EQ(SIZE, pread(self->board.fd, data, SIZE, 0));
	EXPECT_EQ(SIZE, lab_pattern_length(data, SIZE, 2, 0));

	part = mmap(NULL, 2 * LAB_PAGE, PROT_READ, MAP_SHARED, self->board.fd,
		    14 * LAB_PAGE);
	ASSERT_NE(MAP_FAILED, part);
	EXPECT_EQ(2 * LAB_PAGE, lab_pattern_length(part, 2 * LAB_PAGE, 2,
						   14 * LAB_PAGE));
	EXPECT_EQ(SIGSEGV, lab_write_signal(part));
	pid = fork();
	if (!pid) {
		self->map[SIZE - 1] = 77;
		_exit(lab_pattern_length(self->map, 9, 2, 0));
	}
	status = lab_child_end(pid);
	EXPECT_EQ(9, status);
	EXPECT_EQ(77, part[2 * LAB_PAGE - 1]);
	munmap(part, 2 * LAB_PAGE);
}

/* A board without bus mastering has no memory that could be mapped. */
static void map_expect_none(struct __test_metadata *_metadata, int lab)
{
	char node[LAB_NAME];
	int fd;

	ASSERT_EQ(0, lab_plug(lab, node, "dad revision=P memory=65536"));
	fd = lab_open(O_RDWR, "%s", node);
	ASSERT_LE(0, fd);
	errno = 0;
	EXPECT_EQ(MAP_FAILED, mmap(NULL, LAB_PAGE, PROT, MAP_SHARED, fd, 0));
	EXPECT_EQ(ENXIO, errno);
	close(fd);
}

/* What may not be mapped: where, how, and of which file */
TEST_F(dad, refused)
{
	const struct {
		size_t size;
		int flags;
		off_t offset;
		int error;
	} refused[] = {
		{ LAB_PAGE, MAP_PRIVATE, 0, EINVAL },
		{ SIZE, MAP_PRIVATE, 0, EINVAL },
		{ SIZE + LAB_PAGE, MAP_SHARED, 0, EINVAL },
		{ SIZE, MAP_SHARED, LAB_PAGE, EINVAL },
		{ 2 * LAB_PAGE, MAP_SHARED, SIZE - LAB_PAGE, EINVAL },
		{ LAB_PAGE, MAP_SHARED, SIZE, EINVAL },
		{ LAB_PAGE, MAP_SHARED, DAD_MAP_RING - LAB_PAGE, EINVAL },
		{ LAB_PAGE, MAP_SHARED, DAD_MAP_RING, ENXIO },
		{ LAB_PAGE, MAP_PRIVATE, DAD_MAP_RING, EINVAL },
		{ LAB_PAGE, MAP_SHARED, 1, EINVAL },
		{ LAB_PAGE, MAP_SHARED, 1L << 46, ENXIO },
	};
	int in = lab_open(O_RDONLY, "%s", self->board.node);
	unsigned int i;
	void *map;

	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		errno = 0;
		map = mmap(NULL, refused[i].size, PROT, refused[i].flags,
			   self->board.fd, refused[i].offset);
		EXPECT_EQ(MAP_FAILED, map) TH_LOG("case %u", i);
		EXPECT_EQ(refused[i].error, errno) TH_LOG("case %u", i);
	}
	/* A file that is open for reading: only to read, and that stays so. */
	EXPECT_EQ(MAP_FAILED, mmap(NULL, SIZE, PROT, MAP_SHARED, in, 0));
	EXPECT_EQ(EACCES, errno);
	map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, in, 0);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(-1, mprotect(map, SIZE, PROT));
	EXPECT_EQ(EACCES, errno);
	munmap(map, SIZE);
	close(in);
	map_expect_none(_metadata, self->board.lab);
}

/* A mapping in parts, one moved and one taken out, each of them is where it was before. */
TEST_F(dad, in_parts)
{
	unsigned char *map = self->map, *moved;

	lab_pattern_put(map, SIZE, 3, 0);
	ASSERT_EQ(0, munmap(map + 4 * LAB_PAGE, LAB_PAGE));
	EXPECT_EQ(SIGSEGV, lab_read_signal(map + 4 * LAB_PAGE));
	ASSERT_EQ(0, mprotect(map + 5 * LAB_PAGE, LAB_PAGE, PROT_READ));
	EXPECT_EQ(SIGSEGV, lab_write_signal(map + 5 * LAB_PAGE));
	map_expect(_metadata, self, map, 4 * LAB_PAGE, "rw-s", 0);
	map_expect(_metadata, self, map + 5 * LAB_PAGE, LAB_PAGE, "r--s",
		   5 * LAB_PAGE);
	map_expect(_metadata, self, map + 6 * LAB_PAGE, 10 * LAB_PAGE, "rw-s",
		   6 * LAB_PAGE);
	EXPECT_EQ(3, lab_map_count(self->path));

	moved = mmap(NULL, 2 * LAB_PAGE, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	moved = mremap(map + 8 * LAB_PAGE, 2 * LAB_PAGE, 2 * LAB_PAGE,
		       MREMAP_MAYMOVE | MREMAP_FIXED, moved);
	ASSERT_NE(MAP_FAILED, moved);
	map_expect(_metadata, self, moved, 2 * LAB_PAGE, "rw-s", 8 * LAB_PAGE);
	EXPECT_EQ(2 * LAB_PAGE, lab_pattern_length(moved, 2 * LAB_PAGE, 3,
						   8 * LAB_PAGE));
	EXPECT_EQ(SIGSEGV, lab_read_signal(map + 8 * LAB_PAGE));
	/* It has a size, and does not grow. */
	EXPECT_EQ(MAP_FAILED, mremap(moved, LAB_PAGE * 2, LAB_PAGE * 3,
				     MREMAP_MAYMOVE));
	EXPECT_EQ(EFAULT, errno);
	munmap(moved, 2 * LAB_PAGE);
}

TEST_HARNESS_MAIN
