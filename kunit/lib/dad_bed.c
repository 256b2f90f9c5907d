// SPDX-License-Identifier: GPL-2.0-only
/*
 * A test bed for what goes wrong: a board, and user memory for its data
 */

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/swap.h>

#include "dad_bed.h"
#include "frames.h"
#include "node.h"
#include "space.h"
#include "touch.h"

/* How long to look whether memory is left alone, in ms */
#define BED_QUIET	5000

/* Each in pages of its own, and with ends that are not those of cache lines */
const struct lab_bed_part lab_bed_parts[LAB_BED_SHAPES] = {
	[LAB_BED_COPIED] = { "copied", 0x41, 100 },
	[LAB_BED_PAGE] = { "page", PAGE_SIZE + 0x83, 1100 },
	[LAB_BED_LIST] = { "list", 3 * PAGE_SIZE - 701, 1300 },
};

static const struct lab_bed_irqs bed_irqs[] = {
	{ "INTx", UMLAB_IRQ_INTX },
	{ "MSI", UMLAB_IRQ_MSI },
	{ "MSI-X", UMLAB_IRQ_MSIX },
};

KUNIT_ARRAY_PARAM_DESC(bed_irq, bed_irqs, name);

const void *lab_bed_irq_gen_params(const void *prev, char *desc)
{
	return bed_irq_gen_params(prev, desc);
}

struct umlab_options lab_bed_irqs_of(const struct kunit *test)
{
	const struct lab_bed_irqs *kind = test->param_value;

	return (struct umlab_options) { .irqs = kind->irqs };
}

static unsigned long bed_at(const struct lab_bed *bed, enum lab_bed_shape shape)
{
	return bed->addr + lab_bed_parts[shape].at;
}

/* Before the board, so that it is freed after it */
static struct lab_bed *bed_new(struct kunit *test)
{
	struct lab_bed *bed = kunit_kzalloc(test, sizeof(*bed), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bed);
	bed->test = test;
	return bed;
}

static void bed_add_refs(struct lab_bed *bed)
{
	struct kunit *test = bed->test;
	struct lab_frame frame;
	unsigned int i;

	/* What is on its way to a list of pages has a reference for that. */
	lru_add_drain();
	lab_refs_init(&bed->refs);
	for (i = 0; i < LAB_BED_PAGES; i++) {
		KUNIT_ASSERT_TRUE(test, lab_frame_at(bed->addr + i * PAGE_SIZE,
						     &frame));
		lab_refs_add(test, &bed->refs, pfn_to_page(frame.pfn));
	}
}

/* What is mapped is counted when the pool of blocks has grown to what it needs. */
static struct lab_bed *bed_begin(struct lab_bed *bed)
{
	unsigned int i;

	bed->file = lab_dad_open(&bed->dad, O_RDWR);
	bed->addr = lab_mmap_anonymous(bed->test, LAB_BED_PAGES);
	for (i = 0; i < LAB_BED_PAGES; i++)
		KUNIT_ASSERT_EQ(bed->test, LAB_OK,
				lab_touch(bed->addr + i * PAGE_SIZE, true));
	lab_bed_works(bed);
	bed->mappings = lab_dad_mappings(&bed->dad);
	bed_add_refs(bed);
	return bed;
}

struct lab_bed *lab_bed_plug(struct kunit *test)
{
	struct lab_bed *bed = bed_new(test);

	bed->dad = lab_dad_plug(test);
	return bed_begin(bed);
}

struct lab_bed *lab_bed_plug_as(struct kunit *test, u8 revision,
				const struct umlab_options *options)
{
	struct lab_bed *bed = bed_new(test);

	bed->dad = lab_dad_plug_as(test, revision, LAB_DAD_MEMORY, options);
	return bed_begin(bed);
}

struct lab_bed *lab_bed_plug_irqs(struct kunit *test)
{
	struct umlab_options options = lab_bed_irqs_of(test);

	return lab_bed_plug_as(test, DAD_REV_C, &options);
}

static int bed_is_node(struct device *dev, void *data)
{
	return dev->class && !strcmp(dev->class->name, "dad");
}

static void bed_find_node(struct lab_dad *dad)
{
	struct device *node = device_find_child(&dad->pdev->dev, NULL,
						bed_is_node);

	KUNIT_ASSERT_NOT_NULL_MSG(dad->test, node,
				  "the driver has not bound to %s",
				  pci_name(dad->pdev));
	strscpy(dad->node, dev_name(node));
	put_device(node);
}

struct lab_bed *lab_bed_plug_ops(struct kunit *test,
				 const struct umlab_model_ops *ops,
				 const struct umlab_options *options)
{
	struct umlab_model model = umlab_dad_model(DAD_REV_C, LAB_DAD_MEMORY);
	struct lab_bed *bed = bed_new(test);
	struct lab_dad *dad = &bed->dad;

	model.ops = ops;
	dad->test = test;
	dad->slot = umlab_plug(test, &model, options);
	dad->pdev = umlab_pdev(dad->slot);
	KUNIT_ASSERT_NOT_NULL(test, dad->pdev);
	bed_find_node(dad);
	dad->size = LAB_DAD_MEMORY;
	dad->memory = umlab_dad_memory(dad->slot);
	dad->dma = true;
	dad->begin = umlab_journal_now();
	return bed_begin(bed);
}

void lab_bed_unbind(struct lab_bed *bed)
{
	lab_close(bed->test, bed->file);
	device_release_driver(&bed->dad.pdev->dev);
}

void lab_bed_rebind(struct lab_bed *bed)
{
	KUNIT_ASSERT_EQ(bed->test, device_attach(&bed->dad.pdev->dev), 1);
	bed_find_node(&bed->dad);
	bed->file = lab_dad_open(&bed->dad, O_RDWR);
}

void lab_bed_hang(const struct lab_bed *bed, bool hang)
{
	umlab_set_completion(bed->dad.slot, hang ? UMLAB_COMPLETE_NEVER :
						   UMLAB_COMPLETE_AT_ONCE, 0);
}

ssize_t lab_bed_move(const struct lab_bed *bed, enum lab_bed_shape shape,
		     bool write)
{
	const struct lab_bed_part *part = &lab_bed_parts[shape];

	return write ?
	       lab_dad_write(bed->file, bed_at(bed, shape), part->len, part->at) :
	       lab_dad_read(bed->file, bed_at(bed, shape), part->len, part->at);
}

ssize_t lab_bed_submit(struct lab_bed *bed, unsigned int nr,
		       enum lab_bed_shape shape, bool write)
{
	const struct lab_bed_part *part = &lab_bed_parts[shape];

	return lab_dad_submit(bed->file, &bed->aio[nr], write,
			      bed_at(bed, shape), part->len, part->at);
}

/* What is begun and what is waited for have to be the same, whatever fails. */
static void bed_expect_queued(struct lab_bed *bed, unsigned int nr,
			      enum lab_bed_shape shape, bool write)
{
	ssize_t ret = lab_bed_submit(bed, nr, shape, write);

	KUNIT_EXPECT_EQ(bed->test, ret, -EIOCBQUEUED);
	if (ret == -EIOCBQUEUED)
		return;
	bed->aio[nr].result = ret;
	complete(&bed->aio[nr].done);
}

static void bed_expect_result(struct lab_bed *bed, unsigned int nr,
			      enum lab_bed_shape shape, int error)
{
	const struct lab_bed_part *part = &lab_bed_parts[shape];

	KUNIT_EXPECT_EQ_MSG(bed->test, lab_dad_wait(&bed->aio[nr]),
			    error ? error : (ssize_t)part->len, "%s",
			    part->name);
}

void lab_bed_submit_all(struct lab_bed *bed)
{
	unsigned int shape;

	for (shape = 0; shape < LAB_BED_SHAPES; shape++)
		bed_expect_queued(bed, shape, shape, shape == LAB_BED_PAGE);
}

void lab_bed_wait_all(struct lab_bed *bed, int error)
{
	unsigned int shape;

	for (shape = 0; shape < LAB_BED_SHAPES; shape++)
		bed_expect_result(bed, shape, shape, error);
}

void lab_bed_fill_slots(struct lab_bed *bed)
{
	unsigned int i;

	/* The same memory can be mapped many times to be read by the board. */
	for (i = 0; i < LAB_BED_AIOS; i++)
		bed_expect_queued(bed, i, LAB_BED_PAGE, true);
}

void lab_bed_empty_slots(struct lab_bed *bed, int error)
{
	unsigned int i;

	for (i = 0; i < LAB_BED_AIOS; i++)
		bed_expect_result(bed, i, LAB_BED_PAGE, error);
}

void lab_bed_mark(struct lab_bed *bed, enum lab_bed_shape shape)
{
	lab_dad_put_user(bed->test, bed_at(bed, shape), lab_bed_parts[shape].len,
			 ++bed->seed, 0);
}

void lab_bed_mark_board(struct lab_bed *bed, enum lab_bed_shape shape)
{
	const struct lab_bed_part *part = &lab_bed_parts[shape];
	u32 i;

	bed->seed++;
	for (i = 0; i < part->len; i++)
		bed->dad.memory[part->at + i] = lab_dad_byte(bed->seed, i);
}

void lab_bed_expect_mark(const struct lab_bed *bed, enum lab_bed_shape shape)
{
	lab_dad_expect_user(&bed->dad, bed_at(bed, shape),
			    lab_bed_parts[shape].len, bed->seed, 0);
}

void lab_bed_expect_read(struct lab_bed *bed, enum lab_bed_shape shape)
{
	const struct lab_bed_part *part = &lab_bed_parts[shape];

	lab_bed_mark(bed, shape);
	lab_bed_mark_board(bed, shape);
	KUNIT_EXPECT_EQ_MSG(bed->test, lab_bed_move(bed, shape, false),
			    (ssize_t)part->len, "%s", part->name);
	lab_bed_expect_mark(bed, shape);
}

void lab_bed_expect_write(struct lab_bed *bed, enum lab_bed_shape shape)
{
	const struct lab_bed_part *part = &lab_bed_parts[shape];

	lab_bed_mark_board(bed, shape);
	lab_bed_mark(bed, shape);
	KUNIT_EXPECT_EQ_MSG(bed->test, lab_bed_move(bed, shape, true),
			    (ssize_t)part->len, "%s", part->name);
	lab_dad_expect_board(&bed->dad, part->at, part->len, bed->seed, 0);
}

void lab_bed_works(struct lab_bed *bed)
{
	unsigned int shape;

	lab_dad_expect_state(&bed->dad, "running");
	for (shape = 0; shape < LAB_BED_SHAPES; shape++) {
		lab_bed_expect_read(bed, shape);
		lab_bed_expect_write(bed, shape);
	}
}

void lab_bed_expect_left_alone(struct lab_bed *bed)
{
	unsigned int shape;

	/* One pattern for all three, each from its own place on */
	bed->seed++;
	for (shape = 0; shape < LAB_BED_SHAPES; shape++)
		lab_dad_put_user(bed->test, bed_at(bed, shape),
				 lab_bed_parts[shape].len, bed->seed,
				 lab_bed_parts[shape].at);
	lab_bed_hang(bed, false);
	msleep(BED_QUIET);
	for (shape = 0; shape < LAB_BED_SHAPES; shape++)
		lab_dad_expect_user(&bed->dad, bed_at(bed, shape),
				    lab_bed_parts[shape].len, bed->seed,
				    lab_bed_parts[shape].at);
}

void lab_bed_rest(const struct lab_bed *bed)
{
	lru_add_drain();
	KUNIT_EXPECT_EQ(bed->test, lab_dad_mappings(&bed->dad), bed->mappings);
	lab_expect_refs(bed->test, "nothing is under way", &bed->refs, NULL);
}

void lab_bed_count(const struct lab_bed *bed, const char *counter, long want)
{
	KUNIT_EXPECT_EQ_MSG(bed->test, lab_dad_counter(&bed->dad, counter), want,
			    "the counter %s", counter);
}

void lab_bed_timeout(const struct lab_bed *bed, unsigned int ms)
{
	const char *attr = lab_dad_attr(&bed->dad, "timeout_ms");
	char text[12];

	scnprintf(text, sizeof(text), "%u", ms);
	KUNIT_EXPECT_EQ(bed->test, lab_attr_write(bed->test, attr, text), 0);
}

void lab_bed_expect_within(const struct lab_bed *bed, ktime_t begin, s64 ms)
{
	if (umlab_time_is_virtual())
		KUNIT_EXPECT_LE(bed->test, ktime_ms_delta(ktime_get(), begin),
				ms);
}

u64 lab_bed_first(const struct lab_bed *bed, u64 since,
		  struct umlab_event pattern)
{
	unsigned int count = umlab_journal_count(bed->dad.slot, since, pattern);
	u64 low = since, high = umlab_journal_now();

	if (!count)
		return U64_MAX;
	while (high - low > 1) {
		u64 middle = low + (high - low) / 2;

		if (umlab_journal_count(bed->dad.slot, middle, pattern) == count)
			low = middle;
		else
			high = middle;
	}
	return low;
}
