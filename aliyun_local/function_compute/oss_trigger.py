"""The OSS trigger's way from a bucket to a function: drains the object store's outbox into the queue.

A deployment starts one beside its functions. A notification is acknowledged after it was accepted, and
accepted once however often it is offered. So a crash between the two loses nothing, and repeats nothing that
the queue still remembers.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from aliyun_local.function_compute.compute import FunctionCompute
from aliyun_local.function_compute.errors import ServiceUnavailable

BATCH = 100
POLL_SECONDS = 0.2


class OssNotification(Protocol):
    """A change in a bucket, as far as a trigger needs to know it."""

    @property
    def id(self) -> int:
        """Its number in the outbox."""

    @property
    def request_id(self) -> str:
        """The id of the OSS request that made the change."""

    @property
    def event_name(self) -> str:
        """The event, for example ``ObjectCreated:PutObject``."""

    @property
    def bucket(self) -> str:
        """The bucket's name."""

    @property
    def key(self) -> str:
        """The object's key, as it is."""


N = TypeVar("N", bound=OssNotification)
N_co = TypeVar("N_co", bound=OssNotification, covariant=True)


class Outbox(Protocol[N_co]):
    """The place where notifications wait: an object store."""

    def pending_notifications(self, limit: int = 100) -> Sequence[N_co]:
        """Return the oldest notifications that are not acknowledged."""

    def acknowledge(self, notification_id: int) -> None:
        """Forget a notification."""


class OssTriggerPump(Generic[N]):
    """Carries notifications from an outbox to a :class:`FunctionCompute`. Thread-safe."""

    def __init__(
        self,
        outbox: Outbox[N],
        function_compute: FunctionCompute,
        event_json: Callable[[N, str, str], dict[str, object]],
    ) -> None:
        """Take both ends.

        Args:
            outbox: the object store.
            function_compute: the functions to invoke.
            event_json: makes the event from a notification, the account's id and the region.
        """
        self._outbox = outbox
        self._function_compute = function_compute
        self._event_json = event_json
        self._draining = threading.Lock()
        self._changed = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._drain_forever, daemon=True, name="oss-trigger")

    def start(self) -> OssTriggerPump[N]:
        """Begin to drain on a thread of its own; :meth:`wake` makes it look at once."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop; the remaining notifications stay in the outbox."""
        self._closing = True
        self._changed.set()
        if self._thread.is_alive():
            self._thread.join()

    def wake(self) -> None:
        """Tell that there may be something; for the object store's listeners."""
        self._changed.set()

    def drain(self) -> int:
        """Deliver everything in the outbox now, and return how many notifications that were."""
        delivered = 0
        with self._draining:
            while notifications := self._outbox.pending_notifications(BATCH):
                for notification in notifications:
                    self._deliver(notification)
                    self._outbox.acknowledge(notification.id)
                    delivered += 1
        return delivered

    def _deliver(self, notification: N) -> None:
        """Invoke every function whose trigger ``notification`` fires; repeating it does nothing more."""
        resources = self._function_compute.resources
        event = self._event_json(notification, resources.account_id, resources.region)
        payload = json.dumps(event, ensure_ascii=False).encode("utf-8", errors="surrogateescape")
        for trigger in resources.oss_triggers:
            if trigger.matches(notification.bucket, notification.event_name, notification.key):
                self._function_compute.invoke_async(
                    trigger.function,
                    payload,
                    # An outbox that was thrown away counts from 1 again and would repeat a number alone.
                    invocation_id=f"oss:{notification.request_id}:{notification.id}:{trigger.name}",
                )

    def _drain_forever(self) -> None:
        while not self._closing:
            self._changed.clear()
            try:
                self.drain()
            except ServiceUnavailable:
                return
            self._changed.wait(POLL_SECONDS)
