"""Reads DashScope's list of fine-tunes to its end, or says that it could not; or only its newest part.

Used by :mod:`shared.clients.dashscope`. Whether money is spent again depends on this list: a lost submit that
it does not show is sent once more.

The theory. The list is cut into pages by position, newest first ("List fine-tune jobs"), and may change
between two pages: a new fine-tune pushes the others back, and some are seen twice; a deleted one pulls the
later ones forward, and one may slip past unseen. Pages may be smaller than asked for, ``total`` may be text,
absent, or count what is not shown, and of other models there may be entries without an id. So a round reads
on by what came: until it has as many entries as the page says there are, or a page brings nothing new (an
empty one; or the last one again, as servers give that clamp the page's number).

- One round is proof when all of its pages said the same total and the round has exactly so many entries.
  Between pages with one total as many came as went; those that came stand in front; so none was pulled
  forward past us. The usual list, one page with its right total, costs one call.
- Otherwise two rounds in a row with the same ids are proof. What one round misses while the list moves was
  pulled forward by a deletion, so that this round holds an id that the next does not: they differ. What no
  round ever shows (a total that counts the fine-tunes of another workspace) is not in the list.
- A list that shows nothing of what it counts is an outage and proves nothing, however often it is read.

Rounds, calls and time are bounded; past a bound the list counts as unread. A fine-tune that DashScope does
not list *yet* is not seen either: against that the submit protocol waits (``listing_delay_ms``).

:func:`newest_of_list` stops where the entries are older than what is looked for. "Newest first" is what every
published sample shows, and no document promises it. So it proves nothing unless it has met the list's end;
whoever needs proof reads the whole list.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from shared.clients.answers import UNREADABLE_DELAY_SECONDS
from shared.clients.dashscope_answers import id_in
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import RetryLater
from shared.logs import warn

LIST_ROUNDS = 3
LIST_CALLS = 2000
LIST_SECONDS = 20
"""Unless more is given, no page is asked for later than so long after the first; a page itself may take half
a minute at worst."""
NEAR_THE_LIMIT = 0.8
"""Of the calls or the time: from then on the log warns of a list that will soon be too long."""
NEWEST_CALLS = 20


class Page(NamedTuple):
    """One page: its entries, whatever they are, and the total that it speaks of (None: of none)."""

    entries: list[Any]
    total: int | None


class _Round(NamedTuple):
    entries: dict[tuple[str, str], Any]
    totals: set[int | None]

    @property
    def ids(self) -> set[str]:
        return {name for name, _ in self.entries} - {""}

    @property
    def is_proof(self) -> bool:
        return self.totals == {len(self.entries)}

    def confirms(self, before: _Round) -> bool:
        shows_what_it_counts = bool(self.entries) or not any(self.totals)
        return self.ids == before.ids and shows_what_it_counts


def whole_list(
    read_page: Callable[[int], Page], now: Callable[[], float], *, within_seconds: float = LIST_SECONDS
) -> list[Any]:
    """Return the entries of the complete list, each once.

    Args:
        read_page: reads the page of a number, from 1 on.
        now: seconds of a clock that is never set.
        within_seconds: no page is asked for later than so long after the first.

    Raises:
        RetryLater: ``list_too_long``: it has more pages than the bounds allow. ``list_incomplete``: no round
            was proof.
        Trouble: what ``read_page`` raises.
    """
    began, calls = now(), 0

    def bounded(page_no: int) -> Page:
        nonlocal calls
        if calls == LIST_CALLS or now() > began + within_seconds:
            raise _too_long(calls, within_seconds)
        calls += 1
        return read_page(page_no)

    before: _Round | None = None
    for _ in range(LIST_ROUNDS):
        found = _read_round(bounded)
        if found.is_proof or (before is not None and found.confirms(before)):
            if max(calls / LIST_CALLS, (now() - began) / within_seconds) >= NEAR_THE_LIMIT:
                warn("list_nearly_too_long", entries=len(found.entries), calls=calls, most_calls=LIST_CALLS)
            return list(found.entries.values())
        before = found
    raise _incomplete("it changed while it was read, or shows nothing of what it counts")


def newest_of_list(
    read_page: Callable[[int], Page], now: Callable[[], float], *, is_older: Callable[[Any], bool]
) -> tuple[list[Any], bool, bool]:
    """Return the entries up to the first page of which all are older than what is looked for.

    Args:
        read_page: reads the page of a number, from 1 on.
        now: seconds of a clock that is never set.
        is_older: whether an entry is older than what is looked for.

    Returns:
        The entries, each once; whether they are proved to be the whole list; and whether what is older, or
        the list's end, was reached within the bounds.

    Raises:
        Trouble: what ``read_page`` raises.
    """
    ends, is_reached, is_cut_off = now() + LIST_SECONDS, False, False

    def bounded(page_no: int) -> Page:
        nonlocal is_reached, is_cut_off
        is_cut_off = not is_reached and (page_no > NEWEST_CALLS or now() > ends)
        if is_reached or is_cut_off:
            # An empty page ends the round.
            return Page([], None)
        page = read_page(page_no)
        is_reached = bool(page.entries) and all(map(is_older, page.entries))
        return page

    found = _read_round(bounded)
    return list(found.entries.values()), found.is_proof, not is_cut_off


def _read_round(read_page: Callable[[int], Page]) -> _Round:
    found, page_no = _Round({}, set()), 0
    while True:
        page_no += 1
        page = read_page(page_no)
        # An entry without an id is told from others by all that it says.
        new = {(id_in(entry), "" if id_in(entry) else _text_of(entry)): entry for entry in page.entries}
        brings_nothing = new.keys() <= found.entries.keys()
        found.entries.update(new)
        found.totals.add(page.total)
        if brings_nothing or page.total == len(found.entries):
            return found


def _text_of(entry: object) -> str:
    return json.dumps(entry, sort_keys=True)


def _too_long(calls: int, seconds: float) -> RetryLater:
    return RetryLater(
        "list_too_long",
        f"DashScope's list of fine-tunes has no end within {calls} pages and {seconds:.0f} seconds. What "
        "was sent and not answered cannot be looked for in it, and is not sent again. Delete fine-tunes that "
        "are not needed any more, or go on with the key of another workspace.",
        delay_seconds=UNREADABLE_DELAY_SECONDS,
        # Whoever needs no proof goes on.
        kind=Kind.PERSON,
        api=Api.TRAINING,
    )


def _incomplete(why: str) -> RetryLater:
    return RetryLater(
        "list_incomplete",
        f"DashScope's list of fine-tunes could not be read for certain: {why}",
        delay_seconds=UNREADABLE_DELAY_SECONDS,
        api=Api.TRAINING,
    )
