// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad boards that are plugged in, and their driver's nodes
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/mman.h>
#include <linux/pci.h>
#include <linux/poll.h>
#include <linux/string.h>

#include "dad.h"
#include "node.h"
#include "space.h"
#include "touch.h"

/* How long a board takes that completes with a delay */
#define DAD_DELAY_NS	50000

static const u8 dad_revisions[] = { DAD_REV_P, DAD_REV_A, DAD_REV_B, DAD_REV_C };

static const char *const dad_revision_names[] = { "P", "A", "B", "C" };

static const struct {
	const char *name;
	unsigned int kind;
} dad_irqs[] = {
	{ "intx", UMLAB_IRQ_INTX },
	{ "msi", UMLAB_IRQ_MSI },
	{ "msix", UMLAB_IRQ_MSIX },
};

static const struct {
	const char *name;
	enum umlab_completion completion;
} dad_completions[] = {
	{ "at_once", UMLAB_COMPLETE_AT_ONCE },
	{ "deferred", UMLAB_COMPLETE_DEFERRED },
	{ "delayed", UMLAB_COMPLETE_DELAYED },
};

/* Those with DMA are first. */
#define DAD_WAYS_MAX	64
static struct lab_dad_way dad_ways[DAD_WAYS_MAX];
static unsigned int dad_way_count, dad_dma_way_count;

bool lab_dad_way_dma(u8 revision, const struct umlab_topology *topology)
{
	switch (revision) {
	case DAD_REV_A:
		return topology->dma == UMLAB_DMA_IOMMU;
	case DAD_REV_B:
		return topology->dma != UMLAB_DMA_OFFSET;
	default:
		return revision == DAD_REV_C;
	}
}

/* C in each topology, and of the others the first and the last */
static bool dad_is_one_of_few(u8 revision, unsigned int topology,
			      unsigned int irq)
{
	return irq == topology % 3 &&
	       (revision == DAD_REV_C || !topology ||
		topology == UMLAB_DMA_OFFSET ||
		topology == UMLAB_TOPOLOGIES - 1);
}

static void dad_add_way(unsigned int revision, unsigned int topology,
			unsigned int irq, unsigned int completion)
{
	struct lab_dad_way *way = &dad_ways[dad_way_count++];

	way->few = dad_is_one_of_few(dad_revisions[revision], topology, irq);
	way->revision = dad_revisions[revision];
	way->topology = &umlab_topologies[topology];
	/* This one neither interrupts nor completes. */
	if (way->revision == DAD_REV_P) {
		snprintf(way->name, sizeof(way->name), "P,%s",
			 way->topology->name);
		return;
	}
	way->irqs = dad_irqs[irq].kind;
	way->completion = dad_completions[completion].completion;
	snprintf(way->name, sizeof(way->name), "%s,%s,%s,%s",
		 dad_revision_names[revision], way->topology->name,
		 dad_irqs[irq].name, dad_completions[completion].name);
}

/*
 * Three for each revision and topology, that is for each kind of interrupt one, with the
 * completions shifted by the topology: so each pair of any two things is there. Of those
 * where more would show nothing, one is enough.
 */
static void dad_add_ways(bool dma)
{
	unsigned int revision, topology, irq;

	for (revision = 0; revision < ARRAY_SIZE(dad_revisions); revision++) {
		for (topology = 0; topology < UMLAB_TOPOLOGIES; topology++) {
			u8 id = dad_revisions[revision];

			if (lab_dad_way_dma(id, &umlab_topologies[topology]) !=
			    dma)
				continue;
			for (irq = 0; irq < 3; irq++) {
				if ((!dma || id == DAD_REV_B) &&
				    irq != topology % 3)
					continue;
				dad_add_way(revision, topology, irq,
					    (irq + topology) % 3);
			}
		}
	}
}

static void dad_make_ways(void)
{
	if (dad_way_count)
		return;
	dad_add_ways(true);
	dad_dma_way_count = dad_way_count;
	dad_add_ways(false);
}

static const void *dad_next_way(const void *prev, char *desc,
				unsigned int count, bool few)
{
	const struct lab_dad_way *way = prev;

	way = way ? way + 1 : dad_ways;
	while (few && way < dad_ways + count && !way->few)
		way++;
	if (way == dad_ways + count)
		return NULL;
	strscpy(desc, way->name, KUNIT_PARAM_DESC_SIZE);
	return way;
}

const void *lab_dad_gen_params(const void *prev, char *desc)
{
	dad_make_ways();
	return dad_next_way(prev, desc, dad_way_count, false);
}

const void *lab_dad_gen_dma_params(const void *prev, char *desc)
{
	dad_make_ways();
	return dad_next_way(prev, desc, dad_dma_way_count, false);
}

const void *lab_dad_gen_few_params(const void *prev, char *desc)
{
	dad_make_ways();
	return dad_next_way(prev, desc, dad_way_count, true);
}

const void *lab_dad_gen_few_dma_params(const void *prev, char *desc)
{
	dad_make_ways();
	return dad_next_way(prev, desc, dad_dma_way_count, true);
}

static int dad_is_node(struct device *dev, void *data)
{
	return dev->class && !strcmp(dev->class->name, "dad");
}

static void dad_find_node(struct lab_dad *dad)
{
	struct device *dev = device_find_child(&dad->pdev->dev, NULL,
					       dad_is_node);

	KUNIT_ASSERT_NOT_NULL_MSG(dad->test, dev,
				  "the driver has not bound to %s",
				  pci_name(dad->pdev));
	strscpy(dad->node, dev_name(dev));
	put_device(dev);
}

struct lab_dad lab_dad_plug_as(struct kunit *test, u8 revision, u32 memory,
			       const struct umlab_options *options)
{
	struct umlab_model model = umlab_dad_model(revision, memory);
	struct lab_dad dad = { .test = test, .size = memory };

	dad.slot = umlab_plug(test, &model, options);
	dad.pdev = umlab_pdev(dad.slot);
	dad.memory = umlab_dad_memory(dad.slot);
	dad.dma = lab_dad_way_dma(revision, umlab_topology(dad.slot));
	dad_find_node(&dad);
	dad.begin = umlab_journal_now();
	return dad;
}

struct lab_dad lab_dad_plug(struct kunit *test)
{
	const struct lab_dad_way *way = test->param_value;
	struct umlab_options options = { .delay_ns = DAD_DELAY_NS };

	if (way < dad_ways || way >= dad_ways + dad_way_count)
		return lab_dad_plug_as(test, DAD_REV_C, LAB_DAD_MEMORY, NULL);
	options.topology = way->topology;
	options.irqs = way->irqs;
	options.completion = way->completion;
	return lab_dad_plug_as(test, way->revision, LAB_DAD_MEMORY, &options);
}

struct file *lab_dad_open(const struct lab_dad *dad, int flags)
{
	return lab_open(dad->test, dad->node, flags);
}

/* A permutation of all words: none comes twice. */
static u32 dad_word(u32 seed, u32 index)
{
	u32 word = (index + seed * 0x632be5abU) * 0x9e3779b1U;

	return word ^ word >> 15;
}

u8 lab_dad_byte(u32 seed, u64 pos)
{
	return dad_word(seed, pos / sizeof(u32)) >>
	       BITS_PER_BYTE * (pos % sizeof(u32));
}

static void dad_pattern(u8 *buffer, size_t len, u32 seed, u64 pos)
{
	size_t i = 0;

	for (; i < len && (pos + i) % sizeof(u32); i++)
		buffer[i] = lab_dad_byte(seed, pos + i);
	for (; i + sizeof(u32) <= len; i += sizeof(u32)) {
		__le32 word = cpu_to_le32(dad_word(seed, (pos + i) /
						   sizeof(u32)));

		memcpy(buffer + i, &word, sizeof(word));
	}
	for (; i < len; i++)
		buffer[i] = lab_dad_byte(seed, pos + i);
}

void lab_dad_fill(const struct lab_dad *dad, u32 seed)
{
	dad_pattern(dad->memory, dad->size, seed, 0);
}

/* Where a piece of a pattern is not what it should be; @len: nowhere */
static size_t dad_differs(const u8 *buffer, size_t len, u32 seed, u64 pos)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (buffer[i] != lab_dad_byte(seed, pos + i))
			break;
	return i;
}

/* A page to work with */
static u8 *dad_page(struct kunit *test)
{
	u8 *page = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	return page;
}

void lab_dad_expect_user(const struct lab_dad *dad, unsigned long addr,
			 size_t len, u32 seed, u64 pos)
{
	u8 *page = dad_page(dad->test);
	size_t done, part, bad;

	for (done = 0; done < len; done += part) {
		enum lab_access access;

		part = min_t(size_t, len - done, PAGE_SIZE);
		access = lab_load(addr + done, page, part);
		KUNIT_EXPECT_EQ_MSG(dad->test, access, LAB_OK,
				    "byte %zu: %s", done,
				    lab_access_name(access));
		if (access != LAB_OK)
			break;
		bad = dad_differs(page, part, seed, pos + done);
		KUNIT_EXPECT_EQ_MSG(dad->test, bad, part,
				    "user memory, byte %zu of %zu: %#x, expected %#x",
				    done + bad, len, page[bad % PAGE_SIZE],
				    lab_dad_byte(seed, pos + done + bad));
		if (bad != part)
			break;
	}
	kunit_kfree(dad->test, page);
}

void lab_dad_expect_board(const struct lab_dad *dad, u64 at, size_t len,
			  u32 seed, u64 pos)
{
	size_t bad;

	KUNIT_ASSERT_LE(dad->test, at + len, dad->size);
	bad = dad_differs(dad->memory + at, len, seed, pos);
	KUNIT_EXPECT_EQ_MSG(dad->test, bad, len,
			    "memory on the board from %#llx, byte %zu of %zu",
			    at, bad, len);
}

void lab_dad_put_user(struct kunit *test, unsigned long addr, size_t len,
		      u32 seed, u64 pos)
{
	u8 *page = dad_page(test);
	size_t done, part;

	for (done = 0; done < len; done += part) {
		part = min_t(size_t, len - done, PAGE_SIZE);
		dad_pattern(page, part, seed, pos + done);
		KUNIT_ASSERT_EQ(test, lab_store(addr + done, page, part),
				LAB_OK);
	}
	kunit_kfree(test, page);
}

ssize_t lab_dad_read(struct file *file, unsigned long addr, size_t len,
		     loff_t pos)
{
	return vfs_read(file, (char __user *)addr, len, &pos);
}

ssize_t lab_dad_write(struct file *file, unsigned long addr, size_t len,
		      loff_t pos)
{
	return vfs_write(file, (const char __user *)addr, len, &pos);
}

long lab_dad_ioctl(struct file *file, unsigned int cmd, void *arg)
{
	unsigned long addr = 0;
	long ret;

	if (arg) {
		addr = lab_mmap(NULL, 1, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, 0);
		if (IS_ERR_VALUE(addr))
			return addr;
		if (lab_store(addr, arg, _IOC_SIZE(cmd)) != LAB_OK)
			return -EFAULT;
	}
	ret = vfs_ioctl(file, cmd, addr);
	if (arg) {
		if (lab_load(addr, arg, _IOC_SIZE(cmd)) != LAB_OK)
			ret = -EFAULT;
		lab_munmap(addr, 1);
	}
	return ret;
}

unsigned int lab_dad_poll(struct file *file)
{
	return mangle_poll(vfs_poll(file, NULL));
}

static void dad_aio_complete(struct kiocb *iocb, long result)
{
	struct lab_dad_aio *aio = container_of(iocb, struct lab_dad_aio, iocb);

	aio->result = result;
	aio->calls++;
	complete(&aio->done);
}

ssize_t lab_dad_submit(struct file *file, struct lab_dad_aio *aio, bool write,
		       unsigned long addr, size_t len, loff_t pos)
{
	init_sync_kiocb(&aio->iocb, file);
	aio->iocb.ki_complete = dad_aio_complete;
	aio->iocb.ki_pos = pos;
	aio->result = 0;
	aio->calls = 0;
	init_completion(&aio->done);
	iov_iter_ubuf(&aio->iter, write ? ITER_SOURCE : ITER_DEST,
		      (void __user *)addr, len);
	return write ? file->f_op->write_iter(&aio->iocb, &aio->iter) :
		       file->f_op->read_iter(&aio->iocb, &aio->iter);
}

ssize_t lab_dad_wait(struct lab_dad_aio *aio)
{
	if (!wait_for_completion_timeout(&aio->done,
					 msecs_to_jiffies(LAB_DAD_LONG)))
		return -ETIME;
	return aio->result;
}

unsigned int lab_dad_mappings(const struct lab_dad *dad)
{
	return umlab_mappings(dad->slot) - umlab_pool_pages(dad->slot);
}

long lab_dad_counter(const struct lab_dad *dad, const char *name)
{
	char path[48];

	snprintf(path, sizeof(path), "dad/%s/%s", dad->node, name);
	return lab_number_read(dad->test, "debugfs", path);
}

const char *lab_dad_attr(const struct lab_dad *dad, const char *name)
{
	char *path = kunit_kmalloc(dad->test, PATH_MAX, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(dad->test, path);
	snprintf(path, PATH_MAX, "class/dad/%s/%s", dad->node, name);
	return path;
}

void lab_dad_expect_state(const struct lab_dad *dad, const char *state)
{
	char buffer[32];

	KUNIT_EXPECT_STREQ(dad->test,
			   lab_text_read(dad->test, "sysfs",
					 lab_dad_attr(dad, "state"), buffer,
					 sizeof(buffer)), state);
}
