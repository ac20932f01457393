"""Stops a command that runs until Ctrl-C; ``make demo`` and ``make up`` use it."""

from __future__ import annotations

import signal
import threading

INTERRUPTED = 128 + signal.SIGINT
"""The exit status that shells give to a command that Ctrl-C has ended."""


def stop_on_signals() -> threading.Event:
    """Return an event that Ctrl-C and SIGTERM set; the next Ctrl-C interrupts at once."""
    stop = threading.Event()

    def note(number: int, _: object) -> None:
        stop.set()
        signal.signal(number, signal.default_int_handler)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, note)
    return stop
