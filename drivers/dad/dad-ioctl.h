/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * What /dev/dadN understands
 *
 * read() and write() move data from and to the memory on the board, at the file's
 * position, which seek and pread() set: at its end read() gives 0 and write() ENOSPC. One
 * call moves at most DAD_TRANSFER_MAX bytes, and may move fewer. Long ones, and all that are
 * asynchronous, move directly from and to the caller's pages, which he must not touch
 * meanwhile: on machines whose DMA is not coherent, neither what shares a cache line with
 * them. With O_NONBLOCK they do not wait for their turn, and give EAGAIN. poll() says if
 * they would.
 *
 * mmap() at offset DAD_MAP_MEMORY maps that memory, MAP_SHARED only. On boards without
 * bus mastering there is none: ENXIO. While the board is being reset it must not be accessed.
 *
 * The converter works with a ring of blocks, which user space maps at DAD_MAP_RING:
 * DAD_IOC_RING makes it, for a file that was opened for that direction, and it lives as
 * long as the file, which is for the ring alone then: read() and write() give EBUSY. A
 * block is the board's or the user's. When the converter starts, all blocks of a ring for
 * input are the board's, all of one for output the user's. The board is done with blocks in
 * order, then they are the user's, who empties or fills them and gives them back in order,
 * by DAD_IOC_ADVANCE. The n-th block, from 0, is at n % blocks in the ring. On a file
 * with a ring, poll() says if a block is the user's (POLLIN, or POLLOUT for output), and
 * POLLERR that the stream failed. POLLHUP means that the board is gone, on any file.
 *
 * Structures begin with the version, DAD_ABI, and what is reserved has to be 0; EINVAL if
 * not. Errors: ENODEV the board is gone, EIO it failed, EOPNOTSUPP it cannot do this.
 */
#ifndef _DAD_IOCTL_H
#define _DAD_IOCTL_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define DAD_ABI			1

#define DAD_TRANSFER_MAX	0x400000

/* Offsets for mmap(), in bytes */
#define DAD_MAP_MEMORY		0ULL
#define DAD_MAP_RING		0x10000000ULL

/**
 * struct dad_info - what a board is
 * @abi: DAD_ABI, set by the driver
 * @revision: its revision ID
 * @dma_bits: how many bits of address are used for bus mastering; 0: there is none
 * @block_max: bytes of the longest block of a ring; 0: there are no rings
 * @memory: bytes of memory on the board
 * @reserved: 0
 */
struct dad_info {
	__u32 abi;
	__u32 revision;
	__u32 dma_bits;
	__u32 block_max;
	__u64 memory;
	__u64 reserved[5];
};

/**
 * struct dad_ring - the ring that a file is to have
 * @abi: DAD_ABI
 * @direction: DAD_RING_IN or DAD_RING_OUT
 * @block_size: bytes of a block: a power of two, from DAD_BLOCK_MIN to
 *	&dad_info.block_max
 * @blocks: how many; a power of two, from 2 to DAD_BLOCKS_MAX; all together at most
 *	DAD_RING_MAX bytes
 * @sample_ns: the time for a sample of 4 bytes, 10 to 1000000
 * @reserved: 0
 */
struct dad_ring {
	__u32 abi;
	__u32 direction;
	__u32 block_size;
	__u32 blocks;
	__u32 sample_ns;
	__u32 reserved[3];
};

#define DAD_RING_IN		0
#define DAD_RING_OUT		1

#define DAD_BLOCK_MIN		64
#define DAD_BLOCKS_MAX		64
#define DAD_RING_MAX		0x100000

/**
 * struct dad_advance - give blocks to the board, and see how far it is
 * @abi: DAD_ABI
 * @count: in: how many blocks to give, 0 too; EINVAL if they are not the user's
 * @given: out: blocks given since the start; of a ring for input, all at the start
 * @done: out: blocks that the board is done with since the start
 * @overruns: out: how often it had no block since the start
 * @state: out: DAD_STATE_*
 * @reserved: 0
 */
struct dad_advance {
	__u32 abi;
	__u32 count;
	__u64 given;
	__u64 done;
	__u64 overruns;
	__u32 state;
	__u32 reserved[3];
};

#define DAD_STATE_STOPPED	0	/* not started, or stopped */
#define DAD_STATE_RUNNING	1
#define DAD_STATE_FAILED	2	/* the board failed; it may be started again */

#define DAD_IOC_MAGIC		0xda

#define DAD_IOC_INFO		_IOR(DAD_IOC_MAGIC, 0, struct dad_info)
/*
 * EBADF: the file is not open for that direction. EBUSY: it has a ring. ENOSPC: there are
 * too many. EOPNOTSUPP: no bus mastering
 */
#define DAD_IOC_RING		_IOW(DAD_IOC_MAGIC, 1, struct dad_ring)
/* EBUSY: the converter runs, for whatever file. ENXIO: the file has no ring */
#define DAD_IOC_START		_IO(DAD_IOC_MAGIC, 2)
/* The file keeps its ring, with what is in it. ENXIO: it has none */
#define DAD_IOC_STOP		_IO(DAD_IOC_MAGIC, 3)
/* ENXIO: the file has no ring. EPIPE: not running, and @count is not 0 */
#define DAD_IOC_ADVANCE		_IOWR(DAD_IOC_MAGIC, 4, struct dad_advance)

#endif /* _DAD_IOCTL_H */
