// SPDX-License-Identifier: GPL-2.0-only
/*
 * simple and scull: the kernel's ways to reach a mapping's pages by itself, without an
 * access to the mapping's addresses
 *
 * Who does so takes references to the pages (get_user_pages()). Memory that is I/O
 * ("io", "pf") has none to give: EFAULT, or EIO where that is asked for. It can only be
 * copied from and to, by its addresses. scull has ordinary pages, which even a device
 * may read and write.
 */

#include <fcntl.h>
#include <kselftest_harness.h>
#include <sys/uio.h>

#include "child.h"
#include "pattern.h"
#include "device_fixture.h"

#define BYTES	(4 * LAB_PAGE)

/* What dad copies at most, instead of moving it from and to the pages directly */
#define COPIED	1024

/* Expect @len moved, if the pages can be had; else @err, or @len too if that is 0. */
static void expect_moved(struct __test_metadata *_metadata,
			 const struct lab_device *dev, const char *how,
			 ssize_t got, ssize_t len, int err)
{
	int seen = got < 0 ? errno : 0;

	if (!lab_is_simple(dev) || !err) {
		EXPECT_EQ(len, got)
			TH_LOG("%s: errno %d", how, seen);
		return;
	}
	EXPECT_EQ(-1, got)
		TH_LOG("%s", how);
	EXPECT_EQ(err, seen)
		TH_LOG("%s", how);
}

/* Another process reads and writes the mapping, which it has not itself. */
static void other_process(struct __test_metadata *_metadata,
			  const struct lab_device *dev, unsigned char *map,
			  pid_t pid)
{
	unsigned char bytes[BYTES] = { };
	struct iovec here = { bytes, BYTES }, there = { map, BYTES };
	size_t right = lab_is_simple(dev) ? 0 : BYTES;
	char path[64];
	ssize_t got;
	int mem;

	got = process_vm_readv(pid, &here, 1, &there, 1, 0);
	expect_moved(_metadata, dev, "process_vm_readv()", got, BYTES, EFAULT);
	EXPECT_EQ(right, lab_pattern_length(bytes, BYTES, LAB_SEED, 0));
	lab_pattern_put(bytes, BYTES, 2, 0);
	got = process_vm_writev(pid, &here, 1, &there, 1, 0);
	expect_moved(_metadata, dev, "process_vm_writev()", got, BYTES, EFAULT);
	EXPECT_EQ(-1, lab_device_differs(dev, 0, 4, lab_is_simple(dev) ?
					 LAB_SEED : 2));

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	mem = open(path, O_RDWR);
	EXPECT_LE(0, mem);
	memset(bytes, 0, BYTES);
	got = pread(mem, bytes, BYTES, (off_t)map);
	expect_moved(_metadata, dev, "read of /proc/PID/mem", got, BYTES, EIO);
	EXPECT_EQ(right, lab_pattern_length(bytes, BYTES, 2, 0));
	lab_pattern_put(bytes, BYTES, 3, 0);
	got = pwrite(mem, bytes, BYTES, (off_t)map);
	expect_moved(_metadata, dev, "write of /proc/PID/mem", got, BYTES, EIO);
	EXPECT_EQ(-1, lab_device_differs(dev, 0, 4, lab_is_simple(dev) ?
					 LAB_SEED : 3));
	close(mem);
}

/* As the near side it is only copied from and to: that goes with all memory. */
static void near_side(struct __test_metadata *_metadata,
		      const struct lab_device *dev, unsigned char *map)
{
	unsigned char bytes[BYTES];
	struct iovec here = { map, BYTES }, there = { bytes, BYTES };

	lab_pattern_put(bytes, BYTES, 4, 0);
	EXPECT_EQ(BYTES, process_vm_readv(getpid(), &here, 1, &there, 1, 0));
	EXPECT_EQ(-1, lab_device_differs(dev, 0, 4, 4));
	lab_pattern_put(map, BYTES, 5, 0);
	EXPECT_EQ(BYTES, process_vm_writev(getpid(), &here, 1, &there, 1, 0));
	EXPECT_EQ(BYTES, lab_pattern_length(bytes, BYTES, 5, 0));
}

static void by_process(struct __test_metadata *_metadata,
		       const struct lab_device *dev)
{
	struct lab_peer peer;
	unsigned char *map;
	pid_t pid = getpid();

	/* The child has a file, but no mapping. */
	map = lab_device_map(dev, 0, 4, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, madvise(map, BYTES, MADV_DONTFORK));
	if (!lab_fork(&peer)) {
		EXPECT_EQ(SIGSEGV, lab_read_signal(map));
		other_process(_metadata, dev, map, pid);
		EXPECT_TRUE(lab_meet(&peer));
		_exit(0);
	}
	EXPECT_TRUE(lab_meet(&peer));
	EXPECT_EQ(0, lab_reap(&peer));
	near_side(_metadata, dev, map);
	EXPECT_EQ(0, munmap(map, BYTES));
}

/* A board's DMA, from @map to its memory and back, by @len bytes */
static void by_dma(struct __test_metadata *_metadata,
		   const struct lab_device *dev, int board, unsigned char *map,
		   size_t len)
{
	unsigned char bytes[BYTES] = { };
	int err = len > COPIED ? EFAULT : 0;
	ssize_t got;

	lab_pattern_put(map, BYTES, 2, 0);
	got = pwrite(board, map, len, 0);
	expect_moved(_metadata, dev, "DMA from it", got, len, err);
	if (got > 0) {
		EXPECT_EQ(len, pread(board, bytes, len, 0));
		EXPECT_EQ(len, lab_pattern_length(bytes, len, 2, 0));
	}

	lab_pattern_put(bytes, BYTES, 3, 0);
	EXPECT_EQ(BYTES, pwrite(board, bytes, BYTES, 0));
	got = pread(board, map, len, 0);
	expect_moved(_metadata, dev, "DMA to it", got, len, err);
	EXPECT_EQ(len, lab_pattern_length(map, len, got > 0 ? 3 : 2, 0));
	EXPECT_EQ(BYTES - len,
		  lab_pattern_length(map + len, BYTES - len, 2, len));
}

/* Pages in a pipe; they are references, so they show what is written later. */
static void by_pipe(struct __test_metadata *_metadata,
		    const struct lab_device *dev, unsigned char *map)
{
	struct iovec there = { map, LAB_PAGE };
	unsigned char bytes[LAB_PAGE];
	int pipes[2];
	ssize_t got;

	ASSERT_EQ(0, pipe(pipes));
	lab_pattern_put(map, LAB_PAGE, 2, 0);
	got = vmsplice(pipes[1], &there, 1, SPLICE_F_NONBLOCK);
	expect_moved(_metadata, dev, "vmsplice()", got, LAB_PAGE, EFAULT);
	if (got > 0) {
		lab_pattern_put(map, LAB_PAGE, 3, 0);
		EXPECT_EQ(0, munmap(map, LAB_PAGE));
		EXPECT_EQ(LAB_PAGE, read(pipes[0], bytes, LAB_PAGE));
		EXPECT_EQ(LAB_PAGE, lab_pattern_length(bytes, LAB_PAGE, 3, 0));
	}
	close(pipes[0]);
	close(pipes[1]);
}

/* A file that is written without a cache; tmpfs has nothing else, so it copies. */
static void by_tmpfs(struct __test_metadata *_metadata, unsigned char *map)
{
	int file = open("/tmp", O_TMPFILE | O_RDWR | O_DIRECT, 0600);
	unsigned char bytes[BYTES];

	ASSERT_LE(0, file);
	lab_pattern_put(map, BYTES, 4, 0);
	EXPECT_EQ(BYTES, pwrite(file, map, BYTES, 0));
	EXPECT_EQ(BYTES, pread(file, bytes, BYTES, 0));
	EXPECT_EQ(BYTES, lab_pattern_length(bytes, BYTES, 4, 0));
	lab_pattern_put(bytes, BYTES, 5, 0);
	EXPECT_EQ(BYTES, pwrite(file, bytes, BYTES, 0));
	EXPECT_EQ(BYTES, pread(file, map, BYTES, 0));
	EXPECT_EQ(BYTES, lab_pattern_length(map, BYTES, 5, 0));
	close(file);
}

/* All of these with one mapping, the last one also after it is gone */
static void by_kernel(struct __test_metadata *_metadata,
		      const struct lab_device *dev)
{
	unsigned char *map = lab_device_map(dev, 0, 4, MAP_SHARED);
	int lab = lab_begin(), board;
	char node[LAB_NAME];

	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, lab_plug(lab, node, "dad revision=C topology=iommu"));
	board = lab_open(O_RDWR, "%s", node);
	ASSERT_LE(0, board);
	by_dma(_metadata, dev, board, map, BYTES);
	by_dma(_metadata, dev, board, map, COPIED);
	EXPECT_EQ(-1, lab_device_differs(dev, 4, 4, LAB_SEED));
	close(board);
	EXPECT_TRUE(lab_end(lab));

	by_tmpfs(_metadata, map);
	by_pipe(_metadata, dev, map);
	EXPECT_EQ(0, munmap(map, BYTES));
}

TEST_F(device, pinned)
{
	by_process(_metadata, &self->dev);
	by_kernel(_metadata, &self->dev);
	EXPECT_EQ(0, lab_device_vmas(&self->dev));
}

TEST_HARNESS_MAIN
