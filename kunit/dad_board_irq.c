// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulated dad board against its datasheet: causes, vectors, coalescing
 *
 * Where no vectors are asked for, the causes are polled.
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/pci.h>
#include <linux/preempt.h>

#include "lib/dad_rig.h"

#define IRQ_REQUESTS	DAD_INT_QUEUE(DAD_REQUESTS)
#define IRQ_STREAM	DAD_INT_QUEUE(DAD_STREAM)

/**
 * struct irq_kind - a kind of interrupts
 * @name: of it
 * @flags: PCI_IRQ_*
 * @vectors: how many of them
 */
struct irq_kind {
	const char *name;
	unsigned int flags;
	unsigned int vectors;
};

static const struct irq_kind irq_kinds[] = {
	{ "INTx", PCI_IRQ_INTX, 1 },
	{ "one MSI", PCI_IRQ_MSI, 1 },
	{ "two MSI", PCI_IRQ_MSI, 2 },
	{ "MSI-X", PCI_IRQ_MSIX, 2 },
};

KUNIT_ARRAY_PARAM_DESC(irq_kind, irq_kinds, name);

struct irq_fixture;

/**
 * struct irq_vector - a vector that has a handler
 * @fx: the fixture
 * @taken: how often its handler found a cause
 * @foreign: how often it found none
 * @soft: how often it ran outside of hard interrupt context
 * @causes: all that it found, DAD_INT_*
 */
struct irq_vector {
	struct irq_fixture *fx;
	unsigned int taken;
	unsigned int foreign;
	unsigned int soft;
	u32 causes;
};

/**
 * struct irq_fixture - a board with both queues enabled, and a buffer
 * @rig: the board
 * @bus: the bus address of the buffer, a page
 * @count: how many vectors have handlers
 * @vector: these
 */
struct irq_fixture {
	struct lab_rig *rig;
	dma_addr_t bus;
	unsigned int count;
	struct irq_vector vector[DAD_VECTORS_MAX];
};

/* As a driver's: whoever comes takes all there is */
static irqreturn_t irq_handle(int irq, void *data)
{
	struct irq_vector *vector = data;
	struct lab_rig *rig = vector->fx->rig;
	u32 causes = lab_rig_read(rig, DAD_INT_STATUS) &
		     lab_rig_read(rig, DAD_INT_ENABLE);

	vector->soft += !in_hardirq();
	if (!causes) {
		vector->foreign++;
		return IRQ_NONE;
	}
	lab_rig_write(rig, DAD_INT_STATUS, causes);
	vector->causes |= causes;
	vector->taken++;
	return IRQ_HANDLED;
}

static void irq_end(void *data)
{
	struct irq_fixture *fx = data;

	while (fx->count--)
		free_irq(pci_irq_vector(fx->rig->pdev, fx->count),
			 &fx->vector[fx->count]);
	pci_free_irq_vectors(fx->rig->pdev);
}

/* Without handlers */
static struct irq_fixture *irq_plug(struct kunit *test)
{
	struct irq_fixture *fx = kunit_kzalloc(test, sizeof(*fx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fx);
	fx->rig = lab_rig_plug_revision(test, DAD_REV_C, LAB_RIG_MEMORY);
	fx->bus = lab_rig_alloc(fx->rig, PAGE_SIZE)->bus;
	lab_rig_enable(fx->rig, DAD_REQUESTS, 16);
	lab_rig_enable(fx->rig, DAD_STREAM, 16);
	return fx;
}

/* With a handler for each vector, of the kind that the parameter says */
static struct irq_fixture *irq_plug_kind(struct kunit *test)
{
	const struct irq_kind *kind = test->param_value;
	struct irq_fixture *fx = irq_plug(test);
	struct pci_dev *pdev = fx->rig->pdev;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, kind->vectors,
			pci_alloc_irq_vectors(pdev, kind->vectors,
					      kind->vectors, kind->flags));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, irq_end, fx));
	for (i = 0; i < kind->vectors; i++) {
		fx->vector[i].fx = fx;
		KUNIT_ASSERT_EQ(test, 0,
				request_irq(pci_irq_vector(pdev, i), irq_handle,
					    IRQF_SHARED, "lab_rig",
					    &fx->vector[i]));
		fx->count++;
	}
	return fx;
}

/* Have a request done, and take its completion */
static void irq_do(struct irq_fixture *fx, u32 flags)
{
	lab_rig_post(fx->rig, DAD_REQUESTS,
		     lab_rig_desc(fx->bus, 4, flags, 0, 1));
	lab_rig_expect(fx->rig, DAD_REQUESTS, 1, 4, DAD_COMP_OK);
}

/* Have the converter fill a buffer of one sample, and stop it: 1 ms, no more */
static void irq_do_stream(struct irq_fixture *fx)
{
	struct lab_rig *rig = fx->rig;

	lab_rig_post(rig, DAD_STREAM,
		     lab_rig_desc(fx->bus, 4, DAD_DESC_TO_HOST | DAD_DESC_IRQ,
				  0, 2));
	lab_rig_write(rig, DAD_SAMPLE_NS, DAD_SAMPLE_MAX);
	lab_rig_write(rig, DAD_STREAM_CONTROL, DAD_STREAM_RUN);
	lab_rig_expect(rig, DAD_STREAM, 2, 4, DAD_COMP_OK);
	lab_rig_write(rig, DAD_STREAM_CONTROL, 0);
}

/* Have the board fail to fetch a descriptor */
static void irq_do_error(struct irq_fixture *fx)
{
	const struct lab_rig_queue *queue = &fx->rig->queue[DAD_REQUESTS];
	u32 entry = queue->producer & (queue->size - 1);

	lab_rig_faults(fx->rig, queue->desc_bus +
		       entry * sizeof(struct dad_desc));
	lab_rig_post(fx->rig, DAD_REQUESTS,
		     lab_rig_desc(fx->bus, 4, 0, 0, 1));
}

static void irq_expect(const struct irq_fixture *fx, unsigned int vector,
		       unsigned int taken, u32 causes)
{
	const struct irq_vector *got = &fx->vector[vector];
	struct kunit *test = fx->rig->dma.test;

	KUNIT_EXPECT_EQ_MSG(test, got->taken, taken, "vector %u", vector);
	KUNIT_EXPECT_EQ_MSG(test, got->causes, causes, "vector %u", vector);
	KUNIT_EXPECT_EQ(test, got->soft, 0);
	KUNIT_EXPECT_EQ(test, got->foreign, 0);
}

static u32 irq_status(const struct irq_fixture *fx)
{
	return lab_rig_read(fx->rig, DAD_INT_STATUS);
}

/* How many interrupts the board raised since it was plugged in */
static unsigned int irq_raised(const struct irq_fixture *fx)
{
	static const struct umlab_event raised = UMLAB_DID_ANY(UMLAB_IRQ_RAISE);

	return umlab_journal_count(fx->rig->dma.slot, fx->rig->dma.begin,
				   raised);
}

/* A completion is a cause if that is wanted of it, and one is enough. */
static void irq_wanted(struct kunit *test)
{
	struct irq_fixture *fx = irq_plug(test);

	irq_do(fx, 0);
	KUNIT_EXPECT_EQ(test, irq_status(fx), 0);
	irq_do(fx, DAD_DESC_IRQ);
	KUNIT_EXPECT_EQ(test, irq_status(fx), IRQ_REQUESTS);
	irq_do(fx, 0);
	KUNIT_EXPECT_EQ(test, irq_status(fx), IRQ_REQUESTS);
	lab_rig_write(fx->rig, DAD_INT_STATUS, IRQ_REQUESTS);
	KUNIT_EXPECT_EQ(test, irq_status(fx), 0);
	KUNIT_EXPECT_EQ(test, irq_raised(fx), 0);
}

/* An error is one, whether it is wanted or not. */
static void irq_of_errors(struct kunit *test)
{
	struct irq_fixture *fx = irq_plug(test);
	struct lab_rig *rig = fx->rig;

	lab_rig_faults(rig, fx->bus);
	lab_rig_post(rig, DAD_REQUESTS, lab_rig_desc(fx->bus, 4, 0, 0, 1));
	KUNIT_EXPECT_EQ(test, lab_rig_take(rig, DAD_REQUESTS).status,
			DAD_COMP_BUS);
	KUNIT_EXPECT_EQ(test, irq_status(fx), IRQ_REQUESTS);
	lab_rig_write(rig, DAD_INT_STATUS, IRQ_REQUESTS);
	lab_rig_faults(rig, 0);
	umlab_set_completion(rig->dma.slot, UMLAB_COMPLETE_NEVER, 0);
	lab_rig_post(rig, DAD_REQUESTS, lab_rig_desc(fx->bus, 4, 0, 0, 1));
	lab_rig_write(rig, DAD_ABORT, 1);
	lab_rig_expect(rig, DAD_REQUESTS, 1, 0, DAD_COMP_ABORTED);
	KUNIT_EXPECT_EQ(test, irq_status(fx), IRQ_REQUESTS);
}

/* Of several causes those are cleared that are written as 1. */
static void irq_clears_one(struct kunit *test)
{
	struct irq_fixture *fx = irq_plug(test);
	u32 all;

	irq_do_stream(fx);
	irq_do(fx, DAD_DESC_IRQ);
	irq_do_error(fx);
	/* The converter may have run on for a moment. */
	all = irq_status(fx) & ~DAD_INT_OVERRUN;
	KUNIT_EXPECT_EQ(test, all, IRQ_REQUESTS | IRQ_STREAM | DAD_INT_ERROR);
	lab_rig_write(fx->rig, DAD_INT_STATUS, 0);
	KUNIT_EXPECT_EQ(test, irq_status(fx) & ~DAD_INT_OVERRUN, all);
	lab_rig_write(fx->rig, DAD_INT_STATUS, IRQ_STREAM | DAD_INT_OVERRUN);
	KUNIT_EXPECT_EQ(test, irq_status(fx), IRQ_REQUESTS | DAD_INT_ERROR);
	lab_rig_write(fx->rig, DAD_INT_STATUS, DAD_INT_ERROR);
	KUNIT_EXPECT_EQ(test, irq_status(fx), IRQ_REQUESTS);
	lab_rig_write(fx->rig, DAD_INT_STATUS, DAD_INT_ALL);
	KUNIT_EXPECT_EQ(test, irq_status(fx), 0);
}

/* Each cause that is cleared interrupts again. */
static void irq_taken(struct kunit *test)
{
	struct irq_fixture *fx = irq_plug_kind(test);
	unsigned int i;

	lab_rig_write(fx->rig, DAD_INT_ENABLE, IRQ_REQUESTS);
	for (i = 1; i <= 3; i++) {
		irq_do(fx, DAD_DESC_IRQ);
		irq_expect(fx, 0, i, IRQ_REQUESTS);
		KUNIT_EXPECT_EQ(test, irq_status(fx), 0);
	}
	irq_do(fx, 0);
	irq_expect(fx, 0, 3, IRQ_REQUESTS);
}

/* A cause that is not enabled waits until it is. */
static void irq_enabled_late(struct kunit *test)
{
	struct irq_fixture *fx = irq_plug_kind(test);

	lab_rig_write(fx->rig, DAD_INT_ENABLE, IRQ_STREAM | DAD_INT_ERROR);
	irq_do(fx, DAD_DESC_IRQ);
	irq_expect(fx, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, irq_status(fx), IRQ_REQUESTS);
	lab_rig_write(fx->rig, DAD_INT_ENABLE, DAD_INT_ALL);
	irq_expect(fx, 0, 1, IRQ_REQUESTS);
	KUNIT_EXPECT_EQ(test, irq_status(fx), 0);
}

/* Each kind of cause goes where DAD_VECTORS says, if there is more than one. */
static void irq_vectors(struct kunit *test)
{
	struct irq_fixture *fx = irq_plug_kind(test);
	unsigned int second = fx->count - 1;

	lab_rig_write(fx->rig, DAD_VECTORS,
		      1 << DAD_VECTOR_QUEUE(DAD_STREAM));
	lab_rig_write(fx->rig, DAD_INT_ENABLE, IRQ_REQUESTS | IRQ_STREAM);
	irq_do_stream(fx);
	irq_expect(fx, second, 1, IRQ_STREAM);
	fx->vector[second] = (struct irq_vector) { .fx = fx };
	irq_do(fx, DAD_DESC_IRQ);
	irq_expect(fx, 0, 1, IRQ_REQUESTS);
	if (second)
		irq_expect(fx, second, 0, 0);
}

/* The other way round, and errors */
static void irq_vectors_swapped(struct kunit *test)
{
	struct irq_fixture *fx = irq_plug_kind(test);
	unsigned int second = fx->count - 1;

	lab_rig_write(fx->rig, DAD_VECTORS,
		      1 << DAD_VECTOR_QUEUE(DAD_REQUESTS));
	lab_rig_write(fx->rig, DAD_INT_ENABLE, IRQ_REQUESTS | DAD_INT_ERROR);
	irq_do(fx, DAD_DESC_IRQ);
	irq_expect(fx, second, 1, IRQ_REQUESTS);
	fx->vector[second] = (struct irq_vector) { .fx = fx };
	irq_do_error(fx);
	irq_expect(fx, 0, 1, DAD_INT_ERROR);
	if (second)
		irq_expect(fx, second, 0, 0);
}

/* Errors on a vector of their own */
static void irq_vector_of_errors(struct kunit *test)
{
	struct irq_fixture *fx = irq_plug_kind(test);
	unsigned int second = fx->count - 1;

	lab_rig_write(fx->rig, DAD_VECTORS, 1 << DAD_VECTOR_ERROR);
	lab_rig_write(fx->rig, DAD_INT_ENABLE, DAD_INT_ALL);
	irq_do_error(fx);
	irq_expect(fx, second, 1, DAD_INT_ERROR);
	if (second)
		irq_expect(fx, 0, 0, 0);
}

/* A reset takes back what was raised and nobody has taken yet. */
static void irq_reset(struct kunit *test)
{
	struct irq_fixture *fx = irq_plug(test);
	u16 status;

	pci_intx(fx->rig->pdev, 0);
	lab_rig_write(fx->rig, DAD_INT_ENABLE, DAD_INT_ALL);
	irq_do(fx, DAD_DESC_IRQ);
	pci_read_config_word(fx->rig->pdev, PCI_STATUS, &status);
	KUNIT_EXPECT_TRUE(test, status & PCI_STATUS_INTERRUPT);
	lab_rig_reset(fx->rig);
	pci_read_config_word(fx->rig->pdev, PCI_STATUS, &status);
	KUNIT_EXPECT_FALSE(test, status & PCI_STATUS_INTERRUPT);
	KUNIT_EXPECT_EQ(test, irq_status(fx), 0);
	pci_intx(fx->rig->pdev, 1);
}

static void irq_coalesce(const struct irq_fixture *fx, u32 count, u32 us)
{
	lab_rig_write(fx->rig, DAD_COALESCE,
		      FIELD_PREP(DAD_COALESCE_COUNT, count) |
		      FIELD_PREP(DAD_COALESCE_US, us));
}

/* One interrupt for so many completions; then it is counted anew. */
static void irq_by_count(struct kunit *test)
{
	struct irq_fixture *fx = irq_plug(test);
	unsigned int i;

	irq_coalesce(fx, 3, 65535);
	for (i = 1; i <= 9; i++) {
		irq_do(fx, DAD_DESC_IRQ);
		KUNIT_EXPECT_EQ_MSG(test, irq_status(fx),
				    i % 3 ? 0 : IRQ_REQUESTS,
				    "completion %u", i);
		lab_rig_write(fx->rig, DAD_INT_STATUS, IRQ_REQUESTS);
	}
}

/* If there are too few, one after a time, from the first on. */
static void irq_by_time(struct kunit *test)
{
	struct irq_fixture *fx = irq_plug(test);
	unsigned int i;

	irq_coalesce(fx, 255, 20000);
	for (i = 0; i < 2; i++) {
		irq_do(fx, DAD_DESC_IRQ);
		usleep_range(10000, 10001);
		irq_do(fx, DAD_DESC_IRQ);
		usleep_range(8000, 8001);
		KUNIT_EXPECT_EQ(test, irq_status(fx), 0);
		usleep_range(3000, 3001);
		KUNIT_EXPECT_EQ(test, irq_status(fx), IRQ_REQUESTS);
		lab_rig_write(fx->rig, DAD_INT_STATUS, IRQ_REQUESTS);
		usleep_range(30000, 30001);
		KUNIT_EXPECT_EQ(test, irq_status(fx), 0);
	}
}

/* A count of one needs no time. */
static void irq_by_one(struct kunit *test)
{
	struct irq_fixture *fx = irq_plug(test);
	unsigned int i;

	irq_coalesce(fx, 1, 0);
	for (i = 0; i < 3; i++) {
		irq_do(fx, DAD_DESC_IRQ);
		KUNIT_EXPECT_EQ(test, irq_status(fx), IRQ_REQUESTS);
		lab_rig_write(fx->rig, DAD_INT_STATUS, IRQ_REQUESTS);
	}
}

static struct kunit_case irq_cases[] = {
	KUNIT_CASE(irq_wanted),
	KUNIT_CASE(irq_of_errors),
	KUNIT_CASE(irq_clears_one),
	KUNIT_CASE_PARAM(irq_taken, irq_kind_gen_params),
	KUNIT_CASE_PARAM(irq_enabled_late, irq_kind_gen_params),
	KUNIT_CASE_PARAM(irq_vectors, irq_kind_gen_params),
	KUNIT_CASE_PARAM(irq_vectors_swapped, irq_kind_gen_params),
	KUNIT_CASE_PARAM(irq_vector_of_errors, irq_kind_gen_params),
	KUNIT_CASE(irq_reset),
	KUNIT_CASE(irq_by_count),
	KUNIT_CASE(irq_by_time),
	KUNIT_CASE(irq_by_one),
	{}
};

static struct kunit_suite irq_suite = {
	.name		= "umlab_dad_board_irq",
	.test_cases	= irq_cases,
};

kunit_test_suite(irq_suite);
