# SPDX-License-Identifier: GPL-2.0-only
"""The commands behind the Makefile's targets."""

import contextlib
import os
import shutil
import sys
import time
from dataclasses import dataclass, replace
from typing import Callable, Iterator

from . import benchmark, interactive, processes
from . import report as pages
from .errors import LabError
from .folder import LOCK, build_folder, tidy
from .request import REPO, Request, allow, number
from .runs import built_kernel, cover, run_suites


@dataclass
class Outcome:
    """The exit status of what was explained: 2 until it is known better."""
    status: int = 2


@contextlib.contextmanager
def explained() -> Iterator[Outcome]:
    """Say in one line what the user can put right."""
    try:
        yield Outcome()
    except LabError as e:
        print(f'umlab: {e}', file=sys.stderr, flush=True)
    except OSError as e:
        where = f' ({e.filename})' if e.filename else ''
        print(f'umlab: {e.strerror or e}{where}: mend it and run again',
              file=sys.stderr, flush=True)


def supervised(job: Callable[[Request], int]) -> int:
    """Run @job in the locked build folder; leave nothing behind."""
    def guarded() -> int:
        with explained() as outcome:
            outcome.status = job(request)
        return outcome.status

    with explained() as outcome:
        request = Request.from_environment()
        with build_folder(request.build):
            outcome.status = processes.supervise(guarded,
                                                 lambda: tidy(request.build))
    return outcome.status


def bench(request: Request) -> int:
    """Measure, in real time; the exit status."""
    allow()
    kernel, _ = built_kernel(request)
    rows = benchmark.measure(kernel, request.build / 'tmp')
    result = request.build / 'bench.json'
    benchmark.write(rows, result)
    print(benchmark.table(rows))
    print(f'\numlab: {len(rows)} rows in {result}'
          f' (Linux {kernel.source.release}, {kernel.name})', flush=True)
    return 0


def _interactive(request: Request) -> int:
    allow('DEVICES')
    return interactive.shell(built_kernel(request)[0], request.build / 'tmp',
                             request.devices)


def shell() -> int:
    """make shell"""
    with interactive.terminal():
        return supervised(_interactive)


def _debugged(request: Request) -> int:
    if request.config != 'base':
        raise LabError(f'CONFIG={request.config}: gdb has a configuration of its own')
    allow('SUITE', '' if request.suite else 'DEVICES')
    interactive.check_terminal()
    kernel, _ = built_kernel(replace(request, config='gdb'))
    return interactive.gdb(kernel, request.build / 'tmp', request.suite,
                           request.devices)


def gdb() -> int:
    """make gdb"""
    with interactive.terminal():
        return supervised(_debugged)


def _tested(request: Request) -> int:
    allow('SUITE', 'SLOW', 'ARGS')
    return run_suites(request)[0]


def kunit() -> int:
    """make kunit"""
    return supervised(_tested)


def _covered(request: Request) -> int:
    if request.config not in ('base', 'coverage'):
        raise LabError(f'CONFIG={request.config}: coverage has a configuration of its own')
    allow('SLOW')
    return cover(replace(request, config='coverage'))[0]


def make_coverage() -> int:
    """make coverage"""
    return supervised(_covered)


def _stressed(request: Request) -> int:
    allow()
    return run_suites(replace(request, suite='umlab_stress', slow=True,
                              real_time=True, called='stress',
                              again=f'make stress CONFIG={request.config}'))[0]


def stress() -> int:
    """make stress"""
    return supervised(_stressed)


# What the soak may take, in seconds; and as many operations fit into the five minutes
# of virtual time that KUnit waits for a case
_SOAK_TIMEOUT = 3600
_SOAK_OPERATIONS = 20_000_000


def _soaked(request: Request) -> int:
    allow('OPERATIONS', 'SEED')
    operations = number('OPERATIONS', 1000000)
    if not 0 < operations <= _SOAK_OPERATIONS:
        raise LabError(f'OPERATIONS={operations}: give 1 to'
                       f' {_SOAK_OPERATIONS}')
    seed = number('SEED', time.time_ns() % 1000000)
    args = (f'umlab.args=-n,{operations},-s,{seed}', 'umlab.real_ms=0',
            f'umlab.ms={_SOAK_TIMEOUT * 1000}')
    again = f'make soak OPERATIONS={operations} SEED={seed} CONFIG={request.config}'
    print(f'umlab: {operations} operations; once more: {again}', flush=True)
    return run_suites(replace(
        request, suite='umlab_user.soak', called='soak', again=again,
        args=(*(f'--kernel_args={arg}' for arg in args),
              f'--timeout={_SOAK_TIMEOUT}')))[0]


def soak() -> int:
    """make soak: where KASAN looks, if nothing else was asked for"""
    os.environ['CONFIG'] = os.environ.get('CONFIG') or 'kasan'
    return supervised(_soaked)


def report() -> int:
    """make report: needs no lock, for each file that it reads is put there whole"""
    with explained() as outcome:
        allow()
        request = Request.from_environment()
        path = pages.make(request.build, REPO)
        print(f'umlab: the report is {path}', flush=True)
        outcome.status = 0
    return outcome.status


def _clean(request: Request) -> int:
    allow()
    for objects in request.build.glob('linux/.kunit-*'):
        shutil.rmtree(objects)
    return 0


def clean() -> int:
    """make clean"""
    return supervised(_clean)


def distclean() -> int:
    """make distclean: only ever removes a folder that is ours."""
    def remove(request: Request) -> int:
        allow()
        for entry in request.build.iterdir():
            if entry.name == LOCK:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        return 0  # and tidy() removes the empty folder
    return supervised(remove)
