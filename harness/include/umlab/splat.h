/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Splats: what the kernel's own checks report
 *
 * A report fails the test that is under way, whatever thread or interrupt it comes from,
 * unless the test said that it would come. One that comes while there is no test, or in one
 * that is skipped after it, fails the run. Nothing has to be done for that, by no suite.
 *
 * What DMA API debugging says of a function of the PCI machine is a violation of that
 * function, and no splat.
 */
#ifndef _UMLAB_SPLAT_H
#define _UMLAB_SPLAT_H

struct kunit;
struct task_struct;

/**
 * enum umlab_splat - kinds of reports
 * @UMLAB_SPLAT_WARN: WARN() and all that is made of it: refcount_t, lists, debug objects
 * @UMLAB_SPLAT_KASAN: CONFIG_KASAN; memory that is not there is used
 * @UMLAB_SPLAT_UBSAN: CONFIG_UBSAN; undefined behaviour
 * @UMLAB_SPLAT_LOCKDEP: CONFIG_PROVE_LOCKING; it is silent from its first report on,
 *	until the test ends
 * @UMLAB_SPLAT_ATOMIC: CONFIG_DEBUG_ATOMIC_SLEEP; somebody sleeps where nobody may
 * @UMLAB_SPLAT_LEAK: CONFIG_DEBUG_KMEMLEAK; an object that nobody points to. Looked for
 *	at the end of a suite, which fails, as all of its tests are over
 * @UMLAB_SPLAT_PAGE: a page or page table is freed in a bad state
 * @UMLAB_SPLAT_SLAB: CONFIG_SLUB_DEBUG; an object is overwritten, or freed twice
 * @UMLAB_SPLAT_OTHER: any other BUG, an oops, a stall; a check that has turned itself off
 * @UMLAB_SPLATS: how many there are
 */
enum umlab_splat {
	UMLAB_SPLAT_WARN,
	UMLAB_SPLAT_KASAN,
	UMLAB_SPLAT_UBSAN,
	UMLAB_SPLAT_LOCKDEP,
	UMLAB_SPLAT_ATOMIC,
	UMLAB_SPLAT_LEAK,
	UMLAB_SPLAT_PAGE,
	UMLAB_SPLAT_SLAB,
	UMLAB_SPLAT_OTHER,
	UMLAB_SPLATS
};

/**
 * umlab_expect_splat() - declare that the test provokes a report
 * @test: the test; it fails if the report does not come before it ends
 * @kind: of which kind
 *
 * Call it before the report comes, once for each that will, and before what makes it
 * come is set up, if that is by the end of the test.
 *
 * KASAN and UBSAN fail the test of the thread that they are in by themselves, which cannot
 * be undone: have another thread do it.
 */
void umlab_expect_splat(struct kunit *test, enum umlab_splat kind);

/**
 * umlab_splats() - how many reports there were, since the kernel booted
 *
 * Those that were expected are among them.
 */
unsigned int umlab_splats(void);

/**
 * umlab_splats_of() - how many reports of a kind there were
 * @kind: which
 */
unsigned int umlab_splats_of(enum umlab_splat kind);

/**
 * umlab_scan_leaks() - have kmemleak look for leaks now
 *
 * It is done by itself at the end of a suite. Does nothing without
 * CONFIG_DEBUG_KMEMLEAK, or in real time.
 *
 * Context: may sleep, for twenty minutes of virtual time, which is longer than a test may
 * take.
 * Return: how many it found, which nothing fails for but the caller.
 */
#ifdef CONFIG_DEBUG_KMEMLEAK
unsigned int umlab_scan_leaks(void);
#else
static inline unsigned int umlab_scan_leaks(void)
{
	return 0;
}
#endif

/**
 * umlab_splats_not_from() - who prints what is no report, whatever it says
 * @task: whoever prints on behalf of a program; NULL: nobody
 */
void umlab_splats_not_from(const struct task_struct *task);

#endif /* _UMLAB_SPLAT_H */
