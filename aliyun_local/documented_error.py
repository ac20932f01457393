"""An error that a service's documents name, as a value from which tests can be made.

Each service has a table of them, ``error_table``: every error of every operation that clients here call, and
the errors with which the emulator answers other operations. :mod:`aliyun_local.documented_errors` finds the
table of a service by its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

OTHER_OPERATIONS = "*"
"""In place of an operation: those without rows of their own."""
IN_PART = 200
"""The status of an error that concerns a part of an answer: a row of a batch, a file of an upload, a task."""
_PLACEHOLDER = re.compile(r"\{(\w+)(?:=([^}]*))?\}")


@dataclass(frozen=True)
class DocumentedError:
    """One error of one operation.

    Attributes:
        operation: the operation, or :data:`OTHER_OPERATIONS`.
        status: the HTTP status, or :data:`IN_PART`.
        code: the code; empty for an answer that is not in the service's form, such as a gateway's page.
        message: the message in the service's own words, with ``{name}`` or
            ``{name=example}`` for what varies.
        source: the document, or what else shows that the service says it.
    """

    operation: str
    status: int
    code: str
    message: str
    source: str

    @property
    def example(self) -> str:
        """A message of this error, with the example or the name of each variable part."""
        return _PLACEHOLDER.sub(lambda match: match[2] or match[1], self.message)

    def is_said_by(self, status: int, code: str, message: str) -> bool:
        """Return whether an answer with these parts is this error; a final full stop may differ."""
        same = (self.status, self.code) == (status, code)
        return same and self._pattern.fullmatch(message.rstrip(".")) is not None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        fixed = _PLACEHOLDER.sub("\0", self.message).rstrip(".").split("\0")
        return re.compile(".*".join(map(re.escape, fixed)), re.DOTALL)


def errors_of(
    operations: Iterable[str], source: str, *errors: tuple[int, str, str]
) -> Iterator[DocumentedError]:
    """Yield each of ``errors``, given as status, code and message, for each of ``operations``."""
    for operation in operations:
        for status, code, message in errors:
            yield DocumentedError(operation, status, code, message, source)
