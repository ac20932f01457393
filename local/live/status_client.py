"""Reads the status API over HTTP, as any user of it would; :mod:`local.live.watch` and the demo call it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import requests

TIMEOUT_SECONDS = 20
PAGE = 100
MOST_PAGES = 5

Document = dict[str, Any]


class StatusClient:
    """The API at ``url``, read with ``token``."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {token}"

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def person(self, person_id: str) -> Document | None:
        """Return a person's document, or None while nothing has arrived."""
        answer = self._session.get(f"{self._url}/people/{quote(person_id, safe='')}", timeout=TIMEOUT_SECONDS)
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        document: Document = answer.json()
        return document

    def job(self, job_id: str) -> Document:
        """Return a job's document."""
        answer = self._session.get(f"{self._url}/jobs/{quote(job_id, safe='')}", timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        document: Document = answer.json()
        return document

    def obstacles(self) -> list[Document]:
        """Return what stands in everybody's way; nothing while the deployment is ready."""
        answer = self._session.get(f"{self._url}/readyz", timeout=TIMEOUT_SECONDS)
        if answer.status_code != requests.codes.service_unavailable:
            answer.raise_for_status()
        reasons: list[Document] = answer.json().get("reasons", [])
        return reasons

    def jobs(self) -> list[Document]:
        """Return the newest jobs without their photos, newest first; at most 500."""
        jobs: list[Document] = []
        cursor: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            answer = self._session.get(
                f"{self._url}/jobs", params={"limit": str(PAGE), **cursor}, timeout=TIMEOUT_SECONDS
            )
            answer.raise_for_status()
            page = answer.json()
            jobs += page["jobs"]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        return jobs
