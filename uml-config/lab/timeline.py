# SPDX-License-Identifier: GPL-2.0-only
"""The journal's tail as a picture: time goes down, and each kind of event has a lane.

It is a table, so it can be read aloud and copied: a lane is a column with a line down its
middle, thick while something lasts, and an event is a dot on it.
"""

import xml.etree.ElementTree as ET
from typing import Set, Tuple

from .html import tag
from .journal import Event, Lane, lasting


def _lane(lane: Lane, event: Event, before: Set[Lane], after: Set[Lane]) -> ET.Element:
    classes = [f'lane {lane.name.lower()}']
    if lane in before:
        classes.append('from')
    if lane in after:
        classes.append('to')
    here = event.lane is lane
    # The event is named in the last column; who cannot see the dot needs no more.
    return tag('td', tag('i', class_='dot', aria_hidden='true') if here else None,
               class_=' '.join(classes))


def _event(event: Event, before: Set[Lane], after: Set[Lane],
           functions: bool) -> ET.Element:
    what = tag('td', tag('b', event.kind), ' ', event.place,
               tag('span', f' {event.value}', class_='value') if event.value else None,
               class_='what')
    return tag('tr', tag('td', str(event.number), class_='number'),
               tag('td', event.function, class_='number') if functions else None,
               *(_lane(lane, event, before, after) for lane in Lane), what,
               class_='bad' if event.bad else '')


def draw(events: Tuple[Event, ...]) -> ET.Element:
    """@events, which are not none."""
    states = lasting(events)
    functions = sorted({event.function for event in events if event.function})
    several = len(functions) > 1
    caption = f'The last {len(events)} events of the bus' + (
        f', function {functions[0]}' if len(functions) == 1 else '')
    head = tag('tr', tag('th', 'No.', scope='col'),
               tag('th', 'of', scope='col') if several else None,
               *(tag('th', tag('span', lane.value), scope='col', class_='lane')
                 for lane in Lane), tag('th', 'event', scope='col', class_='what'))
    rows = [_event(event, before, after, several)
            for event, before, after in zip(events, states, states[1:])]
    return tag('table', tag('caption', caption), tag('thead', head),
               tag('tbody', *rows), class_='timeline')
