"""The error of the controls; every module of them raises it, in Python and behind HTTP."""

from __future__ import annotations


class ControlError(ValueError):
    """A control was given an unknown name or a value out of bounds; the message says what to do."""
