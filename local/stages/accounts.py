"""Who deploys: the account and the identity, by the Security Token Service (API version 2015-04-01)."""

from __future__ import annotations

from typing import NamedTuple

from local.stages.calls import Api

VERSION = "2015-04-01"


class Caller(NamedTuple):
    """The account's number, and the identity in it: ``Account``, ``RAMUser`` or ``AssumedRoleUser``."""

    account_id: str
    kind: str
    arn: str


def caller(api: Api) -> Caller:
    """Ask who is calling; this needs no right (STS, "GetCallerIdentity").

    Raises:
        ServiceError: the credentials are refused.
        NotStarted: there are no credentials.
    """
    answer = api.rpc("GetCallerIdentity", {})
    return Caller(
        str(answer.get("AccountId", "")), str(answer.get("IdentityType", "")), str(answer.get("Arn", ""))
    )
