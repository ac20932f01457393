"""The threads that carry operations out: one for each busy stack. ``models`` starts and ends them."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Interrupted(Exception):
    """The service is closing; the operation goes on after the next start."""


class Workers:
    """Runs one operation of a stack after the other, and those of several stacks side by side.

    Attributes:
        closing: set once the operations are to stop between two steps.
    """

    def __init__(self) -> None:
        """Run nothing yet."""
        self.closing = threading.Event()
        self._threads: dict[str, threading.Thread] = {}

    def begin(self, stack_id: str, work: Callable[[str], None]) -> None:
        """Do ``work`` for a stack on a thread, after what runs for the stack now."""
        before = self._threads.get(stack_id)

        def run() -> None:
            if before is not None:
                before.join()
            try:
                work(stack_id)
            except Interrupted:
                return

        thread = threading.Thread(target=run, daemon=True, name=f"ros-{stack_id[:8]}")
        self._threads = {key: one for key, one in self._threads.items() if one.is_alive()}
        self._threads[stack_id] = thread
        thread.start()

    def wait(self, timeout_seconds: float) -> bool:
        """Wait until nothing runs; False: it took too long."""
        for thread in list(self._threads.values()):
            thread.join(timeout_seconds)
        return not any(thread.is_alive() for thread in list(self._threads.values()))

    def interrupt(self) -> None:
        """Stop between two steps."""
        self.closing.set()
        for thread in list(self._threads.values()):
            thread.join()
