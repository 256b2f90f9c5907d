# SPDX-License-Identifier: GPL-2.0-only
"""make check: everything that has to pass, and one line at the end.

make check-all: the same, with SLOW=1.

First the KUnit suites, then the host-side tests (tests/host), some of which
look at the kernel that was built.
"""

import os
import sys
import unittest
from dataclasses import replace
from pathlib import Path
from typing import Tuple

REPO = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPO / 'uml-config'), str(REPO / 'tests')]

# pylint: disable=wrong-import-position
from lab import cli  # noqa: E402
from lab.configs import CHECKED  # noqa: E402
from lab.errors import LabError  # noqa: E402


class CountingResult(unittest.TextTestResult):
    """A result that counts each subtest, as it would a test.

    A test without subtests counts as one; one with subtests as those.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.passed = 0
        self._subtests = False

    def startTest(self, test: unittest.TestCase) -> None:
        """See unittest."""
        self._subtests = False
        super().startTest(test)

    def addSubTest(self, test, subtest, err) -> None:  # type: ignore
        """See unittest."""
        self._subtests = True
        if err is None:
            self.passed += 1
        super().addSubTest(test, subtest, err)

    def addSuccess(self, test: unittest.TestCase) -> None:
        """See unittest."""
        if not self._subtests:
            self.passed += 1
        super().addSuccess(test)


def run_host_tests(name: str = '') -> Tuple[int, int, int]:
    """Run the host-side tests; passed, failed and skipped."""
    loader = unittest.TestLoader()
    if name:
        loader.testNamePatterns = [f'*{name}*']
    tests = loader.discover(str(REPO / 'tests/host'),
                            top_level_dir=str(REPO / 'tests'))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2,
                                     resultclass=CountingResult).run(tests)
    failed = len(result.failures) + len(result.errors)
    if not result.testsRun:
        print(f'umlab: no host-side test matches {name}')
        failed = 1
    return result.passed, failed, len(result.skipped)


def run_suites(request: cli.Request) -> Tuple[int, int]:
    """Run the suites in one configuration; passed and failed."""
    passed, failed = 0, 1
    with cli.explained():
        status, verdict = cli.run_suites(request)
        if verdict:
            passed, failed = verdict.passed, verdict.failed
        if status and not failed:
            failed = 1
    return passed, failed


def check(request: cli.Request) -> int:
    """Run everything; 0 if all of it passed."""
    if request.suite or request.args:
        raise LabError('SUITE and ARGS are for "make kunit": "make check"'
                       ' means everything')
    passed, failed = 0, 0
    configs = CHECKED if request.config == CHECKED[0] else (request.config,)
    for config in configs:
        one_passed, one_failed = run_suites(replace(request, config=config))
        passed += one_passed
        failed += one_failed

    print('\numlab: host-side tests', flush=True)
    # Removed with the folder, should the run be interrupted
    os.environ['TMPDIR'] = str(request.build / 'tmp')
    os.environ['UMLAB_BUILD'] = str(request.build)
    os.environ['UMLAB_CONFIG'] = request.config
    host_passed, host_failed, host_skipped = run_host_tests()
    passed += host_passed
    failed += host_failed
    if host_skipped:
        print(f'umlab: {host_skipped} host-side tests were skipped, see above')
    print(f'{passed} passed, {failed} failed', flush=True)
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    if len(sys.argv) > 1:
        sys.exit(1 if run_host_tests(sys.argv[1])[1] else 0)
    sys.exit(cli.supervised(check))
