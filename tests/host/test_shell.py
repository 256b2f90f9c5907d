# SPDX-License-Identifier: GPL-2.0-only
"""The shell in a kernel, from a script instead of a terminal."""

import os
import subprocess
import threading

from lab import interactive
from lab.configs import CONFIGS
from lab.kernel import Kernel
from lab.source import Source

from .support import OBJECTS, TREE, FolderTest

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
    'bash: echo: write error: Invalid argument',
    '42',
    'reboot: Power down',
)


class ShellTest(FolderTest):
    """One session, with devices from the command line."""

    def test_shell(self) -> None:
        """Devices, the machine's programs, and nothing of it stays."""
        kernel = Kernel(Source(TREE, (6, 12, 0), TREE), 'base',
                        CONFIGS['base'], (), (), (), self.folder)
        devices = ('dad:revision=B:topology=bounce,noncoherent',
                   'simple:pages=16', 'nonsense')
        command = [str(OBJECTS / 'linux'),
                   *interactive.arguments(kernel, self.folder, '', devices)]
        with subprocess.Popen(command, cwd=TREE, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as process:
            assert process.stdin and process.stdout
            timer = threading.Timer(_TIMEOUT, process.kill)
            timer.start()
            process.stdin.write(_SCRIPT.encode())
            process.stdin.flush()
            output = process.stdout.read().decode(errors='replace')
            timer.cancel()
        lines = [line.rstrip('\r') for line in output.splitlines()]
        for line in _EXPECTED:
            with self.subTest(line):
                self.assertIn(line, lines, output)
        self.assertFalse(os.path.lexists('/etc/umlab-test-file'))
