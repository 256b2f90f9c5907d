// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own checks of DMA, and what they say
 *
 * CONFIG_DMA_API_DEBUG follows what drivers do with the DMA API, and with
 * CONFIG_SLUB_DEBUG_ON so does the DMA pool with its blocks. What they find, they
 * print. So what is printed is listened to, and a line of theirs that names one of
 * our devices is a violation of that function. That one was not expected, can be said
 * only later, when the function is unplugged.
 */

#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <trace/events/printk.h>

#include "ledger.h"
#include "listen.h"

/* "DMA-API: lab 0000:10:00.0: device driver frees DMA memory ..." */
#define COMPLAINT_API		"DMA-API: "

/* The kernel's checks have no memory, and end for good. */
#define COMPLAINT_ENDS		"disabl"

/* "lab 0000:10:00.0: rejecting DMA map of vmalloc memory", as stacks are, too */
#define COMPLAINT_VMALLOC	"rejecting DMA map of vmalloc memory"

/* "lab 0000:10:00.0: pool_block_err name, dma 0x... already free" */
static const char *const complaint_pools[] = {
	"pool_block_err", "pool_check_block", "dma_pool_destroy",
};

/* The function that a line is about; -1: none of ours */
static int complaint_devfn(const char *line, size_t len)
{
	unsigned int device, function;
	char name[16], text[16];
	const char *at;

	snprintf(name, sizeof(name), "0000:%02x:", UMLAB_BUS);
	at = strnstr(line, name, len);
	if (!at)
		return -1;
	strscpy(text, at + strlen(name), sizeof(text));
	if (sscanf(text, "%2x.%1u", &device, &function) != 2)
		return -1;
	return PCI_DEVFN(device, function);
}

static bool complaint_is_pool(const char *line, size_t len)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(complaint_pools); i++) {
		if (strnstr(line, complaint_pools[i], len))
			return true;
	}
	return false;
}

/* A line is being printed, so nothing can be printed here. */
static void complaint_heard(void *unused, const char *line, size_t len)
{
	enum umlab_violation kind;
	int devfn;

	if (len > strlen(COMPLAINT_API) && str_has_prefix(line, COMPLAINT_API))
		kind = UMLAB_VIOLATION_DMA_API;
	else if (strnstr(line, COMPLAINT_VMALLOC, len))
		kind = UMLAB_VIOLATION_DMA_MEMORY;
	else if (complaint_is_pool(line, len))
		kind = UMLAB_VIOLATION_DMA_POOL;
	else
		return;
	devfn = complaint_devfn(line, len);
	if (devfn >= 0)
		umlab_slot_complaint(devfn, kind);
	else if (kind == UMLAB_VIOLATION_DMA_API &&
		 strnstr(line, COMPLAINT_ENDS, len))
		umlab_slot_mistrust();
}

int complaint_init(void)
{
	int err = register_trace_console(complaint_heard, NULL);
	u32 *all = umlab_debugfs("dma-api", "all_errors");

	/* By default it reports one error, and then is silent. */
	if (all)
		*all = 1;
	else /* "dma_debug=off", or without it */
		pr_notice("umlab: the kernel does not check the use of the DMA API\n");
	return err;
}
