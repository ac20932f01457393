"""``GET /costs``: what was spent, what is on its way, and what is left under each cap.

Trainings and portraits together. All sums come from one place, the ledger in the slot's row, so that the
overview, ``/metrics``, this document and its CSV cannot differ. What a person has cost is the sum of the
person's jobs. Called by ``routes``, ``overview``, ``metrics`` and ``resources``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from shared.domain.caps import Cap, caps_of_all
from shared.domain.job import Job
from shared.domain.job_summary import JobSummary
from shared.domain.money import LIST_PRICE_FEN, beijing_day, cny
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.spending import Spending
from shared.domain.totals import ROW, Totals, spending_by
from shared.domain.unread import Unread
from shared.http_api.conditional import Answer
from shared.http_api.parameters import COSTS_PARAMETERS, read_known, wants_csv
from shared.views import timestamp

if TYPE_CHECKING:
    from shared.http_api.document_types import CapDocument, CostsDocument, SpendDocument
    from shared.http_api.resources import RouteRequest

CURRENCY = "CNY"
CSV_COLUMNS = ("period", "name", "cost_cny")
MAX_PAGES = 20
"""Pages of revisions that are read for one person's cost: whoever has so many has them summed up before."""


def costs(request: RouteRequest) -> Answer:
    """``GET /costs``, as JSON or as CSV."""
    read_known(request.query, COSTS_PARAMETERS)
    reader = request.connect()
    rows, stored = reader.control.read_all_and(ROW)
    totals = Totals.from_value(stored.value) if stored is not None else None
    spending = ledger_of(rows.slot, totals, reader.rules)
    document = costs_document(spending, reader.rules, reader.now())
    if not wants_csv(request.query):
        return Answer(document)
    headers = {
        "Content-Type": "text/csv; charset=utf-8; header=present",
        "Content-Disposition": 'attachment; filename="costs.csv"',
    }
    return Answer({}, headers=headers, text=_table(document))


def ledger_of(slot: Slot, totals: Totals | None, rules: Rules) -> Spending:
    """Return the ledger; of a slot without a complete one as far as the totals tell."""
    if slot.spending is not None and slot.keeps_books:
        return slot.spending
    price = LIST_PRICE_FEN if slot.spending is None else rules.training_price_fen
    return spending_by(slot.spending, totals or Totals(), price)


def costs_document(spending: Spending, rules: Rules, now: int) -> CostsDocument:
    """Describe the ledger and the caps."""
    person = rules.max_fen_per_person
    return {
        "currency": CURRENCY,
        "list_price_cny": cny(rules.training_price_fen),
        "picture_price_cny": cny(rules.portrait_price_fen),
        "trainings": rules.trainings.value,
        **spend(spending, rules, now),
        "days": [{"day": day, "cost_cny": cny(fen)} for day, fen in _newest_first(spending.days)],
        "months": [{"month": name, "cost_cny": cny(fen)} for name, fen in _newest_first(spending.months)],
        "most_per_person_cny": cny(person) if person else None,
    }


def spend(spending: Spending, rules: Rules, now: int) -> SpendDocument:
    """Describe what is spent by Beijing's calendar, what is on its way, and the caps of all."""
    today = beijing_day(now)
    return {
        "today_cny": cny(spending.days.get(today, 0)),
        "month_cny": cny(spending.months.get(today[:7], 0)),
        "total_cny": cny(spending.fen),
        "reserved_cny": cny(spending.reserved_fen),
        "trainings_billed": spending.trainings,
        "pictures_billed": spending.pictures,
        "caps": [_cap(cap, rules) for cap in caps_of_all(spending, rules, now)],
    }


def _newest_first(sums: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(sums.items(), reverse=True)


def _cap(cap: Cap, rules: Rules) -> CapDocument:
    return {
        "code": cap.code,
        "most_cny": cny(cap.most_fen),
        "committed_cny": cny(cap.committed_fen),
        "left_cny": cny(cap.left_fen),
        "is_reached": cap.is_reached(rules.training_price_fen),
        "until": timestamp(cap.until),
    }


def _table(document: CostsDocument) -> str:
    """Return a line for each day and month, and for what is spent and reserved in all (RFC 4180)."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(CSV_COLUMNS)
    writer.writerows(("day", one["day"], _sum(one["cost_cny"])) for one in document["days"])
    writer.writerows(("month", one["month"], _sum(one["cost_cny"])) for one in document["months"])
    writer.writerow(("all", "", _sum(document["total_cny"])))
    writer.writerow(("reserved", "", _sum(document["reserved_cny"])))
    return text.getvalue()


def _sum(yuan: float) -> str:
    return f"{yuan:.2f}"


def cost_of_person(
    newest: Job,
    earlier: Sequence[JobSummary | Unread],
    read: Callable[[int], Sequence[JobSummary | Unread]],
    *,
    has_portraits: bool,
) -> int | None:
    """Return what a person has cost, in fen; None if a revision cannot be read, or too many.

    ``earlier`` are the revisions before ``newest``, newest first, as far as a page shows them; ``read``
    returns those before a revision. ``has_portraits``: some were made, so that each revision is looked at:
    of an old one they may have come later than it was summed up.
    """
    costs: dict[int, int | None] = {newest.revision: newest.cost_fen}
    portraits_fen, through = newest.portrait_fen, 0 if has_portraits else newest.spent_through
    page = earlier
    for _ in range(MAX_PAGES):
        costs |= {_revision_of(one): one.cost_fen if isinstance(one, JobSummary) else None for one in page}
        portraits_fen += sum(one.portrait_fen for one in page if isinstance(one, JobSummary))
        before = min(costs)
        if before <= through + 1 or not page:
            break
        page = read(before)
    else:
        return None
    known = [fen for revision, fen in costs.items() if revision > through or fen is None]
    if None in known:
        return None
    trainings = sum(fen or 0 for revision, fen in costs.items() if revision > newest.spent_through)
    return newest.spent_before_fen + trainings + portraits_fen


def _revision_of(one: JobSummary | Unread) -> int:
    return int(one.job_id.rpartition("-")[2])
