# SPDX-License-Identifier: GPL-2.0-only
"""The commands behind the Makefile's targets.

Their arguments are the Makefile's variables and come in the environment, so
that no shell reads them once more.
"""

import argparse
import contextlib
import fcntl
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable, Iterator, List, Optional, Tuple

from . import benchmark, coverage, interactive, junit, overlay, processes, source, tracefile
from . import report as pages
from .configs import CONFIGS, Config
from .errors import LabError
from .files import put
from .kernel import Kernel, build, make_environment
from .results import Run
from .verdict import Verdict, conclude

REPO = Path(__file__).resolve().parents[2]

_LOCK = '.umlab-lock'


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
        build_dir = Path(get('BUILD') or REPO / 'build').resolve()
        if re.search(r'[\s:]', str(build_dir)):
            raise LabError(f'{build_dir}: the kernel cannot be built in a path'
                           ' with a space or a colon; name another folder'
                           ' with BUILD=<folder>')
        return Request(build_dir, get('KERNEL_SRC') or '', config, get('SUITE') or '',
                       slow == '1', int(jobs), tuple(args),
                       tuple((get('DEVICES') or '').split()))


@contextlib.contextmanager
def build_folder(folder: Path) -> Iterator[None]:
    """Make @folder ours for the time of the body, and ours alone."""
    lock = folder / _LOCK
    if folder.exists() and not lock.exists() and \
            (not folder.is_dir() or any(folder.iterdir())):
        raise LabError(f'{folder} is there already and is no build folder of'
                       ' umlab: name another one with BUILD=<folder>')
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = open(lock, 'a+', encoding='ascii')
    except OSError as e:
        raise LabError(f'cannot write to {folder} ({e.strerror}): name another'
                       ' folder with BUILD=<folder>') from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LabError(f'another run is using {folder}: wait for it, or'
                           ' name another folder with BUILD=<folder>'
                           ) from None
        yield


def tidy(folder: Path) -> None:
    """Remove what only a run under way has in @folder."""
    for path in (folder / 'tmp', *folder.glob('*.part'),
                 *folder.glob('results/*.part')):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if [entry.name for entry in folder.iterdir()] == [_LOCK]:
        shutil.rmtree(folder, ignore_errors=True)


# Words of ARGS that say how to build
_FOR_THE_BUILD = ('--kconfig_add', '--make_options', '--kunitconfig')

# and those that umlab decides
_NOT_HERE = {
    '--build_dir': 'give BUILD=<folder> instead',
    '--jobs': 'give JOBS=<number> instead',
    '--alltests': 'give --kunitconfig with the configuration wanted instead',
    '--arch': 'umlab is ARCH=um',
    '--cross_compile': 'umlab is ARCH=um',
    '--qemu_config': 'umlab is ARCH=um',
    '--qemu_args': 'umlab is ARCH=um',
}


def _split_args(args: Tuple[str, ...]) -> Tuple[argparse.Namespace, List[str]]:
    """Tell the words of ARGS that steer the build from those for the run."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False,
                                     exit_on_error=False)
    for option in _FOR_THE_BUILD:
        parser.add_argument(option, action='append', default=[])
    for option in _NOT_HERE:
        parser.add_argument(option, nargs='?', const='yes')
    try:
        known, rest = parser.parse_known_args(args)
    except argparse.ArgumentError as e:
        raise LabError(f'ARGS: {e}') from None
    for option, why in _NOT_HERE.items():
        if getattr(known, option[2:]):
            raise LabError(f'ARGS: {option}: {why}')
    for word in rest:
        name = word.partition('=')[0]
        for option in (*_FOR_THE_BUILD, *_NOT_HERE):
            # kunit.py would take it for the option and do nothing with it.
            if len(name) > 3 and option.startswith(name):
                raise LabError(f'ARGS: {name}: write {option} in full')
    return known, [_absolute_json(word) for word in rest]


def _absolute_json(word: str) -> str:
    """kunit.py goes to the kernel tree before it opens the file."""
    option, given, name = word.partition('=')
    if option == '--json' and given and name != 'stdout':
        return f'{option}={Path(name).resolve()}'
    return word


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
    known, rest = _split_args(request.args)
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
    if request.args:
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


def run_suites(request: Request) -> Tuple[int, Optional[Verdict]]:
    """Build and run; the exit status, and the verdict where there is one."""
    began = time.time()
    judged = not any(word.split('=')[0] in _NO_RUN for word in request.args)
    if judged:
        junit.forget(request.build, request.results)
    kernel, words = built_kernel(request)
    log = kernel.objects / 'test.log'
    log.unlink(missing_ok=True)
    status = _exec(kernel, selection(kernel.config, request, words), request)
    if not judged:
        return status, None
    verdict = conclude(kernel.source.tree, log, status)
    seconds = time.time() - began
    _keep(kernel, request, verdict,
          Run(request.results, verdict.cases, (), int(began), seconds))
    _report(kernel, request.suite, verdict, seconds)
    return int(verdict.failed > 0), verdict


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


# The variables that only some commands have a use for
_PARTICULAR = ('SUITE', 'SLOW', 'ARGS', 'DEVICES', 'OPERATIONS', 'SEED')


def allow(*useful: str) -> None:
    """Refuse the variables that the command has no use for."""
    for name in _PARTICULAR:
        if name not in useful and os.environ.get(name, '0') not in ('', '0'):
            raise LabError(f'{name} is of no use for this command:'
                           ' see "make help"')


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


def cover(request: Request) -> Tuple[int, Optional[Verdict]]:
    """Run the suites, and see what of our files has run; as run_suites()."""
    places = coverage.Places(request.build / 'coverage')
    out = coverage.left_out(REPO / 'uml-config/coverage.exclude')
    junit.forget(request.build, request.results)
    shutil.rmtree(places.folder, ignore_errors=True)
    kernel, _ = built_kernel(request)
    coverage.forget(kernel)
    status, verdict = run_suites(request)
    coverage.collect(kernel, REPO, places, out)
    files = tracefile.read(places.info, REPO)
    print(f'\n{coverage.table(files)}')
    print(f'umlab: line by line: {places.html / "index.html"}', flush=True)
    missed = coverage.missed(files)
    for what in missed:
        print(f'umlab: FAILED: coverage of {what}', flush=True)
    return int(bool(status or missed)), verdict


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
                              real_time=True, called='stress'))[0]


def stress() -> int:
    """make stress"""
    return supervised(_stressed)


def _number(name: str, default: int) -> int:
    """A variable that is a number."""
    given = os.environ.get(name) or str(default)
    if not given.isdigit():
        raise LabError(f'{name}={given}: give a number')
    return int(given)


# What the soak may take, in seconds; and as many operations fit into the five minutes
# of virtual time that KUnit waits for a case
_SOAK_TIMEOUT = 3600
_SOAK_OPERATIONS = 20_000_000


def _soaked(request: Request) -> int:
    allow('OPERATIONS', 'SEED')
    operations = _number('OPERATIONS', 1000000)
    if not 0 < operations <= _SOAK_OPERATIONS:
        raise LabError(f'OPERATIONS={operations}: give 1 to'
                       f' {_SOAK_OPERATIONS}')
    seed = _number('SEED', time.time_ns() % 1000000)
    args = (f'umlab.args=-n,{operations},-s,{seed}', 'umlab.real_ms=0',
            f'umlab.ms={_SOAK_TIMEOUT * 1000}')
    print(f'umlab: {operations} operations; once more:'
          f' make soak OPERATIONS={operations} SEED={seed}'
          f' CONFIG={request.config}', flush=True)
    return run_suites(replace(
        request, suite='umlab_user.soak', called='soak',
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
            if entry.name == _LOCK:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        return 0  # and tidy() removes the empty folder
    return supervised(remove)
