# SPDX-License-Identifier: GPL-2.0-only
"""HTML as a tree: what is not put in as an element is escaped when it is printed."""

import xml.etree.ElementTree as ET
from typing import Iterable, Union

from .results import printable

Child = Union[ET.Element, str, None]


def tag(name: str, *children: Child, **attributes: str) -> ET.Element:
    """An element. Attributes that are words of Python end in "_", others have "_" for
    "-"; a child that is None is left out, and so is a class that is none."""
    element = ET.Element(name, {key.rstrip('_').replace('_', '-'): printable(value)
                                for key, value in attributes.items()
                                if value or key != 'class_'})
    last = None
    for child in children:
        if isinstance(child, ET.Element):
            element.append(child)
            last = child
        elif child and last is None:
            element.text = (element.text or '') + printable(child)
        elif child and last is not None:
            last.tail = (last.tail or '') + printable(child)
    return element


def table(caption: str, head: Iterable[Child], rows: Iterable[ET.Element],
          class_: str = '') -> ET.Element:
    """A table, whose first column names the rows; wider than the page, it scrolls."""
    cells = [tag('th', child, scope='col') for child in head]
    return tag('div', tag('table', tag('caption', caption),
                          tag('thead', tag('tr', *cells)), tag('tbody', *rows),
                          class_=class_),
               class_='scroll', role='region', aria_label=caption, tabindex='0')


def row(name: Child, *cells: Child) -> ET.Element:
    """A row of it."""
    return tag('tr', tag('th', name, scope='row'),
               *(cell if isinstance(cell, ET.Element) and cell.tag == 'td'
                 else tag('td', cell) for cell in cells))


def page(title: str, style: str, *body: Child) -> str:
    """A whole page, which asks for nothing else: the browser is told not to, either."""
    head = tag('head', tag('meta', charset='utf-8'),
               tag('meta', http_equiv='Content-Security-Policy',
                   content="default-src 'none'; style-src 'unsafe-inline'"),
               tag('meta', name_='viewport', content='width=device-width'),
               tag('meta', name_='color-scheme', content='light dark'),
               tag('title', title), tag('style', style))
    document = tag('html', head, tag('body', *body), lang='en')
    return '<!DOCTYPE html>\n' + ET.tostring(document, encoding='unicode',
                                             method='html') + '\n'
