"""The list of uploads that belong to nobody: bounded, in a row of its own that no tick reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from shared.errors import Conflict, Trouble
from shared.logs import warn

if TYPE_CHECKING:
    from shared.clients.control_table import ControlTable

ROW = "ignored"
MAX_ENTRIES = 100
MAX_KEY_CHARACTERS = 300
TRIES = 2


class IgnoredList:
    """The newest uploads that belong to nobody, each with its reason and when it was seen."""

    def __init__(self, control: ControlTable) -> None:
        self._control = control

    def note(self, ignored: Mapping[str, str], now: int) -> None:
        """Put ``ignored``, reasons by key, in front. What is in the list already stays as it is.

        Raises nothing: an entry that is lost to another run is found again by the sweep.
        """
        for _ in range(TRIES):
            try:
                document = self._control.read_json(ROW)
                entries = _with_new(document.value.get("entries", []), ignored, now)
                if entries != document.value.get("entries", []):
                    dropped = document.value.get("dropped", False) or len(entries) > MAX_ENTRIES
                    value = {"entries": entries[:MAX_ENTRIES], "dropped": dropped}
                    self._control.save_json(ROW, document, value)
                return
            except Conflict:
                continue
            except Trouble as trouble:
                warn("ignored_not_noted", code=trouble.code, message=trouble.message)
                return

    def forget_keys(self, is_theirs: Callable[[str], bool]) -> int:
        """Take out the keys that are theirs; returns how many there were.

        Raises:
            Trouble: the row could not be read or written.
        """
        document = self._control.read_json(ROW)
        entries = document.value.get("entries", [])
        left = [entry for entry in entries if not is_theirs(entry["key"])]
        if len(left) < len(entries):
            self._control.save_json(ROW, document, {"entries": left})
        return len(entries) - len(left)

    def of_keys(self, is_theirs: Callable[[str], bool]) -> list[dict[str, object]]:
        """Return the entries whose keys are theirs.

        Raises:
            Trouble: the row could not be read.
        """
        return [
            dict(one)
            for one in self._control.read_json(ROW).value.get("entries", [])
            if is_theirs(one["key"])
        ]


def _with_new(entries: list[dict[str, Any]], ignored: Mapping[str, str], now: int) -> list[dict[str, Any]]:
    known = {entry["key"] for entry in entries}
    news = [
        {"key": key[:MAX_KEY_CHARACTERS], "reason": reason, "at": now}
        for key, reason in ignored.items()
        if key[:MAX_KEY_CHARACTERS] not in known
    ]
    return [*news[:MAX_ENTRIES], *entries]
