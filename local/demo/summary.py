"""What the demo prints at its end: everybody, what was made usable, and what was not used and why.

Pure: documents and findings in, something that rich can draw out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from local.demo.people import Person
from local.demo.preparation import Preparation
from local.live.standing import USED
from local.live.view import STYLES

Documents = Mapping[str, "dict[str, Any] | None"]

MOST_ROWS = 12
MOST_FILES = 8
FULL_COLUMNS = 100
"""From so many on the table of everybody has room for what completed each set."""


def everybody(people: Sequence[Person], documents: Documents, columns: int) -> Group:
    """The table of all people and all their photo sets; each model's name is on one line, to be copied.

    Below it stands why a training failed. Why a person was rejected, the unused files tell.
    """
    failures: list[Text] = []
    full = columns >= FULL_COLUMNS
    table = _table("person", "files", *(["complete by"] if full else []), "state")
    table.add_column("finetuned_output", no_wrap=True)
    for person in people:
        document = documents.get(person.person_id)
        for job in document["revisions"] if document else []:
            table.add_row(
                person.person_id,
                f"{job['usable_count']} of {job['photo_count']} usable",
                *([job["closed_by"] or ""] if full else []),
                Text(job["state"], STYLES.get(job["state"], "")),
                job["finetuned_output"] or "",
            )
            if job["state"] in ("FAILED", "CANCELED") and job["reason"]:
                failures.append(Text(f"{person.person_id}: {job['state']}: {job['reason']['message']}"))
        if document is None:
            table.add_row(person.person_id, "nothing came yet")
    return Group(table, *failures)


def made_usable(prepared: Sequence[Preparation]) -> Group | None:
    """What was made of the files that could not be used as they came; None without such files."""
    if not prepared:
        return None
    table = _table("person", "file", "as it arrived", "as it is trained on")
    for one in prepared[:MOST_ROWS]:
        table.add_row(one.person_id, one.name, one.arrived, one.became)
    more = [Text(f"and {len(prepared) - MOST_ROWS} more")] if len(prepared) > MOST_ROWS else []
    return Group(Text("\nMade usable", "bold"), table, *more)


def not_used(documents: Documents) -> Group | None:
    """Which files were not used, by the reason why and what to do about it; None when all were."""
    by_reason: dict[str, dict[str, list[str]]] = {}
    for person_id, document in documents.items():
        for photo in document["current"]["photos"] if document else []:
            if photo["verdict"] not in USED:
                told = f"{photo['reason']} {photo['remedy']}"
                by_reason.setdefault(told, {}).setdefault(person_id, []).append(photo["name"])
    if not by_reason:
        return None
    parts: list[Text | Padding] = [Text("\nNot used", "bold")]
    for reason, files in by_reason.items():
        parts.append(Text(reason))
        parts += [
            Padding(Text(f"{person_id}: {listed(names)}", "dim"), (0, 0, 0, 4), expand=False)
            for person_id, names in files.items()
        ]
    return Group(*parts)


def listed(names: Sequence[str]) -> str:
    """Return names in a row, the first of them when they are many."""
    more = len(names) - MOST_FILES
    shown = ", ".join(names[: MOST_FILES if more > 0 else None])
    return f"{shown} and {more} more" if more > 0 else shown


def _table(*headings: str) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
