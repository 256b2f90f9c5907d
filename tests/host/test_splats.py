# SPDX-License-Identifier: GPL-2.0-only
"""What the kernel reports fails the test that it comes in, and no other one."""

import os
import re
import subprocess
from typing import Dict, Set

from lab.configs import CONFIGS
from lab.results import Case, Status
from lab.verdict import judge

from .support import TREE, FolderTest

# The rows that a configuration is there for
_MUST = {'kasan': {'KASAN', 'KASAN of vmalloc', 'UBSAN'},
         'debug': {'list', 'lockdep', 'lock not initialised', 'sleep while atomic',
                   'bad page', 'SLUB'}}

# What makes a report that umlab.plant=1 has it not declare
_MAKERS = re.compile(r'umlab_splat\.(splat_comes\..*|splat_lockdep_again|splat_in_timer'
                     r'|splat_at_the_end)')
_STRAY = 'reports that failed no test'


class SplatsTest(FolderTest):
    """The suites that make the kernel report, in each configuration that was run."""

    def run_suites(self, config: str, *args: str) -> Dict[str, Case]:
        """Each of their cases."""
        log = self.folder / 'test.log'
        with open(log, 'wb') as output:
            subprocess.run(
                [f'.kunit-{config}/linux', *CONFIGS[config].kernel_args, 'mem=1G',
                 'console=tty', f'uml_dir={self.folder}/', 'kunit_shutdown=halt',
                 'kunit.enable=1', 'kunit.filter_glob=umlab_splat*', *args],
                cwd=TREE, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, timeout=120, check=True)
        return {case.full_name: case for case in judge(TREE, log).cases}

    def planted(self, declared: Dict[str, Case], config: str) -> Set[str]:
        """What has to fail when nothing is declared."""
        makers = {name for name, case in declared.items()
                  if _MAKERS.fullmatch(name) and case.status is Status.PASSED}
        self.assertLessEqual({f'umlab_splat.splat_comes.{row}'
                              for row in _MUST.get(config, ())}, makers)
        # kmemleak looks at the end of a suite, whose only case has passed by then.
        return makers | {_STRAY} | ({'umlab_splat_leak'} if config == 'debug' else set())

    def test_each_fails_one(self) -> None:
        """Declared, all pass; planted, each fails its own test, and nothing else."""
        for config in os.environ.get('UMLAB_CONFIGS', 'base').split():
            with self.subTest(config):
                declared = self.run_suites(config)
                self.assertFalse([name for name, case in declared.items()
                                  if case.status.bad])
                ends = self.run_suites(config, 'umlab.plant=1')
                failed = {name for name, case in ends.items() if case.status.bad}
                self.assertEqual(failed, self.planted(declared, config))
                # one before the first test, and one before a test is skipped
                self.assertIn('umlab: 2 reports of bugs', ends[_STRAY].log)
                self.assertGreater(len(failed), 6)
