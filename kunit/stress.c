// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that nobody wrote for this: Debian's fio and stress-ng, against the devices
 *
 * They are of the machine that UML runs on, found by hostfs. fio writes to a device and
 * verifies what it reads; stress-ng's device stressor opens, maps, seeks, polls and the
 * like with many threads at once; its memory stressors do to address spaces what they
 * can while a board is busy. Very slow cases: "make stress" runs them.
 */

#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <umlab/machine.h>
#include <umlab/user.h>

#include "lib/dad.h"
#include "lib/simple_dev.h"

/* Each may take its time, but not for ever: KUnit itself waits for five minutes. */
#define STRESS_MS	240000

#define STRESS_PAGES	64

/* The shell's exit code for what is not there */
#define STRESS_NOT_FOUND	127

/**
 * struct stress_run - a program, and what it is run against
 * @name: of the case
 * @topology: of the board that is there
 * @command: for the shell
 */
struct stress_run {
	const char *name;
	enum umlab_dma topology;
	const char *command;
};

/*
 * Write all of it at random, then read and verify it. (With reads among the writes fio
 * 3.33 finds errors in plain files, too.)
 */
#define STRESS_FIO(engine, device, size, more)				\
	"fio --name=umlab --filename=/dev/" device " --ioengine=" engine	\
	" --rw=randwrite --verify=crc32c --verify_fatal=1 --randseed=7"	\
	" --allow_file_create=0 --minimal --size=" size " " more

#define STRESS_DEV(device)						\
	"stress-ng --dev 2 --timeout 5 --dev-file /dev/" device

#define STRESS_MEMORY							\
	"stress-ng --timeout 15 --mmap 1 --mmap-bytes 4m --mmap-ops 20"	\
	" --mmapfork 1 --mmapfork-ops 2 --mmapmany 1 --mmapmany-ops 20"	\
	" --mremap 1 --mremap-bytes 4m --mremap-ops 50 --mlock 1"	\
	" --mlock-ops 50 --madvise 1 --madvise-ops 50"

static const struct stress_run stress_runs[] = {
	{ "fio_psync_dad", UMLAB_DMA_DIRECT,
	  STRESS_FIO("psync", "dad0", "1m", "--bs=512") },
	{ "fio_psync_dad_direct", UMLAB_DMA_IOMMU,
	  STRESS_FIO("psync", "dad0", "1m", "--bs=16k --direct=1") },
	{ "fio_psync_dad_two", UMLAB_DMA_BOUNCE,
	  STRESS_FIO("psync", "dad0", "512k", "--bs=64k") " & "
	  STRESS_FIO("psync", "dad0", "512k", "--bs=4k --offset=512k")
	  " && wait $!" },
	{ "fio_libaio_dad", UMLAB_DMA_IOMMU,
	  STRESS_FIO("libaio", "dad0", "1m", "--bs=4k --direct=1 --iodepth=8") },
	{ "fio_io_uring_dad", UMLAB_DMA_OFFSET,
	  STRESS_FIO("io_uring", "dad0", "1m",
		     "--bs=4k --direct=1 --iodepth=8") },
	{ "fio_mmap_dad", UMLAB_DMA_DIRECT,
	  STRESS_FIO("mmap", "dad0", "1m", "--bs=4k") },
	{ "fio_mmap_simple_remap", UMLAB_DMA_DIRECT,
	  STRESS_FIO("mmap", "simple0-remap", "256k", "--bs=4k") },
	{ "fio_mmap_simple_fault", UMLAB_DMA_DIRECT,
	  STRESS_FIO("mmap", "simple0-fault", "256k", "--bs=4k") },
	{ "fio_psync_scullp", UMLAB_DMA_DIRECT,
	  STRESS_FIO("psync", "scullp0", "1m", "--bs=4k") },
	{ "fio_mmap_scullp", UMLAB_DMA_DIRECT,
	  STRESS_FIO("mmap", "scullp0", "1m", "--bs=4k") },
	{ "fio_psync_scullv", UMLAB_DMA_DIRECT,
	  STRESS_FIO("psync", "scullv0", "1m", "--bs=16k") },
	{ "fio_mmap_scullv", UMLAB_DMA_DIRECT,
	  STRESS_FIO("mmap", "scullv0", "1m", "--bs=4k") },
	{ "stress_dev_dad", UMLAB_DMA_IOMMU, STRESS_DEV("dad0") },
	{ "stress_dev_simple_remap", UMLAB_DMA_DIRECT,
	  STRESS_DEV("simple0-remap") },
	{ "stress_dev_simple_fault", UMLAB_DMA_DIRECT,
	  STRESS_DEV("simple0-fault") },
	{ "stress_dev_scullp", UMLAB_DMA_DIRECT, STRESS_DEV("scullp0") },
	{ "stress_dev_scullv", UMLAB_DMA_DIRECT, STRESS_DEV("scullv0") },
	{ "stress_memory_dad", UMLAB_DMA_BOUNCE,
	  STRESS_MEMORY " & "
	  STRESS_FIO("psync", "dad0", "1m", "--bs=4k --direct=1")
	  " && wait $!" },
};

KUNIT_ARRAY_PARAM_DESC(stress_run, stress_runs, name);

static void stress_works(struct kunit *test)
{
	const struct stress_run *run = test->param_value;
	const char *const argv[] = { "/bin/sh", "-c", run->command, NULL };
	const struct umlab_options options = {
		.topology = &umlab_topologies[run->topology],
	};
	const struct umlab_program program = {
		.argv = argv,
		.host = true,
		.ms = STRESS_MS,
		.real_ms = STRESS_MS,
	};
	const struct umlab_end *end;

	lab_dad_plug_as(test, DAD_REV_C, SZ_1M, &options);
	lab_simple_plug(test, STRESS_PAGES);
	end = umlab_user_try(test, &program);
	KUNIT_EXPECT_NE_MSG(test, end->status, STRESS_NOT_FOUND << 8,
			    "it is not installed: \"make stress\" does that");
	KUNIT_EXPECT_EQ_MSG(test, end->outcome, UMLAB_PASSED, "%s", end->why);
}

static struct kunit_case stress_cases[] = {
	KUNIT_CASE_PARAM_ATTR(stress_works, stress_run_gen_params,
			      { .speed = KUNIT_SPEED_VERY_SLOW }),
	{}
};

static struct kunit_suite stress_suite = {
	.name		= "umlab_stress",
	.test_cases	= stress_cases,
};

kunit_test_suite(stress_suite);
