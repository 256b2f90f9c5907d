// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: the registers of the board
 *
 * A board that is gone reads as all-ones, which is never taken for an answer.
 */

#include <linux/bitfield.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/pci.h>

#include "dad.h"

#define DAD_GONE_VALUE	(~0U)

/* Which vector is which, with two of them: errors come with the requests */
#define DAD_TWO_VECTORS							\
	((0 << DAD_VECTOR_QUEUE(DAD_REQUESTS)) |			\
	 (1 << DAD_VECTOR_QUEUE(DAD_STREAM)) | (0 << DAD_VECTOR_ERROR))

/**
 * dad_hw_read() - read a register
 * @dad: the board
 * @reg: which
 */
u32 dad_hw_read(struct dad *dad, unsigned int reg)
{
	return readl(dad->regs + reg);
}

/**
 * dad_hw_write() - write a register
 * @dad: the board
 * @reg: which
 * @value: what
 */
void dad_hw_write(struct dad *dad, unsigned int reg, u32 value)
{
	writel(value, dad->regs + reg);
}

/**
 * dad_hw_identify() - look whether this is a board, and how much memory it has
 * @dad: the board
 *
 * Return: 0, or -ENODEV.
 */
int dad_hw_identify(struct dad *dad)
{
	struct device *dev = &dad->pdev->dev;
	u32 id = dad_hw_read(dad, DAD_ID);
	u32 size = dad_hw_read(dad, DAD_MEMORY_SIZE);

	if (id != DAD_MAGIC)
		return dev_err_probe(dev, -ENODEV,
				     "the ID register has %#x, not %#x\n", id,
				     DAD_MAGIC);
	if (size < DAD_MEMORY_MIN || size > DAD_MEMORY_MAX ||
	    size % DAD_WINDOW_SIZE)
		return dev_err_probe(dev, -ENODEV,
				     "%#x bytes of memory cannot be\n", size);
	if (dad->limits->dma_bits &&
	    pci_resource_len(dad->pdev, DAD_BAR_MEMORY) < size)
		return dev_err_probe(dev, -ENODEV,
				     "BAR %d is shorter than %#x bytes\n",
				     DAD_BAR_MEMORY, size);
	dad->memory_size = size;
	return 0;
}

/* The status; all-ones if the board is gone, which its config space can tell. */
static u32 hw_status(struct dad *dad)
{
	u32 status = dad_hw_read(dad, DAD_STATUS);

	if (status == DAD_GONE_VALUE && pci_device_is_present(dad->pdev))
		return 0;
	return status;
}

/* Wait until the board is ready after a reset, of whatever kind. */
static int hw_wait(struct dad *dad)
{
	u32 status;
	int ret;

	ret = read_poll_timeout(hw_status, status, status & DAD_STATUS_READY,
				100, DAD_PATIENCE_US, false, dad);
	return status == DAD_GONE_VALUE ? -ENODEV : ret;
}

/*
 * Wait until the board is ready, and look whether it was reset: it may have been ready
 * before as well.
 */
static int hw_wait_reset(struct dad *dad)
{
	int ret = hw_wait(dad);

	/* Without bus mastering there is nothing to be looked at. */
	if (ret || !dad->limits->dma_bits)
		return ret;
	if (dad_hw_read(dad, DAD_INT_ENABLE) ||
	    dad_hw_read(dad, DAD_Q(DAD_REQUESTS) + DAD_Q_CONTROL) ||
	    dad_hw_read(dad, DAD_Q(DAD_STREAM) + DAD_Q_CONTROL))
		return -EIO;
	return 0;
}

/**
 * dad_hw_quiet() - have the board not interrupt any more
 * @dad: the board; if it is in reset, it does not anyway
 */
void dad_hw_quiet(struct dad *dad)
{
	if (hw_wait(dad))
		return;
	dad_hw_write(dad, DAD_INT_ENABLE, 0);
	/* The write has arrived when this is answered. */
	dad_hw_read(dad, DAD_INT_ENABLE);
}

/* Reset it by its register. */
static int hw_reset(struct dad *dad)
{
	int ret = hw_wait(dad);

	if (ret)
		return ret;
	dad_hw_write(dad, DAD_CONTROL, DAD_CONTROL_RESET);
	return hw_wait_reset(dad);
}

/*
 * Reset it by its PCI Express capability. Bus mastering is off in between, and what the PCI
 * core has set up is there again afterwards.
 */
static int hw_flr(struct dad *dad)
{
	struct pci_dev *pdev = dad->pdev;
	int ret;

	if (!pci_device_is_present(pdev))
		return -ENODEV;
	ret = pci_save_state(pdev);
	if (ret)
		return ret;
	pci_clear_master(pdev);
	ret = pcie_reset_flr(pdev, PCI_RESET_DO_RESET);
	pci_restore_state(pdev);
	return ret ? ret : hw_wait_reset(dad);
}

/**
 * dad_hw_reset() - have the board in the state after reset
 * @dad: the board; nobody else looks at it
 *
 * Whatever comes of it, the board does not touch memory any more: it has forgotten its
 * requests, or it is no bus master.
 *
 * Context: may sleep.
 * Return: 0 if it is ready; -ENODEV if it is gone, -ETIMEDOUT if it does
 * not become ready, or another error.
 */
int dad_hw_reset(struct dad *dad)
{
	struct device *dev = &dad->pdev->dev;
	int ret = hw_reset(dad);

	if (ret && ret != -ENODEV) {
		dev_warn(dev, "reset by register: %pe\n", ERR_PTR(ret));
		ret = hw_flr(dad);
		if (ret)
			dev_err(dev, "function-level reset: %pe\n",
				ERR_PTR(ret));
	}
	if (ret) {
		pci_clear_master(dad->pdev);
		/* It may hold a line that others share. */
		pci_intx(dad->pdev, 0);
	} else if (!pci_dev_msi_enabled(dad->pdev)) {
		pci_intx(dad->pdev, 1);
	}
	return ret;
}

/**
 * dad_hw_start() - have a board that was reset take requests
 * @dad: the board; with DMA
 *
 * Context: dad.control held.
 */
void dad_hw_start(struct dad *dad)
{
	lockdep_assert_held(&dad->control);

	dad_hw_write(dad, DAD_VECTORS,
		     dad->vector_count > 1 ? DAD_TWO_VECTORS : 0);
	dad_hw_coalesce(dad);
	guard(spinlock)(&dad->lock);
	dad_queue_enable(dad, DAD_REQUESTS);
}

/**
 * dad_hw_loud() - have the board interrupt
 * @dad: the board
 *
 * Not for overruns, of which a fast converter without blocks has enough to keep a CPU busy.
 */
void dad_hw_loud(struct dad *dad)
{
	dad_hw_write(dad, DAD_INT_ENABLE, DAD_CAUSES);
}

/**
 * dad_hw_coalesce() - tell the board how many completions are an interrupt
 * @dad: the board
 *
 * Context: dad.control held.
 */
void dad_hw_coalesce(struct dad *dad)
{
	lockdep_assert_held(&dad->control);

	dad_hw_write(dad, DAD_COALESCE,
		     FIELD_PREP(DAD_COALESCE_COUNT, dad->coalesce_count) |
		     FIELD_PREP(DAD_COALESCE_US, dad->coalesce_us));
}
