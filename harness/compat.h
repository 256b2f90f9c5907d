/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that umlab is built for, 6.12 and later
 */
#ifndef _UMLAB_COMPAT_H
#define _UMLAB_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/version.h>

/* virt-pci brings pci_root_bus_fwnode(); without it we do. */
#if IS_ENABLED(CONFIG_UML_PCI) || IS_ENABLED(CONFIG_UML_PCI_OVER_VIRTIO)
#define UMLAB_HAS_ROOT_BUS_FWNODE	1
#else
#define UMLAB_HAS_ROOT_BUS_FWNODE	0
#endif

/* hrtimer_setup() came with 6.13. */
static inline void
umlab_hrtimer_setup(struct hrtimer *timer,
		    enum hrtimer_restart (*fn)(struct hrtimer *timer))
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(timer, fn, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	timer->function = fn;
#endif
}

#endif /* _UMLAB_COMPAT_H */
