"""What the demo shows on the terminal: a table that follows the people, and the table at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from local.demo.people import Person
from local.demo.preparation import Preparation

Documents = Mapping[str, "dict[str, Any] | None"]

MOST_ROWS = 12
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


def live_view(people: Sequence[Person], documents: Documents, uploaded: str, seconds: float) -> Group:
    """The view while things happen."""
    table = Table(expand=False, title=None, header_style="bold")
    for heading in ("person", "files", "state", "what is happening"):
        table.add_column(heading, no_wrap=heading != "what is happening")
    for person in people:
        document = documents.get(person.person_id)
        state = document["state"] if document else "-"
        table.add_row(
            person.person_id,
            _photos(document),
            Text(state, STYLES.get(state, "dim")),
            _story(person, document),
        )
    return Group(Text(f"{seconds:5.1f} s   {uploaded}", "dim"), table)


def final_table(people: Sequence[Person], documents: Documents) -> Table:
    """The table at the end."""
    table = _table("Everybody", "person", "files", "complete by", "state", "finetuned_output")
    for person in people:
        document = documents.get(person.person_id)
        if document is None:
            table.add_row(person.person_id, "", "", "-", "")
            continue
        for job in document["revisions"]:
            table.add_row(
                person.person_id,
                f"{job['usable_count']} of {job['photo_count']} usable",
                job["closed_by"] or "",
                Text(job["state"], STYLES.get(job["state"], "")),
                job["finetuned_output"] or "",
            )
    return table


def prepared_files(prepared: Sequence[Preparation]) -> Table:
    """What was made of the files that could not be used as they came."""
    table = _table("Made usable", "person", "file", "as it arrived", "as it is trained on")
    for one in prepared[:MOST_ROWS]:
        table.add_row(one.person_id, one.name, one.arrived, one.became)
    if len(prepared) > MOST_ROWS:
        table.add_row("", f"and {len(prepared) - MOST_ROWS} more", "", "")
    return table


def refused_files(documents: Documents) -> Table:
    """Which files were not used, and why."""
    table = _table("Not used", "person", "file", "why")
    for person_id, document in documents.items():
        for photo in document["current"]["photos"] if document else []:
            if photo["verdict"] not in ("usable", "unpacked"):
                table.add_row(person_id, photo["name"], photo["reason"])
    return table


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _photos(document: dict[str, Any] | None) -> str:
    if document is None:
        return ""
    job = document["current"]
    return f"{job['usable_count']}/{job['photo_count']} usable"


def _story(person: Person, document: dict[str, Any] | None) -> str:
    if document is None:
        return person.story
    job, queue = document["current"], document["queue"]
    if queue:
        waiting = queue["waiting_because"]
        return f"place {queue['position']} in the queue" + (f": {waiting['code']}" if waiting else "")
    if job["state"] in ("SUBMITTING", "TRAINING"):
        return f"{job['fine_tune_id'] or 'submitting'} {job['fine_tune_status'] or ''}"
    if job["state"] == "SUCCEEDED":
        return job["finetuned_output"] or ""
    return (job["reason"] or {}).get("message") or person.story
