# SPDX-License-Identifier: GPL-2.0-only
"""The journal's tail, as it is read from a log and drawn."""

import re
import unittest

from lab.journal import WORDS, Event, Lane, event, lasting, split
from lab.timeline import draw

from .support import REPO

LOG = '''\
before
    # case: journal, the last 5 events but for config space:
    # case:      1  00.0  map 0x1000, 64 bytes, to the device
    # case:      2  00.0  write BAR 0 +0x4, 4 bytes: 0x77
    # case:      3  00.0  raise vector 2
    # case:      4        deliver 0
    # case:      5  00.0  unmap 0x1000, 64 bytes, to the device
between
    # case:      6  00.0  work
'''


class JournalTest(unittest.TestCase):
    """Lines and logs."""

    def test_words(self) -> None:
        """The kernel's words are those that are known here."""
        source = (REPO / 'harness/journal.c').read_text()
        words = source[source.index('journal_words[] = {'):source.index('};')]
        self.assertEqual(set(re.findall(r'"(.*)"', words)), set(WORDS))

    def test_events(self) -> None:
        """Each form that harness/journal.c prints."""
        for text, kind, place, value in (
                ('config write 0x10, 4 bytes: 0xffffffff', 'config write',
                 '0x10, 4 bytes', '0xffffffff'),
                ('read BAR 2 +0x124, 2 bytes: 0x0', 'read', 'BAR 2 +0x124, 2 bytes',
                 '0x0'),
                ('DMA read 0xfff000, 32 bytes', 'DMA read', '0xfff000, 32 bytes', ''),
                ('DMA write 0x1, 4 bytes: failed', 'DMA write', '0x1, 4 bytes',
                 'failed'),
                ('map failed 0x0, 8 bytes, both ways', 'map failed', '0x0, 8 bytes',
                 'both ways'),
                ('sync for the CPU 0x5, 8 bytes, from the device', 'sync for the CPU',
                 '0x5, 8 bytes', 'from the device'),
                ('raise vector 7', 'raise vector', '7', ''),
                ('reset: D3hot to D0', 'reset', 'D3hot to D0', ''),
                ('violation: DMA: not mapped', 'violation', 'DMA: not mapped', ''),
                ('plug', 'plug', '', '')):
            with self.subTest(text):
                self.assertEqual(event(f'    # a case: 123456  1f.7  {text}'),
                                 Event(123456, '1f.7', kind, place, value))
        for line in ('    # case:      1  00.0  reads', 'map 0x0', '',
                     '    # case:      1  00.0  replug'):
            self.assertIsNone(event(line))

    def test_split(self) -> None:
        """Text stays where it was, and what has no heading is text."""
        parts = split(LOG)
        self.assertEqual(len(parts), 3)
        events = parts[1]
        assert isinstance(events, tuple)
        self.assertEqual(parts[0], 'before')
        self.assertEqual([found.number for found in events], [1, 2, 3, 4, 5])
        self.assertEqual([found.function for found in events],
                         ['00.0'] * 3 + ['', '00.0'])
        self.assertEqual(parts[2], 'between\n    # case:      6  00.0  work')
        self.assertEqual(split(''), [])

    def test_lasting(self) -> None:
        """From the map to the unmap of the same address, and on to the end or from
        the beginning if the other is not there."""
        events = split(LOG)[1]
        assert isinstance(events, tuple)
        both = {Lane.MAPPING, Lane.INTERRUPT}
        self.assertEqual(lasting(events), [set(), {Lane.MAPPING}, {Lane.MAPPING}, both,
                                           both, {Lane.INTERRUPT}])
        self.assertEqual(lasting(events[1:])[0], {Lane.MAPPING})
        other = Event(9, '00.0', 'unmap', '0x2000, 64 bytes', '')
        self.assertEqual(lasting((*events[:1], other))[-1], {Lane.MAPPING})

    def test_bad(self) -> None:
        """What went wrong is told from what did not."""
        for text, bad in (('violation: alignment', True), ('map failed 0x0, 8 bytes', True),
                          ('DMA read 0x1, 4 bytes: failed', True), ('plug', False),
                          ('DMA read 0x1, 4 bytes', False), ('lose vector 1', True)):
            found = event(f'# c: 1  00.0  {text}')
            assert found
            self.assertEqual(found.bad, bad, text)

    def test_draw(self) -> None:
        """A row for each, a dot in its lane, and a line while something lasts."""
        events = split(LOG)[1]
        assert isinstance(events, tuple)
        rows = list(draw(events).iterfind('tbody/tr'))
        lanes = [[index for index, cell in enumerate(row)
                  if cell.find('i') is not None] for row in rows]
        # After the number: config, MMIO, DMA, interrupt, mapping, device
        self.assertEqual(lanes, [[5], [2], [4], [4], [5]])
        self.assertEqual([cell.get('class') for cell in (row[5] for row in rows)],
                         ['lane mapping to', *['lane mapping from to'] * 3,
                          'lane mapping from'])
        self.assertEqual(''.join(rows[1][-1].itertext()),
                         'write BAR 0 +0x4, 4 bytes 0x77')
