# SPDX-License-Identifier: GPL-2.0-only
"""The shell in a kernel, from a script instead of a terminal."""

import os
import subprocess
import sys

from .support import REPO, TREE, FolderTest

# As "make shell" runs it
_RUN = '''
import sys
from pathlib import Path
sys.path.insert(0, {config!r})
from lab import interactive
from lab.configs import CONFIGS
from lab.kernel import Kernel
from lab.source import Source
tree, folder = Path({tree!r}), Path({folder!r})
kernel = Kernel(Source(tree, (6, 12, 0), tree), 'base', CONFIGS['base'], (), (),
                (), folder)
sys.exit(interactive.shell(kernel, folder, {devices!r}))
'''

_SCRIPT = '''\
cat /dev/umlab
lspci -n -s 10:
head -c 3 /dev/dad0 | od -An -tx1
ls /dev/simple0-remap
echo precious > /etc/umlab-test-file && cat /etc/umlab-test-file
echo plug dad revision=A topology=iommu keep > /dev/umlab && ls /dev/dad1
echo unplug dad1 > /dev/umlab; ls /dev/dad1
echo plug dad colour=red > /dev/umlab
echo $((6 * 7))
exit
'''

_DEVICES = ('dad:revision=B:topology=bounce,noncoherent', 'simple:pages=16',
            'nonsense')

_TIMEOUT = 60  # seconds

_EXPECTED = (
    'umlab: plug nonsense keep: No such file or directory',
    'dad0 dad 0000:10:00.0',
    '10:00.0 1180: 6c61:dad0 (rev 0b)',
    ' 00 00 00',
    '/dev/simple0-remap',
    'precious',
    '/dev/dad1',
    "ls: cannot access '/dev/dad1': No such file or directory",
    '/dev/tty0: line 8: echo: write error: Invalid argument',
    '42',
    'reboot: Power down',
)


class ShellTest(FolderTest):
    """One session, with devices from the command line."""

    def test_shell(self) -> None:
        """Devices, the machine's programs, and nothing of it stays."""
        script = self.write('script', _SCRIPT)
        log = self.folder / 'log'
        run = _RUN.format(config=str(REPO / 'uml-config'), tree=str(TREE),
                          folder=str(self.folder), devices=_DEVICES)
        # Files, which UML itself would not take for a console
        with open(script, 'rb') as source, open(log, 'wb') as output:
            subprocess.run([sys.executable, '-c', run], stdin=source,
                           stdout=output, stderr=subprocess.STDOUT,
                           timeout=_TIMEOUT, check=True)
        text = log.read_text(errors='replace')
        lines = text.replace('\r', '').splitlines()
        for line in _EXPECTED:
            with self.subTest(line):
                self.assertIn(line, lines, text)
        self.assertFalse(os.path.lexists('/etc/umlab-test-file'))
