# SPDX-License-Identifier: GPL-2.0-only
"""Run a job so that no process outlives it, however it ends.

A process group is not enough: UML calls setsid().  So a run is two processes,
a watcher and a worker below it, and both are child subreapers: whatever a
command of the worker leaves behind becomes a child of the worker, or of the
watcher once the worker is dead, and can be found and ended there.

  ends                     who cleans up
  the worker, by itself    the watcher
  the worker, killed       the watcher
  SIGINT, TERM or HUP      the watcher, which ends the worker first
  the watcher, killed      the worker: its parent-death signal is SIGTERM
  make, killed             the watcher: likewise
"""

import ctypes
import os
import signal
import sys
import time
from typing import Callable, Dict, List, NoReturn

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

# What make needs to end its compilers and remove half-written objects.
GRACE_SECONDS = 5.0

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """A signal asked the run to end, be it from the keyboard or not."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


def _already_ending(_signum: int, _frame: object) -> None:
    """One signal is enough, and the clean-up must not be cut short."""


def _raise_interrupted(signum: int, _frame: object) -> None:
    for sig in _ENDING:
        signal.signal(sig, _already_ending)
    raise Interrupted(signum)


def _catch_endings() -> None:
    for sig in _ENDING:
        if signal.getsignal(sig) != signal.SIG_IGN:  # nohup, or "&" in sh
            signal.signal(sig, _raise_interrupted)


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), 'prctl')


def _become_subreaper(parent: int) -> None:
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before the request
        raise Interrupted(signal.SIGTERM)


def _children() -> Dict[int, List[int]]:
    """Every process's live children, from /proc."""
    tree: Dict[int, List[int]] = {}
    for name in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{name}/stat', encoding='ascii',
                      errors='replace') as f:
                state, ppid = f.read().rpartition(')')[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != 'Z':
            tree.setdefault(int(ppid), []).append(int(name))
    return tree


def descendants() -> List[int]:
    """The pids of all live processes below this one."""
    tree = _children()
    found: List[int] = []
    below = list(tree.get(os.getpid(), []))
    while below:
        pid = below.pop()
        found.append(pid)
        below.extend(tree.get(pid, []))
    return found


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def end_descendants(grace: float = GRACE_SECONDS) -> None:
    """End every process below this one: SIGTERM, then SIGKILL after @grace.

    make deletes the target it was writing only when it is asked to end, so
    the polite signal comes first.
    """
    deadline = time.monotonic() + grace
    asked = set()
    while pids := descendants():
        late = time.monotonic() >= deadline
        for pid in pids:
            if not late and pid in asked:
                continue
            asked.add(pid)
            try:
                os.kill(pid, signal.SIGKILL if late else signal.SIGTERM)
            except ProcessLookupError:
                pass
        time.sleep(0.02)
        _reap()
    _reap()


def _worker(job: Callable[[], int], watcher: int) -> int:
    try:
        # A group of its own: Ctrl-C reaches the watcher alone, and make and
        # kunit.py do not each report it in their own words.
        os.setpgid(0, 0)
        _catch_endings()
        _become_subreaper(watcher)
        return job()
    except Interrupted as e:
        return 128 + e.signum
    finally:
        end_descendants()


def _watch(worker: int) -> int:
    """Wait for @worker; its exit status as a shell would give it."""
    while True:
        pid, status = os.wait()
        if pid == worker:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _run_worker(job: Callable[[], int], cleanup: Callable[[], None],
                watcher: int) -> NoReturn:
    """Be the worker process, and clean up if the watcher cannot any more."""
    code = 2
    try:
        code = _worker(job, watcher)
        sys.stdout.flush()
    except Exception:  # pylint: disable=broad-except  # whatever it was, it is shown
        sys.excepthook(*sys.exc_info())
    finally:
        try:
            if os.getppid() != watcher:
                cleanup()
        finally:
            # The one way to end a fork: sys.exit() would unwind the watcher's frames.
            os._exit(code)  # pylint: disable=protected-access


def supervise(job: Callable[[], int], cleanup: Callable[[], None]) -> int:
    """Run @job in a worker process; return its exit status.

    @cleanup runs once everything has ended, whatever the end was.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    me, parent = os.getpid(), os.getppid()
    _catch_endings()
    try:
        _become_subreaper(parent)
        worker = os.fork()
        if worker == 0:
            _run_worker(job, cleanup, me)
        return _watch(worker)
    except Interrupted as e:
        print(f'\numlab: {signal.Signals(e.signum).name}: ending the run',
              file=sys.stderr)
        return 128 + e.signum
    finally:
        end_descendants(GRACE_SECONDS + 1)
        cleanup()
