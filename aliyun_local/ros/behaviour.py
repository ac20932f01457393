"""The switches of the local ROS: what its documents leave open, and how long a resource takes.

The cloud holds one; :mod:`aliyun_local.switches` changes it. Where the documents leave a choice, the default
is the less favourable one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(kw_only=True)
class RosBehaviour:
    """How the ROS of the account behaves.

    Attributes:
        services_off: services that the account has not switched on, with commas between, such as ``FC,SLS``.
        resource_seconds: so long takes each step of a resource, on the cloud's clock.
        role_propagation_seconds: so long after its creation a role cannot be taken by OSS, and a trigger that
            names it cannot be made. No document says how long that is. 0, against the rule for defaults: with
            more, no stack with a trigger could be made at all, since resources take no time here.
        keeps_retained_on_rollback: resources with the DeletionPolicy Retain stay when the creation of a stack
            is rolled back; their names are taken then. The documents say only that such a resource stays
            when its stack is deleted.
        empty_change_set: the status of a change set without changes. The documents do not say; UpdateStack
            without changes is an error.
    """

    services_off: str = ""
    resource_seconds: float = 0.0
    role_propagation_seconds: float = 0.0
    keeps_retained_on_rollback: bool = True
    empty_change_set: Literal["CREATE_FAILED", "CREATE_COMPLETE"] = "CREATE_FAILED"
