"""OSS as the questions use it: one bucket, and the ways to its data.

A way is an endpoint of the user's, a domain that is bound to the bucket, or the default public domain.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.live.question import NotAsked
from tests.live.settings import Settings

with warnings.catch_warnings():
    # oss2 2.19.1 has an invalid escape in a docstring, and Python 3.12 warns about it when it compiles it.
    warnings.simplefilter("ignore")
    import oss2

OssError = oss2.exceptions.OssError
NoSuchBucket = oss2.exceptions.NoSuchBucket

TIMEOUT_SECONDS = 20
URL_SECONDS = 3600
FOLDER = "live-test"
BUCKET_PREFIX = "facechain-live-"
NO_DATA = (
    "a way to the bucket's data from here: OSS_ENDPOINT, or OSS_PUBLIC_DOMAIN with LIVE_BUCKET "
    "(the default public domain refuses this account's data calls)"
)


@dataclass(frozen=True)
class Way:
    """An address at which a bucket may be reached; a bound domain leads to one bucket only."""

    endpoint: str
    is_domain: bool = False


class OssAccount:
    """The bucket of a run. Made by the first question that needs it, unless it is the user's."""

    def __init__(self, settings: Settings, run_id: str) -> None:
        """Use the bucket that ``settings`` name, else one named after the run."""
        self._settings = settings
        self._session = oss2.Session()
        self._session.session.hooks["response"].append(_read_to_the_end)
        self.bucket_name = settings.get("LIVE_BUCKET") or BUCKET_PREFIX + run_id
        self.folder = f"{FOLDER}/{run_id}/"

    def close(self) -> None:
        """Close the connections."""
        self._session.session.close()

    def bucket(self, way: Way, name: str = "") -> Any:
        """Return oss2's client of a bucket, by default of the run's."""
        settings = self._settings
        credentials = oss2.credentials.StaticCredentialsProvider(
            settings["ALIBABA_CLOUD_ACCESS_KEY_ID"],
            settings["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
            settings.get("ALIBABA_CLOUD_SECURITY_TOKEN") or None,
        )
        return oss2.Bucket(
            oss2.ProviderAuthV4(credentials),
            way.endpoint,
            name or self.bucket_name,
            is_cname=way.is_domain,
            region=settings["OSS_REGION"],
            session=self._session,
            connect_timeout=TIMEOUT_SECONDS,
        )

    @property
    def public_way(self) -> Way:
        """The default public domain."""
        return Way(self._settings["OSS_PUBLIC_ENDPOINT"])

    @property
    def public(self) -> Any:
        """The bucket through the default public domain, where calls about buckets are always answered."""
        return self.bucket(self.public_way)

    @property
    def domain(self) -> Any | None:
        """The bucket through the domain that is bound to it; None if there is none."""
        return next((self.bucket(way) for way in self.ways() if way.is_domain), None)

    def ways(self, name: str = "") -> list[Way]:
        """Return all ways to the data of a bucket, by default of the run's; the user's own endpoint first."""
        settings = self._settings
        own, domain, bound = (
            settings.get(key) for key in ("OSS_ENDPOINT", "OSS_PUBLIC_DOMAIN", "LIVE_BUCKET")
        )
        ways = [Way(own)] if own else []
        if domain and bound and (name or self.bucket_name) == bound:
            ways.append(Way(domain, is_domain=True))
        return [*ways, self.public_way]

    def data(self, name: str = "") -> Any:
        """Return a bucket, by default the run's, by the first way on which data calls are answered.

        Raises:
            NotAsked: there is none.
        """
        for way in self.ways(name):
            bucket = self.bucket(way, name)
            try:
                bucket.list_objects(prefix=self.folder, max_keys=1)
            except OssError:
                continue
            return bucket
        raise NotAsked(f"needs {NO_DATA}")


def keys_of(bucket: Any, prefix: str = "") -> Iterator[str]:
    """Yield the keys of the objects of a bucket that begin with ``prefix``."""
    for entry in oss2.ObjectIterator(bucket, prefix=prefix):
        yield entry.key


def refusal_of(problem: Any) -> str:
    """Return the status and code of an error of oss2: what a report may say."""
    return f"{problem.status} {problem.code}".strip()


def _read_to_the_end(response: Any, **_: object) -> None:
    # oss2 does not read answers that it does not need; their connections would stay open.
    if response.request.method != "GET" or not response.ok:
        _ = response.content
