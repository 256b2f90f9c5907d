/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that umlab is built for, 6.12 and later
 */
#ifndef _UMLAB_COMPAT_H
#define _UMLAB_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/mm_types.h>
#include <linux/sched.h>
#include <linux/version.h>

#include <os.h>

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

/* Have the process that runs now look at its signals, as um_timer() does */
static inline void umlab_interrupt_user(void)
{
	if (current->mm)
		os_alarm_process(current->mm->context.id.pid);
}

#endif /* _UMLAB_COMPAT_H */
