# SPDX-License-Identifier: GPL-2.0-only
"""Runs of the suites: build, boot, judge, keep what it found."""

import argparse
import contextlib
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Set, Tuple

from . import coverage, junit, overlay, source, tracefile
from .arguments import split_args
from .configs import CONFIGS, Config
from .errors import LabError
from .files import put
from .kernel import Kernel, build, make_environment
from .request import REPO, Request
from .results import Case, Run, Status
from .verdict import Verdict, conclude


def _fragments(request: Request, given: List[str]) -> Tuple[Path, ...]:
    ours = [REPO / 'uml-config' / name
            for name in CONFIGS[request.config].fragments]
    theirs = [Path(name).resolve() for name in given]
    theirs = [path / '.kunitconfig' if path.is_dir() else path
              for path in theirs]
    for path in theirs:
        if not path.is_file():
            raise LabError(f'ARGS: --kunitconfig {path}: there is no such'
                           ' file')
    return tuple(ours + theirs)


def built_kernel(request: Request) -> Tuple[Kernel, List[str]]:
    """A kernel that is up to date, and the words of ARGS for its run."""
    known, rest = split_args(request.args)
    fragments = _fragments(request, known.kunitconfig)
    tmp = request.build / 'tmp'
    tmp.mkdir(exist_ok=True)
    kernel_source = source.prepare(request.kernel_src, request.build)
    overlay.place(REPO, kernel_source)
    options = tuple(f'--kconfig_add={add}' for add in known.kconfig_add)
    kernel = Kernel(kernel_source, request.config, CONFIGS[request.config],
                    fragments, options, tuple(known.make_options), tmp)
    build(kernel, request.jobs)
    return kernel, rest


def selection(config: Config, request: Request, words: List[str]) -> List[str]:
    """What kunit.py is told to run, and for how long; @words may say it, too."""
    timeout = config.slow_timeout if request.slow else config.timeout
    chosen = [f'--timeout={timeout}', *words]
    if request.suite:
        chosen.append(request.suite)
    elif not any(word.startswith('--filter') for word in words):
        # What takes its time is run if asked for, benchmarks by their names.
        slowest = 'very_slow' if request.slow else 'slow'
        chosen.append(f'--filter=speed>{slowest}')
    return chosen


def _limit(request: Request) -> int:
    """After how many seconds kunit.py ends a run."""
    chosen = selection(CONFIGS[request.config], request, list(request.args))
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    parser.add_argument('--timeout', type=int, default=0)
    try:
        limit = int(parser.parse_known_args(chosen)[0].timeout)
    except argparse.ArgumentError as e:
        raise LabError(f'ARGS: {e}') from None
    if limit < 1:
        raise LabError(f'ARGS: --timeout={limit}: give at least 1')
    return limit


def _exec(kernel: Kernel, chosen: List[str], request: Request) -> int:
    """Boot @kernel through kunit.py; its exit status."""
    given = kernel.real_time_args if request.real_time else kernel.kernel_args
    arguments = [f'--kernel_args={arg}'
                 for arg in (*given, f'uml_dir={request.build}/tmp/')]
    sys.stdout.flush()
    return subprocess.run([*kernel.kunit_py('exec'), *arguments, *chosen],
                          env=make_environment(), stdin=subprocess.DEVNULL,
                          check=False).returncode


def _keep(kernel: Kernel, request: Request, verdict: Verdict, run: Run) -> None:
    """Leave the results for other programs."""
    facts = [('kernel', f'Linux {kernel.source.release}'),
             ('log', str((kernel.objects / 'test.log').relative_to(request.build)))]
    if request.suite:
        facts.append(('SUITE', request.suite))
    if request.slow:
        facts.append(('SLOW', '1'))
    if request.again:
        facts.append(('command', request.again))
    elif request.args:
        facts.append(('ARGS', shlex.join(request.args)))
    junit.write(replace(run, facts=tuple(facts)), request.build)
    put(junit.path_of(request.build, run.name).with_suffix('.json'), verdict.json)


def _report(kernel: Kernel, suite: str, verdict: Verdict, seconds: float) -> None:
    """Print the failures and the verdict."""
    for name, log in verdict.failures:
        print(f'umlab: FAILED: {name}')
        print(f'{log}\n')
    if suite and verdict.nothing_run:
        print(f'umlab: no case matches SUITE={suite}: they are named suite.case,'
              " without a parameter; ARGS=--list_tests lists them")
    word = 'FAILED' if verdict.failed else 'PASSED'
    print(f'umlab: {word}: {verdict.passed} passed, {verdict.failed} failed,'
          f' {verdict.skipped} skipped (Linux {kernel.source.release},'
          f' {kernel.name}, {seconds:.1f} s;'
          f' log: {kernel.objects / "test.log"})', flush=True)


# Words of ARGS that have kunit.py print or boot something else than one run of the suites
_NO_RUN = ('--list_tests', '--list_tests_attr', '--run_isolated', '--help', '-h')


@dataclass(frozen=True)
class _Boot:
    """A run that is over.

    @kernel: which was booted.
    @status: the exit status of kunit.py.
    @seconds: how long it took.
    @overdue: after how many seconds it was ended, if it did not end by itself.
    """
    kernel: Kernel
    status: int
    seconds: float
    overdue: int

    def verdict(self) -> Verdict:
        """What its log says."""
        log = self.kernel.objects / 'test.log'
        if not log.exists():
            raise LabError('kunit.py has not booted the kernel, see above')
        return conclude(self.kernel.source.tree, log, self.status, self.overdue)


def _boot(request: Request) -> _Boot:
    """Build and run."""
    limit = _limit(request)
    kernel, words = built_kernel(request)
    (kernel.objects / 'test.log').unlink(missing_ok=True)
    booted = time.monotonic()
    status = _exec(kernel, selection(kernel.config, request, words), request)
    seconds = time.monotonic() - booted
    return _Boot(kernel, status, seconds, limit if seconds >= limit else 0)


def _finish(boot: _Boot, request: Request, verdict: Verdict, began: float) -> int:
    """Keep and print the verdict; the exit status."""
    _keep(boot.kernel, request, verdict,
          Run(request.results, verdict.cases, (), int(began), boot.seconds))
    _report(boot.kernel, request.suite, verdict, boot.seconds)
    if verdict.failed:
        # For who runs it again before looking: a failure may be a rare one.
        log = boot.kernel.objects / 'test.log'
        shutil.copyfile(log, log.with_name('failed.log'))
    return int(verdict.failed > 0)


@contextlib.contextmanager
def _results(request: Request) -> Iterator[float]:
    """Forget the last results; if there will be none, leave the reason among those of
    other runs. When it began."""
    began = time.time()
    junit.forget(request.build, request.results)
    try:
        yield began
    except LabError as e:
        case = Case('the run', '', Status.CRASHED, f'{e}\n{e.log}')
        run = Run(request.results, (case,), (), int(began), time.time() - began)
        # The reason may be that there is no room.
        with contextlib.suppress(OSError):
            if junit.path_of(request.build, run.name).parent.exists():
                junit.write(run, request.build)
        raise


def run_suites(request: Request) -> Tuple[int, Optional[Verdict]]:
    """Build and run; the exit status, and the verdict where there is one."""
    if any(word.split('=')[0] in _NO_RUN for word in request.args):
        return _boot(request).status, None
    with _results(request) as began:
        boot = _boot(request)
        verdict = boot.verdict()
        return _finish(boot, request, verdict, began), verdict


def _measure(kernel: Kernel, places: coverage.Places,
             out: Dict[str, Set[str]]) -> List[str]:
    """Make and show what the run has left; what is wrong with it. A kernel that died has
    left nothing, which must not hide what its tests have said."""
    try:
        coverage.collect(kernel, REPO, places, out)
        files = tracefile.read(places.info, REPO)
    except LabError as e:
        return [str(e)]
    print(f'\n{coverage.table(files)}')
    print(f'umlab: line by line: {places.html / "index.html"}\n', flush=True)
    return coverage.missed(files)


def cover(request: Request) -> Tuple[int, Optional[Verdict]]:
    """Run the suites, and see what of our files has run; as run_suites()."""
    places = coverage.Places(request.build / 'coverage')
    with _results(request) as began:
        shutil.rmtree(places.folder, ignore_errors=True)
        out = coverage.left_out(REPO / 'uml-config/coverage.exclude')
        coverage.forget(built_kernel(request)[0], REPO)
        boot = _boot(request)
        verdict = boot.verdict()
        missed = _measure(boot.kernel, places, out)
        if missed:
            verdict = verdict.with_failure('coverage', '\n'.join(missed))
        return _finish(boot, request, verdict, began), verdict
