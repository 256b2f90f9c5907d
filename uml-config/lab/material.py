# SPDX-License-Identifier: GPL-2.0-only
"""What a report is made of."""

import re
import shlex
from collections import defaultdict
from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

from .results import Case, Run
from .tracefile import File

# harness/include/umlab/topology.h
TOPOLOGIES = tuple(f'{dma}{cache}' for cache in ('', ',noncoherent')
                   for dma in ('direct', 'offset', 'bounce', 'iommu'))

# "C,iommu,noncoherent,msi", and "iommu_noncoherent" in the name of a program's fixture
_TOPOLOGY = re.compile(r'(?:.*,)?(direct|offset|bounce|iommu)([,_]noncoherent)?(?:,.*)?')


@dataclass(frozen=True)
class Material:
    """All that there is.

    @runs: the results.
    @coverage: of the sources, if it was measured.
    @measured: when, in seconds since 1970.
    @changed: the source that was changed last.
    @changed_at: when.
    @now: when this was read.
    """
    runs: Tuple[Run, ...]
    coverage: Optional[Tuple[File, ...]]
    measured: float
    changed: str
    changed_at: float
    now: float

    @property
    def kernels(self) -> Tuple[Run, ...]:
        """The runs of suites."""
        return tuple(run for run in self.runs if run.name != 'host')

    @property
    def failures(self) -> Tuple[Tuple[Run, Case], ...]:
        """All that failed, and in which run."""
        return tuple((run, case) for run in self.runs for case in run.cases
                     if case.status.bad)

    def stale(self, when: float) -> bool:
        """Whether a source was changed after @when, which is a whole second."""
        return int(self.changed_at) > when


def topology(case: Case) -> str:
    """What was between device and memory in a case: one of TOPOLOGIES, or ''."""
    for part in case.name.split('.')[1:]:
        found = _TOPOLOGY.fullmatch(part)
        if found:
            return found[1] + (',noncoherent' if found[2] else '')
    return ''


def by_suite(run: Run) -> Dict[str, Tuple[Case, ...]]:
    """The cases of each suite, in the order of the run."""
    found: Dict[str, List[Case]] = defaultdict(list)
    for case in run.cases:
        found[case.suite].append(case)
    return {suite: tuple(cases) for suite, cases in found.items()}


def again(run: Run, case: Case) -> str:
    """The command that runs a case once more, with all of its parameters; '' if what
    failed is no case."""
    name = case.name.partition('.')[0]
    command = dict(run.facts).get('command', '')
    if run.name == 'host':
        return f'{command} {shlex.quote(name)}' if name else ''
    if command:
        return command
    if not re.fullmatch(r'\w+', case.suite):
        return ''
    suite = f'{case.suite}.{name}' if name else case.suite
    config = '' if run.name == 'base' else f' CONFIG={run.name}'
    return f'make kunit SUITE={shlex.quote(suite)}{config}'
