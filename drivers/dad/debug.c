// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: counters in debugfs, a file each in dad/dadN
 */

#include <linux/debugfs.h>

#include "dad.h"

static struct dentry *debug_root;

static const char * const debug_names[DAD_COUNTERS] = {
	[DAD_COUNT_REQUESTS] = "requests",
	[DAD_COUNT_BYTES_READ] = "bytes_read",
	[DAD_COUNT_BYTES_WRITTEN] = "bytes_written",
	[DAD_COUNT_COPIES] = "copies",
	[DAD_COUNT_PAGES] = "pages",
	[DAD_COUNT_LISTS] = "lists",
	[DAD_COUNT_CHAINS] = "chains",
	[DAD_COUNT_PIO_BYTES] = "pio_bytes",
	[DAD_COUNT_INTERRUPTS] = "interrupts",
	[DAD_COUNT_SPURIOUS] = "spurious",
	[DAD_COUNT_LOST_INTERRUPTS] = "lost_interrupts",
	[DAD_COUNT_TIMEOUTS] = "timeouts",
	[DAD_COUNT_ABORTS] = "aborts",
	[DAD_COUNT_RESETS] = "resets",
	[DAD_COUNT_BAD_COMPLETIONS] = "bad_completions",
	[DAD_COUNT_MAP_RETRIES] = "map_retries",
	[DAD_COUNT_OVERRUNS] = "overruns",
};

static int debug_get(void *data, u64 *value)
{
	*value = atomic64_read(data);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(debug_fops, debug_get, NULL, "%llu\n");

/**
 * dad_debug_init() - show the counters of a board
 * @dad: the board; it has its name
 */
void dad_debug_init(struct dad *dad)
{
	unsigned int i;

	dad->debugfs = debugfs_create_dir(dev_name(&dad->dev), debug_root);
	for (i = 0; i < DAD_COUNTERS; i++)
		debugfs_create_file_unsafe(debug_names[i], 0444, dad->debugfs,
					   &dad->counters[i], &debug_fops);
}

/**
 * dad_debug_exit() - undo dad_debug_init()
 * @dad: the board
 */
void dad_debug_exit(struct dad *dad)
{
	debugfs_remove(dad->debugfs);
}

/**
 * dad_debug_root_init() - make the folder of all boards
 */
void dad_debug_root_init(void)
{
	debug_root = debugfs_create_dir("dad", NULL);
}

/**
 * dad_debug_root_exit() - undo dad_debug_root_init()
 */
void dad_debug_root_exit(void)
{
	debugfs_remove(debug_root);
}
