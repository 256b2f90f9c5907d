/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The ioctls of scullp and scullv, as in "Linux Device Drivers"
 *
 * A device has two parameters: the order, a quantum of memory being PAGE_SIZE
 * << order bytes, and the qset, how many quanta hang on one list item. They
 * are kept for the device's next life: what is stored keeps its layout, and
 * the new values hold from the next trim (an open for writing only) on.
 *
 * S means "Set" through a pointer, T means "Tell" by value, G means "Get"
 * through a pointer, Q means "Query" by return value, X means "eXchange"
 * through a pointer (G and S at once), H means "sHift" by value (T and Q).
 *
 * S, T, X, H and RESET need CAP_SYS_ADMIN (else -EPERM), a value outside its
 * limits is -EINVAL, a bad pointer -EFAULT, and any error changes nothing.
 */
#ifndef _SCULL_IOCTL_H
#define _SCULL_IOCTL_H

#include <linux/ioctl.h>

#define SCULL_IOC_MAGIC		'K'

/* Both parameters back to what they were when the module was loaded */
#define SCULL_IOCRESET		_IO(SCULL_IOC_MAGIC, 0)

#define SCULL_IOCSORDER		_IOW(SCULL_IOC_MAGIC, 1, int)
#define SCULL_IOCTORDER		_IO(SCULL_IOC_MAGIC, 2)
#define SCULL_IOCGORDER		_IOR(SCULL_IOC_MAGIC, 3, int)
#define SCULL_IOCQORDER		_IO(SCULL_IOC_MAGIC, 4)
#define SCULL_IOCXORDER		_IOWR(SCULL_IOC_MAGIC, 5, int)
#define SCULL_IOCHORDER		_IO(SCULL_IOC_MAGIC, 6)

#define SCULL_IOCSQSET		_IOW(SCULL_IOC_MAGIC, 7, int)
#define SCULL_IOCTQSET		_IO(SCULL_IOC_MAGIC, 8)
#define SCULL_IOCGQSET		_IOR(SCULL_IOC_MAGIC, 9, int)
#define SCULL_IOCQQSET		_IO(SCULL_IOC_MAGIC, 10)
#define SCULL_IOCXQSET		_IOWR(SCULL_IOC_MAGIC, 11, int)
#define SCULL_IOCHQSET		_IO(SCULL_IOC_MAGIC, 12)

/* Limits, inclusive */
#define SCULL_ORDER_MAX		8
#define SCULL_QSET_MAX		65536

#endif /* _SCULL_IOCTL_H */
