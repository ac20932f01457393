"""What the account may not do as it stands: without FaceChain, or in debt.

``http/responses.py`` asks for each request, ahead of the operation's own checks. The switches and their
sources are those of :class:`~aliyun_local.dashscope.account.behaviour.Behaviour`.
"""

from __future__ import annotations

from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.errors import ServiceError, error_of

FACECHAIN_OPERATIONS = frozenset({"CreateFineTune", "DetectFaces", "GeneratePortraits"})
"""The operations that use a model of FaceChain; the others only look after what is there."""


def refusal_of(operation: str, behaviour: Behaviour) -> ServiceError | None:
    """Return the error with which the account's state answers ``operation``; None when it may go on.

    Debts come before what is refused to a model; a revoked key is no matter of the operation and never gets
    as far as this.
    """
    if behaviour.in_arrears:
        return error_of("Arrearage")
    code = behaviour.refused.get(operation) or behaviour.refused.get("*")
    if code is not None:
        return error_of(code)
    if operation in FACECHAIN_OPERATIONS and not behaviour.facechain_approved:
        return error_of("AccessDenied")
    return None
