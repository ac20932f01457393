"""What the controls say when they cannot do what is asked."""

from __future__ import annotations


class ControlError(ValueError):
    """What the controls were asked for does not exist or makes no sense; says what to do instead."""
