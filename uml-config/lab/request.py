# SPDX-License-Identifier: GPL-2.0-only
"""What the user asks for: the Makefile's variables.

They come in the environment, so that no shell reads them once more.
"""

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Tuple

from .configs import CONFIGS
from .errors import LabError

REPO = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Request:  # pylint: disable=too-many-instance-attributes  # one a variable
    """What the user asked for.

    @build: the build folder.
    @kernel_src, @config, @suite: as the variables of these names.
    @slow: whether to run the slow cases as well.
    @jobs: how many compilers at once.
    @args: ARGS, as words.
    @devices: DEVICES, likewise.
    @real_time: whether time is to be real.
    @called: what the results are called, if not as the configuration.
    @again: the command that does it again, if it is not "make kunit".
    """
    build: Path
    kernel_src: str
    config: str
    suite: str
    slow: bool
    jobs: int
    args: Tuple[str, ...]
    devices: Tuple[str, ...] = ()
    real_time: bool = False
    called: str = ''
    again: str = ''

    @property
    def results(self) -> str:
        """What the results are called."""
        return self.called or self.config

    @staticmethod
    def from_environment() -> 'Request':
        """Read and check the variables."""
        get = os.environ.get
        config = get('CONFIG') or 'base'
        if config not in CONFIGS:
            raise LabError(f'CONFIG={config}: there is no such configuration,'
                           f' only {", ".join(CONFIGS)}')
        jobs = get('JOBS') or str(len(os.sched_getaffinity(0)))
        if not jobs.isdigit() or int(jobs) == 0:
            raise LabError(f'JOBS={jobs}: give a number of at least 1')
        slow = get('SLOW') or '0'
        if slow not in ('0', '1'):
            raise LabError(f'SLOW={slow}: give 1, or 0')
        try:
            args = shlex.split(get('ARGS') or '')
        except ValueError as e:
            raise LabError(f'ARGS={get("ARGS")}: {e}') from None
        suite = get('SUITE') or ''
        if re.search(r'\s', suite):
            raise LabError(f'SUITE={suite}: give one pattern, such as "umlab_scull*"')
        build_dir = Path(get('BUILD') or REPO / 'build').resolve()
        if re.search(r'[\s:]', str(build_dir)):
            raise LabError(f'{build_dir}: the kernel cannot be built in a path'
                           ' with a space or a colon; name another folder'
                           ' with BUILD=<folder>')
        return Request(build_dir, get('KERNEL_SRC') or '', config, suite,
                       slow == '1', int(jobs), tuple(args),
                       tuple((get('DEVICES') or '').split()))


# The variables that only some commands have a use for
_PARTICULAR = ('SUITE', 'SLOW', 'ARGS', 'DEVICES', 'OPERATIONS', 'SEED')


def allow(*useful: str) -> None:
    """Refuse the variables that the command has no use for."""
    for name in _PARTICULAR:
        if name not in useful and os.environ.get(name, '0') not in ('', '0'):
            raise LabError(f'{name} is of no use for this command:'
                           ' see "make help"')


def number(name: str, default: int) -> int:
    """A variable that is a number."""
    given = os.environ.get(name) or str(default)
    if not given.isdigit():
        raise LabError(f'{name}={given}: give a number')
    return int(given)
