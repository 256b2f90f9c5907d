# SPDX-License-Identifier: GPL-2.0-only
"""make check: everything that has to pass, and one line at the end.

make check-all: the same, with SLOW=1 and in every configuration; that for coverage is
held to what is asked of it.

First the KUnit suites, then the host-side tests (tests/host), some of which
look at the kernel that was built.
"""

import os
import platform
import shlex
import sys
import time
import unittest
from dataclasses import replace
from pathlib import Path
from typing import Tuple

REPO = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPO / 'uml-config'), str(REPO / 'tests')]

# pylint: disable=wrong-import-position
from lab import cli, junit, runs  # noqa: E402
from lab.configs import CHECKED, CHECKED_ALL  # noqa: E402
from lab.errors import LabError  # noqa: E402
from lab.request import Request, allow  # noqa: E402
from lab.results import Run, count  # noqa: E402
from listing import Listing  # noqa: E402


def run_host_tests(name: str = '') -> Listing:
    """Run the host-side tests that @name is part of the name of."""
    loader = unittest.TestLoader()
    if name:
        loader.testNamePatterns = [f'*{name}*']
    tests = loader.discover(str(REPO / 'tests/host'),
                            top_level_dir=str(REPO / 'tests'))
    listing = Listing(tests.countTestCases())
    tests.run(listing)
    listing.summary()
    return listing


def run_suites(request: Request) -> Tuple[int, int]:
    """Run the suites in one configuration; passed and failed."""
    passed, failed = 0, 1
    run = runs.cover if request.config == 'coverage' else runs.run_suites
    with cli.explained():
        status, verdict = run(request)
        if verdict:
            passed, failed = verdict.passed, verdict.failed
        if status and not failed:
            failed = 1
    return passed, failed


def run_host_part(request: Request) -> Tuple[int, int]:
    """Run the host-side tests, and leave their results; passed and failed."""
    # Removed with the folder, should the run be interrupted
    os.environ['TMPDIR'] = str(request.build / 'tmp')
    os.environ['UMLAB_BUILD'] = str(request.build)
    os.environ['UMLAB_CONFIG'] = request.config
    began = time.time()
    cases = tuple(run_host_tests().cases)
    configs = shlex.quote(os.environ['UMLAB_CONFIGS'])
    facts = (('host', f'Python {platform.python_version()}'),
             ('command', f'UMLAB_CONFIGS={configs} python3 tests/check.py'))
    junit.write(Run('host', cases, facts, int(began), time.time() - began),
                request.build)
    passed, failed, skipped = count(cases)
    if skipped:
        print(f'umlab: {skipped} host-side tests were skipped, see above')
    return passed, failed


def check(request: Request) -> int:
    """Run everything; 0 if all of it passed."""
    if request.suite or request.args:
        raise LabError('SUITE and ARGS are for "make kunit": "make check"'
                       ' means everything')
    allow('SLOW')
    passed, failed = 0, 0
    configs = CHECKED_ALL if request.slow else CHECKED
    if request.config != CHECKED[0]:
        configs = (request.config,)
    # Together they tell of one state of the sources, or are not there.
    junit.forget(request.build, *configs, 'host')
    for config in configs:
        one_passed, one_failed = run_suites(replace(request, config=config))
        passed += one_passed
        failed += one_failed

    print('\numlab: host-side tests', flush=True)
    os.environ['UMLAB_CONFIGS'] = ' '.join(configs)
    host_passed, host_failed = run_host_part(request)
    passed += host_passed
    failed += host_failed
    print(f'\n{passed} passed, {failed} failed', flush=True)
    return 1 if failed or not passed else 0


def one(name: str) -> int:
    """Run the host-side tests of a name, by hand; 0 if all of them passed."""
    passed, failed, skipped = count(tuple(run_host_tests(name).cases))
    if not passed + failed + skipped:
        print(f'umlab: no host-side test matches {name}')
        return 1
    print(f'\n{passed} passed, {failed} failed, {skipped} skipped')
    return int(failed > 0)


if __name__ == '__main__':
    sys.exit(one(sys.argv[1]) if len(sys.argv) > 1 else cli.supervised(check))
