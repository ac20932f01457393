"""How many people have consented and how many consents are in force: one row of the control table. Pure.

A consent is counted with the month (Beijing's) in which it ends, and is taken out of that month when another
document ends sooner or later, or withdraws it. The person's row says where it is counted. The ledger is
written before that row is saved, so a run may die in between: the ledger remembers the latest documents that
it has counted, and is not changed twice by one. A document that is gone changes nothing here; an erasure
takes out the consent of whoever goes, and leaves the other numbers, which name nobody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from shared.domain.consent import Consent
from shared.domain.money import beijing_day

ROW = "consents"
OPEN_ENDED = "open"
"""In the place of a month: it ends when it is withdrawn."""
LAST_END_MS = 4_102_444_800_000
"""The year 2100: whatever ends later ends never, so that the months are bounded."""
REMEMBERED = 200
"""Between a count and the save of the person's row lies no other call, so so many others do not come in
between."""


@dataclass(frozen=True, kw_only=True)
class ConsentLedger:
    """The row.

    Attributes:
        ends: consents that are counted, by the month in which they end.
        people: how many people have ever been counted.
        withdrawals: how many consents were withdrawn.
        counted: the latest documents that have changed these numbers, oldest first.
    """

    ends: Mapping[str, int] = field(default_factory=dict)
    people: int = 0
    withdrawals: int = 0
    counted: tuple[str, ...] = ()

    def in_force(self, now: int) -> int:
        """Return how many consents are in force in the month of ``now``."""
        month = beijing_day(now)[:7]
        return sum(count for end, count in self.ends.items() if end == OPEN_ENDED or end >= month)

    def with_change(self, before: Consent | None, after: Consent, document: str) -> ConsentLedger:
        """Count ``after`` in the place of ``before``; ``document`` stands for what has changed it."""
        if document in self.counted:
            return self
        ends = dict(self.ends)
        left, joined = before.counted if before else "", after.counted
        for end, step in ((left, -1), (joined, 1)):
            if end:
                ends[end] = max(0, ends.get(end, 0) + step)
        is_first = before is None or not (before.counted or before.withdrawn_at)
        return replace(
            self,
            ends={end: count for end, count in sorted(ends.items()) if count},
            people=self.people + (is_first and bool(joined)),
            withdrawals=self.withdrawals + (bool(left) and after.is_withdrawn),
            counted=(*self.counted, document)[-REMEMBERED:],
        )

    def without(self, erased: Consent, person: str) -> ConsentLedger:
        """Take an erased person's consent out, once; ``person`` is their keyed hash."""
        if not erased.counted:
            return self
        return self.with_change(erased, Consent(), document_id(person, erased, "erased"))

    def as_value(self) -> dict[str, Any]:
        """Return the JSON value of the row."""
        return {**asdict(self), "counted": list(self.counted)}

    @classmethod
    def from_value(cls, value: Mapping[str, Any]) -> ConsentLedger:
        """Return the ledger of a row's value; a part that makes no sense begins anew."""
        ends, counted = value.get("ends"), value.get("counted")
        pairs = ends.items() if isinstance(ends, dict) else ()
        return cls(
            ends={str(end): _number(count) for end, count in pairs},
            people=_number(value.get("people")),
            withdrawals=_number(value.get("withdrawals")),
            counted=tuple(one for one in counted if isinstance(one, str))
            if isinstance(counted, list)
            else (),
        )


def document_id(person: str, consent: Consent, what: str = "") -> str:
    """Return what stands for the document that ``consent`` was read from, and tells nobody whose it is.

    ``person`` is the keyed hash of the name; an id outlives the person, in the audit. ``what``: what has
    become of the document, where the id does not stand for its being read.
    """
    text = " ".join(filter(None, (person, consent.etag, str(consent.stored_at), what)))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def counted_in(consent: Consent) -> str:
    """Return the month in which a consent that counts ends; empty for one that does not count."""
    if consent.is_withdrawn or consent.problem:
        return ""
    return beijing_day(consent.until)[:7] if 0 < consent.until < LAST_END_MS else OPEN_ENDED


def _number(value: object) -> int:
    return value if type(value) is int and value >= 0 else 0
