# SPDX-License-Identifier: GPL-2.0-only
"""The one kind of error a user is meant to read."""


class LabError(Exception):
    """Something the user can put right.

    The text is one line that says what was wrong and what to do about it.
    It is printed without a traceback and ends the run with exit status 2.

    @log: what else there is to say, which was printed already.
    """

    def __init__(self, text: str, log: str = '') -> None:
        super().__init__(text)
        self.log = log


def disk_full(complaint: str) -> bool:
    """Whether a command's words (in the C locale) say that the disk is full."""
    return 'No space left on device' in complaint or \
        'Disk quota exceeded' in complaint
