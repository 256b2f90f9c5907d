// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: sysfs attributes, and what they do
 */

#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#include "lib/dad.h"
#include "lib/dad_flight.h"
#include "lib/node.h"
#include "lib/space.h"

static long attrs_get(const struct lab_dad *dad, const char *name)
{
	return lab_attr_read(dad->test, lab_dad_attr(dad, name));
}

static int attrs_set(const struct lab_dad *dad, const char *name,
		     const char *text)
{
	return lab_attr_write(dad->test, lab_dad_attr(dad, name), text);
}

/**
 * struct attrs_board - a board that is direct, and what its attributes have to say
 * @revision: DAD_REV_*
 * @dma_bits: of A none, as memory is out of its reach
 */
struct attrs_board {
	u8 revision;
	unsigned int dma_bits;
};

static const struct attrs_board attrs_boards[] = {
	{ DAD_REV_P, 0 }, { DAD_REV_A, 0 }, { DAD_REV_B, 32 }, { DAD_REV_C, 64 },
};

static void attrs_values(struct kunit *test)
{
	const struct attrs_board *board = attrs_boards;

	for (; board < attrs_boards + ARRAY_SIZE(attrs_boards); board++) {
		struct lab_dad dad = lab_dad_plug_as(test, board->revision,
						     SZ_64K, NULL);

		KUNIT_EXPECT_EQ(test, attrs_get(&dad, "revision"),
				board->revision);
		KUNIT_EXPECT_EQ(test, attrs_get(&dad, "dma_bits"),
				board->dma_bits);
		KUNIT_EXPECT_EQ(test, attrs_get(&dad, "memory_size"), SZ_64K);
		KUNIT_EXPECT_EQ(test, attrs_get(&dad, "timeout_ms"), 2000);
		lab_dad_expect_state(&dad, "running");
		if (!dad.dma)
			continue;
		KUNIT_EXPECT_EQ(test, attrs_get(&dad, "coalesce_count"), 0);
		KUNIT_EXPECT_EQ(test, attrs_get(&dad, "coalesce_us"), 100);
	}
}

static void attrs_read_only(struct kunit *test)
{
	static const char *const names[] = {
		"revision", "dma_bits", "memory_size", "state",
	};
	struct lab_dad dad = lab_dad_plug(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		struct file *file = lab_open_in("sysfs",
						lab_dad_attr(&dad, names[i]),
						O_WRONLY);

		KUNIT_EXPECT_TRUE_MSG(test, IS_ERR(file), "%s", names[i]);
		if (!IS_ERR(file))
			lab_try_close(file);
	}
}

/**
 * struct attrs_write - a write to an attribute
 * @name: the attribute
 * @text: what is written
 * @result: what comes of it
 * @value: what the attribute has then, if it was taken
 */
struct attrs_write {
	const char *name;
	const char *text;
	int result;
	long value;
};

static const struct attrs_write attrs_writes[] = {
	{ "timeout_ms", "1", 0, 1 },
	{ "timeout_ms", "60000\n", 0, 60000 },
	{ "timeout_ms", "0x10", 0, 16 },
	{ "timeout_ms", "0", -EINVAL },
	{ "timeout_ms", "60001", -EINVAL },
	{ "timeout_ms", "-1", -EINVAL },
	{ "timeout_ms", "4294967297", -ERANGE },
	{ "timeout_ms", "", 0, 16 },		/* nothing is written */
	{ "timeout_ms", "\n", -EINVAL },
	{ "timeout_ms", "10 ms", -EINVAL },
	{ "timeout_ms", "1.5", -EINVAL },
	{ "coalesce_count", "255", 0, 255 },
	{ "coalesce_count", "0", 0, 0 },
	{ "coalesce_count", "7\n", 0, 7 },
	{ "coalesce_count", "256", -EINVAL },
	{ "coalesce_count", "-1", -EINVAL },
	{ "coalesce_count", "4294967303", -ERANGE },
	{ "coalesce_count", "some", -EINVAL },
	{ "coalesce_us", "1", 0, 1 },
	{ "coalesce_us", "65535", 0, 65535 },
	{ "coalesce_us", "0", -EINVAL },
	{ "coalesce_us", "65536", -EINVAL },
	{ "coalesce_us", "-100", -EINVAL },
	{ "coalesce_us", "100us", -EINVAL },
};

/* What is refused leaves the value as it is, and the board alone. */
static void attrs_limits(struct kunit *test)
{
	static const struct umlab_event told =
		UMLAB_DID_WRITE_ANY(DAD_BAR_REGS, DAD_COALESCE);
	const struct attrs_write *write = attrs_writes;
	struct lab_dad dad = lab_dad_plug(test);

	for (; write < attrs_writes + ARRAY_SIZE(attrs_writes); write++) {
		long value = write->result ? attrs_get(&dad, write->name) :
					     write->value;
		u64 since = umlab_journal_now();

		KUNIT_EXPECT_EQ_MSG(test, write->result,
				    attrs_set(&dad, write->name, write->text),
				    "\"%s\" to %s", write->text, write->name);
		KUNIT_EXPECT_EQ_MSG(test, attrs_get(&dad, write->name), value,
				    "\"%s\" to %s", write->text, write->name);
		if (write->result)
			KUNIT_EXPECT_EQ(test, 0,
					umlab_journal_count(dad.slot, since,
							    told));
	}
}

#define ATTRS_COALESCE(count, us)					\
	UMLAB_DID_WRITE(DAD_BAR_REGS, DAD_COALESCE, 4,			\
			FIELD_PREP(DAD_COALESCE_COUNT, count) |		\
			FIELD_PREP(DAD_COALESCE_US, us))

/* The board is told, and told again when a reset has made it forget. */
static void attrs_coalesce_register(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	unsigned long addr = lab_mmap_anonymous(test, 1);
	struct file *file = lab_dad_open(&dad, O_RDWR);
	u64 since = umlab_journal_now();

	KUNIT_EXPECT_EQ(test, attrs_set(&dad, "coalesce_count", "8"), 0);
	KUNIT_EXPECT_EQ(test, attrs_set(&dad, "coalesce_us", "50"), 0);
	KUNIT_EXPECT_EQ(test, attrs_set(&dad, "coalesce_count", "255"), 0);
	UMLAB_EXPECT_ORDER(test, dad.slot, since,
			   ATTRS_COALESCE(8, 100),
			   ATTRS_COALESCE(8, 50),
			   ATTRS_COALESCE(255, 50));
	since = umlab_journal_now();
	KUNIT_EXPECT_EQ(test, pci_reset_function(dad.pdev), 0);
	UMLAB_EXPECT_ORDER(test, dad.slot, since,
			   UMLAB_DID_ANY(UMLAB_RESET),
			   ATTRS_COALESCE(255, 50));
	KUNIT_EXPECT_EQ(test, attrs_get(&dad, "coalesce_count"), 255);
	KUNIT_EXPECT_EQ(test, attrs_get(&dad, "coalesce_us"), 50);
	KUNIT_EXPECT_EQ(test, lab_dad_read(file, addr, 10, 0), 10);
}

/* How many interrupts some reads take, one begun after the other */
static long attrs_interrupts(struct lab_flight *flight, unsigned int reads)
{
	long before = lab_dad_counter(&flight->dad, "interrupts");
	unsigned int nr;

	for (nr = 0; nr < reads; nr++)
		lab_flight_submit(flight, flight->file, nr, false);
	for (nr = 0; nr < reads; nr++)
		lab_flight_expect(flight, nr, false);
	return lab_dad_counter(&flight->dad, "interrupts") - before;
}

/* With coalescing, there are as few as there may be; and no read waits for ever. */
static void attrs_coalesce_interrupts(struct kunit *test)
{
	struct lab_flight *flight = lab_flight_begin(test);
	const struct lab_dad *dad = &flight->dad;
	long each = attrs_interrupts(flight, LAB_FLIGHT_SLOTS);

	KUNIT_EXPECT_GT(test, each, 1);
	KUNIT_EXPECT_EQ(test, attrs_set(dad, "coalesce_us", "65535"), 0);
	KUNIT_EXPECT_EQ(test, attrs_set(dad, "coalesce_count", "16"), 0);
	KUNIT_EXPECT_EQ(test, attrs_interrupts(flight, LAB_FLIGHT_SLOTS), 1);
	KUNIT_EXPECT_EQ(test, attrs_set(dad, "coalesce_count", "8"), 0);
	KUNIT_EXPECT_EQ(test, attrs_interrupts(flight, LAB_FLIGHT_SLOTS), 2);
	/* Fewer than the count: after the time */
	KUNIT_EXPECT_EQ(test, attrs_set(dad, "coalesce_us", "50"), 0);
	KUNIT_EXPECT_EQ(test, attrs_set(dad, "coalesce_count", "255"), 0);
	KUNIT_EXPECT_EQ(test, attrs_interrupts(flight, 4), 1);
	KUNIT_EXPECT_EQ(test, attrs_set(dad, "coalesce_count", "0"), 0);
	KUNIT_EXPECT_EQ(test, attrs_interrupts(flight, LAB_FLIGHT_SLOTS), each);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(dad, "lost_interrupts"), 0);
}

/* The longest time there is, is not taken for a lost interrupt. */
static void attrs_coalesce_slowly(struct kunit *test)
{
	struct lab_flight *flight = lab_flight_begin(test);
	const struct lab_dad *dad = &flight->dad;

	KUNIT_EXPECT_EQ(test, attrs_set(dad, "coalesce_us", "65535"), 0);
	KUNIT_EXPECT_EQ(test, attrs_set(dad, "coalesce_count", "2"), 0);
	KUNIT_EXPECT_EQ(test, attrs_interrupts(flight, 1), 1);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(dad, "lost_interrupts"), 0);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(dad, "timeouts"), 0);
}

/* A request is late after timeout_ms, of which there may be less than at first. */
static void attrs_timeout(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	struct file *file = lab_dad_open(&dad, O_RDWR);
	unsigned long addr = lab_mmap_anonymous(test, 1);
	unsigned long begin;

	KUNIT_EXPECT_EQ(test, attrs_set(&dad, "timeout_ms", "100"), 0);
	umlab_set_completion(dad.slot, UMLAB_COMPLETE_NEVER, 0);
	begin = jiffies;
	KUNIT_EXPECT_EQ(test, lab_dad_read(file, addr, 10, 0), -EIO);
	KUNIT_EXPECT_GE(test, jiffies_to_msecs(jiffies - begin), 90);
	if (umlab_time_is_virtual())
		KUNIT_EXPECT_LT(test, jiffies_to_msecs(jiffies - begin), 1000);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&dad, "timeouts"), 1);
	umlab_set_completion(dad.slot, UMLAB_COMPLETE_AT_ONCE, 0);
	KUNIT_EXPECT_EQ(test, lab_dad_read(file, addr, 10, 0), 10);
}

static struct kunit_case attrs_cases[] = {
	KUNIT_CASE(attrs_values),
	KUNIT_CASE(attrs_read_only),
	KUNIT_CASE(attrs_limits),
	KUNIT_CASE(attrs_coalesce_register),
	KUNIT_CASE(attrs_coalesce_interrupts),
	KUNIT_CASE(attrs_coalesce_slowly),
	KUNIT_CASE(attrs_timeout),
	{}
};

static struct kunit_suite attrs_suite = {
	.name		= "umlab_dad_attrs",
	.test_cases	= attrs_cases,
};

kunit_test_suite(attrs_suite);
