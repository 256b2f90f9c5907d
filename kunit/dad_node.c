// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: nodes, their files and names, and boards beside each other
 */

#include <kunit/test.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "lib/dad.h"
#include "lib/dad_flight.h"
#include "lib/dad_ring.h"
#include "lib/node.h"
#include "lib/space.h"

/**
 * struct node_limits - what DAD_IOC_INFO has to say of a revision
 * @revision: which
 * @dma_bits: if there is DMA
 * @block_max: likewise; a ring has at least two of them
 */
struct node_limits {
	u32 revision;
	u32 dma_bits;
	u32 block_max;
};

static const struct node_limits node_limits[] = {
	{ DAD_REV_P, 0, 0 },
	{ DAD_REV_A, 24, SZ_4K },
	{ DAD_REV_B, 32, SZ_64K },
	{ DAD_REV_C, 64, DAD_RING_MAX / 2 },
};

static void node_expect_info(const struct lab_dad *dad,
			     const struct node_limits *limits)
{
	struct file *file = lab_dad_open(dad, O_RDONLY);
	struct kunit *test = dad->test;
	struct dad_info info;

	memset(&info, 0xff, sizeof(info));
	KUNIT_ASSERT_EQ(test, lab_dad_ioctl(file, DAD_IOC_INFO, &info), 0);
	KUNIT_EXPECT_EQ(test, info.abi, DAD_ABI);
	KUNIT_EXPECT_EQ(test, info.revision, limits->revision);
	KUNIT_EXPECT_EQ(test, info.dma_bits, dad->dma ? limits->dma_bits : 0);
	KUNIT_EXPECT_EQ(test, info.block_max, dad->dma ? limits->block_max : 0);
	KUNIT_EXPECT_EQ(test, info.memory, dad->size);
	KUNIT_EXPECT_NULL(test, memchr_inv(info.reserved, 0,
					   sizeof(info.reserved)));
}

/* In the topology of the parameter, where not all of them have DMA */
static void node_info(struct kunit *test)
{
	unsigned int i;

	lab_space_new(test);
	for (i = 0; i < ARRAY_SIZE(node_limits); i++) {
		struct lab_dad dad = lab_dad_plug_as(test,
						     node_limits[i].revision,
						     DAD_MEMORY_MIN, NULL);

		node_expect_info(&dad, &node_limits[i]);
	}
}

/* The longest block that a revision takes, and one that is twice as long */
static void node_block_max(struct kunit *test)
{
	static const struct umlab_topology iommu = {
		.name = "iommu",
		.dma = UMLAB_DMA_IOMMU,
	};
	static const struct umlab_options options = { .topology = &iommu };
	unsigned int i;

	lab_space_new(test);
	/* Not the first one, which has no rings */
	for (i = 1; i < ARRAY_SIZE(node_limits); i++) {
		const struct node_limits *limits = &node_limits[i];
		struct lab_dad dad = lab_dad_plug_as(test, limits->revision,
						     DAD_MEMORY_MIN, &options);
		struct file *file = lab_dad_open(&dad, O_RDWR);
		struct dad_ring ring = lab_ring_shape(DAD_RING_IN,
						      limits->block_max, 2);

		ring.block_size = 2 * limits->block_max;
		KUNIT_EXPECT_EQ(test, -EINVAL, lab_dad_ioctl(file, DAD_IOC_RING,
							     &ring));
		ring.block_size = limits->block_max;
		KUNIT_EXPECT_EQ(test, 0, lab_dad_ioctl(file, DAD_IOC_RING,
						       &ring));
		KUNIT_EXPECT_EQ(test, 0, lab_dad_ioctl(file, DAD_IOC_START,
						       NULL));
		KUNIT_EXPECT_EQ(test, 0, lab_dad_ioctl(file, DAD_IOC_STOP,
						       NULL));
	}
}

/* The memory on the board, from the smallest to the largest there is */
static void node_memory(struct kunit *test)
{
	static const u32 sizes[] = { DAD_MEMORY_MIN, SZ_1M, DAD_MEMORY_MAX };
	unsigned int i;

	lab_space_new(test);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct lab_dad dad = lab_dad_plug_as(test, DAD_REV_C, sizes[i],
						     NULL);
		struct file *file = lab_dad_open(&dad, O_RDONLY);
		struct dad_info info = { };

		KUNIT_EXPECT_EQ(test, 0, lab_dad_ioctl(file, DAD_IOC_INFO,
						       &info));
		KUNIT_EXPECT_EQ(test, info.memory, sizes[i]);
		KUNIT_EXPECT_EQ(test, vfs_llseek(file, 0, SEEK_END), sizes[i]);
		KUNIT_EXPECT_EQ(test, sizes[i],
				lab_attr_read(test, lab_dad_attr(&dad,
								 "memory_size")));
		lab_close(test, file);
		umlab_unplug(test, dad.slot);
	}
}

/**
 * struct node_seek - a seek, one after the other
 * @whence: SEEK_*
 * @offset: from there
 * @result: the new position, or an error, which changes nothing
 */
struct node_seek {
	int whence;
	loff_t offset;
	loff_t result;
};

static const struct node_seek node_seeks[] = {
	{ SEEK_CUR, 0, 0 },
	{ SEEK_SET, 10, 10 },
	{ SEEK_CUR, 5, 15 },
	{ SEEK_CUR, -16, -EINVAL },
	{ SEEK_CUR, LAB_DAD_MEMORY - 14, -EINVAL },
	{ SEEK_CUR, LLONG_MAX, -EINVAL },
	{ SEEK_SET, -1, -EINVAL },
	{ SEEK_SET, LAB_DAD_MEMORY + 1, -EINVAL },
	{ SEEK_SET, LLONG_MAX, -EINVAL },
	{ SEEK_SET, LLONG_MIN, -EINVAL },
	{ SEEK_END, 1, -EINVAL },
	{ SEEK_END, -LAB_DAD_MEMORY - 1, -EINVAL },
	{ SEEK_DATA, 0, -EINVAL },
	{ SEEK_HOLE, 0, -EINVAL },
	{ SEEK_CUR, -15, 0 },
	{ SEEK_SET, LAB_DAD_MEMORY, LAB_DAD_MEMORY },
	{ SEEK_END, 0, LAB_DAD_MEMORY },
	{ SEEK_END, -LAB_DAD_MEMORY, 0 },
	{ SEEK_END, -20, LAB_DAD_MEMORY - 20 },
};

static void node_llseek(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	struct file *file = lab_dad_open(&dad, O_RDWR);
	unsigned long addr = lab_mmap_anonymous(test, 1);
	const struct node_seek *seek = node_seeks;
	loff_t pos = 0;

	for (; seek < node_seeks + ARRAY_SIZE(node_seeks); seek++) {
		KUNIT_EXPECT_EQ_MSG(test, seek->result,
				    vfs_llseek(file, seek->offset,
					       seek->whence),
				    "by %lld from %d", seek->offset,
				    seek->whence);
		if (seek->result >= 0)
			pos = seek->result;
		KUNIT_EXPECT_EQ(test, file->f_pos, pos);
	}
	/* Reads go on from there, to the end. */
	lab_flight_fill(&dad, dad.size - 20, 20);
	KUNIT_EXPECT_EQ(test, 15, vfs_read(file, (char __user *)addr, 15,
					   &file->f_pos));
	lab_dad_expect_user(&dad, addr, 15, LAB_FLIGHT_BOARD, dad.size - 20);
	KUNIT_EXPECT_EQ(test, 5, vfs_read(file, (char __user *)addr, 15,
					  &file->f_pos));
	lab_dad_expect_user(&dad, addr, 5, LAB_FLIGHT_BOARD, dad.size - 5);
	KUNIT_EXPECT_EQ(test, 0, vfs_read(file, (char __user *)addr, 15,
					  &file->f_pos));
	KUNIT_EXPECT_EQ(test, file->f_pos, dad.size);
}

/* Each file has a position of its own, and a ring; what is on the board is of all. */
static void node_several_files(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	struct file *a = lab_dad_open(&dad, O_RDWR);
	struct file *b = lab_dad_open(&dad, O_RDONLY);
	struct file *c = lab_dad_open(&dad, O_WRONLY);
	unsigned long addr = lab_mmap_anonymous(test, 1);
	struct dad_ring ring = lab_ring_shape(DAD_RING_IN, DAD_BLOCK_MIN, 2);

	KUNIT_EXPECT_EQ(test, vfs_llseek(a, 100, SEEK_SET), 100);
	KUNIT_EXPECT_EQ(test, vfs_llseek(b, 0, SEEK_CUR), 0);
	lab_dad_put_user(test, addr, 50, LAB_FLIGHT_USER, 0);
	KUNIT_EXPECT_EQ(test, lab_dad_write(c, addr, 50, 30), 50);
	KUNIT_EXPECT_EQ(test, lab_dad_read(b, addr + 1000, 50, 30), 50);
	lab_dad_expect_user(&dad, addr + 1000, 50, LAB_FLIGHT_USER, 0);

	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(a, DAD_IOC_RING, &ring), 0);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(b, DAD_IOC_START, NULL), -ENXIO);
	KUNIT_EXPECT_EQ(test, lab_dad_poll(a), 0);
	KUNIT_EXPECT_EQ(test, lab_dad_poll(b), LAB_FLIGHT_READY);
	lab_close(test, a);
	KUNIT_EXPECT_EQ(test, lab_dad_read(b, addr, 50, 30), 50);
	lab_dad_expect_user(&dad, addr, 50, LAB_FLIGHT_USER, 0);
}

static void node_expect_read(const struct lab_dad *dad, struct file *file,
			     unsigned long addr, u64 pos)
{
	KUNIT_EXPECT_EQ(dad->test, lab_dad_read(file, addr, 1500, pos), 1500);
	lab_dad_expect_user(dad, addr, 1500, LAB_FLIGHT_BOARD, pos);
}

/* One that is full, and streams, does not concern the other. */
static void node_two_boards(struct kunit *test)
{
	struct lab_flight *flight = lab_flight_begin(test);
	struct lab_dad other = lab_dad_plug_as(test, DAD_REV_B, SZ_64K, NULL);
	unsigned long addr = lab_flight_addr(flight, LAB_FLIGHT_SLOTS);
	struct file *file = lab_dad_open(&other, O_RDWR);
	struct lab_ring rings[2];

	KUNIT_EXPECT_STRNEQ(test, other.node, flight->dad.node);
	rings[0] = lab_ring_make(&flight->dad,
				 lab_ring_shape(DAD_RING_IN, 64, 2));
	rings[1] = lab_ring_make(&other, lab_ring_shape(DAD_RING_OUT, 64, 2));
	lab_ring_start(&rings[0]);
	lab_ring_start(&rings[1]);
	lab_flight_submit_all(flight, flight->file);
	KUNIT_EXPECT_EQ(test, lab_dad_poll(flight->file), 0);
	KUNIT_EXPECT_EQ(test, lab_dad_poll(file), LAB_FLIGHT_READY);
	lab_flight_fill(&other, 30000, 1500);
	node_expect_read(&other, file, addr, 30000);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&other, "requests"), 1);

	KUNIT_EXPECT_EQ(test, 0, lab_attr_write(test, lab_dad_attr(&other,
								   "timeout_ms"),
						"77"));
	KUNIT_EXPECT_EQ(test, 2000,
			lab_attr_read(test, lab_dad_attr(&flight->dad,
							 "timeout_ms")));
	lab_ring_stop(&rings[1]);
	lab_close(test, rings[1].file);
	lab_close(test, file);
	umlab_unplug(test, other.slot);
	lab_flight_release(flight);
	lab_flight_expect_all(flight);
	KUNIT_EXPECT_EQ(test, lab_ring_look(&rings[0]).state,
			DAD_STATE_RUNNING);
}

/* Name and number of a board that is gone are the next one's. */
static void node_reused(struct kunit *test)
{
	struct lab_dad first = lab_dad_plug(test), second = lab_dad_plug(test);
	struct file *file = lab_dad_open(&first, O_RDWR);
	dev_t devt = file_inode(file)->i_rdev;
	unsigned long addr = lab_mmap_anonymous(test, 1);
	struct lab_dad third;

	lab_close(test, file);
	umlab_unplug(test, first.slot);
	KUNIT_EXPECT_EQ(test, -ENOENT,
			PTR_ERR_OR_ZERO(lab_try_open(first.node, O_RDWR)));
	third = lab_dad_plug(test);
	KUNIT_EXPECT_STREQ(test, third.node, first.node);
	KUNIT_EXPECT_STRNEQ(test, third.node, second.node);
	file = lab_dad_open(&third, O_RDWR);
	KUNIT_EXPECT_EQ(test, file_inode(file)->i_rdev, devt);
	lab_flight_fill(&third, 0, 1500);
	node_expect_read(&third, file, addr, 0);
}

/* A file that has outlived its board does not lead to the next one. */
static void node_outlived(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	struct file *old = lab_dad_open(&dad, O_RDWR), *file;
	unsigned long addr = lab_mmap_anonymous(test, 1);
	struct dad_info info = { };

	umlab_unplug(test, dad.slot);
	dad = lab_dad_plug(test);
	lab_flight_fill(&dad, 0, 1500);
	file = lab_dad_open(&dad, O_RDWR);
	node_expect_read(&dad, file, addr, 0);
	KUNIT_EXPECT_EQ(test, lab_dad_read(old, addr, 1500, 0), -ENODEV);
	KUNIT_EXPECT_EQ(test, lab_dad_write(old, addr, 10, 0), -ENODEV);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(old, DAD_IOC_INFO, &info), -ENODEV);
	KUNIT_EXPECT_EQ(test, lab_dad_poll(old), POLLERR | POLLHUP);
	lab_close(test, old);
	node_expect_read(&dad, file, addr, 0);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&dad, "requests"), 2);
}

static struct kunit_case node_cases[] = {
	KUNIT_CASE_PARAM(node_info, umlab_topology_gen_params),
	KUNIT_CASE(node_block_max),
	KUNIT_CASE(node_memory),
	KUNIT_CASE(node_llseek),
	KUNIT_CASE(node_several_files),
	KUNIT_CASE(node_two_boards),
	KUNIT_CASE(node_reused),
	KUNIT_CASE(node_outlived),
	{}
};

static struct kunit_suite node_suite = {
	.name		= "umlab_dad_node",
	.test_cases	= node_cases,
};

kunit_test_suite(node_suite);
