"""Reads the status API over HTTP, as any user of it would."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import requests

TIMEOUT_SECONDS = 20


class StatusClient:
    """The API at ``url``, read with ``token``."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {token}"

    def person(self, person_id: str) -> dict[str, Any] | None:
        """Return a person's document, or None while nothing has arrived."""
        answer = self._session.get(f"{self._url}/people/{quote(person_id, safe='')}", timeout=TIMEOUT_SECONDS)
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
        return document
