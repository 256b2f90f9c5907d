// SPDX-License-Identifier: GPL-2.0-only
/*
 * Violations: recorded, told, and laid at the right test's door
 *
 * A violation may come from an interrupt or from a thread that is not the
 * test's, so the test is the one the function was plugged in for. The log gets
 * the text, which makes it part of that test's output.
 */

#define pr_fmt(fmt) "umlab: " fmt

#include <kunit/test.h>
#include <linux/printk.h>

#include "slot.h"
#include "splat.h"

static const char *const violation_names[UMLAB_VIOLATIONS] = {
	[UMLAB_VIOLATION_WIDTH] = "width",
	[UMLAB_VIOLATION_ALIGN] = "alignment",
	[UMLAB_VIOLATION_RANGE] = "range",
	[UMLAB_VIOLATION_DECODE] = "memory decoding",
	[UMLAB_VIOLATION_POWER] = "power state",
	[UMLAB_VIOLATION_USERMAP] = "user mapping",
	[UMLAB_VIOLATION_MASTER] = "bus mastering",
	[UMLAB_VIOLATION_MESSAGE] = "message",
	[UMLAB_VIOLATION_STORM] = "interrupt storm",
	[UMLAB_VIOLATION_SPIN] = "endless loop",
	[UMLAB_VIOLATION_DMA_WIDTH] = "DMA: address width",
	[UMLAB_VIOLATION_DMA_UNMAPPED] = "DMA: not mapped",
	[UMLAB_VIOLATION_DMA_DIRECTION] = "DMA: direction",
	[UMLAB_VIOLATION_DMA_OWNER] = "DMA: owner",
	[UMLAB_VIOLATION_DMA_FAULT] = "DMA: fault",
	[UMLAB_VIOLATION_DMA_MEMORY] = "DMA: memory",
	[UMLAB_VIOLATION_DMA_OVERLAP] = "DMA: overlap",
	[UMLAB_VIOLATION_DMA_UNMAP] = "DMA: unmapped differently",
	[UMLAB_VIOLATION_DMA_SYNC] = "DMA: synced differently",
	[UMLAB_VIOLATION_DMA_UNKNOWN] = "DMA: never mapped",
	[UMLAB_VIOLATION_DMA_TWICE] = "DMA: unmapped before",
	[UMLAB_VIOLATION_DMA_DEVICE] = "DMA: another device's",
	[UMLAB_VIOLATION_DMA_BUSY] = "DMA: in flight",
	[UMLAB_VIOLATION_DMA_LEAK] = "DMA: leak",
	[UMLAB_VIOLATION_DMA_POOL] = "DMA: pool",
	[UMLAB_VIOLATION_DMA_API] = "DMA: API",
	[UMLAB_VIOLATION_MODEL] = "device",
};

const char *umlab_violation_name(enum umlab_violation kind)
{
	return violation_names[kind];
}

/* Record a violation; whether it was declared. If not, the test has failed */
static bool violation_count(struct umlab_slot *slot, enum umlab_violation kind)
{
	struct umlab_watch *watch = &slot->watch;
	bool expected = watch->seen[kind]++ < watch->expected[kind];

	scoped_guard(irqsave)
		umlab_slot_event(slot, UMLAB_VIOLATED, 0, kind, 0, 0);
	if (!expected && watch->test)
		umlab_blame(watch->test);
	return expected;
}

static void violation_name(const struct umlab_slot *slot, char *name,
			   size_t size)
{
	scnprintf(name, size, "%02x:%02x.%x (%s)", UMLAB_BUS,
		  PCI_SLOT(slot->devfn), PCI_FUNC(slot->devfn),
		  slot->model.name);
}

__printf(3, 0)
static void violation_tell(struct umlab_slot *slot, enum umlab_violation kind,
			   const char *fmt, va_list args)
{
	bool expected = violation_count(slot, kind);
	char name[48], text[400];

	violation_name(slot, name, sizeof(name));
	vscnprintf(text, sizeof(text), fmt, args);
	if (expected)
		pr_info("%s: expected violation (%s): %s\n", name,
			violation_names[kind], text);
	else
		pr_err("%s: violation (%s): %s\n", name,
		       violation_names[kind], text);
}

void umlab_slot_complaint(unsigned int devfn, enum umlab_violation kind)
{
	struct umlab_slot *slot __free(umlab_slot) = umlab_bridge_slot(devfn);

	if (!slot)
		return;
	umlab_splat_claim();
	if (!violation_count(slot, kind))
		slot->watch.unprinted[kind]++;
}

static bool violation_mistrust(struct umlab_slot *slot, void *unused)
{
	if (slot->watch.test)
		umlab_blame(slot->watch.test);
	return false;
}

void umlab_slot_mistrust(void)
{
	umlab_bridge_find(violation_mistrust, NULL);
}

void umlab_slot_lost(struct umlab_slot *slot, const char *why)
{
	char name[48];

	violation_name(slot, name, sizeof(name));
	pr_err("%s: %s\n", name, why);
	if (slot->watch.test)
		umlab_blame(slot->watch.test);
}

void umlab_slot_violation(struct umlab_slot *slot, enum umlab_violation kind,
			  const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	violation_tell(slot, kind, fmt, args);
	va_end(args);
}

void umlab_model_violation(struct umlab_slot *slot, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	violation_tell(slot, UMLAB_VIOLATION_MODEL, fmt, args);
	va_end(args);
}

void umlab_expect_violation(struct umlab_slot *slot, enum umlab_violation kind)
{
	slot->watch.expected[kind]++;
}

unsigned int umlab_violations(const struct umlab_slot *slot,
			      enum umlab_violation kind)
{
	return slot->watch.seen[kind];
}

/* What umlab_slot_complaint() could not say while the kernel was printing */
static void violation_say(const struct umlab_slot *slot,
			  enum umlab_violation kind, unsigned int times)
{
	char name[48];

	violation_name(slot, name, sizeof(name));
	pr_err("%s: violation (%s): the kernel complained above, %u times more than expected\n",
	       name, violation_names[kind], times);
}

void umlab_watch_missing(struct umlab_slot *slot, struct kunit *test)
{
	const struct umlab_watch *watch = &slot->watch;
	unsigned int kind;

	for (kind = 0; kind < UMLAB_VIOLATIONS; kind++) {
		if (watch->unprinted[kind])
			violation_say(slot, kind, watch->unprinted[kind]);
		if (watch->seen[kind] < watch->expected[kind])
			KUNIT_FAIL(test,
				   "%02x.%x (%s): %u violations (%s) were expected, %u came",
				   PCI_SLOT(slot->devfn),
				   PCI_FUNC(slot->devfn), slot->model.name,
				   watch->expected[kind],
				   violation_names[kind], watch->seen[kind]);
	}
}
