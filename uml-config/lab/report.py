# SPDX-License-Identifier: GPL-2.0-only
"""make report: one page of what the last runs left. It builds nothing and runs nothing."""

import os
import time
from pathlib import Path
from typing import Optional, Tuple

from . import junit, sections, tracefile
from .configs import CONFIGS
from .errors import LabError
from .files import put
from .html import page
from .material import Material

_STYLE = Path(__file__).with_name('report.css')

# What the results are results of
_SOURCES = ('drivers', 'harness', 'kunit', 'tests', 'uml-config')


def _newest(repo: Path) -> Tuple[str, float]:
    """The source that was changed last, and when; what tools keep there is none."""
    newest = ('', 0.0)
    for folder in _SOURCES:
        for where, folders, names in os.walk(repo / folder):
            folders[:] = [name for name in folders if name[0] not in '._']
            for path in (Path(where) / name for name in names
                         if name[0] not in '.#' and name[-1] != '~'):
                found = (str(path.relative_to(repo)), path.stat().st_mtime)
                newest = max(newest, found, key=lambda pair: pair[1])
    return newest


def _order(path: Path) -> Tuple[int, str]:
    """Configurations as they are run, then what else there is, the host's last."""
    names = [*CONFIGS, *(('stress', 'soak'))]
    known = names.index(path.stem) if path.stem in names else len(names)
    return (len(names) + 1 if path.stem == 'host' else known, path.stem)


def collect(build: Path, repo: Path) -> Material:
    """Read what is in the folder @build."""
    found = sorted((build / 'results').glob('*.xml'), key=_order)
    if not found:
        raise LabError(f'{build} has no results yet: run "make check" first')
    coverage: Optional[Tuple[tracefile.File, ...]] = None
    measured = 0.0
    info = build / 'coverage/coverage.info'
    if info.exists():
        coverage, measured = tracefile.read(info, repo), info.stat().st_mtime
    changed, changed_at = _newest(repo)
    return Material(tuple(junit.read(path) for path in found), coverage, measured,
                    changed, changed_at, time.time())


def render(material: Material) -> str:
    """The page."""
    return page(sections.title(material), _STYLE.read_text(encoding='utf-8'),
                *sections.all_of(material))


def make(build: Path, repo: Path) -> Path:
    """Write the page of @build, and say where."""
    target = build / 'report.html'
    try:
        put(target, render(collect(build, repo)))
    except PermissionError as e:
        raise LabError(f'cannot write to {os.path.dirname(target)} ({e.strerror})'
                       ) from None
    return target
