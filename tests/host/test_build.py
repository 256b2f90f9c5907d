# SPDX-License-Identifier: GPL-2.0-only
"""What is rebuilt, and when: on the kernel that was built."""

import os
import unittest
from typing import List

from lab import overlay
from lab.configs import CONFIGS
from lab.kernel import Kernel, build
from lab.source import Source

from .support import BUILD, OBJECTS, REPO, TREE


class RebuildTest(unittest.TestCase):
    """Steps of one kernel build after another."""

    def setUp(self) -> None:
        name = OBJECTS.name.partition('-')[2]
        fragments = tuple(REPO / 'uml-config' / fragment
                          for fragment in CONFIGS[name].fragments)
        self.source = Source(TREE, (6, 12, 0), TREE)
        self.kernel = Kernel(self.source, name, CONFIGS[name], fragments, (),
                             (), BUILD / 'tmp')
        # Whatever the run before was told in ARGS
        self.build()

    def build(self) -> List[str]:
        """Build; the objects that were compiled, [] if make did not run."""
        log = OBJECTS / 'build.log'
        log.unlink(missing_ok=True)
        build(self.kernel, len(os.sched_getaffinity(0)))
        if not log.exists():
            return []
        return [line.split()[-1] for line in log.read_text().splitlines()
                if line.startswith('  CC ')]

    def test_nothing_changed(self) -> None:
        """make is not even asked; nor by an overlay that is put in again."""
        overlay.place(REPO, self.source)
        before = (OBJECTS / 'linux').stat().st_mtime_ns
        self.build()
        self.assertFalse((OBJECTS / 'build.log').exists())
        self.assertEqual((OBJECTS / 'linux').stat().st_mtime_ns, before)

    def test_one_driver_file(self) -> None:
        """That file, and what carries the version."""
        os.utime(REPO / 'drivers/simple/mmap.c')
        self.assertEqual(self.build(),
                         ['drivers/umlab/drivers/simple/mmap.o',
                          'init/version-timestamp.o'])
        self.assertEqual(self.build(), [])

    def test_one_kernel_file(self) -> None:
        """A change of the kernel's own is seen as well."""
        os.utime(TREE / 'mm/mmap.c')
        self.assertIn('mm/mmap.o', self.build())

    def test_removed_file(self) -> None:
        """A new file's and a removed one's folder has changed."""
        path = REPO / 'drivers/simple/umlab-test-file'
        path.touch()
        self.assertIsNotNone(self.build())
        self.assertTrue((OBJECTS / 'build.log').exists())
        path.unlink()
        self.build()
        self.assertTrue((OBJECTS / 'build.log').exists())

    def test_missing_kernel(self) -> None:
        """The binary itself."""
        (OBJECTS / 'linux').unlink()
        self.build()
        self.assertTrue((OBJECTS / 'linux').exists())
