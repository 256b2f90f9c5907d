// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device as a bus master: whether it may be one, when, and what goes wrong
 *
 * Its driver and the power state say whether it may, the test may want an
 * access to fail, and a model does them in its own time. The journal has it all
 * in order.
 */

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/preempt.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <umlab/model.h>

#include "lib/dma.h"

#define MASTER_SIZE	100	/* of the longest access that fails, in bytes */
#define MASTER_NEW	0xa7	/* what the device writes */

static struct lab_dma_buffer master_begin(struct kunit *test)
{
	return lab_dma_begin(test, &lab_dma_model, 0, PAGE_SIZE);
}

static void master_off(struct kunit *test)
{
	struct lab_dma_buffer buffer = master_begin(test);
	struct pci_dev *pdev = umlab_pdev(buffer.dma.slot);

	pci_clear_master(pdev);
	lab_dma_refuse(&buffer.dma, buffer.bus, 8, UMLAB_VIOLATION_MASTER);
	pci_set_master(pdev);
	lab_dma_expect_read(&buffer.dma, buffer.bus, PAGE_SIZE, 1);
	lab_dma_end(&buffer);
}

static void master_power(struct kunit *test)
{
	static const struct umlab_cap cap = {
		.id = PCI_CAP_ID_PM, .pm.no_soft_reset = true,
	};
	struct umlab_model model = lab_dma_model;
	struct lab_dma_buffer buffer;
	struct pci_dev *pdev;

	model.caps = &cap;
	model.num_caps = 1;
	buffer = lab_dma_begin(test, &model, 0, PAGE_SIZE);
	pdev = umlab_pdev(buffer.dma.slot);
	KUNIT_EXPECT_EQ(test, pci_set_power_state(pdev, PCI_D3hot), 0);
	lab_dma_refuse(&buffer.dma, buffer.bus, 8, UMLAB_VIOLATION_POWER);
	KUNIT_EXPECT_EQ(test, pci_set_power_state(pdev, PCI_D0), 0);
	lab_dma_expect_read(&buffer.dma, buffer.bus, PAGE_SIZE, 1);
	lab_dma_end(&buffer);
}

/* What is gone does nothing at all, and the driver may clean up after it. */
static void master_vanished(struct kunit *test)
{
	struct lab_dma_buffer buffer = master_begin(test);
	struct lab_dma *dma = &buffer.dma;
	u8 byte = MASTER_NEW;

	umlab_vanish(dma->slot);
	KUNIT_EXPECT_EQ(test, lab_dma_read(dma, buffer.bus, &byte, 1), -ENODEV);
	KUNIT_EXPECT_EQ(test, -ENODEV,
			lab_dma_write(dma, buffer.bus, &byte, 1));
	KUNIT_EXPECT_EQ(test, lab_dma_events(dma, UMLAB_DMA_READ, false), 0);
	KUNIT_EXPECT_EQ(test, lab_dma_events(dma, UMLAB_DMA_WRITE, false), 0);
	lab_dma_end(&buffer);
}

/* It vanishes in the middle of what it does: at its n-th access. */
static void master_vanishes_in_access(struct kunit *test)
{
	static const struct umlab_faults faults = { .dma_vanish = 2 };
	struct lab_dma_buffer buffer = master_begin(test);
	struct lab_dma *dma = &buffer.dma;
	u8 byte = MASTER_NEW;

	umlab_set_faults(dma->slot, &faults);
	lab_dma_expect_read(dma, buffer.bus, PAGE_SIZE, 1);
	KUNIT_EXPECT_EQ(test, -ENODEV,
			lab_dma_write(dma, buffer.bus, &byte, 1));
	KUNIT_EXPECT_FALSE(test, pci_device_is_present(to_pci_dev(dma->dev)));
	KUNIT_EXPECT_EQ(test, lab_dma_events(dma, UMLAB_DMA_WRITE, false), 0);
	lab_dma_end(&buffer);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(buffer.memory, PAGE_SIZE, 1));
}

/* The n-th access fails, and that is nobody's fault. */
static void master_bus_error(struct kunit *test)
{
	static const struct umlab_faults faults = { .dma_error = 2 };
	struct lab_dma_buffer buffer = master_begin(test);
	struct lab_dma *dma = &buffer.dma;
	u8 byte = MASTER_NEW;

	umlab_set_faults(dma->slot, &faults);
	lab_dma_expect_read(dma, buffer.bus, PAGE_SIZE, 1);
	KUNIT_EXPECT_EQ(test, lab_dma_write(dma, buffer.bus, &byte, 1), -EIO);
	lab_dma_expect_read(dma, buffer.bus, PAGE_SIZE, 1);
	KUNIT_EXPECT_EQ(test, lab_dma_events(dma, UMLAB_DMA_WRITE, true), 1);
	KUNIT_EXPECT_EQ(test, lab_dma_events(dma, UMLAB_DMA_READ, false), 2);
	lab_dma_end(&buffer);
}

static void master_expect(const struct lab_dma_buffer *buffer, unsigned int at,
			  unsigned int size, int result)
{
	u8 bytes[MASTER_SIZE];

	KUNIT_EXPECT_EQ_MSG(buffer->dma.test, result,
			    lab_dma_read(&buffer->dma, buffer->bus + at, bytes,
					 size), "%u bytes at %u", size, at);
	KUNIT_EXPECT_EQ(buffer->dma.test, !memchr_inv(bytes, 0xff, size),
			result < 0);
}

/* Each access to one byte fails, for as long as the test wants it. */
static void master_fault(struct kunit *test)
{
	struct lab_dma_buffer buffer = master_begin(test);
	struct umlab_faults faults = { .dma_fault = buffer.bus + 50 };
	u8 bytes[MASTER_SIZE] = { };

	umlab_set_faults(buffer.dma.slot, &faults);
	master_expect(&buffer, 0, 50, 0);
	master_expect(&buffer, 0, 51, -EIO);
	master_expect(&buffer, 50, 1, -EIO);
	master_expect(&buffer, 51, 49, 0);
	KUNIT_EXPECT_EQ(test, lab_dma_write(&buffer.dma, buffer.bus, bytes,
					    MASTER_SIZE), -EIO);
	master_expect(&buffer, 0, MASTER_SIZE, -EIO);
	faults.dma_fault = 0;
	umlab_set_faults(buffer.dma.slot, &faults);
	lab_dma_expect_read(&buffer.dma, buffer.bus, PAGE_SIZE, 1);
	lab_dma_end(&buffer);
}

static void master_order(struct kunit *test)
{
	struct lab_dma_buffer buffer = master_begin(test);
	struct device *dev = buffer.dma.dev;
	dma_addr_t bus = buffer.bus;
	u64 value;

	KUNIT_EXPECT_EQ(test, lab_dma_read(&buffer.dma, bus, &value, 8), 0);
	dma_sync_single_for_cpu(dev, bus, 16, DMA_BIDIRECTIONAL);
	dma_sync_single_for_device(dev, bus, 16, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_EQ(test, lab_dma_write(&buffer.dma, bus, &value, 8), 0);
	lab_dma_end(&buffer);
	UMLAB_EXPECT_ORDER(test, buffer.dma.slot, buffer.dma.begin,
			   UMLAB_DID_DMA(UMLAB_MAP, bus, PAGE_SIZE),
			   UMLAB_DID_DMA(UMLAB_DMA_READ, bus, 8),
			   UMLAB_DID_DMA(UMLAB_SYNC_CPU, bus, 16),
			   UMLAB_DID_DMA(UMLAB_SYNC_DEVICE, bus, 16),
			   UMLAB_DID_DMA(UMLAB_DMA_WRITE, bus, 8),
			   UMLAB_DID_DMA(UMLAB_UNMAP, bus, PAGE_SIZE));
}

/**
 * struct master_engine - a device that writes to memory in its own time
 * @work: does that
 * @bus: where to
 * @runs: how often it did
 * @result: what came of it
 * @interrupts: it was in an interrupt
 */
struct master_engine {
	struct umlab_work work;
	dma_addr_t bus;
	unsigned int runs;
	int result;
	bool interrupts;
};

#define MASTER_DELAY_NS	NSEC_PER_MSEC

static void master_engine_run(struct umlab_slot *slot, struct umlab_work *work)
{
	struct master_engine *engine = umlab_priv(slot);
	u8 byte = engine->runs++ ? 1 : MASTER_NEW;

	engine->result = umlab_dma_write(slot, engine->bus, &byte, 1);
	engine->interrupts = !in_task();
}

static int master_engine_probe(struct umlab_slot *slot)
{
	struct master_engine *engine = umlab_priv(slot);

	umlab_work_init(slot, &engine->work, master_engine_run);
	return 0;
}

static const struct umlab_model_ops master_engine_ops = {
	.probe = master_engine_probe,
};

static void master_engine_complete(struct umlab_slot *slot, void *data)
{
	struct master_engine *engine = umlab_priv(slot);
	const struct lab_dma_buffer *buffer = data;

	engine->bus = buffer->bus;
	umlab_work_complete(&engine->work);
}

static void master_engine_after(struct umlab_slot *slot, void *data)
{
	struct master_engine *engine = umlab_priv(slot);

	umlab_work_after(&engine->work, MASTER_DELAY_NS);
}

static struct lab_dma_buffer master_begin_engine(struct kunit *test)
{
	struct umlab_model model = lab_dma_model;
	struct lab_dma_buffer buffer;

	model.ops = &master_engine_ops;
	model.priv_size = sizeof(struct master_engine);
	buffer = lab_dma_begin(test, &model, 0, PAGE_SIZE);
	umlab_set_completion(buffer.dma.slot, UMLAB_COMPLETE_DELAYED,
			     MASTER_DELAY_NS);
	return buffer;
}

static void master_expect_engine(const struct lab_dma *dma, unsigned int runs,
				 int result)
{
	const struct master_engine *engine = umlab_priv(dma->slot);

	KUNIT_EXPECT_EQ(dma->test, engine->runs, runs - 1);
	msleep(100);
	KUNIT_EXPECT_EQ(dma->test, engine->runs, runs);
	KUNIT_EXPECT_EQ(dma->test, engine->result, result);
	KUNIT_EXPECT_TRUE(dma->test, engine->interrupts);
}

/* A model's own accesses: when it has done what it was told, and just later */
static void master_work(struct kunit *test)
{
	struct lab_dma_buffer buffer = master_begin_engine(test);
	u8 byte = 0;

	umlab_run(buffer.dma.slot, master_engine_complete, &buffer);
	master_expect_engine(&buffer.dma, 1, 0);
	KUNIT_EXPECT_EQ(test, 0,
			lab_dma_read(&buffer.dma, buffer.bus, &byte, 1));
	KUNIT_EXPECT_EQ(test, byte, MASTER_NEW);
	umlab_run(buffer.dma.slot, master_engine_after, NULL);
	master_expect_engine(&buffer.dma, 2, 0);
	lab_dma_end(&buffer);
}

/* The driver does not wait for it (bug class unmap-busy). */
static void master_work_too_late(struct kunit *test)
{
	struct lab_dma_buffer buffer = master_begin_engine(test);

	umlab_expect_violation(buffer.dma.slot, UMLAB_VIOLATION_DMA_UNMAPPED);
	umlab_run(buffer.dma.slot, master_engine_complete, &buffer);
	lab_dma_end(&buffer);
	master_expect_engine(&buffer.dma, 1, -EIO);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(buffer.memory, PAGE_SIZE, 1));
}

static struct kunit_case master_cases[] = {
	KUNIT_CASE_PARAM(master_off, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(master_power, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(master_vanished, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(master_vanishes_in_access, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(master_bus_error, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(master_fault, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(master_order, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(master_work, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(master_work_too_late, umlab_topology_gen_params),
	{}
};

static struct kunit_suite master_suite = {
	.name		= "umlab_dma_master",
	.test_cases	= master_cases,
};

kunit_test_suite(master_suite);
