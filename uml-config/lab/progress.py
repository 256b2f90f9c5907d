# SPDX-License-Identifier: GPL-2.0-only
"""Say what is being done and how far it is.

On a terminal one line moves; in a log a plain line stands every 15 seconds.
"""

import shutil
import sys
import time
from typing import Optional, TextIO

_MOVE_SECONDS = 0.1
_LOG_SECONDS = 15.0


class Progress:
    """The progress of one stage.

    @title says what the stage does; @total is how many steps are expected
    (0: not known).  A context manager: leaving it wipes the moving line.
    """

    def __init__(self, title: str, total: int = 0,
                 out: Optional[TextIO] = None) -> None:
        self._title = title
        self._total = total
        self._out = out or sys.stdout
        self._moving = self._out.isatty()
        self._begin = self._said = time.monotonic()
        self._done = 0

    def __enter__(self) -> 'Progress':
        if self._moving:
            self._draw('')
        else:
            self.note(f'{self._title} ...')
        return self

    def __exit__(self, *_exc: object) -> None:
        self._wipe()

    def step(self, what: str = '') -> None:
        """One more step is under way; @what is named on the line."""
        self._done += 1
        now = time.monotonic()
        if now - self._said < (_MOVE_SECONDS if self._moving
                               else _LOG_SECONDS):
            return
        self._said = now
        if self._moving:
            self._draw(what)
        else:
            self.note(self._line(what))

    def note(self, text: str) -> None:
        """Print @text as a line of its own."""
        self._wipe()
        print(text, file=self._out, flush=True)

    def summary(self) -> str:
        """What the stage did, and how long it took."""
        return f'{self._title}: {self._done} steps, {self._elapsed()}'

    def _elapsed(self) -> str:
        seconds = int(time.monotonic() - self._begin)
        return f'{seconds // 60}:{seconds % 60:02d}'

    def _line(self, what: str) -> str:
        if self._total:
            # The total is an estimate: it may be passed, but never reached
            # before the end.
            share = min(99, 100 * self._done // self._total)
            far = f'{share:3d} %, '
        else:
            far = f'{self._done}, ' if self._done else ''
        return f'{self._title} [{far}{self._elapsed()}] {what}'.rstrip()

    def _draw(self, what: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        self._out.write('\r\033[K' + self._line(what)[:width])
        self._out.flush()

    def _wipe(self) -> None:
        if self._moving:
            self._out.write('\r\033[K')
            self._out.flush()
