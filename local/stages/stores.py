"""The bucket and the tables of a stage, from outside of its stack: whether names are taken, and deletion.

Accounts of today may not read or write objects by the public addresses of OSS (OSS, "Regions and
endpoints"), but may manage buckets there. So a bucket that cannot be emptied from here empties itself, by a
lifecycle rule.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial
from typing import Any, TypeVar

from local.stages.credentials import Credentials
from local.stages.endpoints import Endpoints
from local.stages.errors import ServiceError

TABLES = ("jobs", "control", "requests", "seen")
TIMEOUT_SECONDS = 20
MOST_OBJECTS = 1_000_000
FORBIDDEN_HERE = "0048-00000401"
"""The EC of OSS for a data call at a public address that the account may not use."""

_T = TypeVar("_T")


class Taken(Enum):
    """Whose a name is."""

    FREE = "free"
    OURS = "ours"
    OTHERS = "others"


class Stores:
    """OSS and Tablestore, for one identity."""

    def __init__(self, endpoints: Endpoints, region: str, credentials: Credentials) -> None:
        """Take the addresses and who calls."""
        self._endpoints, self._region, self._credentials = endpoints, region, credentials

    def bucket_taken(self, name: str) -> Taken:
        """Say whose bucket ``name`` is.

        Raises:
            ServiceError: OSS does not tell.
        """
        try:
            self._oss(lambda: self._bucket(name).get_bucket_info())
        except ServiceError as problem:
            if problem.code == "NoSuchBucket":
                return Taken.FREE
            # OSS refuses others who ask about a bucket (OSS, "GetBucketInfo").
            if problem.code == "AccessDenied" and problem.http_status == 403:
                return Taken.OTHERS
            raise
        return Taken.OURS

    def tables(self, instance: str) -> tuple[str, ...] | None:
        """Return the names of the tables of an instance; None when there is no such instance of ours.

        Raises:
            ServiceError: Tablestore does not tell.
        """
        tablestore = _client_library()

        client = self._tables(instance)
        try:
            return tuple(client.list_table())
        except tablestore.OTSServiceError as problem:
            # Tablestore, "Error codes": an instance that is not there, or is another account's.
            if problem.get_error_code() in ("OTSAuthFailed", "OTSObjectNotExist", "OTSNoPermissionAccess"):
                return None
            raise _of_tables(problem) from None
        except tablestore.OTSClientError as problem:
            # The host name of an instance that is not there cannot be resolved.
            if "resolve" in str(problem) or "Name or service" in str(problem):
                return None
            raise ServiceError("Tablestore", "NoAnswer", str(problem)) from None

    def has_rows(self, instance: str, table: str) -> bool:
        """Whether a table of ours has a row.

        Raises:
            ServiceError: Tablestore does not tell.
        """
        tablestore = _client_library()

        client = self._tables(instance)
        try:
            names = [name for name, _ in client.describe_table(table).table_meta.schema_of_primary_key]
            first = [(name, tablestore.INF_MIN) for name in names]
            last = [(name, tablestore.INF_MAX) for name in names]
            _, _, rows, _ = client.get_range(table, tablestore.Direction.FORWARD, first, last, limit=1)
        except tablestore.OTSServiceError as problem:
            raise _of_tables(problem) from None
        except tablestore.OTSClientError as problem:
            raise ServiceError("Tablestore", "NoAnswer", str(problem)) from None
        return bool(rows)

    def delete_tables(self, instance: str) -> tuple[str, ...]:
        """Delete our tables of an instance with all rows; returns their names. Others' tables stay."""
        tablestore = _client_library()

        client = self._tables(instance)
        found = [name for name in self.tables(instance) or () if name in TABLES]
        for name in found:
            try:
                client.delete_table(name)
            except tablestore.OTSServiceError as problem:
                if problem.get_error_code() != "OTSObjectNotExist":
                    raise _of_tables(problem) from None
            except tablestore.OTSClientError as problem:
                raise ServiceError("Tablestore", "NoAnswer", str(problem)) from None
        return tuple(found)

    def delete_bucket(self, name: str, noted: Callable[[int], None]) -> bool:
        """Delete a bucket with all that is in it; returns False if it has to empty itself first.

        Args:
            name: of the bucket.
            noted: is told after each page how many objects are deleted.

        Raises:
            ServiceError: OSS refuses.
        """
        bucket = self._bucket(name)
        try:
            self._empty(bucket, noted)
        except ServiceError as problem:
            if not _is_forbidden_here(problem):
                raise
            self._let_expire(bucket)
            try:
                self._oss(bucket.delete_bucket)
            except ServiceError as refusal:
                if refusal.code == "BucketNotEmpty":
                    return False
                raise
            return True
        self._oss(bucket.delete_bucket)
        return True

    def _empty(self, bucket: Any, noted: Callable[[int], None]) -> None:
        deleted = 0
        while deleted < MOST_OBJECTS:
            page = self._oss(lambda: bucket.list_objects(max_keys=1000))
            keys: Sequence[str] = [one.key for one in page.object_list]
            if not keys:
                return
            self._oss(partial(bucket.batch_delete_objects, list(keys)))
            deleted += len(keys)
            noted(deleted)

    def _let_expire(self, bucket: Any) -> None:
        """Have OSS delete all objects a day after they were last changed; it looks once a day."""
        from oss2.models import AbortMultipartUpload, BucketLifecycle, LifecycleExpiration, LifecycleRule

        rule = LifecycleRule(
            "emptied-before-removal",
            "",
            status=LifecycleRule.ENABLED,
            expiration=LifecycleExpiration(days=1),
            abort_multipart_upload=AbortMultipartUpload(days=1),
        )
        self._oss(lambda: bucket.put_bucket_lifecycle(BucketLifecycle([rule])))

    def _bucket(self, name: str) -> Any:
        import oss2

        logging.getLogger("oss2").setLevel(logging.CRITICAL)
        key = self._credentials.key()
        provider = oss2.credentials.StaticCredentialsProvider(
            key.access_key_id, key.access_key_secret, key.token or None
        )
        return oss2.Bucket(
            oss2.ProviderAuthV4(provider),
            self._endpoints.oss,
            name,
            region=self._region,
            connect_timeout=TIMEOUT_SECONDS,
        )

    def _oss(self, do: Callable[[], _T]) -> _T:
        import oss2

        try:
            return do()
        except oss2.exceptions.RequestError as problem:
            raise ServiceError("OSS", "NoAnswer", str(problem)) from None
        except oss2.exceptions.OssError as problem:
            detail = f"{problem.message} {problem.details.get('EC', '')}".strip()
            raise ServiceError(
                "OSS",
                str(problem.code),
                detail,
                http_status=problem.status,
                request_id=str(problem.request_id or ""),
            ) from None

    def _tables(self, instance: str) -> Any:
        tablestore = _client_library()

        logging.getLogger("tablestore-stages").setLevel(logging.CRITICAL)
        key = self._credentials.key()
        return tablestore.OTSClient(
            self._endpoints.ots.format(instance=instance),
            key.access_key_id,
            key.access_key_secret,
            instance,
            sts_token=key.token or None,
            socket_timeout=TIMEOUT_SECONDS,
            logger_name="tablestore-stages",
        )


def _client_library() -> Any:
    """Return the client of Tablestore, which remarks on a codec that it lacks when it is loaded."""
    for name in ("tablestore.encoder", "tablestore.decoder"):
        logging.getLogger(name).setLevel(logging.ERROR)
    import tablestore

    return tablestore


def _is_forbidden_here(problem: ServiceError) -> bool:
    return problem.code == "PublicEndpointForbidden" or FORBIDDEN_HERE in str(problem)


def _of_tables(problem: Any) -> ServiceError:
    return ServiceError(
        "Tablestore",
        str(problem.get_error_code()),
        str(problem.get_error_message()),
        http_status=int(problem.get_http_status() or 0),
        request_id=str(problem.get_request_id() or ""),
    )
