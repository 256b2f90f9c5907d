// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a program gave with a command: KEY=VALUE, separated by blanks
 */

#define pr_fmt(fmt) "umlab: " fmt

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <umlab/machine.h>
#include <umlab/user.h>

#include "user.h"

static const struct {
	const char *name;
	unsigned int kind;
} args_irqs[] = {
	{ "intx", UMLAB_IRQ_INTX },
	{ "msi", UMLAB_IRQ_MSI },
	{ "msix", UMLAB_IRQ_MSIX },
};

static const char *const args_completions[] = {
	[UMLAB_COMPLETE_AT_ONCE] = "at_once",
	[UMLAB_COMPLETE_DEFERRED] = "deferred",
	[UMLAB_COMPLETE_DELAYED] = "delayed",
	[UMLAB_COMPLETE_NEVER] = "never",
};

int args_parse(struct umlab_args *args, char *text)
{
	*args = (struct umlab_args) { };
	for (text = skip_spaces(text); *text; text = skip_spaces(text)) {
		struct umlab_arg *arg = &args->arg[args->count];

		if (args->count++ == ARGS_MAX) {
			pr_err("more than %d words in one command\n", ARGS_MAX);
			return -E2BIG;
		}
		text = next_arg(text, &arg->key, &arg->value);
	}
	return 0;
}

const char *args_word(struct umlab_args *args)
{
	unsigned int i;

	for (i = 0; i < args->count; i++) {
		struct umlab_arg *arg = &args->arg[i];

		if (arg->taken)
			continue;
		arg->taken = true;
		return arg->key;
	}
	return "";
}

const char *umlab_arg(struct umlab_args *args, const char *key)
{
	unsigned int i;

	for (i = 0; i < args->count; i++) {
		struct umlab_arg *arg = &args->arg[i];

		if (arg->taken || strcmp(arg->key, key))
			continue;
		arg->taken = true;
		return arg->value ?: "";
	}
	return NULL;
}

static int args_bad(const char *key, const char *value)
{
	pr_err("%s=%s: there is no such %s\n", key, value, key);
	return -EINVAL;
}

int umlab_arg_number(struct umlab_args *args, const char *key, u64 *number)
{
	const char *value = umlab_arg(args, key);

	if (!value || !kstrtou64(value, 0, number))
		return 0;
	pr_err("%s=%s: give a number\n", key, value);
	return -EINVAL;
}

static int args_topology(const char *name, struct umlab_options *options)
{
	unsigned int i;

	for (i = 0; i < UMLAB_TOPOLOGIES; i++) {
		if (strcmp(umlab_topologies[i].name, name))
			continue;
		options->topology = &umlab_topologies[i];
		return 0;
	}
	return args_bad("topology", name);
}

static int args_irq(const char *name, struct umlab_options *options)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(args_irqs); i++) {
		if (strcmp(args_irqs[i].name, name))
			continue;
		options->irqs = args_irqs[i].kind;
		return 0;
	}
	return args_bad("irq", name);
}

int args_completion(const char *name)
{
	int completion = match_string(args_completions,
				      ARRAY_SIZE(args_completions), name);

	return completion < 0 ? args_bad("completion", name) : completion;
}

int umlab_args_options(struct umlab_args *args, struct umlab_options *options)
{
	const char *topology = umlab_arg(args, "topology");
	const char *irq = umlab_arg(args, "irq");
	const char *completion = umlab_arg(args, "completion");
	int ret;

	*options = (struct umlab_options) { };
	ret = topology ? args_topology(topology, options) : 0;
	if (!ret && irq)
		ret = args_irq(irq, options);
	if (!ret && completion) {
		ret = args_completion(completion);
		options->completion = ret;
	}
	if (ret < 0)
		return ret;
	return umlab_arg_number(args, "delay", &options->delay_ns);
}

int umlab_args_end(const struct umlab_args *args)
{
	unsigned int i;

	for (i = 0; i < args->count; i++) {
		if (args->arg[i].taken)
			continue;
		pr_err("%s: not known of this\n", args->arg[i].key);
		return -EINVAL;
	}
	return 0;
}
