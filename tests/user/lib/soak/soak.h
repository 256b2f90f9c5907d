/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The soak: what its parts share
 *
 * Some workers, each a process with a row of files and of mappings, do one random operation
 * after the other. What an operation does, follows from its random numbers alone, so the
 * same seed gives the same operations; what comes of it may depend on the others.
 *
 * A worker has a scull device, a region of the board's memory and some pages of the
 * simple device to itself: there it knows what it must read. All else belongs to all.
 */
#ifndef _SOAK_H
#define _SOAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/types.h>
#include <sys/types.h>

#include <kselftest.h>

#include "lab.h"
#include "space.h"

#define SOAK_WORKERS	4	/* at most: a scull store has as many devices */
#define SOAK_DRAWS	6	/* random numbers of an operation */

/* The files of a worker, by what they are */
enum soak_slot {
	SOAK_SCULL_OWN,		/* two files of the device that it alone writes */
	SOAK_SCULL_OWN_TOO,
	SOAK_SCULL,		/* any other one */
	SOAK_DAD,
	SOAK_DAD_TOO,
	SOAK_RING,		/* a dad file that may have a ring */
	SOAK_REMAP,
	SOAK_FAULT,
	SOAK_SLOTS
};

/* The memory of a dad board: a region of each worker, and then what is everybody's */
#define SOAK_DAD_MEMORY	0x40000UL
#define SOAK_DAD_REGION	0x8000UL
#define SOAK_DAD_WILD	(SOAK_WORKERS * SOAK_DAD_REGION)

/* What is known of a worker's scull device: from its start on */
#define SOAK_SCULL_SPAN	0x10000UL
#define SOAK_SCULL_PAGES	(SOAK_SCULL_SPAN / LAB_PAGE)

#define SOAK_SIMPLE_PAGES	16	/* at most */
#define SOAK_SIMPLE_CYCLE	8	/* of so many pages, each worker has one */

#define SOAK_MAPS	8	/* mappings of a worker */
#define SOAK_MAP_PAGES	64	/* of which more is known than that it is there */
#define SOAK_ABSENT	0xff	/* instead of the page's protection */

/* A mapping's place: it is in the first half, mremap() may move it to the second one. */
#define SOAK_WINDOW	0x4000000UL
#define SOAK_MAPS_AT	0x200000000UL

/* The worker's own memory */
#define SOAK_MEMORY_AT	0x100000000UL
#define SOAK_MEMORY	0x40000UL
#define SOAK_ASYNC_AT	0x110000000UL

/**
 * struct soak_device - a device that is plugged in, for all to see
 * @name: its name
 * @life: even: it is there, and was not touched since; counts up at each change
 * @pages: of a simple device
 * @revision: of a dad board: 'P', 'A', 'B' or 'C'
 * @rough: requests may fail: it did not complete all of them
 */
struct soak_device {
	char name[LAB_NAME];
	unsigned int life;
	unsigned int pages;
	char revision;
	bool rough;
};

/**
 * struct soak_progress - how far a worker is, for all to see
 * @pid: the worker
 * @child: a child that runs beside it, which others may kill; 0: none
 * @done: operations
 * @failures: of its expectations
 * @operations: a hash of what it did
 * @results: a hash of what came of it
 */
struct soak_progress {
	pid_t pid;
	pid_t child;
	unsigned long done;
	unsigned long failures;
	__u64 operations;
	__u64 results;
};

/**
 * struct soak_shared - memory of all processes
 * @dad: the board
 * @simple: the simple device
 * @order: a hash of all operations and results, in the order in which they came
 * @workers: the workers
 */
struct soak_shared {
	struct soak_device dad;
	struct soak_device simple;
	__u64 order;
	struct soak_progress workers[SOAK_WORKERS];
};

/**
 * struct soak_file - an open file
 * @fd: the file, or -1
 * @flags: as it was opened
 * @device: of scull: which
 * @life: of a device that comes and goes: which life; odd: not known
 * @ring: bytes of its ring; 0: it has none
 */
struct soak_file {
	int fd;
	int flags;
	unsigned int device;
	unsigned int life;
	size_t ring;
};

/**
 * struct soak_map - a mapping
 * @at: where; NULL: there is none
 * @pages: how many
 * @slot: of which file
 * @device: as of the file
 * @life: as of the file
 * @offset: in the device, in bytes
 * @shared: it is MAP_SHARED
 * @prot: of its first pages
 */
struct soak_map {
	unsigned char *at;
	size_t pages;
	enum soak_slot slot;
	unsigned int device;
	unsigned int life;
	__u64 offset;
	bool shared;
	unsigned char prot[SOAK_MAP_PAGES];
};

/**
 * struct soak_model - what the worker's own data has to be
 * @scull: of its scull device
 * @scull_size: how far the data goes
 * @scull_page: which pages are there
 * @scull_loose: a mapping or an error has changed who knows what of a page
 * @dad: of its region
 * @dad_known: for each byte, if it is known
 * @dad_life: of which board
 * @simple: of the pages of the simple device
 * @simple_known: likewise
 * @simple_life: of which device
 */
struct soak_model {
	unsigned char scull[SOAK_SCULL_SPAN];
	__s64 scull_size;
	bool scull_page[SOAK_SCULL_PAGES];
	bool scull_loose[SOAK_SCULL_PAGES];
	unsigned char dad[SOAK_DAD_REGION];
	bool dad_known[SOAK_DAD_REGION];
	unsigned int dad_life;
	unsigned char simple[SOAK_SIMPLE_PAGES * LAB_PAGE];
	bool simple_known[SOAK_SIMPLE_PAGES * LAB_PAGE];
	unsigned int simple_life;
};

/**
 * struct soak - a worker
 * @index: its number
 * @seed: of the whole soak, for messages
 * @verbose: print each operation before it is done
 * @random: the state of its random numbers
 * @name: of the operation under way
 * @shared: what all see
 * @own: its part of that
 * @files: its files
 * @maps: its mappings
 * @model: what it knows
 */
struct soak {
	unsigned int index;
	unsigned long seed;
	bool verbose;
	__u64 random;
	const char *name;
	struct soak_shared *shared;
	struct soak_progress *own;
	struct soak_file files[SOAK_SLOTS];
	struct soak_map maps[SOAK_MAPS];
	struct soak_model model;
};

/**
 * struct soak_op - an operation
 * @name: what it is called
 * @weight: how often it comes
 * @run: does it, with random numbers; returns what came of it, which is the same
 *	whenever all is repeated: no address, no process ID
 */
struct soak_op {
	const char *name;
	unsigned int weight;
	long (*run)(struct soak *soak, const __u64 *r);
};

/**
 * soak_random() - the next random number
 * @state: of the sequence
 */
__u64 soak_random(__u64 *state);

/**
 * soak_pick() - one of a list of operations, each as often as its weight says
 * @ops: the list; the name of the last one is NULL
 * @random: a random number
 */
const struct soak_op *soak_pick(const struct soak_op *ops, __u64 random);

/**
 * soak_hash() - go on with a hash
 * @hash: the hash
 * @value: what comes next
 */
void soak_hash(__u64 *hash, __u64 value);

/**
 * soak_expect() - something has to be so
 * @soak: the worker; told if it is not, with what is needed to repeat it
 * @good: it is so
 * @format: what is wrong
 *
 * Return: @good.
 */
__printf(3, 4)
bool soak_expect(struct soak *soak, bool good, const char *format, ...);

/**
 * struct soak_buffer - memory for a read or a write
 * @at: where
 * @len: how much of it is given to the call
 * @good: so much of it can be used, from its start
 * @map: whose mapping it is, or NULL
 */
struct soak_buffer {
	unsigned char *at;
	size_t len;
	size_t good;
	const struct soak_map *map;
};

/**
 * soak_buffers_init() - make the memory that buffers are in
 */
void soak_buffers_init(void);

/**
 * soak_buffer() - a good or a bad one
 * @soak: the worker
 * @in: the kernel is to write to it
 * @r: two random numbers
 */
struct soak_buffer soak_buffer(struct soak *soak, bool in, const __u64 *r);

/**
 * soak_scull_path() - the name of a scull device's node
 * @device: scullp is 0 to 3, scullv 4 to 7
 * @path: for it
 */
void soak_scull_path(unsigned int device, char path[LAB_NAME]);

/**
 * soak_scull_reset() - have a scull device use its first parameters when it is trimmed
 * @device: see soak_scull_path()
 */
void soak_scull_reset(unsigned int device);

/**
 * soak_dad_sync() - forget what is known of another board than the one that there is
 * @soak: the worker
 */
void soak_dad_sync(struct soak *soak);

/**
 * soak_dad_tame() - whether a file or mapping is of the board that there is, untouched
 * @soak: the worker
 * @life: of the file or mapping
 */
bool soak_dad_tame(const struct soak *soak, unsigned int life);

/**
 * soak_may_write() - whether what a mapping shows at an address is not another worker's
 * @soak: the worker
 * @map: its mapping
 * @at: the address
 */
bool soak_may_write(const struct soak *soak, const struct soak_map *map,
		    const unsigned char *at);

/**
 * soak_adopt() - something was done to own data by way of a mapping
 * @soak: the worker
 * @map: the mapping, of whatever
 * @at: what was written
 * @len: so much of it
 */
void soak_adopt(struct soak *soak, const struct soak_map *map,
		const unsigned char *at, size_t len);

/**
 * soak_files_close() - close all files
 * @soak: the worker
 */
void soak_files_close(struct soak *soak);

/* The operations, each with a list of it; the name of the last one is NULL */
extern const struct soak_op soak_file_ops[];
extern const struct soak_op soak_map_ops[];
extern const struct soak_op soak_touch_ops[];
extern const struct soak_op soak_control_ops[];
extern const struct soak_op soak_process_ops[];
extern const struct soak_op soak_async_ops[];

/**
 * soak_async_init() - have what asynchronous operations need
 */
void soak_async_init(void);

/**
 * soak_touch_all() - touch something of each mapping, and expect nothing
 * @soak: a worker's child, or the worker
 * @random: a random number
 *
 * Return: a hash of what came of it.
 */
long soak_touch_all(struct soak *soak, __u64 random);

/**
 * soak_child_end() - end the child that runs beside a worker, if there is one
 * @soak: the worker
 */
void soak_child_end(struct soak *soak);

/**
 * soak_machine_begin() - plug in what is needed
 * @shared: set
 *
 * Return: the machine, or a negative errno.
 */
int soak_machine_begin(struct soak_shared *shared);

/**
 * soak_machine_step() - do something to the devices
 * @lab: the machine
 * @shared: brought up to date
 * @verbose: print what it is
 * @random: the state of the random numbers
 *
 * Return: NULL, or what is wrong.
 */
const char *soak_machine_step(int lab, struct soak_shared *shared, bool verbose,
			      __u64 *random);

/**
 * soak_machine_end() - see what is left, and that all still works; unplug
 * @lab: the machine; closed
 * @shared: the devices
 *
 * Return: NULL, or what is wrong.
 */
const char *soak_machine_end(int lab, struct soak_shared *shared);

#endif /* _SOAK_H */
