# SPDX-License-Identifier: GPL-2.0-only
#
# The user's commands. "make help" lists them.

PYTHON ?= python3

# Read from the environment by what is called, so no shell splits them.
VARIABLES := KERNEL_SRC BUILD CONFIG SUITE SLOW ARGS JOBS DEVICES OPERATIONS SEED
export $(VARIABLES)

# A name that is misspelt would be passed over.
UNKNOWN := $(filter-out PYTHON $(VARIABLES),$(foreach name,$(.VARIABLES),\
	$(if $(filter command,$(firstword $(origin $(name)))),$(name))))
$(if $(UNKNOWN),$(error $(firstword $(UNKNOWN)): there is no such variable: see "make help"))

help:
	@cat uml-config/help.txt

# Two lines each, so that make runs the second without a shell in between: if
# make is killed, what it started hears of it.
kunit:
	@uml-config/packages.sh $@ "$$KERNEL_SRC" "$$BUILD"
	@$(PYTHON) uml-config/lab kunit

check-all: override SLOW = 1
check check-all:
	@uml-config/packages.sh $@ "$$KERNEL_SRC" "$$BUILD"
	@$(PYTHON) tests/check.py

bench shell soak:
	@uml-config/packages.sh kunit "$$KERNEL_SRC" "$$BUILD"
	@$(PYTHON) uml-config/lab $@

coverage gdb stress:
	@uml-config/packages.sh $@ "$$KERNEL_SRC" "$$BUILD"
	@$(PYTHON) uml-config/lab $@

report clean distclean:
	@$(PYTHON) uml-config/lab $@

.PHONY: help kunit check check-all bench coverage shell gdb stress soak report clean distclean
