# SPDX-License-Identifier: GPL-2.0-only
"""Put umlab into a kernel tree.

drivers/umlab/ becomes a folder of links to our own folders: a compiler's
message names a file that can be edited, timestamps are the files' own, and a
file that is removed is gone.  One line is appended to drivers/Kconfig and to
drivers/Makefile.  Nothing else in the tree changes.
"""

import os
import shutil
from pathlib import Path
from typing import Dict

from .source import Source

_APPENDED = {
    'Kconfig': 'source "drivers/umlab/Kconfig"\n',
    'Makefile': 'obj-$(CONFIG_UMLAB) += umlab/\n',
}


def _links(repo: Path) -> Dict[str, Path]:
    return {
        'Kconfig': repo / 'uml-config/Kconfig',
        'Kbuild': repo / 'uml-config/Kbuild',
        'drivers': repo / 'drivers',
        'harness': repo / 'harness',
        'kunit': repo / 'kunit',
        'tests': repo / 'tests',
    }


def place(repo: Path, source: Source) -> None:
    """Put the umlab of @repo into @source.

    What is in place already is not written again: make compares timestamps.
    """
    folder = source.tree / 'drivers/umlab'
    folder.mkdir(exist_ok=True)
    links = _links(repo)
    for entry in folder.iterdir():
        if entry.name not in links:
            entry.unlink()
    for name, target in links.items():
        link = folder / name
        if link.is_symlink() and os.readlink(link) == str(target):
            continue
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        # Objects of another clone may be newer than the files of this one.
        for objects in source.tree.glob('.kunit-*/drivers/umlab'):
            shutil.rmtree(objects)

    for name, line in _APPENDED.items():
        pristine = (source.pristine / 'drivers' / name).read_text()
        pristine = pristine.replace(line, '')
        path = source.tree / 'drivers' / name
        if path.read_text() != pristine + line:
            path.write_text(pristine + line)
