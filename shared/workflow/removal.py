"""What one pass of removing has done: an erasure's, an export's, or that of what has been kept long enough.

Filled by :mod:`shared.workflow.removing` and ``erasing_stores``; read by those who decide what comes next.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from shared.domain.erasure import MAX_REMAINS, Remains
from shared.domain.retry_state import Cause
from shared.domain.trouble_kinds import Kind
from shared.errors import Permanent, Trouble
from shared.logs import warn

FINE_TUNES = "fine_tunes"


@dataclass
class Removal:
    """What one pass has removed, by where it was, what it could not, and whether its time was up.

    ``began``: when the pass began; what runs have written since is left to the next one. ``kept_in``: the
    folders in which later uploads lie. ``causes``: why something is left, each refusal in its order.
    """

    began: int
    removed: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    troubles: list[Trouble] = field(default_factory=list)
    refused_fine_tunes: dict[str, str] = field(default_factory=dict)
    is_cut_short: bool = False
    kept_in: set[str] = field(default_factory=set)
    causes: list[Cause] = field(default_factory=list)

    def meet(self, where: str, trouble: Trouble) -> None:
        """Note a refusal; one that is for good is no reason to wait."""
        self.refused[where, trouble.code] += 1
        self.causes.append(trouble.cause)
        is_for_good = isinstance(trouble, Permanent) and trouble.kind is Kind.OBJECT
        if not is_for_good:
            self.troubles.append(trouble)
        warn("not_removed", where=where, code=trouble.code)

    def remains(self, fine_tunes: tuple[str, ...]) -> tuple[Remains, ...]:
        """Return what is left, with the reasons."""
        left = [Remains(where, "", code, number) for (where, code), number in self.refused.items()]
        named = [
            Remains(FINE_TUNES, name, self.refused_fine_tunes.get(name, "not_tried")) for name in fine_tunes
        ]
        return tuple([*left, *named][:MAX_REMAINS])
