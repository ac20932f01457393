"""The scenes of the preview: a page, its document and its view. Called by ``__main__`` and by tests."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from local.page_preview.lists import (
    empty_overview,
    links,
    made_link,
    models,
    overview,
    people,
    troubled_overview,
)
from local.page_preview.people import HOSTILE, LINK, NOW, ago, job, person, unread_person
from shared.domain.consent import NO_CONSENT, Consent
from shared.domain.remedies_of_consent import WHY_NOT
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.domain.words import Language
from shared.http_api.consents import consent_document
from shared.http_api.events import events_document
from shared.http_api.ignored import ignored_document
from shared.http_api.own import portraits_of_the_person
from shared.http_api.problems import Problem
from shared.pages.view import Role, View
from shared.views import timestamp

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
    yield from _kept(language)
    yield from _persons(language)
    yield from _galleries(language)
    yield from _odd_ones(language)
    yield from _doors(language)


def _lists(language: Language) -> Iterator[Scene]:
    yield Scene("overview", "overview", overview(language), view(language, "/", "admin"))
    yield Scene("overview-empty", "overview", empty_overview(), view(language, "/", "admin"))
    troubled = view(
        language,
        "/",
        "admin",
        asked={"request_id": "r1", "status": "pending", "outcome": None, "changed_nothing": None},
    )
    yield Scene("overview-troubled", "overview", troubled_overview(language), troubled)
    yield Scene("overview-reader", "overview", overview(language), view(language, "/", "reader"))
    everybody = {"people": people(language), "unreadable": [], "next": "more"}
    yield Scene("people", "people", everybody, view(language, "/people", "reader"))
    none: dict[str, Any] = {"people": [], "unreadable": [], "next": None}
    found = view(
        language, "/people", "reader", query={"query": '"><b>', "state": "FAILED", "language": language.value}
    )
    yield Scene("people-none", "people", none, found)
    yield Scene("people-empty", "people", none, view(language, "/people", "reader"))


def _kept(language: Language) -> Iterator[Scene]:
    """What is kept: models, links, what has happened, and uploads of nobody."""
    yield Scene("models", "models", models(), view(language, "/models", "admin"))
    yield Scene("models-reader", "models", models(), view(language, "/models", "reader"))
    none: dict[str, Any] = {"kept": None, "allowed": 20, "is_nearly_full": False, "models": [], "next": None}
    yield Scene("models-none", "models", none, view(language, "/models", "admin"))
    path = "/people/anna/links"
    yield Scene("links", "links", links(), view(language, path, "admin", asked=made_link()))
    yield Scene("links-none", "links", {**links(), "links": []}, view(language, path, "admin"))
    told = events_document(HOSTILE, [job(JobState.SUCCEEDED, HOSTILE)], language, is_cut=True)
    yield Scene("events", "events", told, view(language, "/events", "reader", query={"person": HOSTILE}))
    keys = [
        {"key": "people/_READY", "reason": "beside_the_folders", "at": ago(3)},
        {"key": HOSTILE, "reason": "?"},
    ]
    set_aside = ignored_document({"entries": keys, "dropped": True}, language)
    yield Scene("ignored", "ignored", set_aside, view(language, "/ignored", "reader"))
    yield Scene(
        "ignored-none", "ignored", ignored_document({}, language), view(language, "/ignored", "admin")
    )


def _persons(language: Language) -> Iterator[Scene]:
    for state in JobState:
        looks = view(language, "/people/anna", "admin")
        revision = 2 if state in (JobState.TRAINING, JobState.SUCCEEDED) else 1
        document = person(state, language, revision=revision)
        yield Scene(f"person-{state.value.lower()}", "person", document, looks)
        own = view(language, f"/own/{LINK}", "person")
        yield Scene(f"own-{state.value.lower()}", "own", person(state, language), own)


def _galleries(language: Language) -> Iterator[Scene]:
    """Portraits in every state, for each who may see them."""
    made = person(JobState.SUCCEEDED, language, with_portraits=True)
    roles: tuple[Role, ...] = ("admin", "reader")
    for role in roles:
        yield Scene(f"person-gallery-{role}", "person", made, view(language, "/people/anna", role))
    hostile = person(JobState.SUCCEEDED, language, person_id=HOSTILE, with_portraits=True)
    yield Scene("person-gallery-hostile", "person", hostile, view(language, "/people/x", "admin"))
    offered = {**made, "portraits": []}
    yield Scene("person-gallery-empty", "person", offered, view(language, "/people/anna", "admin"))
    orders = [portraits_of_the_person(one, LINK) for one in made["portraits"]]
    own = {**person(JobState.SUCCEEDED, language), "portraits": orders}
    yield Scene("own-gallery", "own", own, view(language, f"/own/{LINK}", "person"))


def _odd_ones(language: Language) -> Iterator[Scene]:
    dead = person(JobState.QUEUED, language, is_dead=True)
    yield Scene("person-blocked", "person", dead, view(language, "/people/anna", "reader"))
    yield Scene(
        "person-unreadable", "person", unread_person(language), view(language, "/people/anna", "admin")
    )
    hostile = person(JobState.COLLECTING, language, person_id=HOSTILE, photo_set=_hostile_photos())
    yield Scene("person-hostile", "person", hostile, view(language, "/people/x", "admin"))
    yield Scene("own-hostile", "own", hostile, view(language, f"/own/{LINK}", "person"))
    yield Scene(
        "own-new",
        "own",
        {"person_id": "小明", "state": None, "current": None, "consent": _own_consent("consent_missing")},
        view(language, f"/own/{LINK}", "person"),
    )
    for name, why in (("own-waits-for-consent", "consent_withdrawn"), ("own-consented", "")):
        shown = {**person(JobState.COLLECTING, language), "consent": _own_consent(why, language)}
        yield Scene(name, "own", shown, view(language, f"/own/{LINK}", "person"))
    given = Consent(etag="E", given_at=ago(9), means=HOSTILE, text_version=HOSTILE)
    for name, consent in (("person-consented", given), ("person-without-consent", NO_CONSENT)):
        document = consent_document(consent, Rules(consent_required=True), ago(0), language)
        shown = {**person(JobState.COLLECTING, language), "consent": document}
        yield Scene(name, "person", shown, view(language, "/people/anna", "admin"))


def _own_consent(why: str, language: Language = Language.ENGLISH) -> dict[str, Any]:
    """Return what the own page shows of a consent that does not count because of ``why``; empty: it does."""
    return {
        "is_in_force": not why,
        "why_not": {"code": why, "message": WHY_NOT[why].in_language(language)} if why else None,
        "text_version": None if why else HOSTILE,
        "given_at": None if why else timestamp(ago(9)),
        "until": None,
        "withdrawn_at": None,
        "offered_version": '"><b>2026',
    }


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
