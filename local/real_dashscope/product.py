"""What the paid side asks of the product, over its status API: who a job is of, and to try again now.

Neither is needed for a payment: without an answer the question names the job, and the queue asks again within
a minute by itself.
"""

from __future__ import annotations

from contextlib import suppress

import requests

from local.live.status_client import TIMEOUT_SECONDS, StatusClient


class Product:
    """The status API at ``url``. A context manager."""

    def __init__(self, url: str, status_token: str, admin_token: str) -> None:
        """Read with one token, and ask for a try with the other."""
        self._url = url
        self._client = StatusClient(url, status_token)
        self._authorization = {"Authorization": f"Bearer {admin_token}"}

    def __enter__(self) -> Product:
        """Begin."""
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Close the connection."""
        self._client.close()

    def name_of(self, job_id: str) -> str:
        """Return the person of a job, or the job where that cannot be read."""
        try:
            # A job whose row cannot be read has no person in its document.
            return str(self._client.job(job_id).get("person_id") or f"job {job_id}")
        except requests.RequestException:
            return f"job {job_id}"

    def try_again(self) -> None:
        """Ask for what is refused to be tried with the next tick."""
        with suppress(requests.RequestException), requests.Session() as session:
            session.trust_env = False
            session.post(f"{self._url}/queue/probe", headers=self._authorization, timeout=TIMEOUT_SECONDS)
