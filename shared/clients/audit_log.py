"""The audit's records, in a Logstore of their own: appended and read, never changed. Made by the assembly."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence

from shared.clients.log_group import Entry
from shared.clients.log_store import LogStore
from shared.domain.audit import AuditRecord, record_from
from shared.domain.person_hash import hash_of

TOPIC = "audit"
_HASH = re.compile(r"[0-9a-f]{64}")


class AuditLog:
    """The audit of a deployment; ``key`` makes what stands for a person."""

    def __init__(
        self,
        store: LogStore,
        key: str,
        *,
        now: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._store = store
        self._key = key
        self._now = now

    def hash_of(self, person_id: str) -> str:
        """Return what stands for a person in the records."""
        return hash_of(self._key, person_id)

    def put(self, records: Sequence[AuditRecord]) -> None:
        """Append ``records``, all or none.

        Raises:
            RetryLater: they may be there or not. Put again they may stand there twice, with one id.
        """
        now = self._now()
        self._store.put([Entry(one.logged_at(now) // 1000, one.as_texts()) for one in records], TOPIC)

    def page(
        self, person: str, *, since: int, until: int, offset: int, count: int
    ) -> list[AuditRecord | None]:
        """Return ``count`` entries behind ``offset``, newest first; None stands for what is no such record.

        Args:
            person: a hash, or empty for everybody.
            since: from then on, in milliseconds since the epoch.
            until: before then.
            offset: so many are left out.
            count: 100 at most.

        Raises:
            RetryLater: the log store does not answer, or has not indexed everything.
        """
        statement = f'"{person}"' if _HASH.fullmatch(person) else "*"
        found = self._store.search(
            statement, since=since // 1000, until=-(-until // 1000), offset=offset, count=count
        )
        records = [record_from(entry) for entry in found]
        # A search asks for a word wherever it stands.
        return [one if one is None or not person or one.person == person else None for one in records]
