"""The live table, bounded by the terminal: each person is a line, and people without a line are counted.

Pure: standings in, something that rich can draw out. ``make demo`` and ``make up`` redraw it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console, Group
from rich.text import Text

from local.live.standing import Standing

STYLES = {
    "COLLECTING": "cyan",
    "QUEUED": "yellow",
    "SUBMITTING": "magenta",
    "TRAINING": "bold blue",
    "SUCCEEDED": "bold green",
    "REJECTED": "bold red",
    "FAILED": "bold red",
    "CANCELED": "red",
}
# Who is shown first when not all fit: those that move, then those that need a person, then the successes.
PRIORITY = (
    "TRAINING",
    "SUBMITTING",
    "COLLECTING",
    "QUEUED",
    "FAILED",
    "REJECTED",
    "CANCELED",
    "SUCCEEDED",
    "",
)
LINES_AN_EVENT = 2


def live_view(
    console: Console, headings: Sequence[str], standings: Sequence[Standing], events: Sequence[str] = ()
) -> Group:
    """Draw headings, people and the newest events, in fewer lines than the console has."""
    room = console.height - 1 - len(headings)
    # The events get what the people leave, and a third in any case.
    event_lines = _newest(console, events, max(room // 3, room - len(standings) - 1))
    table_room = room - len(event_lines) - bool(event_lines)
    shown, rest = choose(standings, table_room)
    parts = [_line(heading) for heading in headings]
    if shown:
        parts += _rows(shown, console.width)
    if rest:
        parts.append(_line(f"and {len(rest)} more: {by_state(rest)}"))
    if event_lines:
        parts += [Text(), *event_lines]
    return Group(*parts)


def choose(standings: Sequence[Standing], room: int) -> tuple[list[Standing], list[Standing]]:
    """Return those to show, and the rest, which takes one line of ``room``; all as they came if they fit."""
    if len(standings) <= room:
        return list(standings), []
    latest_first = sorted(standings, key=lambda one: one.changed_at, reverse=True)
    ordered = sorted(latest_first, key=lambda one: (PRIORITY.index(one.state), one.place))
    cut = max(0, room - 1)
    return ordered[:cut], ordered[cut:]


def by_state(standings: Sequence[Standing]) -> str:
    """Return how many people are in each state: ``3 QUEUED, 2 SUCCEEDED``."""
    counted = Counter(one.state for one in standings)
    return ", ".join(
        f"{counted[state]} {state or 'without a photo yet'}" for state in PRIORITY if counted[state]
    )


def _rows(standings: Sequence[Standing], columns: int) -> list[Text]:
    """Draw a line each; rich's own tables would give the room to the wrong column when it is short."""
    names = min(max(Text(one.name).cell_len for one in standings), max(12, columns // 4))
    photos = max(len(one.photos) for one in standings)
    return [_row(one, names, photos, columns) for one in standings]


def _row(one: Standing, names: int, photos: int, columns: int) -> Text:
    name = Text(one.name)
    name.truncate(names, overflow="ellipsis", pad=True)
    # A rejected person's reasons are sentences; the verdicts are shorter and say as much.
    parts = (
        [one.refused]
        if one.state == "REJECTED" and one.refused
        else [
            one.blocked or one.upcoming,
            one.refused,
        ]
    )
    row = Text.assemble(
        name,
        ("  " + f"{one.state or '-':<10}", STYLES.get(one.state, "dim")),
        f"  {one.photos:<{photos}}  ",
        "; ".join(filter(None, parts)),
        no_wrap=True,
    )
    row.truncate(columns, overflow="ellipsis")
    return row


def _line(text: str) -> Text:
    return Text(text, "dim", no_wrap=True, overflow="ellipsis")


def _newest(console: Console, events: Sequence[str], room: int) -> list[Text]:
    """Return the lines of the newest events that fit into ``room``, oldest first."""
    chosen: list[Text] = []
    for event in reversed(events):
        lines = list(Text(event).wrap(console, console.width - 1))
        if len(lines) > LINES_AN_EVENT:
            lines[LINES_AN_EVENT - 1].append("…")
        lines = lines[:LINES_AN_EVENT]
        if len(chosen) + len(lines) > room:
            break
        chosen = [*lines, *chosen]
    return chosen
