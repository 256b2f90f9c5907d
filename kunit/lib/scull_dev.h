/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scull devices, empty for each test
 */
#ifndef _LAB_SCULL_DEV_H
#define _LAB_SCULL_DEV_H

#include <linux/types.h>

struct file;
struct kunit;

/**
 * struct lab_scull - the devices of one store
 * @test: the test
 * @store: "scullp" or "scullv"
 * @file: device 0, open for reading and writing
 */
struct lab_scull {
	struct kunit *test;
	const char *store;
	struct file *file;
};

/**
 * lab_scull_init() - the init of a suite whose cases are lab_scull_gen_params()
 * @test: the test; test->priv becomes a struct lab_scull
 *
 * Device 0 is empty and has its first parameters, and is made so again when the
 * test ends.
 *
 * Return: 0.
 */
int lab_scull_init(struct kunit *test);

/**
 * lab_scull_gen_params() - run a case on both stores
 * @prev: see KUNIT_CASE_PARAM(); test->param_value points to the store's name
 * @desc: likewise
 */
const void *lab_scull_gen_params(const void *prev, char *desc);

/**
 * lab_scull_open() - open a device for the length of a test
 * @test: the test; aborted if this fails
 * @store: "scullp" or "scullv"
 * @index: which device
 * @flags: O_*
 *
 * Return: the file.
 */
struct file *lab_scull_open(struct kunit *test, const char *store, int index,
			    int flags);

/**
 * lab_scull_trim() - trim device 0, as an open for writing only does
 * @scull: the devices
 *
 * Return: 0 or the error of open().
 */
int lab_scull_trim(const struct lab_scull *scull);

/**
 * lab_scull_attr() - read a number from an attribute of device 0
 * @test: the test
 * @scull: the devices
 * @attr: "size" or "vmas"
 */
long lab_scull_attr(struct kunit *test, const struct lab_scull *scull,
		    const char *attr);

/**
 * lab_ioctl() - ioctl()
 * @file: on what
 * @cmd: which
 * @arg: value or user address
 */
long lab_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

/**
 * lab_pwrite() - write a pattern, all of it
 * @test: the test; fails if not all of it is written
 * @file: where to
 * @pos: at which position
 * @len: how many bytes
 * @seed: of the pattern
 */
void lab_pwrite(struct kunit *test, struct file *file, loff_t pos, size_t len,
		u32 seed);

/**
 * lab_expect_pattern() - read, and expect what lab_pwrite() wrote
 * @test: the test
 * @file: where from
 * @pos: from which position; may lie inside what was written
 * @len: how many bytes
 * @seed: of the pattern; 0: zeros
 */
void lab_expect_pattern(struct kunit *test, struct file *file, loff_t pos,
			size_t len, u32 seed);

/**
 * lab_pattern() - a byte of a pattern
 * @pos: its position in the file
 * @seed: of the pattern; 0: zeros
 */
u8 lab_pattern(loff_t pos, u32 seed);

#endif /* _LAB_SCULL_DEV_H */
