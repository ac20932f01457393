"""The configurations of buckets: documents that are stored and returned, without any effect.

``ObjectStore.configurations``, which the configuration operations use. Nothing carries the configurations
out: expiring objects, copying them elsewhere or serving a website is not part of the local OSS. Programs that
set up a bucket and read their settings back run all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aliyun_local.oss.state.buckets import Buckets


class Configurations:
    """The documents of every bucket, by the name of the query parameter that addresses them."""

    def __init__(self, store: Buckets) -> None:
        """Keep the documents in the tables of ``store``."""
        self._store = store

    def find(self, bucket: str, name: str) -> str | None:
        """Return a document, None if there is none.

        Raises:
            OssError: NoSuchBucket.
        """
        with self._store.reading() as connection:
            query = "SELECT document FROM configurations WHERE bucket = ? AND name = ?"
            row = connection.execute(query, (bucket, name)).fetchone()
        if row is None:
            self._store.bucket(bucket)
            return None
        return str(row[0])

    def put(self, bucket: str, name: str, document: str) -> None:
        """Store a document in place of the one before.

        Raises:
            OssError: NoSuchBucket.
        """
        with self._store.changing() as change:
            self._store.bucket(bucket)
            change.connection.execute(
                "INSERT OR REPLACE INTO configurations VALUES (?, ?, ?)", (bucket, name, document)
            )

    def delete(self, bucket: str, name: str) -> None:
        """Delete a document, if it exists.

        Raises:
            OssError: NoSuchBucket.
        """
        with self._store.changing() as change:
            self._store.bucket(bucket)
            query = "DELETE FROM configurations WHERE bucket = ? AND name = ?"
            change.connection.execute(query, (bucket, name))
