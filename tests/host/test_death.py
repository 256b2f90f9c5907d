# SPDX-License-Identifier: GPL-2.0-only
"""What ends the kernel, and is said to, does."""

import subprocess

from lab.configs import CONFIGS
from lab.verdict import judge

from .support import OBJECTS, TREE, FolderTest


class DeathTest(FolderTest):
    """Runs that are expected to die."""

    def test_dma_none(self) -> None:
        """DMA_NONE is a BUG, and a run that dies of it has failed."""
        log = self.folder / 'test.log'
        with open(log, 'wb') as output:
            done = subprocess.run(
                [str(OBJECTS / 'linux'), *CONFIGS['base'].kernel_args,
                 'mem=1G', 'console=tty', f'uml_dir={self.folder}/',
                 'kunit_shutdown=halt', 'kunit.enable=1',
                 'kunit.filter_glob=umlab_dma_none', 'dma_none.wanted=1'],
                stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, timeout=60, check=False)
        text = log.read_text(errors='backslashreplace')
        self.assertRegex(text, r'BUG: failure at kernel/dma/mapping\.c:\d+/'
                               r'dma_map_page_attrs\(\)!')
        self.assertNotEqual(done.returncode, 0)
        verdict = judge(TREE, log)
        self.assertEqual(verdict.passed, 0)
        self.assertGreater(verdict.failed, 0)
