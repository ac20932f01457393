"""A person without any account sends photos by a link, and is followed to the model."""

from __future__ import annotations

import re
from urllib.parse import quote

import requests

from tests.described import session_to

from .support import LocalStudio, eventually, photo, scenery

HTML = {"Accept": "text/html"}


def made_link(studio: LocalStudio, person: str) -> dict[str, str]:
    path = f"/people/{quote(person)}/links"
    made = studio.get(path, token=studio.endpoints["ADMIN_TOKEN"], method="POST", json={"days": 3})
    assert made.status_code == 201, made.text
    told: dict[str, str] = made.json()
    return told


def test_a_person_sends_photos_by_their_link_and_follows_them_to_the_model(studio: LocalStudio) -> None:
    link = made_link(studio, "linked 一")
    with session_to(studio.endpoints["STATUS_URL"]) as client:
        assert client.get(link["url"], timeout=30).json() == {"person_id": "linked 一", "consent": None}
        for name, content in (("1.jpg", photo(2900)), ("view.jpg", scenery(2901))):
            put = client.put(f"{link['url']}/photos/{name}", data=content, timeout=30)
            assert put.status_code == 201, put.text
        verdicts = eventually(
            lambda: (
                found
                if len(found := seen_verdicts(client, link["url"])) == 2 and "unchecked" not in found.values()
                else None
            )
        )
        assert verdicts == {"1.jpg": "usable", "view.jpg": "no_face"}
        page = client.get(link["url"], headers=HTML, timeout=30)
        assert page.status_code == 200
        assert page.text.count("data:image/jpeg;base64,") == 3, "the face, and a small picture of each photo"
        assert "Content-Disposition" not in page.headers
        done = client.post(f"{link['url']}/done", headers=HTML, timeout=30, allow_redirects=False)
        assert (done.status_code, done.headers["Location"]) == (
            303,
            link["url"].partition("9050")[2] or done.headers["Location"],
        )
        eventually(lambda: client.get(link["url"], timeout=30).json()["state"] == "SUCCEEDED")
        shown = client.get(link["url"], timeout=30).json()
        assert shown["finetuned_output"].startswith("facechain-")
        path = f"/people/{quote('linked 一')}/links"
        noted = eventually(lambda: studio.get(path, token=studio.endpoints["ADMIN_TOKEN"]).json()["links"])
        assert [one["link_id"] for one in noted] == [link["link_id"]]
        revoke = f"{path}/{link['link_id']}/revoke"
        assert studio.get(revoke, token=studio.endpoints["ADMIN_TOKEN"], method="POST").status_code == 202
        assert client.get(link["url"], timeout=30).status_code == 404


def seen_verdicts(client: requests.Session, url: str) -> dict[str, str]:
    document = client.get(url, timeout=30).json()
    photos = document["current"]["photos"] if "current" in document else []
    return {one["name"]: one["verdict"] for one in photos}


def test_a_browser_signs_in_by_a_ticket_and_sees_the_overview_and_a_person(studio: LocalStudio) -> None:
    with session_to(studio.endpoints["STATUS_URL"]) as client:
        refused = client.get(studio.endpoints["STATUS_URL"], headers=HTML, timeout=30, allow_redirects=False)
        assert (refused.status_code, refused.headers["Location"]) == (303, "/sign-in?next=%2F")
        page = client.get(studio.cloud.sign_in_url, headers=HTML, timeout=30)
        assert (page.status_code, page.url) == (200, f"{studio.endpoints['STATUS_URL']}/")
        assert re.search("<h[12]", page.text)
        for name in re.findall(r'(?:href|src)="(/assets/[^"]+)"', page.text):
            assert client.get(studio.endpoints["STATUS_URL"] + name, timeout=30).status_code == 200
        assert "Content-Security-Policy" in page.headers
