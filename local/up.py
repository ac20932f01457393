"""``make up``: the whole stack in the foreground, with a calm view of the people, until Ctrl-C.

With the real DashScope each change is a line, also on a terminal: a table that is redrawn would leave no
place for a question about money.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack, nullcontext
from datetime import datetime
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.live import Live

from aliyun_local.cloud import SERVICES
from local.endpoints import ENDPOINTS_FILE, forget_stale_endpoints, published
from local.examples import welcome
from local.live.journal import EVENTS_KEPT, Journal
from local.live.lines import changed, line
from local.live.standing import Standing, trouble_in_words
from local.live.terminal import can_redraw, make_console
from local.live.view import by_state, live_view
from local.live.watch import Watch
from local.live.words import count, seconds_of
from local.options import Options
from local.real_dashscope.counter import print_line
from local.real_dashscope.desk import Desk
from local.real_dashscope.product import Product
from local.stack import Stack
from local.stopping import stop_on_signals
from shared.http_api.blocked import NO_GOOD_TICK

LOOK_SECONDS = 1.0


def run_up(options: Options, *, log: bool) -> int:
    """Run the cloud until Ctrl-C; returns the exit status."""
    stop = stop_on_signals()
    forget_stale_endpoints()
    journal = Journal()
    with ExitStack() as open_ones:
        desk = None
        if options.real is not None:
            desk = open_ones.enter_context(Desk(options.real, port=options.ports["dashscope"]))
        say = print_line if desk is None else desk.counter.say
        on_log = partial(print_log, say=say) if log else journal.on_log
        forwarder = None if desk is None else desk.forwarder
        cloud = open_ones.enter_context(Stack(options, on_log=on_log, forwarder=forwarder))
        open_ones.enter_context(published(cloud.endpoints))
        console = make_console()
        say(_welcome(cloud, options.data))
        if desk is not None:
            say(desk.welcome())
            product = Product(cloud.status_url, cloud.status_token, cloud.admin_token)
            open_ones.enter_context(desk.asking(open_ones.enter_context(product)))
        if log:
            # Woken now and then: a signal may be noticed only when the main thread runs Python code.
            while not stop.wait(LOOK_SECONDS):
                _tell_payments(desk, cloud.clock.now())
        else:
            _follow(cloud, journal, console, stop, desk)
        print("\nStopping.", flush=True)
    if desk is not None:
        print("\n".join([*desk.news(), desk.total()]), flush=True)
    return 0


def print_log(function: str, line: str, say: Callable[[str], object] = print_line) -> None:
    """Print a log line as it is, but for those that only tell that a run began or ended."""
    if not line.startswith("FC Invoke "):
        say(f"{function.rpartition('-')[2]:<10} {line}")


def _tell_payments(desk: Desk | None, now: float) -> None:
    if desk is not None:
        for text in desk.news():
            desk.counter.say(f"{_moment(now)}  {text}")


def _welcome(cloud: Stack, data: Path) -> str:
    resources = cloud.resources
    names = {
        "bucket": cloud.bucket,
        "instance": resources.instances[0].name,
    }
    urls = {name: cloud.url(name) for name in SERVICES}
    urls["status"] = cloud.status_url
    urls["pages"] = cloud.sign_in_url
    return welcome(data, urls, names, list(resources.functions), ENDPOINTS_FILE)


def _follow(
    cloud: Stack, journal: Journal, console: Console, stop: threading.Event, desk: Desk | None
) -> None:
    """Show the people until it is time to stop: in a table, or a line for each change."""
    say = print_line if desk is None else desk.counter.say
    redraws = desk is None and can_redraw(console)
    watch = Watch.of(cloud, journal.stale)
    events: deque[str] = deque(maxlen=EVENTS_KEPT)
    standings: list[Standing] | None = None
    told: set[str] = set()
    with Live(console=console, auto_refresh=False) if redraws else nullcontext() as live:
        while True:
            # Asked first: a run that ends while the API answers may not be in its answer.
            had_ticked = journal.has_ticked
            watch.look()
            if not had_ticked:
                # The data may be new, or have rested for days: that no run has ended is no trouble yet.
                watch.obstacles = [one for one in watch.obstacles if one["code"] != NO_GOOD_TICK.code]
            now = cloud.clock.now()
            before, standings = standings, watch.standings(now)
            above = headings(now, standings, watch)
            obstacles = in_the_way(watch)
            moved = [] if before is None else changed(before, standings, photos=True)
            news = [f"{_moment(now)}  {text}" for text in [*journal.take(), *map(line, moved)]]
            if live is not None:
                events += news
                live.update(live_view(console, above, standings, events), refresh=True)
            else:
                # The people of earlier runs are no news; one line tells of them.
                earlier = above if before is None and standings else []
                for text in [*earlier, *announced(told, obstacles, now), *news]:
                    say(text)
            _tell_payments(desk, now)
            if stop.wait(LOOK_SECONDS):
                break


def headings(now: float, standings: Sequence[Standing], watch: Watch) -> list[str]:
    """Return what stands above the people: the time, how many there are, and what is in the way."""
    if not standings:
        people = "nobody yet; upload photos as shown above"
    else:
        people = f"{count(len(standings), 'person', 'people')}: {by_state(standings)}"
    lines = [f"{_moment(now)}  {people}"]
    if watch.trouble:
        lines.append(f"the status API: {watch.trouble}")
    return [*lines, *in_the_way(watch)]


def in_the_way(watch: Watch) -> list[str]:
    """Return a line for each thing that stands in everybody's way."""
    if watch.obstacles:
        # They say why the queue waits as well, and what to do about it.
        return [f"nobody can be trained now: {trouble_in_words(one)}" for one in watch.obstacles]
    if watch.halted:
        until = _moment(seconds_of(watch.halted["waiting_until"]))
        return [f"the queue waits until {until}: {watch.halted['waiting_because']['message']}"]
    return []


def announced(told: set[str], obstacles: Sequence[str], now: float) -> list[str]:
    """Return the ``obstacles`` that are not ``told`` yet, and once nothing is in the way any more, that.

    They stay told until then: what another trouble has covered for a while is no news.
    """
    news = [text for text in obstacles if text not in told]
    if told and not obstacles:
        news = ["nothing is in the way any more"]
        told.clear()
    told.update(obstacles)
    return [f"{_moment(now)}  {text}" for text in news]


def _moment(now: float) -> str:
    return f"{datetime.fromtimestamp(now).astimezone():%H:%M:%S}"
