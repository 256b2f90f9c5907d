# SPDX-License-Identifier: GPL-2.0-only
#
# The user's commands. "make help" lists them.

PYTHON ?= python3

# Read from the environment by what is called, so no shell splits them.
export KERNEL_SRC BUILD CONFIG SUITE ARGS JOBS

help:
	@cat uml-config/help.txt

kunit: packages
	@$(PYTHON) uml-config/lab kunit

check: packages
	@$(PYTHON) tests/check.py

packages:
	@uml-config/packages.sh "$$KERNEL_SRC" "$$BUILD"

clean distclean:
	@$(PYTHON) uml-config/lab $@

.PHONY: help kunit check packages clean distclean
