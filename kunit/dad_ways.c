// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways in which the suites of dad plug a board in: each pair of two things is there
 */

#include <kunit/test.h>
#include <linux/string.h>

#include "lib/dad.h"

static const u8 ways_revisions[] = { DAD_REV_P, DAD_REV_A, DAD_REV_B, DAD_REV_C };

#define WAYS_KINDS	3	/* of interrupts, and of completions */

/**
 * struct ways_pairs - which pairs there are, by bits of the second
 * @topologies: by revision
 * @irqs: by revision
 * @completions: by revision
 * @topology_irqs: by topology
 * @topology_completions: by topology
 * @irq_completions: by kind of interrupt
 */
struct ways_pairs {
	unsigned int topologies[ARRAY_SIZE(ways_revisions)];
	unsigned int irqs[ARRAY_SIZE(ways_revisions)];
	unsigned int completions[ARRAY_SIZE(ways_revisions)];
	unsigned int topology_irqs[UMLAB_TOPOLOGIES];
	unsigned int topology_completions[UMLAB_TOPOLOGIES];
	unsigned int irq_completions[WAYS_KINDS];
};

static unsigned int ways_revision(const struct lab_dad_way *way)
{
	unsigned int i = 0;

	while (ways_revisions[i] != way->revision)
		i++;
	return i;
}

static void ways_note(struct ways_pairs *pairs, const struct lab_dad_way *way)
{
	unsigned int revision = ways_revision(way);
	unsigned int topology = way->topology - umlab_topologies;

	pairs->topologies[revision] |= BIT(topology);
	if (!way->irqs)
		return;
	pairs->irqs[revision] |= way->irqs;
	pairs->completions[revision] |= BIT(way->completion);
	pairs->topology_irqs[topology] |= way->irqs;
	pairs->topology_completions[topology] |= BIT(way->completion);
	pairs->irq_completions[ilog2(way->irqs)] |= BIT(way->completion);
}

static unsigned int ways_collect(struct ways_pairs *pairs,
				 const void *(*next)(const void *, char *))
{
	char desc[KUNIT_PARAM_DESC_SIZE];
	const void *way = NULL;
	unsigned int count = 0;

	memset(pairs, 0, sizeof(*pairs));
	while ((way = next(way, desc))) {
		ways_note(pairs, way);
		count++;
	}
	return count;
}

static void ways_expect(struct kunit *test, const char *what,
			const unsigned int *sets, unsigned int count,
			unsigned int want)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		KUNIT_EXPECT_EQ_MSG(test, sets[i], want, "%s of %u", what, i);
}

/* Each revision is in each topology, with DMA or without. */
static void ways_all(struct kunit *test)
{
	struct ways_pairs pairs;

	KUNIT_EXPECT_EQ(test, ways_collect(&pairs, lab_dad_gen_params), 52);
	ways_expect(test, "topologies", pairs.topologies,
		    ARRAY_SIZE(ways_revisions), GENMASK(UMLAB_TOPOLOGIES - 1, 0));
}

/*
 * With DMA: all pairs but those in which there is none. (P has none at all, so the first
 * revision is left out.)
 */
static void ways_dma(struct kunit *test)
{
	const unsigned int all = GENMASK(WAYS_KINDS - 1, 0);
	struct ways_pairs pairs;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, ways_collect(&pairs, lab_dad_gen_dma_params), 36);
	for (i = 0; i < ARRAY_SIZE(ways_revisions); i++) {
		unsigned int want = 0, topology;

		for (topology = 0; topology < UMLAB_TOPOLOGIES; topology++)
			if (lab_dad_way_dma(ways_revisions[i],
					    &umlab_topologies[topology]))
				want |= BIT(topology);
		KUNIT_EXPECT_EQ(test, pairs.topologies[i], want);
	}
	ways_expect(test, "interrupts of revision", pairs.irqs + 1,
		    ARRAY_SIZE(ways_revisions) - 1, all);
	ways_expect(test, "completions of revision", pairs.completions + 1,
		    ARRAY_SIZE(ways_revisions) - 1, all);
	ways_expect(test, "interrupts of topology", pairs.topology_irqs,
		    UMLAB_TOPOLOGIES, all);
	ways_expect(test, "completions of topology", pairs.topology_completions,
		    UMLAB_TOPOLOGIES, all);
	ways_expect(test, "completions of interrupt", pairs.irq_completions,
		    WAYS_KINDS, all);
}

/* Some of them: each topology, and each revision with DMA and without. */
static void ways_few(struct kunit *test)
{
	struct ways_pairs pairs;
	unsigned int i, all = 0;

	KUNIT_EXPECT_EQ(test, 11,
			ways_collect(&pairs, lab_dad_gen_few_dma_params));
	for (i = 0; i < ARRAY_SIZE(ways_revisions); i++)
		all |= pairs.topologies[i];
	KUNIT_EXPECT_EQ(test, all, GENMASK(UMLAB_TOPOLOGIES - 1, 0));
	ways_collect(&pairs, lab_dad_gen_few_params);
	for (i = 0; i < ARRAY_SIZE(ways_revisions); i++)
		KUNIT_EXPECT_NE(test, pairs.topologies[i], 0);
}

/* A board is plugged in as the parameter says. */
static void ways_plug(struct kunit *test)
{
	const struct lab_dad_way *way = test->param_value;
	struct lab_dad dad = lab_dad_plug(test);

	KUNIT_EXPECT_EQ(test, dad.pdev->revision, way->revision);
	KUNIT_EXPECT_STREQ(test, umlab_topology(dad.slot)->name,
			   way->topology->name);
	KUNIT_EXPECT_EQ(test, !!dad.pdev->msi_enabled,
			dad.dma && way->irqs == UMLAB_IRQ_MSI);
	KUNIT_EXPECT_EQ(test, !!dad.pdev->msix_enabled,
			dad.dma && way->irqs == UMLAB_IRQ_MSIX);
	KUNIT_EXPECT_EQ(test, !!dad.pdev->is_busmaster, dad.dma);
}

static struct kunit_case ways_cases[] = {
	KUNIT_CASE(ways_all),
	KUNIT_CASE(ways_dma),
	KUNIT_CASE(ways_few),
	KUNIT_CASE_PARAM(ways_plug, lab_dad_gen_params),
	{}
};

static struct kunit_suite ways_suite = {
	.name		= "umlab_dad_ways",
	.test_cases	= ways_cases,
};

kunit_test_suite(ways_suite);
