// SPDX-License-Identifier: GPL-2.0-only
/*
 * The journal: the ring, assertions on it, and how it reads
 */

#include <kunit/test.h>
#include <linux/minmax.h>
#include <linux/pci.h>

#include "slot.h"

struct umlab_event umlab_journal[UMLAB_JOURNAL_SIZE];
u64 umlab_journal_next;

static const char *const journal_words[] = {
	[UMLAB_CONFIG_READ] = "config read",
	[UMLAB_CONFIG_WRITE] = "config write",
	[UMLAB_READ] = "read",
	[UMLAB_WRITE] = "write",
	[UMLAB_IRQ_RAISE] = "raise vector",
	[UMLAB_IRQ_LOWER] = "lower vector",
	[UMLAB_IRQ_PEND] = "pend vector",
	[UMLAB_IRQ_SEND] = "send vector",
	[UMLAB_IRQ_LOST] = "lose vector",
	[UMLAB_IRQ_DELIVER] = "deliver",
	[UMLAB_DMA_READ] = "DMA read",
	[UMLAB_DMA_WRITE] = "DMA write",
	[UMLAB_IOMMU_FAULT] = "IOMMU fault",
	[UMLAB_MAP] = "map",
	[UMLAB_MAP_FAILED] = "map failed",
	[UMLAB_UNMAP] = "unmap",
	[UMLAB_ALLOC] = "allocate",
	[UMLAB_ALLOC_FAILED] = "allocate failed",
	[UMLAB_FREE] = "free",
	[UMLAB_SYNC_CPU] = "sync for the CPU",
	[UMLAB_SYNC_DEVICE] = "sync for the device",
	[UMLAB_RESET] = "reset",
	[UMLAB_WORK] = "work",
	[UMLAB_PLUG] = "plug",
	[UMLAB_FOUND] = "found",
	[UMLAB_VANISH] = "vanish",
	[UMLAB_UNPLUG] = "unplug",
	[UMLAB_VIOLATED] = "violation",
};

static const char *const journal_resets[] = {
	[UMLAB_RESET_POWER] = "power",
	[UMLAB_RESET_FLR] = "FLR",
	[UMLAB_RESET_D3] = "D3hot to D0",
};

u64 umlab_journal_now(void)
{
	return umlab_journal_next;
}

static const struct umlab_event *journal_event(u64 seq)
{
	return &umlab_journal[seq % UMLAB_JOURNAL_SIZE];
}

static u64 journal_oldest(void)
{
	return umlab_journal_next - min_t(u64, umlab_journal_next,
					  UMLAB_JOURNAL_SIZE);
}

/* An event in words */
static void journal_describe(const struct umlab_event *event, char *buffer,
			     size_t size)
{
	const char *word = journal_words[event->kind];

	switch (event->kind) {
	case UMLAB_READ:
	case UMLAB_WRITE:
		scnprintf(buffer, size, "%s BAR %u +%#x, %u bytes: %#llx", word,
			  event->where, event->offset, event->size,
			  event->value);
		break;
	case UMLAB_CONFIG_READ:
	case UMLAB_CONFIG_WRITE:
		scnprintf(buffer, size, "%s %#x, %u bytes: %#llx", word,
			  event->offset, event->size, event->value);
		break;
	case UMLAB_DMA_READ:
	case UMLAB_DMA_WRITE:
	case UMLAB_IOMMU_FAULT:
		scnprintf(buffer, size, "%s %#llx, %u bytes%s", word,
			  event->value, event->size,
			  event->where ? ": failed" : "");
		break;
	case UMLAB_MAP:
	case UMLAB_MAP_FAILED:
	case UMLAB_UNMAP:
	case UMLAB_ALLOC:
	case UMLAB_ALLOC_FAILED:
	case UMLAB_FREE:
	case UMLAB_SYNC_CPU:
	case UMLAB_SYNC_DEVICE:
		scnprintf(buffer, size, "%s %#llx, %u bytes, %s", word,
			  event->value, event->size,
			  umlab_direction_name(event->offset));
		break;
	case UMLAB_WORK:
	case UMLAB_PLUG:
	case UMLAB_FOUND:
	case UMLAB_VANISH:
	case UMLAB_UNPLUG:
		scnprintf(buffer, size, "%s", word);
		break;
	case UMLAB_RESET:
		scnprintf(buffer, size, "%s: %s", word,
			  journal_resets[event->offset]);
		break;
	case UMLAB_VIOLATED:
		scnprintf(buffer, size, "%s: %s", word,
			  umlab_violation_name(event->offset));
		break;
	default:
		scnprintf(buffer, size, "%s %u", word, event->offset);
		break;
	}
}

static bool journal_matches(const struct umlab_event *event,
			    const struct umlab_event *pattern)
{
	return event->kind == pattern->kind && event->where == pattern->where &&
	       (pattern->any & UMLAB_ANY_OFFSET ||
		event->offset == pattern->offset) &&
	       (pattern->any & UMLAB_ANY_SIZE ||
		event->size == pattern->size) &&
	       (pattern->any & UMLAB_ANY_VALUE ||
		event->value == pattern->value);
}

unsigned int umlab_journal_count(const struct umlab_slot *slot, u64 since,
				 struct umlab_event pattern)
{
	u16 devfn = slot ? slot->devfn : UMLAB_NO_FUNCTION;
	unsigned int count = 0;
	u64 seq;

	for (seq = max(since, journal_oldest()); seq < umlab_journal_next;
	     seq++) {
		const struct umlab_event *event = journal_event(seq);

		count += event->devfn == devfn &&
			 journal_matches(event, &pattern);
	}
	return count;
}

void umlab_expect_order(struct kunit *test, const struct umlab_slot *slot,
			u64 since, const struct umlab_event *patterns,
			unsigned int count, const char *where)
{
	unsigned int found = 0;
	char text[80];
	u64 seq;

	if (since < journal_oldest()) {
		KUNIT_FAIL(test, "the journal has lost %llu of the events since then: it holds %u",
			   journal_oldest() - since, UMLAB_JOURNAL_SIZE);
		return;
	}
	for (seq = since; found < count && seq < umlab_journal_next; seq++) {
		const struct umlab_event *event = journal_event(seq);

		found += event->devfn == slot->devfn &&
			 journal_matches(event, &patterns[found]);
	}
	if (found == count)
		return;
	journal_describe(&patterns[found], text, sizeof(text));
	KUNIT_FAIL(test, "%s: the journal has no \"%s\" after the %u events before it",
		   where, text, found);
	umlab_journal_print(test, since, 32);
}

static bool journal_is_config(const struct umlab_event *event)
{
	return event->kind == UMLAB_CONFIG_READ ||
	       event->kind == UMLAB_CONFIG_WRITE;
}

void umlab_journal_print(struct kunit *test, u64 since, unsigned int max)
{
	u64 first = max(since, journal_oldest());
	u64 seq = umlab_journal_next;
	unsigned int count = 0;
	char text[80];

	/* Config space is what the PCI core looks at, over and over. */
	while (seq > first && count < max)
		count += !journal_is_config(journal_event(--seq));
	kunit_warn(test, "journal, the last %u events but for config space:",
		   count);
	for (; seq < umlab_journal_next; seq++) {
		const struct umlab_event *event = journal_event(seq);

		if (journal_is_config(event))
			continue;
		journal_describe(event, text, sizeof(text));
		if (event->devfn == UMLAB_NO_FUNCTION)
			kunit_warn(test, "%6llu        %s", seq, text);
		else
			kunit_warn(test, "%6llu  %02x.%x  %s", seq,
				   PCI_SLOT(event->devfn),
				   PCI_FUNC(event->devfn), text);
	}
}
