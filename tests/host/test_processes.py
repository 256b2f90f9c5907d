# SPDX-License-Identifier: GPL-2.0-only
"""No process and no file outlives a run, however it ends."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable, List

from .support import OBJECTS, REPO, FolderTest

# A run as "make kunit" is one. Its job starts a kernel that waits for a root
# device for ever, and a shell that waits in a session of its own.
_RUN = '''
import subprocess, sys
from pathlib import Path
sys.path.insert(0, {config!r})
from lab import folder as folders, processes
folder = Path({folder!r})
tmp = folder / 'tmp'
def job():
    tmp.mkdir()
    (tmp / 'half-written').touch()
    subprocess.Popen(['sleep', '{marker}'], start_new_session=True)
    kernel = subprocess.Popen(
        [{kernel!r}, 'mem=64M', 'con=null', 'root=/dev/none', 'rootwait',
         'kunit.enable=0', f'uml_dir={{tmp}}/', 'umlab={marker}'],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    (folder / 'started').touch()
    kernel.wait()
    return 0
with folders.build_folder(folder):
    sys.exit(processes.supervise(job, lambda: folders.tidy(folder)))
'''


class EndingTest(FolderTest):
    """Each way for a run to end."""

    def setUp(self) -> None:
        super().setUp()
        self.marker = f'1{os.getpid()}{time.monotonic_ns() % 10**6:06d}'
        self.build = self.folder / 'build'
        script = _RUN.format(config=str(REPO / 'uml-config'),
                             folder=str(self.build), marker=self.marker,
                             kernel=str(OBJECTS / 'linux'))
        # Even if these tests run in the background of a shell, where Ctrl-C is
        # ignored. It is waited for by stop(), and there are no threads.
        # pylint: disable=consider-using-with,subprocess-popen-preexec-fn
        self.parent = subprocess.Popen(
            ['sh', '-c', f'"$@" {self.marker}; exit $?', 'sh', sys.executable,
             '-c', script], start_new_session=True, stderr=subprocess.DEVNULL,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        self.addCleanup(self.stop)
        self.wait_for(lambda: (self.build / 'started').exists()
                      and self.alive('linux'))

    def stop(self) -> None:
        """End what a failed test has left."""
        for pid in self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.parent.wait()

    def wait_for(self, condition: Callable[[], object]) -> None:
        """Until @condition() holds, or the test fails."""
        for _ in range(1500):
            if condition():
                return
            time.sleep(0.01)
        self.fail('nothing happened in 15 seconds')

    def alive(self, name: str = '') -> List[int]:
        """The pids of what the run started; only those running @name."""
        found = []
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                command = Path(f'/proc/{pid}/cmdline').read_bytes()
            except OSError:
                continue
            words = command.decode(errors='replace').split('\0')
            if self.marker in ' '.join(words) and \
                    words[0].endswith(name) and int(pid) != os.getpid():
                found.append(int(pid))
        return found

    def run_processes(self) -> List[int]:
        """The watcher and its worker, in this order."""
        pids = self.alive(Path(sys.executable).name)
        self.assertEqual(len(pids), 2)

        def parent(pid: int) -> int:
            stat = Path(f'/proc/{pid}/stat').read_text(encoding='ascii')
            return int(stat.rpartition(')')[2].split()[1])
        return pids if parent(pids[1]) == pids[0] else pids[::-1]

    def expect_nothing_left(self) -> None:
        """Neither processes nor files."""
        self.wait_for(lambda: not self.alive())
        self.assertFalse((self.build / 'tmp').exists())

    def test_interrupt(self) -> None:
        """Ctrl-C: the terminal tells the whole process group."""
        os.killpg(self.parent.pid, signal.SIGINT)
        self.expect_nothing_left()
        self.assertNotEqual(self.parent.wait(), 0)

    def test_terminate(self) -> None:
        """SIGTERM to the run alone."""
        os.kill(self.run_processes()[0], signal.SIGTERM)
        self.expect_nothing_left()
        self.assertEqual(self.parent.wait(), 128 + signal.SIGTERM)

    def test_kill_watcher(self) -> None:
        """SIGKILL to the process that make started."""
        os.kill(self.run_processes()[0], signal.SIGKILL)
        self.expect_nothing_left()

    def test_kill_worker(self) -> None:
        """SIGKILL to the one below it."""
        os.kill(self.run_processes()[1], signal.SIGKILL)
        self.expect_nothing_left()
        self.assertEqual(self.parent.wait(), 128 + signal.SIGKILL)

    def test_kill_parent(self) -> None:
        """SIGKILL to make itself."""
        self.parent.kill()
        self.expect_nothing_left()
