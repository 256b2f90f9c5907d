/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dad boards that are plugged in, and their driver's nodes
 *
 * A case takes how a board is plugged in as its parameter (lab_dad_gen_params() and
 * lab_dad_gen_dma_params()), or says so itself::
 *
 *	struct lab_dad dad = lab_dad_plug(test);
 *	struct file *file = lab_dad_open(&dad, O_RDWR);
 *	unsigned long addr = lab_mmap_anonymous(test, 1);
 *
 *	lab_dad_fill(&dad, 1);
 *	KUNIT_EXPECT_EQ(test, lab_dad_read(file, addr, 100, 7), 100);
 *	lab_dad_expect_user(&dad, addr, 100, 1, 7);
 */
#ifndef _LAB_DAD_H
#define _LAB_DAD_H

#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/uio.h>
#include <umlab/dad.h>
#include <umlab/machine.h>

#include "../../drivers/dad/dad-ioctl.h"
#include "../../drivers/dad/dad-regs.h"

struct kunit;

/* The memory of a board, unless a case wants more */
#define LAB_DAD_MEMORY	SZ_256K

/* A time longer than the driver waits for anything, in ms (of virtual time) */
#define LAB_DAD_LONG	60000

/**
 * struct lab_dad_way - how a board is plugged in
 * @name: such as "C,iommu,msix,delayed"
 * @revision: DAD_REV_*
 * @topology: what is between it and memory
 * @irqs: UMLAB_IRQ_*
 * @completion: when it finishes
 * @few: it is one of lab_dad_gen_few_params()
 */
struct lab_dad_way {
	char name[48];
	u8 revision;
	const struct umlab_topology *topology;
	unsigned int irqs;
	enum umlab_completion completion;
	bool few;
};

/**
 * struct lab_dad - a board that was plugged in, with the driver bound
 * @test: the test
 * @slot: the machine's
 * @pdev: the PCI core's
 * @node: the name of its node below /dev
 * @size: bytes of memory on it
 * @memory: that memory, as the board sees it
 * @dma: the driver is to use bus mastering, by revision and topology
 * @begin: the journal when the driver was bound
 */
struct lab_dad {
	struct kunit *test;
	struct umlab_slot *slot;
	struct pci_dev *pdev;
	char node[16];
	size_t size;
	u8 *memory;
	bool dma;
	u64 begin;
};

/**
 * lab_dad_gen_params() - run a case on boards of all kinds
 * @prev: see KUNIT_CASE_PARAM(); test->param_value is a &struct lab_dad_way
 * @desc: likewise
 *
 * Any two of revision, topology, kind of interrupt and completion are there together; with
 * DMA, if that revision has DMA in that topology.
 */
const void *lab_dad_gen_params(const void *prev, char *desc);

/**
 * lab_dad_gen_dma_params() - those of them in which there is DMA
 * @prev: likewise
 * @desc: likewise
 */
const void *lab_dad_gen_dma_params(const void *prev, char *desc);

/**
 * lab_dad_gen_few_params() - run a case on some boards of all kinds
 * @prev: likewise
 * @desc: likewise
 *
 * For what takes long: each topology once, each revision with DMA and without.
 */
const void *lab_dad_gen_few_params(const void *prev, char *desc);

/**
 * lab_dad_gen_few_dma_params() - those of them in which there is DMA
 * @prev: likewise
 * @desc: likewise
 */
const void *lab_dad_gen_few_dma_params(const void *prev, char *desc);

/**
 * lab_dad_plug() - plug in a board with LAB_DAD_MEMORY
 * @test: the test; aborted if this fails or the driver does not bind
 *
 * As the parameter says, if the case has one of the generators above; with
 * umlab_topology_gen_params() revision C in that topology; without a parameter, or
 * with one of its own, revision C, direct, all interrupts, completing at once.
 */
struct lab_dad lab_dad_plug(struct kunit *test);

/**
 * lab_dad_plug_as() - plug in a board of one's choice
 * @test: as for lab_dad_plug()
 * @revision: DAD_REV_*
 * @memory: bytes of memory on it
 * @options: as for umlab_plug()
 */
struct lab_dad lab_dad_plug_as(struct kunit *test, u8 revision, u32 memory,
			       const struct umlab_options *options);

/**
 * lab_dad_way_dma() - whether there is DMA
 * @revision: of a revision
 * @topology: in a topology
 */
bool lab_dad_way_dma(u8 revision, const struct umlab_topology *topology);

/**
 * lab_dad_open() - open the node of a board for the length of a test
 * @dad: the board
 * @flags: O_*
 *
 * Return: the file; see lab_open(), lab_close().
 */
struct file *lab_dad_open(const struct lab_dad *dad, int flags);

/**
 * lab_dad_fill() - fill the memory on a board with a pattern
 * @dad: the board
 * @seed: tells patterns apart
 */
void lab_dad_fill(const struct lab_dad *dad, u32 seed);

/**
 * lab_dad_byte() - a byte of a pattern
 * @seed: of the pattern
 * @pos: where
 *
 * The pattern has no period below 2^32.
 */
u8 lab_dad_byte(u32 seed, u64 pos);

/**
 * lab_dad_expect_user() - expect a part of a pattern in user memory
 * @dad: the board, for the test
 * @addr: where
 * @len: how many bytes
 * @seed: of the pattern
 * @pos: where in the pattern that is
 *
 * The bytes are looked at through the page tables.
 */
void lab_dad_expect_user(const struct lab_dad *dad, unsigned long addr,
			 size_t len, u32 seed, u64 pos);

/**
 * lab_dad_expect_board() - expect a part of a pattern in the memory on a board
 * @dad: the board
 * @at: where
 * @len: how many bytes
 * @seed: of the pattern
 * @pos: where in the pattern that is
 */
void lab_dad_expect_board(const struct lab_dad *dad, u64 at, size_t len,
			  u32 seed, u64 pos);

/**
 * lab_dad_put_user() - put a part of a pattern to user memory
 * @test: the test; aborted if it cannot be written
 * @addr: where
 * @len: how many bytes
 * @seed: of the pattern
 * @pos: where in the pattern that is
 */
void lab_dad_put_user(struct kunit *test, unsigned long addr, size_t len,
		      u32 seed, u64 pos);

/**
 * lab_dad_read() - pread() to user memory
 * @file: the file
 * @addr: where, in the current space
 * @len: how many bytes
 * @pos: where on the board
 *
 * Return: what pread() returns.
 */
ssize_t lab_dad_read(struct file *file, unsigned long addr, size_t len,
		     loff_t pos);

/**
 * lab_dad_write() - pwrite() of user memory
 * @file: the file
 * @addr: where, in the current space
 * @len: how many bytes
 * @pos: where on the board
 *
 * Return: what pwrite() returns.
 */
ssize_t lab_dad_write(struct file *file, unsigned long addr, size_t len,
		      loff_t pos);

/**
 * lab_dad_ioctl() - ioctl()
 * @file: the file
 * @cmd: DAD_IOC_*
 * @arg: its argument, in kernel memory, copied to user memory and back; or NULL
 *
 * Context: in a space.
 * Return: what ioctl() returns.
 */
long lab_dad_ioctl(struct file *file, unsigned int cmd, void *arg);

/**
 * lab_dad_poll() - poll(), without waiting
 * @file: the file
 *
 * Return: POLL*, as user space sees them.
 */
unsigned int lab_dad_poll(struct file *file);

/**
 * struct lab_dad_aio - an asynchronous read or write
 * @iocb: the kernel's
 * @iter: what of
 * @done: completed when it is over
 * @result: then what came of it
 * @calls: how often it was said to be over
 */
struct lab_dad_aio {
	struct kiocb iocb;
	struct iov_iter iter;
	struct completion done;
	ssize_t result;
	unsigned int calls;
};

/**
 * lab_dad_submit() - begin an asynchronous read or write of user memory
 * @file: the file
 * @aio: for it, until it is over
 * @write: write
 * @addr: where, in the current space
 * @len: how many bytes
 * @pos: where on the board
 *
 * Return: -EIOCBQUEUED, or what came of it at once (then @aio.done is not completed).
 */
ssize_t lab_dad_submit(struct file *file, struct lab_dad_aio *aio, bool write,
		       unsigned long addr, size_t len, loff_t pos);

/**
 * lab_dad_wait() - wait for an asynchronous read or write
 * @aio: the read or write
 *
 * Return: what came of it, or -ETIME if it is not over in LAB_DAD_LONG.
 */
ssize_t lab_dad_wait(struct lab_dad_aio *aio);

/**
 * lab_dad_mappings() - what is mapped for a board
 * @dad: the board
 *
 * Return: how many mappings, those of the pool of blocks not counted: that keeps them.
 */
unsigned int lab_dad_mappings(const struct lab_dad *dad);

/**
 * lab_dad_counter() - a counter of the driver's, from debugfs
 * @dad: the board
 * @name: the counter, see drivers/dad/debug.c
 */
long lab_dad_counter(const struct lab_dad *dad, const char *name);

/**
 * lab_dad_attr() - the path of a sysfs attribute of a board
 * @dad: the board
 * @name: the attribute
 *
 * Return: for lab_attr_read() and lab_attr_write(); freed when the test ends.
 */
const char *lab_dad_attr(const struct lab_dad *dad, const char *name);

/**
 * lab_dad_expect_state() - expect a state in the sysfs attribute
 * @dad: the board
 * @state: "running", "stopped", "failed" or "gone"
 */
void lab_dad_expect_state(const struct lab_dad *dad, const char *state);

#endif /* _LAB_DAD_H */
