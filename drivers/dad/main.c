// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: the PCI driver, and the life of struct dad
 */

#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/slab.h>

#include "dad.h"

#define DAD_MINORS		256
#define DAD_TIMEOUT_MS		2000
#define DAD_COALESCE_US_DEFAULT	100

static dev_t dad_devt;
static DEFINE_IDA(dad_ids);

static const struct class dad_class = {
	.name = "dad",
	.dev_groups = dad_groups,
};

static const struct dad_limits dad_revisions[] = {
	{ DAD_REV_P },
	{ DAD_REV_A, 24, SZ_4K, SZ_64K - 1 },
	{ DAD_REV_B, 32, SZ_64K, SZ_64K - 1 },
	{ DAD_REV_C, 64, SZ_1M, DMA_BIT_MASK(32) },
};

/**
 * dad_enter() - use the board
 * @dad: the board
 * @idx: for dad_exit()
 *
 * Return: false if it is gone; true: it stays until dad_exit().
 */
bool dad_enter(struct dad *dad, int *idx)
{
	*idx = srcu_read_lock(&dad->srcu);
	if (READ_ONCE(dad->state) != DAD_GONE)
		return true;
	srcu_read_unlock(&dad->srcu, *idx);
	return false;
}

/**
 * dad_exit() - undo dad_enter()
 * @dad: the board
 * @idx: from there
 */
void dad_exit(struct dad *dad, int idx)
{
	srcu_read_unlock(&dad->srcu, idx);
}

static void dad_release(struct device *dev)
{
	struct dad *dad = container_of(dev, struct dad, dev);

	ida_free(&dad_ids, dad->id);
	cleanup_srcu_struct(&dad->srcu);
	kfree(dad);
}

static const struct dad_limits *dad_find_limits(const struct pci_dev *pdev)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(dad_revisions); i++)
		if (dad_revisions[i].revision == pdev->revision)
			return &dad_revisions[i];
	return NULL;
}

/* Returns a board that is known to nobody, for put_device(), or an ERR_PTR. */
static struct dad *dad_alloc(struct pci_dev *pdev)
{
	struct dad *dad = kzalloc(sizeof(*dad), GFP_KERNEL);
	int ret = -ENOMEM;

	if (!dad)
		return ERR_PTR(-ENOMEM);
	if (init_srcu_struct(&dad->srcu))
		goto err_free;
	dad->id = ida_alloc_max(&dad_ids, DAD_MINORS - 1, GFP_KERNEL);
	if (dad->id < 0) {
		ret = dad->id;
		goto err_srcu;
	}
	device_initialize(&dad->dev);
	dad->dev.class = &dad_class;
	dad->dev.parent = &pdev->dev;
	dad->dev.release = dad_release;
	dad->dev.devt = MKDEV(MAJOR(dad_devt), dad->id);
	cdev_init(&dad->cdev, &dad_fops);
	dad->cdev.owner = THIS_MODULE;

	dad->pdev = pdev;
	dad->timeout_ms = DAD_TIMEOUT_MS;
	dad->coalesce_us = DAD_COALESCE_US_DEFAULT;
	dad->state = DAD_STOPPED;
	mutex_init(&dad->control);
	mutex_init(&dad->files_lock);
	spin_lock_init(&dad->lock);
	init_waitqueue_head(&dad->wait);
	INIT_LIST_HEAD(&dad->files);
	dad_requests_init(dad);
	dad_recover_init(dad);
	return dad;

err_srcu:
	cleanup_srcu_struct(&dad->srcu);
err_free:
	kfree(dad);
	return ERR_PTR(ret);
}

/* Have the board, in reset, and its registers. */
static int dad_map(struct dad *dad)
{
	struct pci_dev *pdev = dad->pdev;
	struct device *dev = &pdev->dev;
	int ret;

	ret = pcim_enable_device(pdev);
	if (ret)
		return dev_err_probe(dev, ret, "cannot be enabled\n");
	if (pci_resource_len(pdev, DAD_BAR_REGS) < DAD_BAR_REGS_SIZE)
		return dev_err_probe(dev, -ENODEV, "BAR %d is too short\n",
				     DAD_BAR_REGS);
	dad->regs = pcim_iomap_region(pdev, DAD_BAR_REGS, "dad");
	if (IS_ERR(dad->regs))
		return dev_err_probe(dev, PTR_ERR(dad->regs), "BAR %d\n",
				     DAD_BAR_REGS);
	ret = dad_hw_identify(dad);
	if (ret)
		return ret;
	if (dad->limits->dma_bits) {
		ret = pcim_request_region(pdev, DAD_BAR_MEMORY, "dad");
		if (ret)
			return dev_err_probe(dev, ret, "BAR %d\n",
					     DAD_BAR_MEMORY);
	}
	/* Whoever had it before may have left it running, or stuck. */
	ret = dad_hw_reset(dad);
	if (ret)
		return dev_err_probe(dev, ret, "does not become ready\n");
	return 0;
}

static int dad_start(struct dad *dad)
{
	struct device *dev = &dad->pdev->dev;
	int ret;

	ret = dev_set_name(&dad->dev, "dad%d", dad->id);
	if (ret)
		return ret;
	ret = dad_unpark(dad);
	if (ret)
		return dev_err_probe(dev, ret, "does not start\n");
	dad_debug_init(dad);
	/* From here on there are users. */
	ret = cdev_device_add(&dad->cdev, &dad->dev);
	if (ret) {
		dad_debug_exit(dad);
		dad_quit(dad);
		/* It may have been there for a moment. */
		dad_mmap_revoke(dad);
		return dev_err_probe(dev, ret, "cannot register the node\n");
	}
	return 0;
}

static int dad_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	const struct dad_limits *limits = dad_find_limits(pdev);
	struct dad *dad;
	int ret;

	if (!limits)
		return dev_err_probe(&pdev->dev, -ENODEV,
				     "revision %#x is not known\n",
				     pdev->revision);
	dad = dad_alloc(pdev);
	if (IS_ERR(dad))
		return PTR_ERR(dad);
	dad->limits = limits;
	pci_set_drvdata(pdev, dad);

	ret = dad_map(dad);
	if (ret)
		goto err_put;
	ret = dad_dma_init(dad);
	if (ret)
		goto err_put;
	if (dad->dma_bits) {
		ret = dad_irq_init(dad);
		if (ret)
			goto err_dma;
	}
	ret = dad_start(dad);
	if (ret)
		goto err_irq;
	dev_dbg(&pdev->dev, "%s: revision %#x, %zu KiB, DMA with %u bits\n",
		dev_name(&dad->dev), limits->revision,
		dad->memory_size / SZ_1K, dad->dma_bits);
	return 0;

err_irq:
	if (dad->dma_bits)
		dad_irq_exit(dad);
err_dma:
	dad_dma_exit(dad);
err_put:
	put_device(&dad->dev);
	return ret;
}

static void dad_remove(struct pci_dev *pdev)
{
	struct dad *dad = pci_get_drvdata(pdev);

	/* No new file, then nobody in an old one, then nothing that they mapped. */
	cdev_device_del(&dad->cdev, &dad->dev);
	dad_debug_exit(dad);
	dad_quit(dad);
	dad_mmap_revoke(dad);
	if (dad->dma_bits)
		dad_irq_exit(dad);
	dad_dma_exit(dad);
	put_device(&dad->dev);
}

/* Another kernel is to start, and must not find the board writing to memory. */
static void dad_shutdown(struct pci_dev *pdev)
{
	struct dad *dad = pci_get_drvdata(pdev);

	dad_park(dad, false);
	pci_clear_master(pdev);
}

static int dad_suspend(struct device *dev)
{
	dad_park(dev_get_drvdata(dev), true);
	return 0;
}

static int dad_resume(struct device *dev)
{
	return dad_unpark(dev_get_drvdata(dev));
}

static DEFINE_SIMPLE_DEV_PM_OPS(dad_pm_ops, dad_suspend, dad_resume);

static void dad_reset_prepare(struct pci_dev *pdev)
{
	dad_park(pci_get_drvdata(pdev), false);
}

static void dad_reset_done(struct pci_dev *pdev)
{
	dad_unpark(pci_get_drvdata(pdev));
}

static const struct pci_error_handlers dad_err_handler = {
	.reset_prepare	= dad_reset_prepare,
	.reset_done	= dad_reset_done,
};

static const struct pci_device_id dad_id_table[] = {
	{ PCI_DEVICE(DAD_VENDOR, DAD_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, dad_id_table);

static struct pci_driver dad_driver = {
	.name		= "dad",
	.id_table	= dad_id_table,
	.probe		= dad_probe,
	.remove		= dad_remove,
	.shutdown	= dad_shutdown,
	.err_handler	= &dad_err_handler,
	.driver.pm	= pm_sleep_ptr(&dad_pm_ops),
};

static int __init dad_init(void)
{
	int ret;

	ret = alloc_chrdev_region(&dad_devt, 0, DAD_MINORS, "dad");
	if (ret)
		return ret;
	ret = class_register(&dad_class);
	if (ret)
		goto err_region;
	dad_debug_root_init();
	ret = pci_register_driver(&dad_driver);
	if (ret)
		goto err_class;
	return 0;

err_class:
	dad_debug_root_exit();
	class_unregister(&dad_class);
err_region:
	unregister_chrdev_region(dad_devt, DAD_MINORS);
	return ret;
}
module_init(dad_init);

static void __exit dad_exit_module(void)
{
	pci_unregister_driver(&dad_driver);
	dad_debug_root_exit();
	class_unregister(&dad_class);
	unregister_chrdev_region(dad_devt, DAD_MINORS);
	ida_destroy(&dad_ids);
}
module_exit(dad_exit_module);

MODULE_DESCRIPTION("dad data acquisition board");
MODULE_LICENSE("GPL");
