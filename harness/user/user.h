/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs: what the files of this folder know of each other
 *
 * run.c	starts a program, waits for it, and ends it
 * output.c	what it prints
 * judge.c	what became of it
 * session.c	/dev/umlab: the devices it asks for
 * command.c	how it asks for them
 * args.c	the words of a command
 * watch.c	the real time, in which a program may hang while virtual time stands
 * watch_user.c	the same, on the host's side
 * cpu.c	all of it on one CPU of the host
 * cpu_user.c	the same, on the host's side
 * init.c	what runs in user space: file systems, and then the program
 */
#ifndef _UMLAB_USER_USER_H
#define _UMLAB_USER_USER_H

#include <kunit/test.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <umlab/user.h>

/* Words of a command */
#define ARGS_MAX	16

/**
 * struct umlab_arg - a word of a command
 * @key: up to "="
 * @value: after it; NULL: there is no "="
 * @taken: somebody knows it
 */
struct umlab_arg {
	char *key;
	char *value;
	bool taken;
};

/**
 * struct umlab_args - the words of a command
 * @arg: the words
 * @count: how many
 */
struct umlab_args {
	struct umlab_arg arg[ARGS_MAX];
	unsigned int count;
};

/**
 * args_parse() - take a command apart
 * @args: for the words
 * @text: the command; written to, and used as long as @args
 *
 * Return: 0, or -E2BIG.
 */
int args_parse(struct umlab_args *args, char *text);

/**
 * args_word() - take the next word that nobody has taken
 * @args: the words
 *
 * Return: the word, or what is before its "="; an empty one if there is none.
 */
const char *args_word(struct umlab_args *args);

/**
 * args_completion() - when a device finishes, by its name
 * @name: the name
 *
 * Return: an enum umlab_completion, or -EINVAL, which the log says.
 */
int args_completion(const char *name);

/* A longer line of output is continued on the next one. */
#define OUTPUT_LINE	400

/**
 * struct user_output - what a program prints, as it comes
 * @name: of the program
 * @end: where it is kept and counted
 * @subtests: KTAP becomes subtests
 * @quiet: nothing goes to the log
 * @ktap: there was a header
 * @continued: the line began before
 * @line: the line that comes
 * @used: of @line
 * @kept: of @end->output
 */
struct user_output {
	const char *name;
	struct umlab_end *end;
	bool subtests;
	bool quiet;
	bool ktap;
	bool continued;
	char line[OUTPUT_LINE + 1];
	unsigned int used;
	size_t kept;
};

/**
 * output_add() - the program has printed something
 * @output: the output
 * @text: what
 * @size: of it, in bytes
 */
void output_add(struct user_output *output, const char *text, size_t size);

/**
 * output_end() - the program will print nothing more
 * @output: the output
 */
void output_end(struct user_output *output);

/**
 * struct session - an open file
 * @test: what its devices are plugged in for
 * @devices: they (struct session_device)
 */
struct session {
	struct kunit test;
	struct list_head devices;
};

/**
 * struct session_device - a device of a file
 * @kind: its kind
 * @device: the device
 * @session: whose it is
 * @entry: in @session->devices
 */
struct session_device {
	struct umlab_kind *kind;
	struct umlab_device device;
	struct session *session;
	struct list_head entry;
};

/* Guards all sessions, and who plugs in or out */
extern struct mutex session_lock;

/* What is to stay when its file is closed */
extern struct session session_kept;

/**
 * session_forget() - a device is none of a session's any more
 * @sd: the device, unplugged; freed
 */
void session_forget(struct session_device *sd);

/**
 * command_run() - do as a program says
 * @session: whose file it wrote to
 * @text: a line; written to
 *
 * Context: session_lock held.
 * Return: 0 or a negative errno, of which the log says more.
 */
int command_run(struct session *session, char *text);

/**
 * session_start_anew() - forget violations of before
 */
void session_start_anew(void);

/**
 * session_verdict() - unplug what programs have left plugged in
 *
 * Return: 0; -EIO: there was a violation, in any file, since session_start_anew(); -EBUSY:
 * it cannot be known, as somebody is stuck in plugging in or out.
 */
int session_verdict(void);

/**
 * struct judge_before - what there was before a program ran
 * @splats: umlab_splats()
 * @functions: umlab_functions()
 */
struct judge_before {
	unsigned int splats;
	unsigned int functions;
};

/**
 * judge_begin() - a program will begin
 * @before: for what there is before
 */
void judge_begin(struct judge_before *before);

/**
 * judge_end() - a program has ended, or does not
 * @end: what is known of it; set to what became of it, and why
 * @before: from judge_begin()
 * @timeout: which time was over; NULL: none
 * @ktap: it printed a header of KTAP
 *
 * Context: may sleep; unplugs what it left plugged in.
 */
void judge_end(struct umlab_end *end, const struct judge_before *before,
	       const char *timeout, bool ktap);

/**
 * watch_begin() - begin to look at the real time
 * @ms: after how many milliseconds @expired is called, and after as many again; 0: never
 * @expired: in hard interrupt context, whatever runs then
 *
 * Return: 0, or a negative errno: there will be no look.
 */
int watch_begin(unsigned int ms, void (*expired)(void));

/**
 * watch_end() - the time does not matter any more
 */
void watch_end(void);

#endif /* _UMLAB_USER_USER_H */
