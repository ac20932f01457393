"""Plain lines for pipes, files and terminals that cannot redraw: one for each change.

Pure: two looks in, the lines between them out.
"""

from __future__ import annotations

from collections.abc import Sequence

from local.live.standing import Standing


def changed(before: Sequence[Standing], after: Sequence[Standing], *, photos: bool) -> list[Standing]:
    """Return those whose state or block has changed; with ``photos`` those with more photos as well."""
    known = {one.person_id: one for one in before}
    found = []
    for one in after:
        earlier = known.get(one.person_id)
        same = earlier and _of(earlier) == _of(one)
        if not same or (photos and earlier and earlier.photos != one.photos):
            found.append(one)
    return [one for one in found if one.state]


def _of(standing: Standing) -> tuple[int, str, str]:
    return standing.revision, standing.state, standing.blocked


def line(standing: Standing) -> str:
    """Return a person's line: ``obama: TRAINING (1 of 1 usable)``."""
    text = f"{standing.name}: {standing.state} ({standing.photos})"
    more = details(standing)
    return f"{text}: {more}" if more else text


def details(standing: Standing) -> str:
    """Return what blocks it, the place in the queue, or how it ended."""
    return standing.blocked or (standing.upcoming if standing.place else standing.result)
