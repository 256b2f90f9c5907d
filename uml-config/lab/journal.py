# SPDX-License-Identifier: GPL-2.0-only
"""The journal's tail in a log: the events of the bus, as harness/journal.c prints them."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Dict, List, Optional, Set, Tuple, Union


class Lane(Enum):
    """What an event is about."""
    CONFIG = 'config'
    MMIO = 'MMIO'
    DMA = 'DMA'
    INTERRUPT = 'interrupt'
    MAPPING = 'mapping'
    DEVICE = 'device'


# journal.c's words. "map failed 0x1000" is no map of "failed 0x1000", so the longer ones
# are looked for first.
WORDS: Dict[str, Lane] = {
    'config read': Lane.CONFIG, 'config write': Lane.CONFIG,
    'read': Lane.MMIO, 'write': Lane.MMIO,
    'DMA read': Lane.DMA, 'DMA write': Lane.DMA, 'IOMMU fault': Lane.DMA,
    'raise vector': Lane.INTERRUPT, 'lower vector': Lane.INTERRUPT,
    'pend vector': Lane.INTERRUPT, 'send vector': Lane.INTERRUPT,
    'lose vector': Lane.INTERRUPT, 'deliver': Lane.INTERRUPT,
    'map': Lane.MAPPING, 'map failed': Lane.MAPPING, 'unmap': Lane.MAPPING,
    'allocate': Lane.MAPPING, 'allocate failed': Lane.MAPPING, 'free': Lane.MAPPING,
    'sync for the CPU': Lane.MAPPING, 'sync for the device': Lane.MAPPING,
    'reset': Lane.DEVICE, 'work': Lane.DEVICE, 'plug': Lane.DEVICE,
    'found': Lane.DEVICE, 'vanish': Lane.DEVICE, 'unplug': Lane.DEVICE,
    'violation': Lane.DEVICE,
}

# What begins a state that lasts, and what ends it
_BEGINS = {'map': 'unmap', 'allocate': 'free', 'raise vector': 'lower vector'}
_ENDS = {end: begin for begin, end in _BEGINS.items()}

_HEADER = re.compile(r'\s*# .*: journal, the last \d+ events but for config space:$')
_EVENT = re.compile(r'\s*# .*?: +(?P<number>\d+)  (?:(?P<function>[0-9a-f]{2}\.[0-7])'
                    r'|    )  (?P<text>\S.*)$')
_WORD = re.compile(rf'(?P<kind>{"|".join(sorted(WORDS, key=len, reverse=True))})'
                   r'(?=[ :]|$):? ?(?P<rest>.*)')
# "BAR 0 +0x4, 4 bytes: 0x77", "0x1000, 64 bytes, to the device"
_REST = re.compile(r'(?P<place>.*? bytes)(?:: |, )(?P<value>.*)')


@dataclass(frozen=True)
class Event:
    """One event.

    @number: how many there were before it since the kernel booted.
    @function: the device and function on the bus, or '' if it is of none.
    @kind: what happened, one of WORDS.
    @place: where: an address, a register, a vector, and of which size.
    @value: read or written, a direction, or that it failed.
    """
    number: int
    function: str
    kind: str
    place: str
    value: str

    @property
    def lane(self) -> Lane:
        """What it is about."""
        return WORDS[self.kind]

    @property
    def bad(self) -> bool:
        """Whether something went wrong here, or was made to."""
        return self.kind in ('violation', 'IOMMU fault', 'lose vector') or \
            'failed' in (self.value, self.kind.rpartition(' ')[2])


def event(line: str) -> Optional[Event]:
    """The event that @line of a log tells of, if it does."""
    found = _EVENT.match(line)
    word = _WORD.fullmatch(found['text']) if found else None
    if not found or not word:
        return None
    rest = _REST.fullmatch(word['rest'])
    place, value = rest.groups() if rest else (word['rest'], '')
    return Event(int(found['number']), found['function'] or '', word['kind'], place,
                 value)


def split(log: str) -> List[Union[str, Tuple[Event, ...]]]:
    """@log, with each tail of the journal as events and all else as text."""
    parts: List[Union[str, Tuple[Event, ...]]] = []
    text: List[str] = []
    events: List[Event] = []
    in_tail = False

    def flush() -> None:
        if '\n'.join(text).strip():
            parts.append('\n'.join(text))
        if events:
            parts.append(tuple(events))
        text.clear()
        events.clear()

    for line in log.splitlines():
        found = event(line) if in_tail else None
        if found:
            events.append(found)
            continue
        if events:
            flush()
        in_tail = bool(_HEADER.match(line))
        if not in_tail:
            text.append(line)
    flush()
    return parts


def lasting(events: Tuple[Event, ...]) -> List[Set[Lane]]:
    """The lanes in which something lasts: before @events, and after each of them.

    That is a mapping until it is unmapped, and an interrupt until it is lowered; what
    ends without having begun has begun before.
    """
    def key(some: Event) -> Tuple[str, str, str]:
        return (some.function, _ENDS.get(some.kind, some.kind),
                some.place.partition(',')[0])

    live: Set[Tuple[str, str, str]] = set()
    for some in reversed(events):
        if some.kind in _ENDS:
            live.add(key(some))
        elif some.kind in _BEGINS:
            live.discard(key(some))
    found = [{WORDS[kind] for _, kind, _ in live}]
    for some in events:
        if some.kind in _BEGINS:
            live.add(key(some))
        elif some.kind in _ENDS:
            live.discard(key(some))
        found.append({WORDS[kind] for _, kind, _ in live})
    return found
