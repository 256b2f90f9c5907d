# SPDX-License-Identifier: GPL-2.0-only
"""ARGS: words for kunit.py, of which umlab has to know some."""

import argparse
from pathlib import Path
from typing import List, Tuple

from .errors import LabError

# Words of ARGS that say how to build
_FOR_THE_BUILD = ('--kconfig_add', '--make_options', '--kunitconfig')

# and those that umlab decides
_NOT_HERE = {
    '--build_dir': 'give BUILD=<folder> instead',
    '--jobs': 'give JOBS=<number> instead',
    '--alltests': 'give --kunitconfig with the configuration wanted instead',
    '--arch': 'umlab is ARCH=um',
    '--cross_compile': 'umlab is ARCH=um',
    '--qemu_config': 'umlab is ARCH=um',
    '--qemu_args': 'umlab is ARCH=um',
}


def split_args(args: Tuple[str, ...]) -> Tuple[argparse.Namespace, List[str]]:
    """Tell the words of ARGS that steer the build from those for the run."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False,
                                     exit_on_error=False)
    for option in _FOR_THE_BUILD:
        parser.add_argument(option, action='append', default=[])
    for option in _NOT_HERE:
        parser.add_argument(option, nargs='?', const='yes')
    try:
        known, rest = parser.parse_known_args(args)
    except argparse.ArgumentError as e:
        raise LabError(f'ARGS: {e}') from None
    for option, why in _NOT_HERE.items():
        if getattr(known, option[2:]):
            raise LabError(f'ARGS: {option}: {why}')
    for word in rest:
        name = word.partition('=')[0]
        for option in (*_FOR_THE_BUILD, *_NOT_HERE):
            # kunit.py would take it for the option and do nothing with it.
            if len(name) > 3 and option.startswith(name):
                raise LabError(f'ARGS: {name}: write {option} in full')
    return known, [_absolute_json(word) for word in rest]


def _absolute_json(word: str) -> str:
    """kunit.py goes to the kernel tree before it opens the file."""
    option, given, name = word.partition('=')
    if option == '--json' and given and name != 'stdout':
        return f'{option}={Path(name).resolve()}'
    return word
