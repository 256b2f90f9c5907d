# SPDX-License-Identifier: GPL-2.0-only
"""The build folder: ours alone for the time of a command, and tidy afterwards."""

import contextlib
import fcntl
import shutil
from pathlib import Path
from typing import Iterator

from .errors import LabError

LOCK = '.umlab-lock'


@contextlib.contextmanager
def build_folder(folder: Path) -> Iterator[None]:
    """Make @folder ours for the time of the body, and ours alone."""
    lock = folder / LOCK
    if folder.exists() and not lock.exists() and \
            (not folder.is_dir() or any(folder.iterdir())):
        raise LabError(f'{folder} is there already and is no build folder of'
                       ' umlab: name another one with BUILD=<folder>')
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = open(lock, 'a+', encoding='ascii')
    except OSError as e:
        raise LabError(f'cannot write to {folder} ({e.strerror}): name another'
                       ' folder with BUILD=<folder>') from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LabError(f'another run is using {folder}: wait for it, or'
                           ' name another folder with BUILD=<folder>'
                           ) from None
        yield


def tidy(folder: Path) -> None:
    """Remove what only a run under way has in @folder."""
    for path in (folder / 'tmp', *folder.glob('*.part'),
                 *folder.glob('results/*.part')):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if [entry.name for entry in folder.iterdir()] == [LOCK]:
        shutil.rmtree(folder, ignore_errors=True)
