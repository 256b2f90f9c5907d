# SPDX-License-Identifier: GPL-2.0-only
"""What the host-side tests share."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Dict, List, Optional

REPO = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get('UMLAB_BUILD') or REPO / 'build')
TREE = BUILD / 'linux'
OBJECTS = TREE / f".kunit-{os.environ.get('UMLAB_CONFIG') or 'base'}"

NOBODY = 65534


def sources(*folders: str) -> List[Path]:
    """Our C files below @folders, relative to the repository."""
    found = []
    for folder in folders:
        found += [path.relative_to(REPO)
                  for path in (REPO / folder).rglob('*.[ch]')]
    return sorted(found)


class FolderTest(unittest.TestCase):
    """A test with a folder of its own."""

    where: Optional[str] = None

    def setUp(self) -> None:
        # Removed by addCleanup().  # pylint: disable=consider-using-with
        folder = tempfile.TemporaryDirectory(prefix='umlab-test-',
                                             dir=self.where)
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()

    def write(self, name: str, text: str = '') -> Path:
        """Make a file with @text, and the folders it is in."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def kernel_tree(self, name: str, version: str = '6.12.1') -> Path:
        """A folder that passes for a kernel tree, but cannot be built."""
        numbers = version.split('.')
        self.write(f'{name}/Makefile',
                   f'# SPDX\nVERSION = {numbers[0]}\n'
                   f'PATCHLEVEL = {numbers[1]}\nSUBLEVEL = {numbers[2]}\n')
        self.write(f'{name}/Kbuild')
        self.write(f'{name}/arch/um/Kconfig')
        self.write(f'{name}/tools/testing/kunit/kunit.py')
        self.write(f'{name}/drivers/Kconfig', 'menu "x"\nendmenu\n')
        self.write(f'{name}/drivers/Makefile', 'obj-y += base/\n')
        return self.folder / name

    def lab(self, *command: str, **variables: str
            ) -> 'subprocess.CompletedProcess[str]':
        """Run a command as the Makefile does, with these variables."""
        env: Dict[str, str] = {
            name: value for name, value in os.environ.items()
            if name not in ('KERNEL_SRC', 'SUITE', 'SLOW', 'ARGS', 'CONFIG', 'JOBS',
                            'DEVICES', 'OPERATIONS', 'SEED')}
        env.update({'BUILD': str(self.folder / 'build')}, **variables)
        return subprocess.run(
            [sys.executable, str(REPO / 'uml-config/lab'), *command], env=env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, check=False)

    def expect_refusal(self, *words: str, **variables: str) -> None:
        """Expect one clear error line with all @words in it, and status 2."""
        done = self.lab('kunit', **variables)
        lines = done.stderr.strip().splitlines()
        self.assertEqual(done.returncode, 2, done)
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertTrue(lines[0].startswith('umlab: '), lines[0])
        for word in words:
            self.assertIn(word, lines[0])
