# SPDX-License-Identifier: GPL-2.0-only
"""Which cases a run has: slow ones if asked for, benchmarks never."""

import os
import re
import subprocess
from pathlib import Path
from typing import List, Set

from lab.configs import CONFIGS
from lab.request import Request
from lab.runs import selection

from .support import OBJECTS, REPO, FolderTest


class SpeedTest(FolderTest):
    """From make's variables to the cases."""

    def selection(self, *words: str, suite: str = '', slow: bool = False
                  ) -> List[str]:
        """What kunit.py is told."""
        request = Request(Path(), '', 'base', suite, slow, 1, ())
        return selection(CONFIGS['base'], request, list(words))

    def cases(self, speed: str) -> Set[str]:
        """The cases that the kernel has left by this filter."""
        done = subprocess.run(
            [str(OBJECTS / 'linux'), *CONFIGS['base'].kernel_args, 'mem=1G',
             'console=tty', f'uml_dir={self.folder}/', 'kunit_shutdown=halt',
             'kunit.enable=1', 'kunit.action=list', 'kunit.filter_glob=umlab_*',
             f'kunit.filter={speed}'], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
            text=True, errors='replace', check=True)
        return set(re.findall(r'^(umlab_\w+\.\w+)\r?$', done.stdout, re.M))

    def test_words(self) -> None:
        """By a filter, and without one if the user says what to run."""
        self.assertEqual(self.selection(), ['--timeout=60', '--filter=speed>slow'])
        self.assertEqual(self.selection(slow=True),
                         ['--timeout=600', '--filter=speed>very_slow'])
        for slow in (False, True):
            self.assertEqual(self.selection(suite='umlab_lib', slow=slow)[1:],
                             ['umlab_lib'])
            self.assertEqual(self.selection('--filter=speed>none', slow=slow)[1:],
                             ['--filter=speed>none'])

    def test_cases(self) -> None:
        """The filters differ in the slow cases; neither has a benchmark, nor
        what ends the kernel."""
        normal, slow = self.cases('speed>slow'), self.cases('speed>very_slow')
        self.assertLess(normal, slow)
        self.assertIn('umlab_dma_foreign.foreign_dmapool_more', slow - normal)
        for case in slow:
            self.assertNotRegex(case, '^umlab_(bench|dma_none)')

    def test_targets(self) -> None:
        """check-all is check with SLOW=1, whatever else is said."""
        script = self.write('python', '#!/bin/sh\necho "SLOW=$SLOW $*"\n')
        script.chmod(0o755)
        env = {name: value for name, value in os.environ.items()
               if name not in ('SLOW', 'MAKEFLAGS', 'MFLAGS', 'MAKELEVEL')}
        for words, said in ((['check'], 'SLOW= tests/check.py'),
                            (['check-all'], 'SLOW=1 tests/check.py'),
                            (['check-all', 'SLOW=0'], 'SLOW=1 tests/check.py'),
                            (['kunit', 'SLOW=1'], 'SLOW=1 uml-config/lab kunit')):
            done = subprocess.run(
                ['make', '--no-print-directory', '-C', str(REPO),
                 f'PYTHON={script}', *words], env=env, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                check=False)
            self.assertEqual(done.stdout.splitlines()[-1:], [said])

    def test_refused(self) -> None:
        """1 or 0, and no other words."""
        self.expect_refusal('SLOW=yes', SLOW='yes')
