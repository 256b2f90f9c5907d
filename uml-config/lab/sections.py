# SPDX-License-Identifier: GPL-2.0-only
"""The parts of the report: each is made of the material, and is an element."""

import time
import xml.etree.ElementTree as ET
from typing import Dict, Iterable, List, Optional, Tuple

from . import journal, tracefile
from .configs import CONFIGS
from .html import row, table, tag
from .material import TOPOLOGIES, Material, again, by_suite, topology
from .results import Case, Run, count
from .timeline import draw

# How many of the slowest are listed, how many failures are shown in full, and how many
# of these without being asked for
_SLOWEST = 25
_IN_FULL = 100
_OPEN = 2


def _when(seconds: float) -> str:
    return time.strftime('%Y-%m-%d %H:%M', time.localtime(seconds))


def _outcome(cases: Iterable[Case]) -> ET.Element:
    """How some cases ended, as a cell."""
    all_cases = tuple(cases)
    if not all_cases:
        return tag('td', '–', class_='none')
    passed, failed, skipped = count(all_cases)
    if not failed and not skipped:
        return tag('td', str(passed), class_='passed')
    parts = [f'{number} {word}' for number, word
             in ((failed, 'failed'), (skipped, 'skipped')) if number]
    return tag('td', f'{", ".join(parts)} of {len(all_cases)}',
               class_='failed' if failed else 'skipped')


def title(material: Material) -> str:
    """The page's, with what matters first."""
    failed = len(material.failures)
    return f'umlab: {failed} failed' if failed else 'umlab: passed'


def _head(material: Material) -> ET.Element:
    passed, failed, skipped = (sum(counts) for counts in
                               zip(*(count(run.cases) for run in material.runs)))
    verdict = 'Failed' if failed else 'Passed'
    links = [tag('a', name, href=f'#{name.lower()}') for name in
             (('Failures',) if failed else ()) +
             ('Runs', 'Topologies', 'Suites', 'Coverage', 'Slowest')]
    return tag('header', tag('h1', 'umlab report'),
               tag('p', tag('strong', verdict), f' {passed} passed, {failed} failed, '
                   f'{skipped} skipped', class_='verdict ' + verdict.lower()),
               tag('p', f'Made {_when(material.now)} of what the last runs left.'),
               tag('nav', *links, aria_label='Sections'))


def _stale(material: Material) -> Optional[ET.Element]:
    old = [run.name for run in material.runs if material.stale(run.began)]
    if material.coverage is not None and material.stale(material.measured):
        old.append('coverage')
    if not old:
        return None
    return tag('p', tag('strong', 'Older than the sources: '),
               ', '.join(dict.fromkeys(old)), '. ',
               tag('code', material.changed),
               f' was changed {_when(material.changed_at)}. ',
               tag('code', 'make check'), ' brings what it runs up to date, ',
               tag('code', 'make check-all'), ' all of it.',
               class_='stale', role='note')


def _partial(material: Material) -> Optional[ET.Element]:
    partial = [run.name for run in material.kernels if run.name in CONFIGS
               and {'SUITE', 'ARGS'} & dict(run.facts).keys()]
    if not partial:
        return None
    return tag('p', tag('strong', 'Perhaps not of all suites: '), ', '.join(partial),
               '. See the cases of each run below.', class_='stale', role='note')


def _section(name: str, *children: Optional[ET.Element]) -> ET.Element:
    return tag('section', tag('h2', name), *children, id=name.lower())


def _runs(material: Material) -> ET.Element:
    rows = []
    for run in material.runs:
        facts = dict(run.facts)
        made_of = facts.pop('kernel', facts.pop('host', ''))
        log = facts.pop('log', '')
        facts.pop('command', '')
        passed, failed, skipped = count(run.cases)
        rest = ' '.join(f'{name}={value}' for name, value in facts.items())
        rows.append(row(run.name, str(passed),
                        tag('td', str(failed), class_='failed' if failed else ''),
                        str(skipped), f'{run.seconds:.1f} s', made_of, _when(run.began),
                        rest or ('' if run.name == 'host' else 'all'),
                        tag('td', tag('code', log) if log else None)))
    return _section('Runs', table(
        'Each configuration that has results',
        ('configuration', 'passed', 'failed', 'skipped', 'took', 'of', 'begun',
         'cases', 'whole log'), rows))


def _body(case: Case) -> List[ET.Element]:
    """The log of a case, with the journal's tails as pictures."""
    parts: List[ET.Element] = []
    for part in journal.split(case.log):
        parts.append(tag('pre', part, tabindex='0') if isinstance(part, str)
                     else draw(part))
    return parts or [tag('p', 'It left no log.')]


def _summary(name: str, status: str, reason: str, run: str = '') -> ET.Element:
    return tag('summary', tag('span', name, class_='name'), ' ',
               tag('span', run, class_='chip') if run else None, ' ',
               tag('span', status, class_='chip bad'),
               tag('span', reason, class_='reason') if reason else None)


def _failure(run: Run, cases: Tuple[Case, ...], opened: bool) -> ET.Element:
    """One case, with those of its parameters that failed; the first is open with it."""
    command = again(run, cases[0])
    again_ = tag('p', 'Again: ', tag('code', command)) if command else None
    first = cases[0]
    attributes = {'open': ''} if opened else {}
    if len(cases) == 1:
        return tag('details', _summary(first.full_name, first.status.value,
                                       first.reason, run.name),
                   again_, *_body(first), class_='failure', **attributes)
    parts = [tag('details', _summary(case.name.partition('.')[2], case.status.value,
                                     '' if case is first else case.reason),
                 *_body(case), class_='part', **({'open': ''} if case is first else {}))
             for case in cases]
    return tag('details', _summary(f'{first.suite}.{first.name.partition(".")[0]}',
                                   f'{len(cases)} times', first.reason, run.name),
               again_, *parts, class_='failure', **attributes)


def _failures(material: Material) -> Optional[ET.Element]:
    found = material.failures
    if not found:
        return None
    groups: Dict[Tuple[str, str, str], List[Case]] = {}
    runs = {run.name: run for run in material.runs}
    for run, case in found[:_IN_FULL]:
        groups.setdefault((run.name, case.suite, case.name.partition('.')[0]),
                          []).append(case)
    rest = found[_IN_FULL:]
    more = tag('details', tag('summary', f'{len(rest)} more, by name'),
               tag('ul', *(tag('li', f'{case.full_name} ({run.name})')
                           for run, case in rest))) if rest else None
    return _section('Failures', *(
        _failure(runs[name], tuple(cases), number < _OPEN)
        for number, ((name, _, _), cases) in enumerate(groups.items())), more)


def _topologies(material: Material) -> ET.Element:
    runs = [run for run in material.kernels if any(map(topology, run.cases))]
    if not runs:
        return _section('Topologies', tag('p', 'No case says its topology.'))
    tables = [table('By what is between a device and memory',
                    ('topology', *(run.name for run in runs)), [
                        row(name, *(_outcome(case for case in run.cases
                                             if topology(case) == name)
                                    for run in runs)) for name in TOPOLOGIES])]
    for run in runs:
        rows = []
        for suite, cases in by_suite(run).items():
            if any(map(topology, cases)):
                rows.append(row(suite, *(_outcome(
                    case for case in cases if topology(case) == name)
                    for name in TOPOLOGIES)))
        tables.append(tag('details', tag('summary', f'By suite, {run.name}'),
                          table(f'Suites in each topology, {run.name}',
                                ('suite', *(name.replace(',', ', ')
                                            for name in TOPOLOGIES)), rows)))
    return _section('Topologies', *tables)


def _suite_table(caption: str, suites: Dict[str, List[Tuple[Case, ...]]],
                 runs: Tuple[Run, ...]) -> ET.Element:
    return table(caption, ('suite', *(run.name for run in runs)),
                 [row(suite, *map(_outcome, cells)) for suite, cells in suites.items()])


def _suites(material: Material) -> ET.Element:
    """Those with failures first, and the others where they are not in the way."""
    parts: List[ET.Element] = []
    host = tuple(run for run in material.runs if run.name == 'host')
    for what, runs in (('suites', material.kernels), ('files of host-side tests', host)):
        found = [by_suite(run) for run in runs]
        names = list(dict.fromkeys(name for suites in found for name in suites))
        cells = {name: [suites.get(name, ()) for suites in found] for name in names}
        bad = {name: row_ for name, row_ in cells.items()
               if any(case.status.bad for cases in row_ for case in cases)}
        good = {name: row_ for name, row_ in cells.items() if name not in bad}
        if bad:
            parts.append(_suite_table(f'The {what} with failures', bad, runs))
        if good:
            parts.append(tag('details', tag('summary', f'{len(good)} {what} passed'),
                             _suite_table(f'The {what} that passed', good, runs)))
    return _section('Suites', *parts)


def _share(counted: tracefile.Count) -> ET.Element:
    """A cell with a bar; nothing to be run is no share."""
    if not counted.found:
        return tag('td', '–', class_='none')
    # Only all of it is 100 %.
    percent = counted.percent if counted.hit == counted.found else \
        min(counted.percent, 99.9)
    drawn = tag('span', tag('span', style=f'width: {percent:.1f}%'), class_='bar',
                aria_hidden='true')
    return tag('td', f'{percent:.1f} % ',
               tag('small', f'{counted.hit}/{counted.found}'), drawn)


def _covered(name: str, coverage: tracefile.Coverage) -> ET.Element:
    return row(name, _share(coverage.lines), _share(coverage.branches),
               _share(coverage.functions))


def _ranges(numbers: Tuple[int, ...]) -> str:
    """Numbers as people write them: 3, 5-8."""
    found: List[List[int]] = []
    for number in numbers:
        if found and number == found[-1][-1] + 1:
            found[-1][1:] = [number]
        else:
            found.append([number])
    return ', '.join('-'.join(map(str, pair)) for pair in found)


def _coverage(material: Material) -> ET.Element:
    if material.coverage is None:
        return _section('Coverage', tag('p', 'Not measured: ',
                                        tag('code', 'make coverage'), ' does.'))
    head = ('lines', 'branches', 'functions')
    ours = tuple(file for file in material.coverage if file.ours)
    rows = [_covered(folder, coverage) for folder, coverage
            in tracefile.by_folder(ours).items()]
    total = _covered('total', tracefile.total(ours))
    total.set('class', 'total')
    missed = [row(file.path, _share(file.coverage.lines),
                  _ranges(file.missed_lines), ', '.join(file.missed_functions))
              for file in ours if file.missed_lines]
    return _section(
        'Coverage', tag('p', f'Measured {_when(material.measured)}.'),
        table('How much of each folder was run', ('folder', *head), [*rows, total]),
        tag('details', tag('summary', f'{len(missed)} files with lines not run'),
            table('What was not run, by file',
                  ('file', 'lines', 'lines not run', 'functions not called'), missed,
                  'missed')) if missed else None)


def _slowest(material: Material) -> ET.Element:
    timed = [(case.seconds, case, run) for run in material.kernels
             for case in run.cases if case.seconds is not None]
    if not timed:
        return _section('Slowest', tag('p', 'Not measured.'))
    timed.sort(key=lambda entry: -entry[0])
    most = timed[0][0] or 1
    rows = [row(case.full_name, tag(
        'td', f'{seconds * 1000:.0f} ms',
        tag('span', tag('span', style=f'width: {100 * seconds / most:.1f}%'),
            class_='bar', aria_hidden='true')), run.name)
            for seconds, case, run in timed[:_SLOWEST]]
    return _section('Slowest', table('The cases that took longest, in real time',
                                     ('case', 'took', 'configuration'), rows))


def all_of(material: Material) -> List[Optional[ET.Element]]:
    """All sections, in the order of the page."""
    return [_head(material), tag(
        'main', _stale(material), _partial(material), _failures(material),
        _runs(material), _topologies(material), _suites(material),
        _coverage(material), _slowest(material))]
