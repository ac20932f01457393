"""The two words that carry the decision about an error: try again later, or never.

Clients and workflow raise a :class:`Trouble` for every answer of a service, so that a caller decides without
knowing HTTP or the SDKs' error classes. Mistakes in a deployment are exceptions of their own:
:class:`MissingCredentials` here and ``SettingsError`` in :mod:`shared.setting_values`.
"""

from __future__ import annotations

from shared.domain.retry_state import Cause
from shared.domain.trouble_kinds import Api, Kind


class Trouble(Exception):
    """An error whose meaning is known.

    Attributes:
        code: a stable word for programs and for the status API.
        message: what happened and what to do next, for people; never holds a key or a signed URL.
        kind: what it concerns: an object, a person, an API, the account; or that it passes.
        api: the API that answered so; None for a trouble of our own.
    """

    def __init__(self, code: str, message: str, *, kind: Kind = Kind.PASSING, api: Api | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.kind = kind
        self.api = api

    @property
    def cause(self) -> Cause:
        """The trouble as a value, to be kept with the work that it held up."""
        return Cause(self.code, self.message, self.kind, self.api)


class RetryLater(Trouble):
    """It may work later. Nothing has happened yet, unless it is :class:`OutcomeUnknown`.

    Attributes:
        delay_seconds: how long to wait at least before the next try.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        delay_seconds: float,
        kind: Kind = Kind.PASSING,
        api: Api | None = None,
    ) -> None:
        super().__init__(code, message, kind=kind, api=api)
        self.delay_seconds = delay_seconds


class OutcomeUnknown(RetryLater):
    """The call may have taken effect although no answer came: look before trying again."""


class AccountTrouble(RetryLater):
    """The account or an API as a whole is refused (key, bill, quota): nobody's work is at fault."""


class RequestTrouble(RetryLater):
    """This one request was refused, and nobody has said for good: try again, but count the tries."""


class NoConsent(RetryLater):
    """Nothing of the person may leave for DashScope now; ``why`` is a code of ``shared.domain.consent``."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(code, why, delay_seconds=60, kind=Kind.PERSON)
        self.why = why


class MissingCredentials(LookupError):
    """The function has no Aliyun credentials: a fault of the deployment."""


class Conflict(RetryLater):
    """Another run wrote first: read again, decide again."""

    def __init__(self, message: str) -> None:
        super().__init__("conflict", message, delay_seconds=0)


class Permanent(Trouble):
    """It will not work as asked; the message says what would have to change."""

    def __init__(self, code: str, message: str, *, kind: Kind = Kind.OBJECT, api: Api | None = None) -> None:
        super().__init__(code, message, kind=kind, api=api)


REPLACED = "replaced"
"""The code of an object that is another one by now."""


class NotFound(Permanent):
    """The thing asked for is not there (any more)."""


def unforeseen(surprise: Exception) -> RequestTrouble:
    """Return an error that nobody foresaw as a trouble of the work in hand.

    Its text stays out: it may hold anything, a secret too. The traceback is for the log.
    """
    return RequestTrouble(
        "unforeseen",
        f"an error that nobody foresaw ({type(surprise).__name__}); the log of the function has more",
        delay_seconds=60,
        kind=Kind.UNKNOWN,
    )
