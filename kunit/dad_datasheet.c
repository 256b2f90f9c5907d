// SPDX-License-Identifier: GPL-2.0-only
/*
 * All that a driver can break of the dad board's datasheet by accesses to registers
 *
 * Each row of a table does one thing that drivers/dad/dad-regs.h forbids, which has to
 * be one violation; rows that are marked as fine do what it just about allows. How
 * queues are set up is in dad_datasheet_queue.c, descriptors in dad_datasheet_desc.c.
 */

#include <kunit/test.h>
#include <linux/io.h>
#include <linux/string.h>

#include "lib/dad_rig.h"
#include "lib/pci_fixture.h"

/* Expect the board to be in error, section 7, or not */
static void datasheet_expect_error(const struct lab_rig *rig, bool error)
{
	struct kunit *test = rig->dma.test;

	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_STATUS), DAD_STATUS_READY |
			(error ? DAD_STATUS_ERROR : 0));
	/* Revision P has no such register. */
	if (rig->revision != DAD_REV_P)
		KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_INT_STATUS),
				error ? DAD_INT_ERROR : 0);
}

static void datasheet_declare(const struct lab_rig *rig, bool fine)
{
	if (!fine)
		umlab_expect_violation(rig->dma.slot, UMLAB_VIOLATION_MODEL);
}

static void datasheet_expect(const struct lab_rig *rig, bool fine)
{
	lab_dma_expect_violations(&rig->dma, UMLAB_VIOLATION_MODEL, !fine);
}

/**
 * struct datasheet_access - an access that section 3 forbids
 * @name: the case
 * @offset: in BAR 0
 * @size: in bytes
 * @write: not a read
 */
struct datasheet_access {
	const char *name;
	u32 offset;
	unsigned int size;
	bool write;
};

static const struct datasheet_access datasheet_accesses[] = {
	{ "1-byte read", DAD_ID, 1 },
	{ "2-byte read", DAD_ID + 2, 2 },
	{ "8-byte read", DAD_ID, 8 },
	{ "8-byte read of a queue", DAD_Q(0) + DAD_Q_DESC_LO, 8 },
	{ "1-byte write", DAD_WINDOW_AT + 1, 1, true },
	{ "2-byte write", DAD_INT_STATUS, 2, true },
	{ "8-byte write", DAD_Q(0) + DAD_Q_DESC_LO, 8, true },
	{ "read past the last register of the board", DAD_WINDOW_AT + 4, 4 },
	{ "write past it", DAD_WINDOW_AT + 4, 4, true },
	{ "read before the first queue", DAD_Q(0) - 4, 4 },
	{ "read past the last register of a queue",
	  DAD_Q(0) + DAD_Q_CONTROL + 4, 4 },
	{ "write past it, of the other",
	  DAD_Q(1) + DAD_Q_CONTROL + 4, 4, true },
	{ "read of a third queue", DAD_Q(2) + DAD_Q_CONTROL, 4 },
	{ "write of a third queue", DAD_Q(2) + DAD_Q_CONTROL, 4, true },
	{ "read before the window", DAD_WINDOW - 4, 4 },
	{ "read past the MSI-X table",
	  DAD_MSIX_TABLE + 16 * DAD_VECTORS_MAX, 4 },
	{ "write past it, far", DAD_MSIX_PBA - 4, 4, true },
	{ "read of the last word", DAD_BAR_REGS_SIZE - 4, 4 },
	{ "write of DAD_ID", DAD_ID, 4, true },
	{ "write of DAD_MEMORY_SIZE", DAD_MEMORY_SIZE, 4, true },
	{ "write of DAD_STATUS", DAD_STATUS, 4, true },
	{ "write of DAD_OVERRUNS", DAD_OVERRUNS, 4, true },
	{ "read of DAD_ABORT", DAD_ABORT, 4 },
};

KUNIT_ARRAY_PARAM_DESC(datasheet_access, datasheet_accesses, name);

static void datasheet_accessed(struct kunit *test)
{
	const struct datasheet_access *row = test->param_value;
	struct lab_rig *rig = lab_rig_plug_revision(test, DAD_REV_C,
						    LAB_RIG_MEMORY);

	datasheet_declare(rig, false);
	if (row->write)
		lab_io_write(rig->regs + row->offset, row->size, 0);
	else
		lab_io_read(rig->regs + row->offset, row->size);
	datasheet_expect(rig, false);
	datasheet_expect_error(rig, false);
}

/**
 * struct datasheet_write - a write of a register
 * @reg: the register; 0, which nobody may write: none
 * @value: what
 */
struct datasheet_write {
	u32 reg;
	u32 value;
};

/**
 * struct datasheet_row - writes, one of which is wrong
 * @name: the case
 * @revision: DAD_REV_*
 * @queues: enabled before, by bits; with 16 entries from LAB_RIG_START on
 * @fine: none is wrong
 * @error: the board is in error afterwards
 * @writes: the writes
 */
struct datasheet_row {
	const char *name;
	u8 revision;
	u8 queues;
	bool fine;
	bool error;
	struct datasheet_write writes[4];
};

#define DATASHEET_Q0(reg)	(DAD_Q(DAD_REQUESTS) + (reg))
#define DATASHEET_Q1(reg)	(DAD_Q(DAD_STREAM) + (reg))
#define DATASHEET_Q0_ON		BIT(DAD_REQUESTS)
#define DATASHEET_Q1_ON		BIT(DAD_STREAM)

/* Rows in short: what is wrong, what is and makes an error, what is fine */
#define DATASHEET_BAD(title, rev, on, ...)				\
	{ .name = (title), .revision = (rev), .queues = (on),		\
	  .writes = { __VA_ARGS__ } }
#define DATASHEET_ERROR(title, rev, on, ...)				\
	{ .name = (title), .revision = (rev), .queues = (on),		\
	  .error = true, .writes = { __VA_ARGS__ } }
#define DATASHEET_FINE(title, rev, on, ...)				\
	{ .name = (title), .revision = (rev), .queues = (on),		\
	  .fine = true, .writes = { __VA_ARGS__ } }

static const struct datasheet_row datasheet_rows[] = {
	/* Sections 3 and 7: bits that have no meaning */
	DATASHEET_BAD("control, reserved bit", DAD_REV_C, 0,
		      { DAD_CONTROL, BIT(1) }),
	DATASHEET_BAD("interrupt status, reserved bit", DAD_REV_C, 0,
		      { DAD_INT_STATUS, BIT(4) }),
	DATASHEET_BAD("interrupt enable, reserved bit", DAD_REV_C, 0,
		      { DAD_INT_ENABLE, BIT(4) }),
	DATASHEET_FINE("interrupts, all", DAD_REV_C, 0,
		       { DAD_INT_STATUS, DAD_INT_ALL },
		       { DAD_INT_ENABLE, DAD_INT_ALL }),
	DATASHEET_BAD("a third vector for requests", DAD_REV_C, 0,
		      { DAD_VECTORS, 2 << DAD_VECTOR_QUEUE(DAD_REQUESTS) }),
	DATASHEET_BAD("a third vector for errors", DAD_REV_C, 0,
		      { DAD_VECTORS, 2 << DAD_VECTOR_ERROR }),
	DATASHEET_FINE("the second vector for all", DAD_REV_C, 0,
		       { DAD_VECTORS, 0x010101 }),
	DATASHEET_BAD("two completions without a time", DAD_REV_C, 0,
		      { DAD_COALESCE, 2 }),
	DATASHEET_BAD("255 completions without a time", DAD_REV_C, 0,
		      { DAD_COALESCE, 255 }),
	DATASHEET_BAD("coalescing, reserved bit", DAD_REV_C, 0,
		      { DAD_COALESCE, BIT(8) }),
	DATASHEET_FINE("completions and times", DAD_REV_C, 0,
		       { DAD_COALESCE, 1 }, { DAD_COALESCE, 2 | 1 << 16 },
		       { DAD_COALESCE, 5 << 16 }, { DAD_COALESCE, 0 }),

	/* Section 2: addresses that a revision does not drive; what P does not have */
	DATASHEET_BAD("A, high address of descriptors", DAD_REV_A, 0,
		      { DATASHEET_Q0(DAD_Q_DESC_HI), 1 }),
	DATASHEET_BAD("B, high address of descriptors", DAD_REV_B, 0,
		      { DATASHEET_Q0(DAD_Q_DESC_HI), 1 }),
	DATASHEET_BAD("B, high address of completions", DAD_REV_B, 0,
		      { DATASHEET_Q0(DAD_Q_COMP_HI), BIT(31) }),
	DATASHEET_BAD("B, high address of indexes", DAD_REV_B, 0,
		      { DATASHEET_Q1(DAD_Q_INDEX_HI), 1 }),
	DATASHEET_FINE("B, high addresses of 0", DAD_REV_B, 0,
		       { DATASHEET_Q0(DAD_Q_DESC_HI), 0 },
		       { DATASHEET_Q0(DAD_Q_COMP_HI), 0 },
		       { DATASHEET_Q0(DAD_Q_INDEX_HI), 0 }),
	DATASHEET_FINE("C, high addresses", DAD_REV_C, 0,
		       { DATASHEET_Q0(DAD_Q_DESC_HI), ~0U },
		       { DATASHEET_Q0(DAD_Q_COMP_HI), ~0U },
		       { DATASHEET_Q0(DAD_Q_INDEX_HI), ~0U }),
	DATASHEET_BAD("P, queue", DAD_REV_P, 0,
		      { DATASHEET_Q0(DAD_Q_CONTROL), DAD_Q_ENABLE }),
	DATASHEET_BAD("P, interrupts", DAD_REV_P, 0,
		      { DAD_INT_ENABLE, DAD_INT_ALL }),
	DATASHEET_BAD("P, converter", DAD_REV_P, 0,
		      { DAD_STREAM_CONTROL, DAD_STREAM_RUN }),
	DATASHEET_FINE("P, window", DAD_REV_P, 0,
		       { DAD_WINDOW_AT, DAD_WINDOW_SIZE }),

	/* Section 9 */
	DATASHEET_BAD("window at half a page", DAD_REV_C, 0,
		      { DAD_WINDOW_AT, DAD_WINDOW_SIZE / 2 }),
	DATASHEET_BAD("window past the memory", DAD_REV_C, 0,
		      { DAD_WINDOW_AT, LAB_RIG_MEMORY }),
	DATASHEET_FINE("window at the end of the memory", DAD_REV_C, 0,
		       { DAD_WINDOW_AT, LAB_RIG_MEMORY - DAD_WINDOW_SIZE }),

	/* Section 8 */
	DATASHEET_BAD("sample time too short", DAD_REV_C, DATASHEET_Q1_ON,
		      { DAD_SAMPLE_NS, 1000 },
		      { DAD_SAMPLE_NS, DAD_SAMPLE_MIN - 1 },
		      { DAD_STREAM_CONTROL, DAD_STREAM_RUN }),
	DATASHEET_BAD("sample time too long", DAD_REV_C, DATASHEET_Q1_ON,
		      { DAD_SAMPLE_NS, 1000 },
		      { DAD_SAMPLE_NS, DAD_SAMPLE_MAX + 1 },
		      { DAD_STREAM_CONTROL, DAD_STREAM_RUN }),
	DATASHEET_FINE("shortest sample time", DAD_REV_C, DATASHEET_Q1_ON,
		       { DAD_SAMPLE_NS, DAD_SAMPLE_MIN },
		       { DAD_STREAM_CONTROL, DAD_STREAM_RUN }),
	DATASHEET_FINE("longest sample time", DAD_REV_C, DATASHEET_Q1_ON,
		       { DAD_SAMPLE_NS, DAD_SAMPLE_MAX },
		       { DAD_STREAM_CONTROL, DAD_STREAM_RUN | DAD_STREAM_OUT }),
	DATASHEET_BAD("started without a sample time", DAD_REV_C,
		      DATASHEET_Q1_ON, { DAD_STREAM_CONTROL, DAD_STREAM_RUN }),
	DATASHEET_BAD("started without a queue", DAD_REV_C, DATASHEET_Q0_ON,
		      { DAD_SAMPLE_NS, 1000 },
		      { DAD_STREAM_CONTROL, DAD_STREAM_RUN }),
	DATASHEET_BAD("another sample time while it runs", DAD_REV_C,
		      DATASHEET_Q1_ON, { DAD_SAMPLE_NS, 1000 },
		      { DAD_STREAM_CONTROL, DAD_STREAM_RUN },
		      { DAD_SAMPLE_NS, 1001 }),
	DATASHEET_FINE("another sample time once it ran", DAD_REV_C,
		       DATASHEET_Q1_ON, { DAD_SAMPLE_NS, 1000 },
		       { DAD_STREAM_CONTROL, DAD_STREAM_RUN },
		       { DAD_STREAM_CONTROL, 0 }, { DAD_SAMPLE_NS, 1001 }),
	DATASHEET_BAD("another direction while it runs", DAD_REV_C,
		      DATASHEET_Q1_ON, { DAD_SAMPLE_NS, 1000 },
		      { DAD_STREAM_CONTROL, DAD_STREAM_RUN },
		      { DAD_STREAM_CONTROL, DAD_STREAM_RUN | DAD_STREAM_OUT }),
	DATASHEET_BAD("converter, reserved bit", DAD_REV_C, 0,
		      { DAD_STREAM_CONTROL, BIT(2) }),

	/* Section 5: while a queue is active */
	DATASHEET_ERROR("active, DAD_Q_DESC_LO", DAD_REV_C, DATASHEET_Q0_ON,
			{ DATASHEET_Q0(DAD_Q_DESC_LO), SZ_4K }),
	DATASHEET_ERROR("active, DAD_Q_DESC_HI", DAD_REV_C, DATASHEET_Q0_ON,
			{ DATASHEET_Q0(DAD_Q_DESC_HI), 0 }),
	DATASHEET_ERROR("active, DAD_Q_COMP_LO", DAD_REV_C, DATASHEET_Q0_ON,
			{ DATASHEET_Q0(DAD_Q_COMP_LO), SZ_4K }),
	DATASHEET_ERROR("active, DAD_Q_COMP_HI", DAD_REV_C, DATASHEET_Q0_ON,
			{ DATASHEET_Q0(DAD_Q_COMP_HI), 0 }),
	DATASHEET_ERROR("active, DAD_Q_INDEX_LO", DAD_REV_C, DATASHEET_Q0_ON,
			{ DATASHEET_Q0(DAD_Q_INDEX_LO), SZ_4K }),
	DATASHEET_ERROR("active, DAD_Q_INDEX_HI", DAD_REV_C, DATASHEET_Q0_ON,
			{ DATASHEET_Q0(DAD_Q_INDEX_HI), 0 }),
	DATASHEET_ERROR("active, DAD_Q_SIZE", DAD_REV_C, DATASHEET_Q0_ON,
			{ DATASHEET_Q0(DAD_Q_SIZE), 16 }),
	DATASHEET_ERROR("active, DAD_Q_START", DAD_REV_C, DATASHEET_Q0_ON,
			{ DATASHEET_Q0(DAD_Q_START), LAB_RIG_START }),
	DATASHEET_ERROR("active, DAD_Q_SIZE of the converter's", DAD_REV_C,
			DATASHEET_Q1_ON, { DATASHEET_Q1(DAD_Q_SIZE), 16 }),
	DATASHEET_FINE("active, all that may be written", DAD_REV_C,
		       DATASHEET_Q0_ON,
		       { DATASHEET_Q0(DAD_Q_PRODUCER), LAB_RIG_START },
		       { DATASHEET_Q0(DAD_Q_CONSUMER), LAB_RIG_START },
		       { DATASHEET_Q0(DAD_Q_CONTROL), DAD_Q_ENABLE },
		       { DATASHEET_Q1(DAD_Q_SIZE), 2 }),
	DATASHEET_BAD("queue control, reserved bit", DAD_REV_C, 0,
		      { DATASHEET_Q0(DAD_Q_CONTROL), BIT(2) }),
	DATASHEET_ERROR("enabled before it has stopped", DAD_REV_C,
			DATASHEET_Q0_ON, { DATASHEET_Q0(DAD_Q_CONTROL), 0 },
			{ DATASHEET_Q0(DAD_Q_CONTROL), DAD_Q_ENABLE }),

	/* Section 5: indexes */
	DATASHEET_ERROR("producer, one more than there is room", DAD_REV_C,
			DATASHEET_Q0_ON,
			{ DATASHEET_Q0(DAD_Q_PRODUCER), LAB_RIG_START + 17 }),
	DATASHEET_ERROR("producer, the converter's", DAD_REV_C, DATASHEET_Q1_ON,
			{ DATASHEET_Q1(DAD_Q_PRODUCER), LAB_RIG_START + 17 }),
	DATASHEET_ERROR("producer, backwards", DAD_REV_C, DATASHEET_Q0_ON,
			{ DATASHEET_Q0(DAD_Q_PRODUCER), LAB_RIG_START - 1 }),
	DATASHEET_ERROR("consumer, what is not completed", DAD_REV_C,
			DATASHEET_Q0_ON,
			{ DATASHEET_Q0(DAD_Q_CONSUMER), LAB_RIG_START + 1 }),
	DATASHEET_ERROR("consumer, backwards", DAD_REV_C, DATASHEET_Q0_ON,
			{ DATASHEET_Q0(DAD_Q_CONSUMER), LAB_RIG_START - 1 }),
};

KUNIT_ARRAY_PARAM_DESC(datasheet_row, datasheet_rows, name);

static void datasheet_written(struct kunit *test)
{
	const struct datasheet_row *row = test->param_value;
	const struct datasheet_write *write = row->writes;
	struct lab_rig *rig = lab_rig_plug_revision(test, row->revision,
						    LAB_RIG_MEMORY);
	unsigned int i;

	for (i = 0; i < DAD_QUEUES; i++) {
		if (row->queues & BIT(i))
			lab_rig_enable(rig, i, 16);
	}
	datasheet_declare(rig, row->fine);
	for (i = 0; i < ARRAY_SIZE(row->writes) && write[i].reg; i++)
		lab_rig_write(rig, write[i].reg, write[i].value);
	datasheet_expect(rig, row->fine);
	datasheet_expect_error(rig, row->error);
}

static struct kunit_case datasheet_cases[] = {
	KUNIT_CASE_PARAM(datasheet_accessed, datasheet_access_gen_params),
	KUNIT_CASE_PARAM(datasheet_written, datasheet_row_gen_params),
	{}
};

static struct kunit_suite datasheet_suite = {
	.name		= "umlab_dad_datasheet",
	.test_cases	= datasheet_cases,
};

kunit_test_suite(datasheet_suite);
