// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program, from its start to the verdict
 *
 * A usermode helper starts init.c's program, which makes the file systems and the PID
 * namespace, and starts the program in there. All it prints comes by a pipe, whose
 * end says that nobody is left who could print: with the first process of a
 * namespace all others end. Who does not end by himself is killed, when his time is
 * over, virtual or real. If not even that helps, he is stuck in the kernel.
 */

#define pr_fmt(fmt) "umlab: " fmt

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kref.h>
#include <linux/module.h>
#include <linux/pid_namespace.h>
#include <linux/pipe_fs_i.h>
#include <linux/printk.h>
#include <linux/sched/debug.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/umh.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <umlab/machine.h>
#include <umlab/user.h>

#include "../compat.h"
#include "user.h"

/* What init.c becomes */
#define RUN_INIT	"/harness/user/init"

/* How long who was killed may take */
#define RUN_DYING	(10 * HZ)

/**
 * struct run - a program that runs
 * @ref: of who waits, and of @work: one that is stuck may end later
 * @output: what it prints
 * @pipe: the ends of the pipe: ours, and the program's
 * @info: the helper
 * @work: starts it and waits for it
 * @done: it has ended
 * @status: how, as from wait(), or a negative errno
 * @timeout: which time was over; NULL: none
 * @argv: what the helper is started with
 */
struct run {
	struct kref ref;
	struct user_output output;
	struct file *pipe[2];
	struct subprocess_info *info;
	struct work_struct work;
	struct completion done;
	int status;
	const char *timeout;
	const char *argv[];
};

static const char *const run_envp[] = {
	"PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME=/tmp",
	"LC_ALL=C", "TERM=dumb", NULL
};

#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX	"umlab."

static uint run_ms = UMLAB_USER_MS;
module_param_named(ms, run_ms, uint, 0644);
MODULE_PARM_DESC(ms, "time for a program that says nothing of it, in ms");

static uint run_real_ms = UMLAB_USER_REAL_MS;
module_param_named(real_ms, run_real_ms, uint, 0644);
MODULE_PARM_DESC(real_ms, "the same of real time; 0: any");

/* The real time was over */
static bool run_expired;

/* Programs are all that runs in a namespace. */
static void run_kill_all(void)
{
	struct task_struct *task;

	guard(rcu)();
	for_each_process(task)
		if (task_active_pid_ns(task) != &init_pid_ns)
			kill_pid(task_tgid(task), SIGKILL, 1);
}

/* A look at what hangs, for who reads the log */
static void run_show(void)
{
	struct task_struct *task;

	guard(rcu)();
	for_each_process(task)
		if (task_active_pid_ns(task) != &init_pid_ns)
			sched_show_task(task);
}

/* In hard interrupt context, whatever hangs; again and again, until it has ended */
static void run_real_time_over(void)
{
	if (!run_expired) {
		pr_info("the real time is over, while %s[%d] runs\n",
			current->comm, task_tgid_nr(current));
		run_show();
	}
	WRITE_ONCE(run_expired, true);
	run_kill_all();
	umlab_interrupt_user();
}

/* In the new process, before its program is loaded */
static int run_enter(struct subprocess_info *info, struct cred *new)
{
	struct run *run = info->data;
	int err = replace_fd(1, run->pipe[1], 0);

	if (err >= 0)
		err = replace_fd(2, run->pipe[1], 0);
	return err < 0 ? err : 0;
}

static void run_free(struct run *run)
{
	const char **word;

	for (word = run->argv; *word; word++)
		kfree_const(*word);
	kfree(run);
}

static void run_release(struct kref *ref)
{
	struct run *run = container_of(ref, struct run, ref);

	fput(run->pipe[0]);
	flush_delayed_fput();
	run_free(run);
}

static void run_work(struct work_struct *work)
{
	struct run *run = container_of(work, struct run, work);

	run->status = call_usermodehelper_exec(run->info, UMH_WAIT_PROC);
	fput(run->pipe[1]);
	flush_delayed_fput();
	complete(&run->done);
	kref_put(&run->ref, run_release);
}

/* With its own copy of the words */
static struct run *run_alloc(const struct umlab_program *program)
{
	const char **word;
	struct run *run;
	unsigned int i, count;

	for (count = 0; program->argv[count]; count++)
		;
	run = kzalloc(struct_size(run, argv, count + 3), GFP_KERNEL);
	if (!run)
		return NULL;
	word = run->argv;
	*word++ = RUN_INIT;
	*word++ = program->host ? "host" : "program";
	for (i = 0; i < count; i++) {
		*word = kstrdup_const(program->argv[i], GFP_KERNEL);
		if (!*word++)
			goto err_free;
	}
	kref_init(&run->ref);
	init_completion(&run->done);
	INIT_WORK(&run->work, run_work);
	return run;

err_free:
	run_free(run);
	return NULL;
}

/* Returns a run that is not started, or NULL: there is no memory */
static struct run *run_new(const struct umlab_program *program)
{
	struct run *run = run_alloc(program);

	if (!run)
		return NULL;
	if (create_pipe_files(run->pipe, 0))
		goto err_free;
	run->info = call_usermodehelper_setup(RUN_INIT, (char **)run->argv,
					      (char **)run_envp, GFP_KERNEL,
					      run_enter, NULL, run);
	if (!run->info)
		goto err_pipe;
	return run;

err_pipe:
	fput(run->pipe[0]);
	fput(run->pipe[1]);
err_free:
	run_free(run);
	return NULL;
}

static bool run_has_news(struct pipe_inode_info *pipe)
{
	return !pipe_empty(READ_ONCE(pipe->head), READ_ONCE(pipe->tail)) ||
	       !READ_ONCE(pipe->writers);
}

/* Read what there is; false: nobody is left who could print */
static bool run_read(struct run *run)
{
	char text[256];
	ssize_t got;

	if (!run_has_news(run->pipe[0]->private_data))
		return true;
	got = kernel_read(run->pipe[0], text, sizeof(text), NULL);
	if (got > 0)
		output_add(&run->output, text, got);
	return got > 0;
}

/* Pass on what it prints; false: it has not ended in time */
static bool run_listen(struct run *run, unsigned long time)
{
	struct pipe_inode_info *pipe = run->pipe[0]->private_data;
	unsigned long deadline = jiffies + time;
	bool open = true;

	while (open && time_before(jiffies, deadline)) {
		wait_event_interruptible_timeout(pipe->rd_wait,
						 run_has_news(pipe),
						 max(1L, (long)(deadline - jiffies)));
		open = run_read(run);
	}
	return !open;
}

static void run_wait(struct run *run, const struct umlab_program *program)
{
	unsigned int ms = program->ms ?: run_ms;

	if (!run_listen(run, msecs_to_jiffies(ms))) {
		run->timeout = "it did not end in time";
		run_show();
		run_kill_all();
		if (!run_listen(run, RUN_DYING))
			run->timeout = "it is stuck in the kernel";
	}
	if (READ_ONCE(run_expired))
		run->timeout = "it did not end in its real time";
}

/* Start it, and wait until it is over, one way or the other */
static void run_it(struct run *run, const struct umlab_program *program)
{
	unsigned int ms = program->real_ms ?: run_real_ms;

	WRITE_ONCE(run_expired, false);
	if (watch_begin(ms, run_real_time_over))
		pr_warn("no look at the real time: who hangs, hangs\n");
	kref_get(&run->ref);
	queue_work(system_unbound_wq, &run->work);
	run_wait(run, program);
	watch_end();
	output_end(&run->output);
}

/*
 * What a process leaves to others to do when it ends may show a bug, too. And what was
 * vmalloc'ed and is free, goes: to UML each of its pages is a mapping of the host's, and
 * every process that starts has to copy them all.
 */
static void run_settle(void)
{
	vm_unmap_aliases();
	rcu_barrier();
	flush_delayed_fput();
	schedule_timeout_uninterruptible(1);
}

struct umlab_end *umlab_user_try(struct kunit *test,
				 const struct umlab_program *program)
{
	struct judge_before before;
	struct umlab_end *end = kunit_kzalloc(test, sizeof(*end), GFP_KERNEL);
	struct run *run;

	KUNIT_ASSERT_NOT_NULL(test, end);
	end->output = kunit_kzalloc(test, UMLAB_USER_OUTPUT + 1, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, end->output);
	run = run_new(program);
	KUNIT_ASSERT_NOT_NULL(test, run);
	run->output = (struct user_output) {
		.name = program->subtests ? test->name :
					    kbasename(program->argv[0]),
		.end = end,
		.subtests = program->subtests,
		.quiet = program->quiet,
	};
	judge_begin(&before);
	run_it(run, program);
	run_settle();
	end->status = -ETIME;
	if (wait_for_completion_timeout(&run->done, HZ))
		end->status = run->status;
	judge_end(end, &before, run->timeout, run->output.ktap);
	kref_put(&run->ref, run_release);
	return end;
}

void umlab_user_run(struct kunit *test, const char *const *argv)
{
	const struct umlab_program program = { .argv = argv, .subtests = true };
	const struct umlab_end *end = umlab_user_try(test, &program);

	if (end->outcome == UMLAB_FAILED)
		KUNIT_FAIL(test, "%s: %s", argv[0], end->why);
	if (end->outcome == UMLAB_SKIPPED)
		kunit_mark_skipped(test, "%s says so", argv[0]);
}
