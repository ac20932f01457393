"""A deliberate mistake: what is changed in ``template.yml``, which check finds it, and why it would hurt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """One change of the template's text; ``says`` is in what ``check`` finds."""

    old: str
    new: str
    check: str
    says: str
    why: str
