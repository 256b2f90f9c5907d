// SPDX-License-Identifier: GPL-2.0-only
/*
 * The suites' side: functions that live as long as a test
 */

#include <kunit/test.h>
#include <linux/hrtimer.h>
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/time-internal.h>

#include "slot.h"
#include "splat.h"

/* How much of the journal a failed test prints */
#define MACHINE_TAIL	40

/* How long timers may take to become precise after boot, in ticks */
#define MACHINE_TICKS		100

/* What of the journal has been printed already; one test runs at a time */
static u64 machine_printed;

static void machine_print_tail(struct kunit *test, struct umlab_slot *slot)
{
	if (test->status != KUNIT_FAILURE)
		return;
	umlab_journal_print(test, max(slot->watch.since, machine_printed),
			    MACHINE_TAIL);
	machine_printed = umlab_journal_now();
}

static void machine_unplug(void *data)
{
	struct umlab_slot *slot = data;
	struct kunit *test = slot->watch.test;
	bool failed = test->status == KUNIT_FAILURE;

	machine_print_tail(test, slot);
	umlab_slot_unplug(slot);
	umlab_watch_missing(slot, test);
	if (!failed)
		machine_print_tail(test, slot);
	/* A mapping that the driver forgot may be used later. */
	slot->watch.test = NULL;
	umlab_slot_put(slot);
}

const struct umlab_topology umlab_topologies[UMLAB_TOPOLOGIES] = {
	{ .name = "direct", .dma = UMLAB_DMA_DIRECT },
	{ .name = "offset", .dma = UMLAB_DMA_OFFSET },
	{ .name = "bounce", .dma = UMLAB_DMA_BOUNCE },
	{ .name = "iommu", .dma = UMLAB_DMA_IOMMU },
	{ .name = "direct,noncoherent", .dma = UMLAB_DMA_DIRECT,
	  .noncoherent = true },
	{ .name = "offset,noncoherent", .dma = UMLAB_DMA_OFFSET,
	  .noncoherent = true },
	{ .name = "bounce,noncoherent", .dma = UMLAB_DMA_BOUNCE,
	  .noncoherent = true },
	{ .name = "iommu,noncoherent", .dma = UMLAB_DMA_IOMMU,
	  .noncoherent = true },
};

KUNIT_ARRAY_PARAM_DESC(machine_topology, umlab_topologies, name);

const void *umlab_topology_gen_params(const void *prev, char *desc)
{
	return machine_topology_gen_params(prev, desc);
}

/* What a test's parameter says, if it is one of the above; else the first */
static const struct umlab_topology *machine_topology(const struct kunit *test)
{
	const struct umlab_topology *topology = test->param_value;

	return topology >= umlab_topologies &&
	       topology < umlab_topologies + UMLAB_TOPOLOGIES ?
	       topology : umlab_topologies;
}

/* What a test asks for, with what it leaves open */
static struct umlab_topology machine_complete(const struct umlab_topology *from)
{
	struct umlab_topology topology = *from;

	if (!topology.line)
		topology.line = UMLAB_CACHE_LINE;
	if (!topology.slots)
		topology.slots = UMLAB_BOUNCE_SLOTS;
	if (!topology.aperture_end)
		topology.aperture_end = BIT_ULL(48) - 1;
	return topology;
}

/* Right after boot timers go by jiffies, and no work of a device would be in time. */
static void machine_wait_for_timers(void)
{
	unsigned int left = MACHINE_TICKS;

	while (hrtimer_resolution > 1 && left--)
		schedule_timeout_uninterruptible(1);
}

struct umlab_slot *umlab_try_plug(struct kunit *test,
				  const struct umlab_model *model,
				  const struct umlab_options *options)
{
	struct umlab_options given = options ? *options :
					       (struct umlab_options) { };
	struct umlab_topology topology;
	struct umlab_slot *slot;
	int err;

	machine_wait_for_timers();
	umlab_splat_rearm();
	topology = machine_complete(given.topology ?: machine_topology(test));
	given.topology = &topology;
	slot = umlab_slot_plug(model, &given, test);
	if (IS_ERR(slot))
		return slot;
	err = kunit_add_action_or_reset(test, machine_unplug, slot);
	return err ? ERR_PTR(err) : slot;
}

struct umlab_slot *umlab_plug(struct kunit *test,
			      const struct umlab_model *model,
			      const struct umlab_options *options)
{
	struct umlab_slot *slot = umlab_try_plug(test, model, options);

	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(slot), "%s: plugging in: %pe",
			       model->name, slot);
	return slot;
}

void umlab_unplug(struct kunit *test, struct umlab_slot *slot)
{
	kunit_release_action(test, machine_unplug, slot);
}

const struct umlab_topology *umlab_topology(const struct umlab_slot *slot)
{
	return &slot->dma.topology;
}

unsigned int umlab_mappings(const struct umlab_slot *slot)
{
	return slot->dma.count;
}

unsigned int umlab_pool_pages(const struct umlab_slot *slot)
{
	return slot->dma.pooled;
}

bool umlab_time_is_virtual(void)
{
	return time_travel_mode != TT_MODE_OFF;
}
