# SPDX-License-Identifier: GPL-2.0-only
"""The configurations a kernel can be built and run in."""

from dataclasses import dataclass
from typing import Dict, Tuple


@dataclass(frozen=True)
class Config:
    """One configuration.

    @fragments: kunitconfig files of uml-config/, merged by kunit.py.
    @kernel_args: the kernel command line of a run.
    @steps: kbuild steps of a cold build, for the progress line; measured,
            and an estimate wherever the kernel is another.
    @timeout: real seconds after which a run is hung and ended.
    @slow_timeout: the same of a run with the slow cases.
    @targets: what is made.
    """
    fragments: Tuple[str, ...]
    kernel_args: Tuple[str, ...]
    steps: int
    timeout: int = 60
    slow_timeout: int = 600
    targets: Tuple[str, ...] = ('linux',)


# Virtual time; consoles nobody looks at; each leak by itself, where kmemleak looks
_QUIET_ARGS = ('time-travel=inf-cpu', 'con=null', 'con0=fd:0,fd:1', 'ssl=null',
               'kmemleak.verbose=1')
# of SLUB's checks only those of DMA pools
_KERNEL_ARGS = (*_QUIET_ARGS, 'slab_debug=-')

CONFIGS: Dict[str, Config] = {
    'base': Config(fragments=('base.config', 'virtpci.config'),
                   kernel_args=_KERNEL_ARGS, steps=1300),
    'novirtpci': Config(fragments=('base.config', 'novirtpci.config'),
                        kernel_args=_KERNEL_ARGS, steps=1300),
    # By default KASAN reports one bug, and then is silent.
    'kasan': Config(fragments=('base.config', 'virtpci.config',
                               'kasan.config'),
                    kernel_args=(*_KERNEL_ARGS, 'kasan_multi_shot'), steps=1400, timeout=300,
                    slow_timeout=1800),
    'debug': Config(fragments=('base.config', 'virtpci.config',
                               'debug.config'),
                    kernel_args=_QUIET_ARGS, steps=1400, timeout=300, slow_timeout=1800),
    'coverage': Config(fragments=('base.config', 'virtpci.config',
                                  'coverage.config'),
                       kernel_args=_KERNEL_ARGS, steps=1300),
    'gdb': Config(fragments=('base.config', 'virtpci.config', 'gdb.config'),
                  kernel_args=_KERNEL_ARGS, steps=1300,
                  targets=('linux', 'scripts_gdb')),
}

# What "make check" runs the suites in, and "make check-all"
CHECKED = ('base', 'novirtpci')
CHECKED_ALL = (*CHECKED, 'debug', 'kasan', 'coverage')

# The kernels umlab is tested on, as (version, patchlevel).
OLDEST = (6, 12)
NEWEST = (6, 12)
