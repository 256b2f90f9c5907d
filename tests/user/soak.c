// SPDX-License-Identifier: GPL-2.0-only
/*
 * The soak: random operations on all drivers, right and wrong ones
 *
 *	soak [-n OPERATIONS] [-s SEED] [-p PROCESSES] [-v]
 *
 * See lib/soak.h. The hashes that it prints are the same for the same arguments: of what
 * was done, of what came of it, and of the order of both.
 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "soak/soak.h"

#define SOAK_OPERATIONS	600
#define SOAK_SEED	1
#define SOAK_BEAT	256	/* operations, and something happens to the devices */
#define SOAK_STREAMS	1000	/* seeds are so far apart */

static struct {
	unsigned long operations;
	unsigned long seed;
	unsigned long processes;
	bool verbose;
} options = {
	.operations = SOAK_OPERATIONS,
	.seed = SOAK_SEED,
	.processes = SOAK_WORKERS,
};

static const struct soak_op *const soak_lists[] = {
	soak_file_ops, soak_map_ops, soak_touch_ops, soak_control_ops,
	soak_process_ops, soak_async_ops,
};

#define SOAK_LISTS	ARRAY_SIZE(soak_lists)

static void soak_usage(void)
{
	printf("usage: soak [-n OPERATIONS] [-s SEED] [-p 1..%d] [-v]\n",
	       SOAK_WORKERS);
	exit(2);
}

static void soak_options(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "n:s:p:v")) != -1) {
		switch (option) {
		case 'n':
			options.operations = strtoul(optarg, NULL, 0);
			break;
		case 's':
			options.seed = strtoul(optarg, NULL, 0);
			break;
		case 'p':
			options.processes = strtoul(optarg, NULL, 0);
			break;
		case 'v':
			options.verbose = true;
			break;
		default:
			soak_usage();
		}
	}
	if (!options.processes || options.processes > SOAK_WORKERS)
		soak_usage();
}

static __u64 soak_stream(unsigned int number)
{
	__u64 state = options.seed * SOAK_STREAMS + number;

	return soak_random(&state);
}

/* All lists together, as one */
static const struct soak_op *soak_draw(__u64 random)
{
	static unsigned int sums[SOAK_LISTS], sum;
	unsigned int i, nr;

	for (i = 0; !sums[SOAK_LISTS - 1] && i < SOAK_LISTS; i++) {
		for (nr = 0; soak_lists[i][nr].name; nr++)
			sum += soak_lists[i][nr].weight;
		sums[i] = sum;
	}
	random %= sum;
	for (i = 0; random >= sums[i]; i++)
		;
	return soak_pick(soak_lists[i], random - (i ? sums[i - 1] : 0));
}

static void soak_say(const struct soak *soak, const __u64 *r)
{
	unsigned int i;

	printf("# %u.%lu %s", soak->index, soak->own->done, soak->name);
	for (i = 0; i < SOAK_DRAWS; i++)
		printf(" %#llx", (unsigned long long)r[i]);
	printf("\n");
}

static void soak_operation(struct soak *soak)
{
	const struct soak_op *op = soak_draw(soak_random(&soak->random));
	__u64 r[SOAK_DRAWS];
	unsigned int i;
	long ret;

	for (i = 0; i < SOAK_DRAWS; i++) {
		r[i] = soak_random(&soak->random);
		soak_hash(&soak->own->operations, r[i]);
	}
	soak->name = op->name;
	if (soak->verbose)
		soak_say(soak, r);
	ret = op->run(soak, r);
	if (soak->verbose)
		printf("# %u.%lu = %ld\n", soak->index, soak->own->done, ret);
	soak_hash(&soak->own->results, ret);
	soak_hash(&soak->shared->order, soak->index);
	soak_hash(&soak->shared->order, ret);
	soak->own->done++;
	/* Nobody else comes if nobody sleeps or says so. */
	if (r[0] >> 61 == 0)
		sched_yield();
}

static void soak_ignore(int signal)
{
}

static void soak_prepare(struct soak *soak)
{
	const struct sigaction ignore = { .sa_handler = soak_ignore };
	enum soak_slot slot;

	sigaction(SIGALRM, &ignore, NULL);
	soak->own->pid = getpid();
	for (slot = 0; slot < SOAK_SLOTS; slot++)
		soak->files[slot].fd = -1;
	/* Not equal to any life */
	soak->model.dad_life = -1;
	soak->model.simple_life = -1;
	soak_buffers_init();
	soak_async_init();
}

static void soak_work(struct soak_shared *shared, unsigned int index, int beat)
{
	static struct soak soak;
	unsigned long count = options.operations / options.processes;

	soak.index = index;
	soak.seed = options.seed;
	soak.verbose = options.verbose;
	soak.random = soak_stream(index + 1);
	soak.shared = shared;
	soak.own = &shared->workers[index];
	soak_prepare(&soak);
	while (soak.own->done < count) {
		soak_operation(&soak);
		if (soak.own->done % SOAK_BEAT == 0 && write(beat, "", 1) != 1)
			err(1, "beat");
	}
	soak_child_end(&soak);
	/* Mappings, and what is in flight, are left to the kernel. */
	soak_files_close(&soak);
	fflush(stdout);
	_exit(0);
}

static void soak_start(struct soak_shared *shared, int beat[2])
{
	unsigned int i;
	pid_t pid;

	if (pipe(beat))
		err(1, "pipe");
	for (i = 0; i < options.processes; i++) {
		pid = fork();
		if (pid < 0)
			err(1, "fork");
		if (!pid) {
			close(beat[0]);
			soak_work(shared, i, beat[1]);
		}
	}
	close(beat[1]);
}

/* Until all workers have ended; NULL: nothing is wrong */
static const char *soak_drive(int lab, struct soak_shared *shared, int beat)
{
	__u64 random = soak_stream(0);
	const char *wrong = NULL;
	char byte;

	while (read(beat, &byte, 1) == 1)
		if (!wrong)
			wrong = soak_machine_step(lab, shared, options.verbose,
						  &random);
	return wrong;
}

/* All children, and theirs if they have left some */
static const char *soak_collect(void)
{
	const char *wrong = NULL;
	unsigned int count = 0;
	int status;
	pid_t pid;

	while ((pid = wait(&status)) > 0) {
		count++;
		if (!status)
			continue;
		printf("# a worker's status is %#x\n", status);
		wrong = "a worker died";
	}
	if (!wrong && count != options.processes)
		wrong = "processes were left";
	return wrong;
}

static void soak_tell(const struct soak_shared *shared)
{
	__u64 operations = 0, results = 0;
	unsigned long done = 0;
	unsigned int i;

	for (i = 0; i < options.processes; i++) {
		done += shared->workers[i].done;
		soak_hash(&operations, shared->workers[i].operations);
		soak_hash(&results, shared->workers[i].results);
	}
	printf("# %lu operations, seed %lu: %016llx, results %016llx, order %016llx\n",
	       done, options.seed, (unsigned long long)operations,
	       (unsigned long long)results, (unsigned long long)shared->order);
}

static const char *soak_failures(const struct soak_shared *shared)
{
	unsigned int i;

	for (i = 0; i < options.processes; i++)
		if (shared->workers[i].failures)
			return "something came out wrong";
	return NULL;
}

int main(int argc, char **argv)
{
	struct soak_shared *shared;
	const char *wrong, *also;
	int lab, beat[2];

	soak_options(argc, argv);
	setvbuf(stdout, NULL, _IOLBF, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	printf("KTAP version 1\n1..1\n# seed %lu\n", options.seed);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		err(1, "mmap");
	lab = soak_machine_begin(shared);
	if (lab < 0)
		errx(1, "the machine: %s", strerror(-lab));
	soak_start(shared, beat);
	wrong = soak_drive(lab, shared, beat[0]);
	also = soak_collect();
	wrong = wrong ? wrong : also;
	wrong = wrong ? wrong : soak_failures(shared);
	soak_tell(shared);
	also = soak_machine_end(lab, shared);
	wrong = wrong ? wrong : also;
	if (wrong)
		printf("# %s\n", wrong);
	printf("%s 1 operations\n", wrong ? "not ok" : "ok");
	return wrong ? 1 : 0;
}
