"""What commands show: progress to the standard error, and one result to the standard output.

With ``--json`` the result is one JSON document. Without a terminal nothing is redrawn.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.stages.errors import Refused, without_secrets

if TYPE_CHECKING:
    from local.stages.ros import Event

STACK = "ALIYUN::ROS::Stack"
MARKS = {
    "ok": ("✓", "green"),
    "warning": ("!", "yellow"),
    "failed": ("✗", "bold red"),
    "skipped": ("–", "dim"),
}
_BAD, _GOOD = "bold red", "green"


class Output:
    """Shows what a command does."""

    def __init__(
        self,
        *,
        as_json: bool = False,
        assume_yes: bool = False,
        out: TextIO | None = None,
        err: TextIO | None = None,
        ask: Callable[[str], str] | None = None,
    ) -> None:
        """Take where to show; ``ask`` reads a line from whoever sits there, None when nobody does."""
        self._json, self._yes = as_json, assume_yes
        self._out = out or sys.stdout
        self._console = Console(file=err or sys.stderr, highlight=False, soft_wrap=True)
        can_ask = sys.stdin is not None and sys.stdin.isatty()
        self._ask = ask if ask is not None else (self._console.input if can_ask else None)

    def say(self, text: str, style: str = "") -> None:
        """Show a line."""
        self._console.print(Text(without_secrets(text), style=style))

    def step(self, text: str) -> None:
        """Show that something begins."""
        self.say(text, "bold")

    def mark(self, state: str, text: str, remedy: str = "") -> None:
        """Show how a check ended: ``ok``, ``warning``, ``failed`` or ``skipped``, and what to do about it."""
        sign, style = MARKS[state]
        self._console.print(Text.assemble((f"  {sign} ", style), without_secrets(text)))
        if remedy:
            self.say(f"    {remedy}")

    def event(self, event: Event) -> None:
        """Show an event of the stack; that a resource begins is of little interest once it has ended."""
        if event.status.endswith("IN_PROGRESS") and event.kind != STACK:
            return
        style = (
            _BAD if event.status.endswith("FAILED") else _GOOD if event.status.endswith("COMPLETE") else "dim"
        )
        clock = event.at[11:19] or event.at
        reason = f"  {event.reason}" if event.reason and style == _BAD else ""
        text = without_secrets(f"  {event.resource}{reason}")
        self._console.print(Text.assemble((f"  {clock}  ", "dim"), (f"{event.status:<20}", style), text))

    def progress(self, status: str, percent: int | None) -> None:
        """Note how far an operation is; shown where lines are not kept."""
        if self._console.is_terminal and percent is not None:
            self._console.print(Text(f"  {status} {percent} %", style="dim"), end="\r")

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show rows under headings."""
        table = Table(*columns, title=title or None, title_justify="left", box=None, pad_edge=False)
        for row in rows:
            table.add_row(*(Text(without_secrets(cell)) for cell in row))
        self._console.print(table)

    def line(self, text: str) -> None:
        """Show a line of what was asked for, to the standard output, at once."""
        print(without_secrets(text), file=self._out, flush=True)

    def result(self, document: Mapping[str, object], lines: Sequence[str] = ()) -> None:
        """Show what came out: the document with ``--json``, else the lines."""
        text = json.dumps(document, ensure_ascii=False, indent=2) if self._json else "\n".join(lines)
        if text:
            print(without_secrets(text), file=self._out, flush=True)

    def confirm(self, question: str, *, wanted: str = "yes", yes_is_enough: bool = True) -> None:
        """Go on only if whoever is asked types ``wanted``; ``--yes`` answers where that is enough.

        Raises:
            Refused: something else was typed, or nobody can be asked.
        """
        if self._yes and yes_is_enough:
            return
        if self._ask is None:
            raise Refused(
                "nobody can be asked here",
                "Say so beforehand: --yes, and for destroy and erase --confirm NAME.",
            )
        try:
            answer = self._ask(f"{question} Type {wanted} to go on: ")
        except EOFError:
            answer = ""
        if answer.strip() != wanted:
            raise Refused(f"{answer.strip()!r} was typed, and nothing was changed")
