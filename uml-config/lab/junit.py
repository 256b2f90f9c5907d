# SPDX-License-Identifier: GPL-2.0-only
"""Results as a JUnit XML file, for GitLab, Jenkins and their like, and for "make report".

A run is <testsuites>, a suite <testsuite>. There is no standard; what is written is what
those programs document. As they tell cases apart by classname and name only, a second
case of the same name is numbered.
"""

import datetime
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import Dict, Iterable, List

from .errors import LabError
from .files import put
from .results import Case, Run, Status, printable

# The elements that say that a case did not pass
_ELEMENTS = {Status.FAILED: 'failure', Status.CRASHED: 'error',
             Status.SKIPPED: 'skipped'}


def path_of(build: Path, name: str) -> Path:
    """Where the results called @name are."""
    return build / 'results' / f'{name}.xml'


def _testcase(case: Case, name: str) -> ET.Element:
    element = ET.Element('testcase', classname=printable(case.suite), name=name)
    if case.seconds is not None:
        element.set('time', f'{case.seconds:.6f}')
    if case.status in _ELEMENTS:
        why = ET.SubElement(element, _ELEMENTS[case.status], message=printable(case.reason))
        why.text = printable(case.log)
        if case.status.bad:
            why.set('type', case.status.value)
    return element


def _counts(cases: Iterable[Case]) -> Dict[str, str]:
    found = Counter(case.status for case in cases)
    return {'tests': str(sum(found.values())),
            'failures': str(found[Status.FAILED]),
            'errors': str(found[Status.CRASHED]),
            'skipped': str(found[Status.SKIPPED])}


def _testsuite(name: str, cases: List[Case], run: Run) -> ET.Element:
    when = datetime.datetime.fromtimestamp(run.began, datetime.timezone.utc)
    element = ET.Element('testsuite', {
        'name': printable(name), **_counts(cases),
        'timestamp': when.strftime('%Y-%m-%dT%H:%M:%S')})
    times = [case.seconds for case in cases if case.seconds is not None]
    if times:
        element.set('time', f'{sum(times):.6f}')
    properties = ET.SubElement(element, 'properties')
    for what, value in (('configuration', run.name), *run.facts):
        ET.SubElement(properties, 'property', name=printable(what),
                      value=printable(value))
    seen: Counter[str] = Counter()
    for case in cases:
        case_name = printable(case.name or case.suite)
        seen[case_name] += 1
        if seen[case_name] > 1:
            case_name += f' ({seen[case_name]})'
        element.append(_testcase(case, case_name))
    return element


def document(run: Run) -> ET.Element:
    """@run as XML."""
    root = ET.Element('testsuites', {
        'name': printable(run.name), **_counts(run.cases),
        'time': f'{run.seconds:.3f}'})
    suites: Dict[str, List[Case]] = {}
    for case in run.cases:
        suites.setdefault(case.suite, []).append(case)
    root.extend(_testsuite(name, cases, run) for name, cases in suites.items())
    return root


def write(run: Run, build: Path) -> None:
    """Leave @run in the folder @build."""
    root = document(run)
    ET.indent(root)
    path = path_of(build, run.name)
    path.parent.mkdir(exist_ok=True)
    text = ET.tostring(root, encoding='unicode')
    put(path, f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n')


def forget(build: Path, *names: str) -> None:
    """Remove the results of earlier runs, before there are others."""
    for name in names:
        for suffix in ('.xml', '.json'):
            path_of(build, name).with_suffix(suffix).unlink(missing_ok=True)


def _read_case(element: ET.Element) -> Case:
    suite, name = element.attrib['classname'], element.attrib['name']
    status, log = Status.PASSED, ''
    for bad, tag in _ELEMENTS.items():
        why = element.find(tag)
        if why is not None:
            status, log = bad, why.text or ''
    time = element.get('time')
    return Case(suite, '' if name == suite else name, status, log,
                None if time is None else float(time))


def _read(path: Path) -> Run:
    root = ET.parse(path).getroot()
    facts = {element.attrib['name']: element.attrib['value']
             for element in root.iterfind('testsuite/properties/property')}
    facts.pop('configuration')
    began = datetime.datetime.fromisoformat(root[0].attrib['timestamp']).replace(
        tzinfo=datetime.timezone.utc)
    return Run(root.attrib['name'],
               tuple(map(_read_case, root.iterfind('testsuite/testcase'))),
               tuple(facts.items()), int(began.timestamp()),
               float(root.attrib['time']))


def read(path: Path) -> Run:
    """What write() left."""
    try:
        return _read(path)
    except (ET.ParseError, LookupError, ValueError) as e:
        raise LabError(f'{path} is no file of results ({e}): remove it, and run'
                       ' "make check" again') from None
