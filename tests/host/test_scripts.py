# SPDX-License-Identifier: GPL-2.0-only
"""pylint, mypy (strict) and flake8 on our Python; shellcheck on our shell.

Their settings are in tests/setup.cfg.
"""

import os
import subprocess
from pathlib import Path
from typing import Dict, List, Tuple

from .support import REPO, FolderTest

_TESTS = REPO / 'tests'
_LAB = REPO / 'uml-config/lab'
_SETTINGS = _TESTS / 'setup.cfg'

_PYLINT = ('pylint', f'--rcfile={_SETTINGS}', '--score=no', '--persistent=no')
_MYPY = ('mypy', f'--config-file={_SETTINGS}', '--cache-dir=/dev/null',
         '--no-error-summary')
_FLAKE8 = ('flake8', f'--config={_SETTINGS}')
_SHELLCHECK = ('shellcheck',)

# For each checker something that it has to find
_PLANTED: Dict[str, Tuple[str, ...]] = {
    'unused-import': _PYLINT,
    'has no attribute': _MYPY,
    'E231 ': _FLAKE8,
}
_BAD_PYTHON = '"""A try."""\n\nimport os\n\nA = [1,2].of()\n'


def _scripts() -> List[Path]:
    """Our shell scripts, by their first line."""
    tracked = [*(REPO / 'uml-config').iterdir(), *(REPO / '.ci').iterdir(),
               *_TESTS.iterdir()]
    return sorted(path for path in tracked if path.is_file()
                  and path.read_bytes().startswith((b'#!/bin/sh', b'#!/bin/bash')))


class ScriptsTest(FolderTest):
    """All of our scripts, and one with something planted."""

    def said(self, *command: object) -> str:
        """What a checker says; it says something if it fails."""
        env = dict(os.environ, PYTHONPATH=str(REPO / 'uml-config'),
                   PYTHONDONTWRITEBYTECODE='1')
        done = subprocess.run(list(map(str, command)), cwd=_TESTS, env=env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(bool(done.stdout), bool(done.returncode), done)
        return done.stdout

    def test_pylint(self) -> None:
        """All of it."""
        self.assertEqual(self.said(*_PYLINT, _LAB, 'check.py', 'listing.py', 'host'), '')

    def test_mypy(self) -> None:
        """Each function has types, and they fit."""
        self.assertEqual(self.said(*_MYPY, '-p', 'lab'), '')
        self.assertEqual(self.said(*_MYPY, 'check.py', 'host'), '')

    def test_flake8(self) -> None:
        """How it is laid out."""
        self.assertEqual(self.said(*_FLAKE8, _LAB, '.'), '')

    def test_shellcheck(self) -> None:
        """All shell scripts; that they are POSIX ones if they say sh, too."""
        scripts = _scripts()
        self.assertEqual([path.name for path in scripts], ['run', 'packages.sh'])
        for path in scripts:
            with self.subTest(path.name):
                self.assertEqual(self.said(*_SHELLCHECK, path), '')

    def test_planted(self) -> None:
        """Each of them finds something."""
        path = self.write('try.py', _BAD_PYTHON)
        for expected, command in _PLANTED.items():
            with self.subTest(expected):
                self.assertIn(expected, self.said(*command, path))
        script = self.write('try.sh', '#!/bin/sh\nif [[ $1 ]]; then rm $1; fi\n')
        said = self.said(*_SHELLCHECK, script)
        self.assertIn('SC2086', said)   # not quoted
        self.assertIn('SC3010', said)   # no sh has [[
