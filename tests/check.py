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
from typing import Dict, Tuple

REPO = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPO / 'uml-config'), str(REPO / 'tests')]

# pylint: disable=wrong-import-position
from lab import cli, junit, runs  # noqa: E402
from lab.configs import CHECKED, CHECKED_ALL  # noqa: E402
from lab.errors import LabError  # noqa: E402
from lab.request import Request, allow  # noqa: E402
from lab.results import Case, Run, Status, count  # noqa: E402
from listing import Listing  # noqa: E402


# How many of those that failed are named at the end
_NAMED = 50


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


def run_suites(request: Request) -> Tuple[Case, ...]:
    """Run the suites in one configuration."""
    run = runs.cover if request.config == 'coverage' else runs.run_suites
    with cli.explained():
        _, verdict = run(request)
        if verdict:
            return verdict.cases
    return (Case('the run', '', Status.CRASHED),)


def run_host_part(request: Request) -> Tuple[Case, ...]:
    """Run the host-side tests, and leave their results."""
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
    return cases


def conclude(results: Dict[str, Tuple[Case, ...]]) -> int:
    """Name once more what failed, and count; 0 if all of it passed."""
    cases = tuple(case for found in results.values() for case in found)
    passed, failed, skipped = count(cases)
    print()
    bad = [f'umlab: failed: {name}: {case.full_name}'
           for name, found in results.items() for case in found if case.status.bad]
    for line in bad[:_NAMED]:
        print(line)
    if len(bad) > _NAMED:
        print(f'umlab: and {len(bad) - _NAMED} more')
    if skipped:
        print(f'umlab: {skipped} were skipped, see above')
    print(f'{passed} passed, {failed} failed', flush=True)
    return 1 if failed or not passed else 0


def check(request: Request) -> int:
    """Run everything; 0 if all of it passed."""
    if request.suite or request.args:
        raise LabError('SUITE and ARGS are for "make kunit": "make check"'
                       ' means everything')
    allow('SLOW')
    configs = CHECKED_ALL if request.slow else CHECKED
    if request.config != CHECKED[0]:
        configs = (request.config,)
    # Together they tell of one state of the sources, or are not there.
    junit.forget(request.build, *configs, 'host')
    results = {config: run_suites(replace(request, config=config))
               for config in configs}
    print('\numlab: host-side tests', flush=True)
    os.environ['UMLAB_CONFIGS'] = ' '.join(configs)
    results['host'] = run_host_part(request)
    return conclude(results)


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
