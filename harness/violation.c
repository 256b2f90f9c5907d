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
	[UMLAB_VIOLATION_MODEL] = "device",
};

const char *umlab_violation_name(enum umlab_violation kind)
{
	return violation_names[kind];
}

__printf(3, 0)
static void violation_tell(struct umlab_slot *slot, enum umlab_violation kind,
			   const char *fmt, va_list args)
{
	struct umlab_watch *watch = &slot->watch;
	bool expected = watch->seen[kind]++ < watch->expected[kind];
	char name[48], text[160];

	scoped_guard(irqsave)
		umlab_slot_event(slot, UMLAB_VIOLATED, 0, kind, 0, 0);
	scnprintf(name, sizeof(name), "%02x:%02x.%x (%s)", UMLAB_BUS,
		  PCI_SLOT(slot->devfn), PCI_FUNC(slot->devfn),
		  slot->model.name);
	vscnprintf(text, sizeof(text), fmt, args);
	if (expected) {
		pr_info("%s: expected violation (%s): %s\n", name,
			violation_names[kind], text);
		return;
	}
	pr_err("%s: violation (%s): %s\n", name, violation_names[kind], text);
	if (watch->test)
		kunit_set_failure(watch->test);
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

void umlab_watch_missing(struct umlab_slot *slot, struct kunit *test)
{
	const struct umlab_watch *watch = &slot->watch;
	unsigned int kind;

	for (kind = 0; kind < UMLAB_VIOLATIONS; kind++) {
		if (watch->seen[kind] < watch->expected[kind])
			KUNIT_FAIL(test,
				   "%02x.%x (%s): %u violations (%s) were expected, %u came",
				   PCI_SLOT(slot->devfn),
				   PCI_FUNC(slot->devfn), slot->model.name,
				   watch->expected[kind],
				   violation_names[kind], watch->seen[kind]);
	}
}
