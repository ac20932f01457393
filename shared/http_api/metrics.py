"""``GET /metrics``: the deployment in numbers, in the text format 0.0.4 of Prometheus. Called by ``routes``.

A constant number of calls: the shared rows with the totals, the work in hand, its jobs, and the list of
ignored uploads. What cannot be read has no sample: a number that nobody knows is not 0. No label names a
person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from shared.domain.trouble_kinds import Api
from shared.http_api.conditional import Answer
from shared.http_api.costs import ledger_of, spend
from shared.http_api.ignored import ROW as IGNORED
from shared.http_api.queue_documents import Standing, read_standing

if TYPE_CHECKING:
    from shared.http_api.resources import RouteRequest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "facechain_autotrain"
Samples = Iterable[tuple[Mapping[str, str], float]]
_ALONE: Mapping[str, str] = {}


def metrics(request: RouteRequest) -> Answer:
    """``GET /metrics``."""
    reader = request.connect()
    standing = read_standing(reader)
    entries = reader.control.read_json(IGNORED).value.get("entries")
    ignored = len(entries) if isinstance(entries, list) else 0
    families = [
        *_of_queue(standing),
        *_of_portraits(standing),
        *_of_totals(standing),
        *_of_money(standing),
        *_of_health(standing),
    ]
    families.append(
        _family("ignored_uploads", "gauge", "Uploads on the list of ignored ones.", _one(ignored))
    )
    return Answer({}, text="".join(families), headers={"Content-Type": CONTENT_TYPE})


def _of_queue(standing: Standing) -> list[str]:
    now, slot = standing.outlook.now, standing.rows.slot
    oldest = max((now - job.closed_at for job in standing.queued), default=0)
    halted = slot.is_halted(now) or slot.paused is not None
    families = [
        _family("queue_length", "gauge", "Jobs in the queue, counted to 200.", _one(standing.length)),
        _family("queue_oldest_wait_seconds", "gauge", "The longest wait in it.", _one(max(0, oldest) / 1000)),
        _family("queue_halted", "gauge", "1: paused, or waits.", _one(int(halted))),
        _family(
            "slot_places", "gauge", "Trainings at once.", _one(standing.outlook.rules.concurrent_trainings)
        ),
        _family("slot_holders", "gauge", "Jobs that hold a place.", _one(len(slot.holders))),
    ]
    if slot.kept is not None:
        families.append(_family("fine_tunes_kept", "gauge", "Fine-tunes that count.", _one(slot.kept)))
    return families


def _of_portraits(standing: Standing) -> list[str]:
    """What the slot's row tells of portraits; how many orders wait stands in the rows of the jobs alone."""
    portraits, now = standing.rows.slot.portraits, standing.outlook.now
    halted, holders = int(portraits.is_halted(now)), int(bool(portraits.holder))
    return [
        _family("portraits_halted", "gauge", "1: the orders of portraits wait.", _one(halted)),
        _family("portraits_slot_holders", "gauge", "Orders of portraits at DashScope.", _one(holders)),
    ]


def _of_totals(standing: Standing) -> list[str]:
    totals = standing.totals
    if totals is None:
        return []
    return [
        _family(
            "slot_busy_seconds_total", "counter", "Of ended trainings.", _one(totals.busy_total_ms / 1000)
        ),
        _family("trainings_total", "counter", "Ended trainings by result.", _by("result", totals.results)),
        _family("face_checks_total", "counter", "Photos by verdict.", _by("verdict", totals.faces)),
    ]


def _of_money(standing: Standing) -> list[str]:
    """The numbers of ``GET /costs``."""
    outlook = standing.outlook
    spending = ledger_of(outlook.slot, standing.totals, outlook.rules)
    told = spend(spending, outlook.rules, outlook.now)
    periods = [({"period": "day"}, told["today_cny"]), ({"period": "month"}, told["month_cny"])]
    left = [({"cap": cap["code"]}, cap["left_cny"]) for cap in told["caps"]]
    return [
        _family("trainings_billed_total", "counter", "Trainings billed.", _one(told["trainings_billed"])),
        _family("portraits_billed_total", "counter", "Portraits billed.", _one(told["pictures_billed"])),
        _family("spend_cny_total", "counter", "Their cost at the list price.", _one(told["total_cny"])),
        _family("spend_cny", "gauge", "The same of this day and month in Beijing.", periods),
        _family("spend_reserved_cny", "gauge", "Of trainings on their way.", _one(told["reserved_cny"])),
        _family("cap_left_cny", "gauge", "What is left under each cap that is set.", left),
    ]


def _of_health(standing: Standing) -> list[str]:
    families, now, health = [], standing.outlook.now, standing.rows.health
    if health is not None:
        refused = [({"api": api.value}, float(health.is_open(api))) for api in Api]
        families = [
            _family("dashscope_errors_total", "counter", "Errors by code.", _by("code", health.errors)),
            _family("api_refused", "gauge", "1: the API is refused to everybody.", refused),
        ]
        if health.beat_at:
            beat = _one(health.beat_at / 1000)
            families.append(_family("last_good_tick_timestamp_seconds", "gauge", "Its end.", beat))
    sweep = standing.rows.sweep
    if sweep is not None and sweep.recorded_before:
        lag = _one(max(0, now - sweep.recorded_before) / 1000)
        families.append(_family("sweep_lag_seconds", "gauge", "Age of what the sweep has settled.", lag))
    return families


def _family(name: str, kind: str, meaning: str, samples: Samples) -> str:
    full = f"{PREFIX}_{name}"
    lines = [f"# HELP {full} {meaning}", f"# TYPE {full} {kind}"]
    lines += [f"{full}{_labels(labels)} {value:.12g}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _one(value: float) -> Samples:
    return [(_ALONE, value)]


def _by(label: str, counts: Mapping[str, int]) -> Samples:
    return [({label: name}, count) for name, count in counts.items()]


def _labels(labels: Mapping[str, str]) -> str:
    pairs = ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def escaped(value: str) -> str:
    """Return a label's value as the format wants it: codes come from a service, and may hold anything."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", " ")
