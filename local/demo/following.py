"""Follows the demo's people until all have ended, or nothing moves any more, or Ctrl-C."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import nullcontext
from enum import Enum

from rich.cells import set_cell_size
from rich.console import Console
from rich.live import Live
from rich.text import Text

from local.demo.people import Person
from local.demo.portraits import missing_portraits
from local.demo.uploads import Uploads
from local.demo.verification import missing_results
from local.live.lines import changed, details
from local.live.standing import ENDED, Standing
from local.live.terminal import can_redraw
from local.live.view import live_view
from local.live.watch import Watch
from local.options import Options
from local.stack import Stack
from shared.domain.rules import Rules

LOOK_SECONDS = 0.4
SLACK_SECONDS = 60.0
"""What a slow machine may take for the work between two changes: photos to prepare, processes to start."""
TICK_SECONDS = 60.0


class Ending(Enum):
    """How following came to its end."""

    SETTLED = "settled"
    STUCK = "stuck"
    STOPPED = "stopped"


def patience_seconds(options: Options, rules: Rules) -> float:
    """Return how long nothing may change before the demo gives up.

    Each change begins the time again, so the number of people and of slots does not count: while the others
    queue, somebody is trained. Between two changes lie at most the quiet that completes a set, or a training
    with DashScope's own pause before it, and the ticks that notice.
    """
    step = max(rules.quiet_ms / 1000, rules.settle_ms / 1000, 1.2 * options.training_seconds)
    return SLACK_SECONDS + step + 3 * (options.tick_seconds or TICK_SECONDS)


class Following:
    """The people as the demo sees them."""

    def __init__(self, cloud: Stack, people: Sequence[Person], watch: Watch, console: Console) -> None:
        """Follow ``people``, whose uploads begin with :meth:`run`."""
        self._cloud = cloud
        self._people = people
        self._watch = watch
        self._console = console
        self._redraws = can_redraw(console)
        self.standings: list[Standing] = []

    def run(self, uploads: Uploads, patience: float, stop: threading.Event, began: float) -> Ending:
        """Look until the end; ``began`` is when the demo did, by the monotonic clock."""
        changed_at, sent = time.monotonic(), -1
        with (
            Live(console=self._console, auto_refresh=False, transient=True)
            if self._redraws
            else nullcontext() as live
        ):
            while True:
                before = self.standings
                self._look()
                news = changed(before, self.standings, photos=True)
                now = time.monotonic()
                if news or uploads.sent != sent:
                    changed_at, sent = now, uploads.sent
                if live is not None:
                    headings = [
                        f"{now - began:5.1f} s   {uploads.story}",
                        *filter(None, [self._watch.trouble]),
                    ]
                    live.update(live_view(self._console, headings, self.standings), refresh=True)
                else:
                    self._print(changed(before, self.standings, photos=False), now - began)
                if uploads.problem or (uploads.done and self._all_ended()):
                    return Ending.SETTLED
                if now - changed_at > patience:
                    return Ending.STUCK
                if stop.wait(LOOK_SECONDS):
                    return Ending.STOPPED

    def _look(self) -> None:
        self._watch.look()
        found = {one.person_id: one for one in self._watch.standings(self._cloud.clock.now())}
        self.standings = [
            found.get(person.person_id) or Standing(person_id=person.person_id, upcoming=person.story)
            for person in self._people
        ]

    def _all_ended(self) -> bool:
        if not all(one.state in ENDED for one in self.standings):
            return False
        cloud, jobs, wanted = self._cloud, self._watch.jobs, self._watch.pace.rules.portraits
        return not missing_results(cloud, jobs) and not missing_portraits(cloud, jobs, wanted)

    def _print(self, news: Sequence[Standing], seconds: float) -> None:
        width = max(12, *(Text(person.person_id).cell_len for person in self._people))
        for one in news:
            # The summary lists a rejected person's files with the reason of each.
            more = "" if one.state == "REJECTED" else details(one)
            text = f"{seconds:6.1f} s  {set_cell_size(one.name, width)}  {one.state:<10}  {more}"
            self._console.print(text.rstrip(), soft_wrap=True)
