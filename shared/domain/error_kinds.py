"""Of which kind an error is: looks it up in the table of :mod:`shared.domain.trouble_tables`.

Used by :mod:`shared.clients.answers` for every error, and by whoever explains a stored one. The table is
long, and most invocations meet no error: it is loaded with the first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from shared.domain.trouble_kinds import Api, Kind, Service

if TYPE_CHECKING:
    from shared.domain.trouble_tables import Row

_REFUSING_STATUSES = (401, 403, 429)
"""HTTP says of these that the request was not carried out: RFC 9110, 15.5.2 and 15.5.4; RFC 6585, 4."""


def kind_of(service: Service, api: Api, status: int, code: str, message: str) -> Kind:
    """Return the kind of an error answer.

    The status decides only where the table has no row: 401 is of the account, 429 and what the server blames
    on itself pass, and of everything else nothing is known yet.
    """
    row = _row_for(service, api, code, message)
    if row is not None:
        return row.kind
    if status == 401:
        return Kind.ACCOUNT
    if status == 429 or status >= 500 or status <= 0:
        return Kind.PASSING
    # A 404 without the service's own code comes from a gateway; DashScope's may be about model or path.
    return Kind.GONE if status == 404 and code and service is not Service.DASHSCOPE else Kind.UNKNOWN


def is_refusal(service: Service, api: Api, status: int, code: str, message: str) -> bool:
    """Whether an error answer says for certain that nothing has been done.

    Only a code that is documented as a refusal does, or a status that is one by definition. A 4xx of an
    unheard-of code, a gateway's page and an internal error with whatever status leave an effect possible.
    """
    row = _row_for(service, api, code, message)
    return row.refuses if row is not None else status in _REFUSING_STATUSES


def is_known(service: Service, code: str) -> bool:
    """Whether the table has a row for ``code`` or for the code that it is a sub-code of."""
    return any(row.code in (code, code.partition(".")[0]) for row in _rows_of(service))


def _rows_of(service: Service) -> Iterable[Row]:
    from shared.domain.trouble_tables import TABLES

    return TABLES[service]


def _row_for(service: Service, api: Api, code: str, message: str) -> Row | None:
    for name in (code, code.partition(".")[0]) if code else ():
        found = _first(name, api, message, _rows_of(service))
        if found is not None:
            return found
    return None


def _first(code: str, api: Api, message: str, rows: Iterable[Row]) -> Row | None:
    fitting = (
        row for row in rows if row.code == code and row.only in (None, api) and row.says in message.lower()
    )
    # A row that says more comes before one that says less.
    return max(fitting, key=lambda row: (bool(row.says), row.only is not None), default=None)
