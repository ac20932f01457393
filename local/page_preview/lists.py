"""The documents of the overview and of the lists in the preview. Called by ``scenes`` and by tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.page_preview.people import HOSTILE, LINK, NOW, ago, job, person
from shared.domain.blocks import Block
from shared.domain.job_summary import summary_of
from shared.domain.retry_state import Cause
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.domain.words import Language
from shared.http_api.blocked import blocked_by
from shared.http_api.readiness import GONE, TAKE_AGAIN
from shared.views import job_summary, timestamp

_READY: dict[str, Any] = {
    "status": "ready",
    "photo_access": None,
    "gone_receivers": [],
    "portraits_blocked_by": None,
}


def overview(language: Language) -> dict[str, Any]:
    """Return an overview of a busy day."""
    eta = {"earliest": timestamp(NOW + 60_000), "latest": timestamp(NOW + 120_000)}
    waiting = ["王小明", "Zoë", "marie-curie", HOSTILE, "a" * 90]
    running = {
        "job_id": "j1",
        "person_id": "anna",
        "revision": 2,
        "state": "TRAINING",
        "fine_tune_status": "RUNNING",
    }
    return {
        "slot": {
            "places": 1,
            "running": [{**running, "since": timestamp(ago(4)), "eta": eta}],
            "busy_last_24h": 0.83,
        },
        "queue": {
            "length": 12,
            "is_more": False,
            "oldest_since": timestamp(ago(47)),
            "jobs": [_queued(name, number) for number, name in enumerate(waiting, 1)],
            "paused": None,
            "blocked_by": None,
        },
        "people": {"people": people(language), "next": "cursor+/="},
        "recent": [_ended(state, language) for state in ("SUCCEEDED", "FAILED", "SUCCEEDED", "CANCELED")],
        "spend": {
            "today_cny": 22.5,
            "month_cny": 1412.5,
            "total_cny": 10230.0,
            "reserved_cny": 2.5,
            "pictures_billed": 24,
            "trainings_billed": 4092,
            "caps": [
                {
                    "code": "day_cap",
                    "most_cny": 100.0,
                    "committed_cny": 25.0,
                    "left_cny": 75.0,
                    "is_reached": False,
                    "until": timestamp(NOW),
                }
            ],
        },
        "account": {"fine_tunes_kept": 17, "fine_tunes_allowed": 20, "is_nearly_full": True},
        "readiness": {**_READY},
    }


def models() -> dict[str, Any]:
    """Return the models of an account that is nearly full: one in use, one replaced, one released."""
    shown = []
    for number, name in enumerate(("anna", HOSTILE, "王小明")):
        shown.append(
            {
                "fine_tune_id": f"ft-{number}",
                "finetuned_output": f"facechain-{number}",
                "person_id": name,
                "job_id": f"0123456789abcdef0123-{number}",
                "revision": number + 1,
                "is_newest_of_person": number == 0,
                "ended_at": timestamp(ago(60 * number)),
                "released_at": timestamp(ago(5)) if number == 2 else None,
            }
        )
    return {"kept": 17, "allowed": 20, "is_nearly_full": True, "models": shown, "next": "more"}


def links() -> dict[str, Any]:
    """Return the links of somebody: one that works, one that was revoked, one that has ended."""
    times = ((NOW + 10**9, 0), (NOW + 10**9, ago(1)), (ago(9), 0))
    shown = [
        {
            "link_id": f"{number:016x}",
            "made_at": timestamp(ago(600)),
            "expires_at": timestamp(expires_at),
            "revoked_at": timestamp(revoked_at),
        }
        for number, (expires_at, revoked_at) in enumerate(times)
    ]
    return {"person_id": HOSTILE, "links": shown}


def made_link() -> dict[str, Any]:
    """Return the document of a link that was made just now."""
    url = "https://status.example/own/" + LINK
    return {"link_id": "l1", "url": url, "expires_at": timestamp(NOW + 10**9)}


def empty_overview() -> dict[str, Any]:
    """Return the overview of the first minute."""
    queue: dict[str, Any] = {
        "length": 0,
        "is_more": False,
        "oldest_since": None,
        "jobs": [],
        "paused": None,
        "blocked_by": None,
    }
    return {
        "slot": {"places": 1, "running": [], "busy_last_24h": None},
        "queue": queue,
        "people": {"people": [], "next": None},
        "recent": [],
        "spend": {
            "today_cny": 0,
            "month_cny": 0,
            "total_cny": 0,
            "reserved_cny": 0,
            "pictures_billed": 0,
            "trainings_billed": 0,
            "caps": [],
        },
        "account": {"fine_tunes_kept": None, "fine_tunes_allowed": 20, "is_nearly_full": False},
        "readiness": {**_READY},
    }


def troubled_overview(language: Language) -> dict[str, Any]:
    """Return an overview with a paused queue, a timer that has stopped, and a webhook that is gone."""
    document = overview(language)
    block = person(JobState.QUEUED, language, is_dead=True)["blocked_by"]
    paused = {"because": "Budget of <November> is spent", "by": "admin", "since": timestamp(ago(95))}
    document["queue"].update(paused=paused, blocked_by=block)
    document["slot"].update(running=[])
    reasons = [
        {
            **{name: block[name] for name in ("message", "remedy", "detail", "since", "next_try_at")},
            "code": "x",
        }
    ]
    gone = {
        "receiver": "webhook",
        "message": GONE.in_language(language),
        "remedy": TAKE_AGAIN.in_language(language),
        "since": timestamp(ago(240)),
    }
    arrears = Cause("Arrearage", "Access denied, the account is in arrears.", Kind.ACCOUNT, Api.PORTRAITS)
    halted = Block(arrears, Kind.ACCOUNT, ago(12))
    document["readiness"] = {
        "status": "not_ready",
        "photo_access": None,
        "gone_receivers": [gone],
        "portraits_blocked_by": blocked_by(halted, ago(0), language),
        "reasons": reasons,
    }
    return document


def people(language: Language) -> list[dict[str, Any]]:
    """Return people in every state, some with names that are hard to show."""
    names = ["anna", "王小明", "Zoë Kravitz-Müller", HOSTILE, "a" * 90, "li", "marie-curie", "bo"]
    return [_summary(name, state, language) for name, state in zip(names, JobState, strict=True)]


def _summary(name: str, state: JobState, language: Language) -> dict[str, Any]:
    told: Mapping[str, Any] = job_summary(summary_of(job(state, name)), language)
    fields = "person_id state job_id revision photo_count usable_count opened_at changed_at"
    return {field: told[field] for field in (*fields.split(), "finetuned_output", "reason")}


def _queued(name: str, position: int) -> dict[str, Any]:
    end = timestamp(NOW + position * 360_000)
    eta = {"earliest": None, "latest": end} if position < 5 else None
    since = timestamp(ago(50 - position * 3))
    return {
        "job_id": f"q{position}",
        "person_id": name,
        "revision": 1,
        "position": position,
        "since": since,
        "eta": eta,
    }


def _ended(state: str, language: Language) -> dict[str, Any]:
    told: Mapping[str, Any] = job_summary(summary_of(job(JobState(state), "marie-curie")), language)
    took = 302 if state != "CANCELED" else None
    kept = {
        field: told[field] for field in ("job_id", "person_id", "revision", "state", "ended_at", "reason")
    }
    return {**kept, "took_seconds": took}
