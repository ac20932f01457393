"""The terminal that ``make demo`` and ``make up`` write to, if it is one."""

from __future__ import annotations

import os
import sys

from rich.console import Console

TRANSCRIPT_COLUMNS = 118
"""Without a terminal rich assumes 80, which cuts the models' names in two."""


def make_console() -> Console:
    """Return a console for the standard output, as wide as a transcript where it is no terminal."""
    width = None if sys.stdout.isatty() else TRANSCRIPT_COLUMNS
    return Console(width=width, markup=False, highlight=False, emoji=False)


def can_redraw(console: Console) -> bool:
    """Whether the console is a terminal that can redraw lines, and this process has it to itself.

    A job in the background shares the terminal with the shell that its user types into.
    """
    if not console.is_terminal or console.is_dumb_terminal:
        return False
    try:
        return os.tcgetpgrp(sys.stdout.fileno()) == os.getpgrp()
    except OSError:
        return True
