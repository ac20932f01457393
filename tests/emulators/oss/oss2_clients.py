"""Clients of oss2 for a local OSS, over one pool of connections that is closed at the end."""

from __future__ import annotations

import warnings

import requests

from tests.emulators.oss.support import KEY_ID, REGION, SECRET, LocalOss

with warnings.catch_warnings():
    # oss2 2.19.1 has an invalid escape in a docstring, and Python 3.12 warns about it when it compiles it.
    warnings.simplefilter("ignore")
    import oss2


class Oss2Clients:
    """Makes clients of oss2 that sign with the key of a local OSS, by default with version 4."""

    def __init__(self, oss: LocalOss) -> None:
        self._oss = oss
        self._session = oss2.Session()
        self._session.session.hooks["response"].append(_read_to_the_end)

    def __enter__(self) -> Oss2Clients:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._session.session.close()

    @property
    def http(self) -> requests.Session:
        """The connections, for requests that oss2 does not make."""
        session: requests.Session = self._session.session
        return session

    def bucket(self, name: str = "", auth: object = None, region: str | None = REGION) -> oss2.Bucket:
        """Return the client of a bucket, by default of a new one."""
        name = name or self._oss.new_bucket()
        return oss2.Bucket(auth or _auth(), self._oss.url, name, region=region, session=self._session)

    def service(self) -> oss2.Service:
        """Return the client of the account."""
        return oss2.Service(_auth(), self._oss.url, region=REGION, session=self._session)


def _auth() -> oss2.AuthV4:
    return oss2.AuthV4(KEY_ID, SECRET)


def _read_to_the_end(response: requests.Response, **_: object) -> None:
    # oss2 does not read answers that it does not need. Their connections stay open, which is a warning.
    if response.request.method != "GET" or not response.ok:
        assert isinstance(response.content, bytes)
