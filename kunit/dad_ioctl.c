// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: the ioctls, their layout, their limits and their errors
 */

#include <kunit/test.h>
#include <linux/build_bug.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "lib/dad.h"
#include "lib/node.h"
#include "lib/scull_dev.h"
#include "lib/space.h"
#include "lib/touch.h"

/*
 * What user space was compiled with stays so. Nothing is padded, and what has 64 bits
 * is at a multiple of 8, so it is the same for programs of 32 bits.
 */
#define IOCTL_AT(type, member, at)					\
	static_assert(offsetof(struct type, member) == (at))
#define IOCTL_SIZE(type, member)	sizeof_field(struct type, member)

IOCTL_AT(dad_info, abi, 0);
IOCTL_AT(dad_info, revision, 4);
IOCTL_AT(dad_info, dma_bits, 8);
IOCTL_AT(dad_info, block_max, 12);
IOCTL_AT(dad_info, memory, 16);
IOCTL_AT(dad_info, reserved, 24);
static_assert(sizeof(struct dad_info) == 64);
static_assert(sizeof(struct dad_info) ==
	      IOCTL_SIZE(dad_info, abi) + IOCTL_SIZE(dad_info, revision) +
	      IOCTL_SIZE(dad_info, dma_bits) + IOCTL_SIZE(dad_info, block_max) +
	      IOCTL_SIZE(dad_info, memory) + IOCTL_SIZE(dad_info, reserved));

IOCTL_AT(dad_ring, abi, 0);
IOCTL_AT(dad_ring, direction, 4);
IOCTL_AT(dad_ring, block_size, 8);
IOCTL_AT(dad_ring, blocks, 12);
IOCTL_AT(dad_ring, sample_ns, 16);
IOCTL_AT(dad_ring, reserved, 20);
static_assert(sizeof(struct dad_ring) == 32);
static_assert(sizeof(struct dad_ring) ==
	      IOCTL_SIZE(dad_ring, abi) + IOCTL_SIZE(dad_ring, direction) +
	      IOCTL_SIZE(dad_ring, block_size) + IOCTL_SIZE(dad_ring, blocks) +
	      IOCTL_SIZE(dad_ring, sample_ns) + IOCTL_SIZE(dad_ring, reserved));

IOCTL_AT(dad_advance, abi, 0);
IOCTL_AT(dad_advance, count, 4);
IOCTL_AT(dad_advance, given, 8);
IOCTL_AT(dad_advance, done, 16);
IOCTL_AT(dad_advance, overruns, 24);
IOCTL_AT(dad_advance, state, 32);
IOCTL_AT(dad_advance, reserved, 36);
static_assert(sizeof(struct dad_advance) == 48);
static_assert(sizeof(struct dad_advance) ==
	      IOCTL_SIZE(dad_advance, abi) + IOCTL_SIZE(dad_advance, count) +
	      IOCTL_SIZE(dad_advance, given) + IOCTL_SIZE(dad_advance, done) +
	      IOCTL_SIZE(dad_advance, overruns) +
	      IOCTL_SIZE(dad_advance, state) +
	      IOCTL_SIZE(dad_advance, reserved));

static_assert(DAD_MAP_MEMORY == 0 && DAD_MAP_RING == 0x10000000ULL);

/* Small and slow, and of as many blocks as can be: nothing happens meanwhile. */
static const struct dad_ring ioctl_ring = {
	.abi = DAD_ABI,
	.direction = DAD_RING_IN,
	.block_size = DAD_BLOCK_MIN,
	.blocks = DAD_BLOCKS_MAX,
	.sample_ns = 1000000,
};

/**
 * struct ioctl_patch - a word of a structure that is otherwise good
 * @at: which, by its offset in bytes
 * @value: what it is to be
 */
struct ioctl_patch {
	size_t at;
	u32 value;
};

#define IOCTL_RING(member, value)	{ offsetof(struct dad_ring, member), value }
#define IOCTL_ADVANCE(member, value)					\
	{ offsetof(struct dad_advance, member), value }

static void ioctl_apply(void *structure, const struct ioctl_patch *patch)
{
	*(u32 *)(structure + patch->at) = patch->value;
}

static const struct ioctl_patch ioctl_bad_rings[] = {
	IOCTL_RING(abi, 0),
	IOCTL_RING(abi, DAD_ABI + 1),
	IOCTL_RING(abi, U32_MAX),
	IOCTL_RING(direction, 2),
	IOCTL_RING(direction, U32_MAX),
	IOCTL_RING(block_size, 0),
	IOCTL_RING(block_size, 1),
	IOCTL_RING(block_size, DAD_BLOCK_MIN / 2),
	IOCTL_RING(block_size, DAD_BLOCK_MIN - 4),
	IOCTL_RING(block_size, DAD_BLOCK_MIN + 1),
	IOCTL_RING(block_size, 3 * DAD_BLOCK_MIN),
	IOCTL_RING(block_size, 1000),
	IOCTL_RING(block_size, SZ_16K - 1),
	/* All together: twice as much as there may be, and what 32 bits do not hold */
	IOCTL_RING(block_size, SZ_32K),
	IOCTL_RING(block_size, SZ_64M),
	IOCTL_RING(block_size, BIT(31)),
	IOCTL_RING(block_size, U32_MAX),
	IOCTL_RING(blocks, 0),
	IOCTL_RING(blocks, 1),
	IOCTL_RING(blocks, 3),
	IOCTL_RING(blocks, DAD_BLOCKS_MAX - 1),
	IOCTL_RING(blocks, DAD_BLOCKS_MAX + 1),
	IOCTL_RING(blocks, 2 * DAD_BLOCKS_MAX),
	IOCTL_RING(blocks, SZ_64M),
	IOCTL_RING(blocks, BIT(31)),
	IOCTL_RING(blocks, U32_MAX),
	IOCTL_RING(sample_ns, 0),
	IOCTL_RING(sample_ns, 9),
	IOCTL_RING(sample_ns, 1000001),
	IOCTL_RING(sample_ns, U32_MAX),
	IOCTL_RING(reserved[0], 1),
	IOCTL_RING(reserved[1], BIT(31)),
	IOCTL_RING(reserved[2], U32_MAX),
};

/* Not asserted as the layout is: the kernel's _IOC() is no constant to clang. */
static void ioctl_numbers(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, DAD_IOC_INFO, 0x8040da00);
	KUNIT_EXPECT_EQ(test, DAD_IOC_RING, 0x4020da01);
	KUNIT_EXPECT_EQ(test, DAD_IOC_START, 0xda02);
	KUNIT_EXPECT_EQ(test, DAD_IOC_STOP, 0xda03);
	KUNIT_EXPECT_EQ(test, DAD_IOC_ADVANCE, 0xc030da04);
}

/* What is refused makes no ring, and changes nothing. */
static void ioctl_ring_refused(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	struct file *file = lab_dad_open(&dad, O_RDWR);
	unsigned int mappings = umlab_mappings(dad.slot), i;

	lab_space_new(test);
	for (i = 0; i < ARRAY_SIZE(ioctl_bad_rings); i++) {
		const struct ioctl_patch *patch = &ioctl_bad_rings[i];
		struct dad_ring ring = ioctl_ring, before;

		ioctl_apply(&ring, patch);
		before = ring;
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    lab_dad_ioctl(file, DAD_IOC_RING, &ring),
				    "%#x at %zu", patch->value, patch->at);
		KUNIT_EXPECT_MEMEQ(test, &ring, &before, sizeof(ring));
	}
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_START, NULL), -ENXIO);
	KUNIT_EXPECT_EQ(test, umlab_mappings(dad.slot), mappings);
}

static const struct ioctl_patch ioctl_good_rings[] = {
	IOCTL_RING(block_size, DAD_BLOCK_MIN),
	IOCTL_RING(block_size, SZ_4K),
	IOCTL_RING(block_size, SZ_16K),		/* DAD_RING_MAX in all */
	IOCTL_RING(blocks, 2),
	IOCTL_RING(blocks, 4),
	IOCTL_RING(sample_ns, 10),
	IOCTL_RING(sample_ns, 1000000),
	IOCTL_RING(direction, DAD_RING_OUT),
};

/* A ring is there from the ioctl to the close, and its memory with it. */
static void ioctl_ring_taken(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	unsigned int mappings = umlab_mappings(dad.slot), i;

	lab_space_new(test);
	for (i = 0; i < ARRAY_SIZE(ioctl_good_rings); i++) {
		const struct ioctl_patch *patch = &ioctl_good_rings[i];
		struct file *file = lab_dad_open(&dad, O_RDWR);
		struct dad_ring ring = ioctl_ring;

		ioctl_apply(&ring, patch);
		KUNIT_EXPECT_EQ_MSG(test, 0,
				    lab_dad_ioctl(file, DAD_IOC_RING, &ring),
				    "%#x at %zu", patch->value, patch->at);
		KUNIT_EXPECT_EQ(test, umlab_mappings(dad.slot), mappings + 1);
		lab_close(test, file);
		KUNIT_EXPECT_EQ(test, umlab_mappings(dad.slot), mappings);
	}
}

/* A ring for which there is no memory, and then one for which there is */
static void ioctl_ring_fails(struct kunit *test)
{
	static const struct umlab_faults faults = { .alloc = 1 };
	struct lab_dad dad = lab_dad_plug(test);
	unsigned int mappings = umlab_mappings(dad.slot);
	struct file *file = lab_dad_open(&dad, O_RDWR);
	struct dad_ring ring = ioctl_ring;

	lab_space_new(test);
	umlab_set_faults(dad.slot, &faults);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_RING, &ring), -ENOMEM);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_START, NULL), -ENXIO);
	KUNIT_EXPECT_EQ(test, umlab_mappings(dad.slot), mappings);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_RING, &ring), 0);
}

/* What is sent has to be written, what is received read; there are not endless rings. */
static void ioctl_ring_limits(struct kunit *test)
{
	struct dad_ring in = ioctl_ring, out = ioctl_ring;
	struct lab_dad dad = lab_dad_plug(test);
	struct file *file, *last = NULL;
	unsigned int count = 0;
	long ret;

	out.direction = DAD_RING_OUT;
	lab_space_new(test);
	file = lab_dad_open(&dad, O_RDONLY);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_RING, &out), -EBADF);
	file = lab_dad_open(&dad, O_WRONLY);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_RING, &in), -EBADF);
	do {
		file = last;
		last = lab_dad_open(&dad, O_RDWR);
		ret = lab_dad_ioctl(last, DAD_IOC_RING, &in);
	} while (!ret && ++count < 100);
	KUNIT_EXPECT_EQ(test, ret, -ENOSPC);
	KUNIT_ASSERT_GT(test, count, 1);
	lab_close(test, file);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(last, DAD_IOC_RING, &in), 0);
}

/* A file has one ring, and the board one converter. */
static void ioctl_busy(struct kunit *test)
{
	struct dad_ring ring = ioctl_ring, out = ioctl_ring;
	struct lab_dad dad = lab_dad_plug(test);
	struct file *a = lab_dad_open(&dad, O_RDWR);
	struct file *b = lab_dad_open(&dad, O_RDWR);

	lab_space_new(test);
	out.direction = DAD_RING_OUT;
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(a, DAD_IOC_RING, &ring), 0);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(a, DAD_IOC_RING, &ring), -EBUSY);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(a, DAD_IOC_RING, &out), -EBUSY);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(b, DAD_IOC_RING, &out), 0);

	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(a, DAD_IOC_START, NULL), 0);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(a, DAD_IOC_START, NULL), -EBUSY);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(b, DAD_IOC_START, NULL), -EBUSY);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(a, DAD_IOC_STOP, NULL), 0);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(b, DAD_IOC_START, NULL), 0);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(a, DAD_IOC_START, NULL), -EBUSY);
	/* The file that it works for is closed. */
	lab_close(test, b);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(a, DAD_IOC_START, NULL), 0);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(a, DAD_IOC_STOP, NULL), 0);
}

static void ioctl_no_ring(struct kunit *test)
{
	struct dad_advance advance = { .abi = DAD_ABI };
	struct lab_dad dad = lab_dad_plug(test);
	struct file *file = lab_dad_open(&dad, O_RDWR);

	lab_space_new(test);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_START, NULL), -ENXIO);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_STOP, NULL), -ENXIO);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_ADVANCE, &advance),
			-ENXIO);
	advance.count = 1;
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_ADVANCE, &advance),
			-ENXIO);
}

/* By a board without DMA, and by one that memory is out of reach for */
static void ioctl_no_dma(struct kunit *test)
{
	static const u8 revisions[] = { DAD_REV_P, DAD_REV_A };
	unsigned int i;

	lab_space_new(test);
	for (i = 0; i < ARRAY_SIZE(revisions); i++) {
		struct lab_dad dad = lab_dad_plug_as(test, revisions[i], SZ_64K,
						     NULL);
		struct file *file = lab_dad_open(&dad, O_RDWR);
		struct dad_ring ring = ioctl_ring;

		KUNIT_ASSERT_FALSE(test, dad.dma);
		KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_RING, &ring),
				-EOPNOTSUPP);
	}
}

static const struct ioctl_patch ioctl_bad_advances[] = {
	IOCTL_ADVANCE(abi, 0),
	IOCTL_ADVANCE(abi, DAD_ABI + 1),
	IOCTL_ADVANCE(abi, U32_MAX),
	IOCTL_ADVANCE(reserved[0], 1),
	IOCTL_ADVANCE(reserved[1], BIT(31)),
	IOCTL_ADVANCE(reserved[2], U32_MAX),
	/* Of a ring for output, so many are not the user's to give. */
	IOCTL_ADVANCE(count, DAD_BLOCKS_MAX + 1),
	IOCTL_ADVANCE(count, BIT(31)),
	IOCTL_ADVANCE(count, U32_MAX),
};

static struct dad_advance ioctl_look(struct kunit *test, struct file *file)
{
	struct dad_advance advance = { .abi = DAD_ABI };

	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_ADVANCE, &advance),
			0);
	return advance;
}

/* What is refused gives nothing to the board, not even a part. */
static void ioctl_advance_refused(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	struct file *file = lab_dad_open(&dad, O_RDWR);
	struct dad_ring ring = ioctl_ring;
	struct dad_advance advance = { .abi = DAD_ABI, .count = 1 }, before;
	unsigned int i;

	lab_space_new(test);
	ring.direction = DAD_RING_OUT;
	KUNIT_ASSERT_EQ(test, lab_dad_ioctl(file, DAD_IOC_RING, &ring), 0);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_ADVANCE, &advance),
			-EPIPE);
	KUNIT_EXPECT_EQ(test, ioctl_look(test, file).state, DAD_STATE_STOPPED);
	KUNIT_ASSERT_EQ(test, lab_dad_ioctl(file, DAD_IOC_START, NULL), 0);
	for (i = 0; i < ARRAY_SIZE(ioctl_bad_advances); i++) {
		const struct ioctl_patch *patch = &ioctl_bad_advances[i];

		advance = (struct dad_advance) { .abi = DAD_ABI, .count = 1 };
		ioctl_apply(&advance, patch);
		before = advance;
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    lab_dad_ioctl(file, DAD_IOC_ADVANCE,
						  &advance),
				    "%#x at %zu", patch->value, patch->at);
		KUNIT_EXPECT_MEMEQ(test, &advance, &before, sizeof(advance));
	}
	advance = ioctl_look(test, file);
	KUNIT_EXPECT_EQ(test, advance.given, 0);
	KUNIT_EXPECT_EQ(test, advance.state, DAD_STATE_RUNNING);
	advance.count = DAD_BLOCKS_MAX;
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_ADVANCE, &advance),
			0);
	KUNIT_EXPECT_EQ(test, advance.given, DAD_BLOCKS_MAX);
	/* All are the board's now. */
	advance.count = 1;
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_ADVANCE, &advance),
			-EINVAL);
}

/* Where nothing is, and where only the beginning is */
static void ioctl_bad_pointers(struct kunit *test)
{
	static const unsigned int cmds[] = {
		DAD_IOC_INFO, DAD_IOC_RING, DAD_IOC_ADVANCE,
	};
	struct lab_dad dad = lab_dad_plug(test);
	struct file *file = lab_dad_open(&dad, O_RDWR);
	unsigned long addr = lab_mmap_anonymous(test, 2);
	struct dad_advance advance = { .abi = DAD_ABI };
	unsigned int i;

	KUNIT_ASSERT_EQ(test, lab_munmap(addr + PAGE_SIZE, 1), 0);
	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		KUNIT_EXPECT_EQ(test, lab_ioctl(file, cmds[i], 0), -EFAULT);
		KUNIT_EXPECT_EQ(test, lab_ioctl(file, cmds[i], 0x1000),
				-EFAULT);
		KUNIT_EXPECT_EQ(test, lab_ioctl(file, cmds[i],
						addr + PAGE_SIZE - 8), -EFAULT);
	}
	/* No ring was made. Now one is, and it need only be read. */
	KUNIT_EXPECT_EQ(test, lab_ioctl(file, DAD_IOC_START, 0), -ENXIO);
	KUNIT_ASSERT_EQ(test, LAB_OK, lab_store(addr, &ioctl_ring,
						sizeof(ioctl_ring)));
	KUNIT_ASSERT_EQ(test, LAB_OK, lab_store(addr + 100, &advance,
						sizeof(advance)));
	KUNIT_ASSERT_EQ(test, lab_mprotect(addr, 1, PROT_READ), 0);
	KUNIT_EXPECT_EQ(test, lab_ioctl(file, DAD_IOC_INFO, addr + 200),
			-EFAULT);
	KUNIT_EXPECT_EQ(test, lab_ioctl(file, DAD_IOC_RING, addr), 0);
	KUNIT_EXPECT_EQ(test, lab_ioctl(file, DAD_IOC_ADVANCE, addr + 100),
			-EFAULT);
}

static void ioctl_unknown(struct kunit *test)
{
	static const unsigned int cmds[] = {
		0,
		_IO(DAD_IOC_MAGIC, 0),
		_IO(DAD_IOC_MAGIC, 5),
		_IO('k', 2),
		_IOW(DAD_IOC_MAGIC, 0, struct dad_info),	/* direction */
		_IOWR(DAD_IOC_MAGIC, 1, struct dad_ring),
		_IOR(DAD_IOC_MAGIC, 0, struct dad_ring),	/* size */
		_IOW(DAD_IOC_MAGIC, 1, __u32),
		DAD_IOC_START | IOC_IN,
		~0U,
	};
	struct lab_dad dad = lab_dad_plug(test);
	struct file *file = lab_dad_open(&dad, O_RDWR);
	unsigned long addr = lab_mmap_anonymous(test, 1);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++)
		KUNIT_EXPECT_EQ_MSG(test, lab_ioctl(file, cmds[i], addr),
				    -ENOTTY, "ioctl %#x", cmds[i]);
}

static struct kunit_case ioctl_cases[] = {
	KUNIT_CASE(ioctl_numbers),
	KUNIT_CASE(ioctl_ring_refused),
	KUNIT_CASE(ioctl_ring_taken),
	KUNIT_CASE(ioctl_ring_fails),
	KUNIT_CASE(ioctl_ring_limits),
	KUNIT_CASE(ioctl_busy),
	KUNIT_CASE(ioctl_no_ring),
	KUNIT_CASE(ioctl_no_dma),
	KUNIT_CASE(ioctl_advance_refused),
	KUNIT_CASE(ioctl_bad_pointers),
	KUNIT_CASE(ioctl_unknown),
	{}
};

static struct kunit_suite ioctl_suite = {
	.name		= "umlab_dad_ioctl",
	.test_cases	= ioctl_cases,
};

kunit_test_suite(ioctl_suite);
