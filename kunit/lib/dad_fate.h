/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens to dad boards: they sleep and wake, and go, while somebody waits
 *
 * A case that has somebody wait while its board sleeps::
 *
 *	struct lab_dad_thread *reader;
 *
 *	KUNIT_EXPECT_EQ(test, lab_dad_suspend(&dad), 0);
 *	reader = lab_dad_thread(test, file, false, addr, 100, 0);
 *	KUNIT_EXPECT_TRUE(test, lab_dad_thread_waits(reader));
 *	KUNIT_EXPECT_EQ(test, lab_dad_resume(&dad), 0);
 *	KUNIT_EXPECT_EQ(test, lab_dad_thread_end(reader), 100);
 */
#ifndef _LAB_DAD_FATE_H
#define _LAB_DAD_FATE_H

#include <linux/mm.h>
#include <linux/types.h>

#include "dad.h"

struct file;
struct kunit;
struct lab_dad_thread;
struct pci_dev;

/**
 * lab_dad_plug_way() - plug in a board with DAD_MEMORY_MIN
 * @test: as for lab_dad_plug_as()
 * @way: how, see lab_dad_plug(); if it finishes with a delay, that is 50 us
 * @at: where, see &umlab_options
 */
struct lab_dad lab_dad_plug_way(struct kunit *test,
				const struct lab_dad_way *way,
				unsigned int at);

/**
 * lab_dad_suspend() - have a board sleep, as it does when the system is to
 * @dad: the board, with the driver bound
 *
 * The PCI core's callbacks, which call the driver's, in the order of the PM core.
 * Nothing else sleeps, and no interrupt is disabled but by the driver.
 *
 * Return: 0, or a negative errno; then the board has been woken again.
 */
int lab_dad_suspend(const struct lab_dad *dad);

/**
 * lab_dad_resume() - wake a board again
 * @dad: the board, asleep by lab_dad_suspend()
 *
 * Return: 0, or the first error; what comes after it was called all the same.
 */
int lab_dad_resume(const struct lab_dad *dad);

/**
 * lab_dad_thread() - read or write in a thread of its own
 * @test: the test; aborted if there is no thread
 * @file: the file
 * @write: write
 * @addr: where, in the current space
 * @len: how many bytes
 * @pos: where on the board
 *
 * Return: the thread. If it does not come back in LAB_DAD_LONG after the test, the test
 * has failed.
 */
struct lab_dad_thread *lab_dad_thread(struct kunit *test, struct file *file,
				      bool write, unsigned long addr,
				      size_t len, loff_t pos);

/**
 * lab_dad_thread_waits() - whether a thread is still in the driver some time later
 * @thread: the thread
 */
bool lab_dad_thread_waits(struct lab_dad_thread *thread);

/**
 * lab_dad_thread_end() - wait for a thread
 * @thread: the thread
 *
 * Return: what read() or write() returned, or -ETIME if it did not in LAB_DAD_LONG.
 */
ssize_t lab_dad_thread_end(struct lab_dad_thread *thread);

/**
 * lab_dad_masters() - whether bus mastering is enabled
 * @pdev: the device
 */
bool lab_dad_masters(struct pci_dev *pdev);

/**
 * lab_dad_expect_unbound() - expect that nothing of the driver is left at a board
 * @test: the test
 * @slot: the board; the driver is not bound
 */
void lab_dad_expect_unbound(struct kunit *test, struct umlab_slot *slot);

/**
 * lab_dad_mark() - fill the begin of the memory on a board with a pattern
 * @dad: the board
 * @seed: of the pattern
 * @len: how many bytes
 */
void lab_dad_mark(const struct lab_dad *dad, u32 seed, size_t len);

/* How many bytes lab_dad_expect_works() moves in all */
#define LAB_DAD_WORKS	(100 + 2 * PAGE_SIZE)

/**
 * lab_dad_expect_works() - expect that a board can be opened, read, written and closed
 * @dad: the board
 * @addr: two pages of user memory
 *
 * What is short, and what is in two pages. The first two pages of the memory on the
 * board are changed.
 */
void lab_dad_expect_works(const struct lab_dad *dad, unsigned long addr);

/**
 * lab_dad_expect_gone() - expect what is left of a file whose board is gone
 * @test: the test
 * @file: the file, open for reading and writing
 * @addr: two pages of user memory
 *
 * Each operation gives ENODEV, and poll() says so.
 */
void lab_dad_expect_gone(struct kunit *test, struct file *file,
			 unsigned long addr);

#endif /* _LAB_DAD_FATE_H */
