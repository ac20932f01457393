"""The scenes of the preview: a page, its document and its view. Called by ``__main__`` and by tests."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from local.page_preview.people import HOSTILE, NOW, ago, job, person, unread_person
from shared.domain.job_summary import summary_of
from shared.domain.states import JobState
from shared.domain.words import Language
from shared.http_api.problems import Problem
from shared.pages.view import Role, View
from shared.views import job_summary, timestamp

LINK = "L1nk-of-anna.signed"
CSRF = "csrf-of-this-session"


class Scene(NamedTuple):
    """One page to look at."""

    name: str
    page: str
    document: Mapping[str, Any]
    view: View


def scenes(language: Language) -> Iterator[Scene]:
    """Yield all scenes in a language."""
    yield from _lists(language)
    yield from _persons(language)
    yield from _odd_ones(language)
    yield from _doors(language)


def _lists(language: Language) -> Iterator[Scene]:
    yield Scene("overview", "overview", overview(language), view(language, "/", "admin"))
    yield Scene("overview-empty", "overview", empty_overview(), view(language, "/", "admin"))
    troubled = view(
        language, "/", "admin", asked={"request_id": "r1", "status": "pending", "href": "/requests/r1"}
    )
    yield Scene("overview-troubled", "overview", troubled_overview(language), troubled)
    yield Scene("overview-reader", "overview", overview(language), view(language, "/", "reader"))
    people = {"people": _people(language), "unreadable": [], "next": "more"}
    yield Scene("people", "people", people, view(language, "/people", "reader"))
    none: dict[str, Any] = {"people": [], "unreadable": [], "next": None}
    found = view(
        language, "/people", "reader", query={"query": '"><b>', "state": "FAILED", "language": language.value}
    )
    yield Scene("people-none", "people", none, found)
    yield Scene("people-empty", "people", none, view(language, "/people", "reader"))


def _persons(language: Language) -> Iterator[Scene]:
    for state in JobState:
        looks = view(language, "/people/anna", "admin")
        revision = 2 if state in (JobState.TRAINING, JobState.SUCCEEDED) else 1
        document = person(state, language, revision=revision)
        yield Scene(f"person-{state.value.lower()}", "person", document, looks)
        own = view(language, f"/own/{LINK}", "person")
        yield Scene(f"own-{state.value.lower()}", "own", person(state, language), own)


def _odd_ones(language: Language) -> Iterator[Scene]:
    dead = person(JobState.QUEUED, language, is_dead=True)
    yield Scene("person-blocked", "person", dead, view(language, "/people/anna", "reader"))
    yield Scene(
        "person-unreadable", "person", unread_person(language), view(language, "/people/anna", "admin")
    )
    linked = {
        "link_id": "l1",
        "url": "https://status.example/own/" + LINK,
        "expires_at": timestamp(NOW + 10**9),
    }
    hostile = person(JobState.COLLECTING, language, person_id=HOSTILE, photo_set=_hostile_photos())
    yield Scene("person-hostile", "person", hostile, view(language, "/people/x", "admin", asked=linked))
    yield Scene("own-hostile", "own", hostile, view(language, f"/own/{LINK}", "person"))
    yield Scene(
        "own-new",
        "own",
        {"person_id": "小明", "state": None, "current": None},
        view(language, f"/own/{LINK}", "person"),
    )


def _doors(language: Language) -> Iterator[Scene]:
    refused = Problem("unauthorized").document(language)
    yield Scene(
        "sign-in", "sign_in", {}, view(language, "/sign-in", "nobody", query={"next": "/people/anna"})
    )
    yield Scene("sign-in-refused", "sign_in", refused, view(language, "/sign-in", "nobody"))
    yield Scene(
        "problem",
        "problem",
        Problem("unknown_person").document(language),
        view(language, "/people/x", "reader"),
    )
    yield Scene("problem-stranger", "problem", refused, view(language, "/people/x", "nobody"))
    yield Scene("default-domain", "default_domain", {}, view(language, "/", "nobody"))


def view(language: Language, path: str, role: Role, **changes: Any) -> View:
    """Return the view of somebody with a role."""
    whole: dict[str, Any] = {
        "csrf": CSRF,
        "link": LINK if role == "person" else "",
        "thumbnails": thumbnails() if role in ("admin", "reader", "person") else {},
        "is_local": True,
        **changes,
    }
    return View(language=language, path=path, role=role, now=NOW, **whole)


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
        "people": {"people": _people(language), "next": "cursor+/="},
        "recent": [_ended(state, language) for state in ("SUCCEEDED", "FAILED", "SUCCEEDED", "CANCELED")],
        "spend": {"today_cny": 22.5, "month_cny": 1412.5, "total_cny": 10230.0, "trainings_billed": 4092},
        "account": {"fine_tunes_kept": 17, "fine_tunes_allowed": 20, "is_nearly_full": True},
        "readiness": {"status": "ready", "photo_access": None},
    }


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
        "spend": {"today_cny": 0, "month_cny": 0, "total_cny": 0, "trainings_billed": 0},
        "account": {"fine_tunes_kept": None, "fine_tunes_allowed": 20, "is_nearly_full": False},
        "readiness": {"status": "ready", "photo_access": None},
    }


def troubled_overview(language: Language) -> dict[str, Any]:
    """Return an overview with a paused queue and a timer that has stopped."""
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
    document["readiness"] = {"status": "not_ready", "photo_access": None, "reasons": reasons}
    return document


def _people(language: Language) -> list[dict[str, Any]]:
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


def _hostile_photos() -> Any:
    from local.page_preview.people import photo
    from shared.domain.photo_set import PhotoSet
    from shared.domain.photos import Verdict

    photos = (
        photo(HOSTILE, Verdict.NO_FACE, detail=HOSTILE, archive=HOSTILE),
        photo("a/b ?#.jpg", Verdict.USABLE),
    )
    return PhotoSet(photos=photos, last_photo_at=ago(0.4))


@cache
def thumbnails() -> dict[str, str]:
    """Return small pictures in place of photos: a head before a ground, in three colours."""
    from PIL import Image, ImageDraw

    made = {}
    colours = {
        "IMG_2041.HEIC": "#a9c6c2",
        "IMG_2042.HEIC": "#d8c3a5",
        "正面照.jpg": "#b7b7c9",
        "sunset.jpg": "#e0a458",
    }
    for name, colour in colours.items():
        picture = Image.new("RGB", (240, 240), colour)
        draw = ImageDraw.Draw(picture)
        if name != "sunset.jpg":
            draw.ellipse((45, 175, 195, 330), fill="#4a5a63")
            draw.ellipse((80, 60, 160, 165), fill="#e9c9ae")
            draw.pieslice((76, 45, 164, 150), 180, 360, fill="#3b2a22")
        else:
            draw.ellipse((90, 120, 150, 180), fill="#c0392b")
            draw.rectangle((0, 160, 240, 240), fill="#28475c")
        content = io.BytesIO()
        picture.save(content, "JPEG", quality=70)
        made[name] = "data:image/jpeg;base64," + base64.b64encode(content.getvalue()).decode("ascii")
    return made
