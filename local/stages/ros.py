"""Resource Orchestration Service: the calls that the commands make of it (API version 2019-09-10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.stages.calls import Api
from local.stages.change_set import Change, changes_of
from local.stages.errors import ServiceError

VERSION = "2019-09-10"
TIMEOUT_MINUTES = 30
EVENT_PAGE = 50
MOST_EVENT_PAGES = 20
REVIEW = "REVIEW_IN_PROGRESS"
"""A stack that a change set has named and nobody has made yet."""
_NOT_THERE = ("StackNotFound", "ChangeSetNotFound")
_NOTHING_TO_DO = (
    "completely same",
    "no change",
    "not changed",
    "no update",
    "didn't contain changes",
    "nothing to",
)


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack as ROS tells it; times are text in UTC.

    Attributes:
        stack_id: ROS's id.
        name: ours.
        status: such as ``UPDATE_COMPLETE``.
        reason: why it has that status.
        outputs: by their names.
        parameters: by their names; secret ones are hidden by ROS.
        updated_at: when it was changed, or made.
        progress: percent of the operation that goes on, where ROS tells it.
    """

    stack_id: str
    name: str
    status: str
    reason: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    updated_at: str
    progress: int | None

    @property
    def is_busy(self) -> bool:
        """Whether an operation goes on; a stack under review has none."""
        return self.status.endswith("_IN_PROGRESS") and self.status != REVIEW

    @property
    def is_well(self) -> bool:
        """Whether it is made and an update may begin."""
        return self.status in (
            "CREATE_COMPLETE",
            "UPDATE_COMPLETE",
            "ROLLBACK_COMPLETE",
            "CHECK_COMPLETE",
            "IMPORT_UPDATE_COMPLETE",
        )

    @property
    def was_never_made(self) -> bool:
        """Whether its creation failed, or was never carried out: it is deleted and made anew."""
        return self.status in (REVIEW, "CREATE_FAILED") or self.status.startswith("CREATE_ROLLBACK")


@dataclass(frozen=True, kw_only=True)
class Event:
    """What happened to a resource, or, with the stack's own name, to the stack."""

    event_id: str
    at: str
    resource: str
    kind: str
    status: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ChangeSet:
    """What would be done to a stack; ``changes`` is empty while ROS works it out."""

    change_set_id: str
    stack_id: str
    status: str
    reason: str
    changes: tuple[Change, ...]

    @property
    def is_nothing(self) -> bool:
        """Whether ROS has found nothing to do."""
        is_empty = self.status == "CREATE_COMPLETE" and not self.changes
        return is_empty or (self.status == "CREATE_FAILED" and says_no_change(self.reason))


class Ros:
    """ROS in one region."""

    def __init__(self, api: Api, region: str) -> None:
        """Take the API of ROS."""
        self._api, self._region = api, region

    def stack(self, name_or_id: str) -> Stack | None:
        """Return a stack by its name or id; None when there is none (a deleted one counts as none)."""
        stack_id = name_or_id if _is_id(name_or_id) else self._id_of(name_or_id)
        if not stack_id:
            return None
        try:
            found = _stack(self._call("GetStack", {"StackId": stack_id}))
        except ServiceError as problem:
            if problem.code in _NOT_THERE:
                return None
            raise
        return None if found.status == "DELETE_COMPLETE" else found

    def template(self, stack_id: str) -> str:
        """Return the template of a stack."""
        return str(self._call("GetTemplate", {"StackId": stack_id}).get("TemplateBody", ""))

    def change_set(
        self,
        *,
        name: str,
        stack_name: str,
        stack_id: str,
        body: str,
        parameters: Mapping[str, str],
        token: str,
    ) -> ChangeSet:
        """Have ROS work out a change set; of a new stack when ``stack_id`` is empty."""
        which = {"StackId": stack_id} if stack_id else {"StackName": stack_name}
        answer = self._call(
            "CreateChangeSet",
            {
                **which,
                "ChangeSetName": name,
                "ChangeSetType": "UPDATE" if stack_id else "CREATE",
                "TemplateBody": body,
                "Parameters": _listed(parameters),
                "TimeoutInMinutes": TIMEOUT_MINUTES,
                "DisableRollback": False,
                # What would be lost by it is refused before anything is done.
                "ReplacementOption": "Enabled",
                **({"UsePreviousParameters": True} if stack_id else {}),
                "ClientToken": token,
            },
        )
        made_id = str(answer["ChangeSetId"])
        return self.change_set_called(made_id, str(answer.get("StackId") or stack_id))

    def change_set_called(self, change_set_id: str, stack_id: str) -> ChangeSet:
        """Return a change set as it is now."""
        answer = self._call("GetChangeSet", {"ChangeSetId": change_set_id})
        return ChangeSet(
            change_set_id=change_set_id,
            stack_id=str(answer.get("StackId") or stack_id),
            status=str(answer.get("Status", "")),
            reason=str(answer.get("StatusReason") or ""),
            changes=changes_of(answer.get("Changes") or ()),
        )

    def execute(self, change_set_id: str, token: str) -> None:
        """Begin what a change set says."""
        self._call("ExecuteChangeSet", {"ChangeSetId": change_set_id, "ClientToken": token})

    def forget(self, change_set_id: str) -> None:
        """Delete a change set that is not carried out; one that is gone is as well."""
        self._call_of_maybe_gone("DeleteChangeSet", {"ChangeSetId": change_set_id})

    def delete(self, stack_id: str, retained: tuple[str, ...] = ()) -> None:
        """Begin to delete a stack; ``retained`` resources stay, and those with Retain in the template."""
        more = {"RetainResources": list(retained)} if retained else {}
        self._call_of_maybe_gone("DeleteStack", {"StackId": stack_id, **more})

    def resources(self, stack_id: str) -> list[dict[str, str]]:
        """Return the resources of a stack, each with name, kind, physical id and status."""
        found = self._call("ListStackResources", {"StackId": stack_id}).get("Resources") or []
        names = {
            "LogicalResourceId": "resource",
            "ResourceType": "kind",
            "PhysicalResourceId": "id",
            "Status": "status",
            "StatusReason": "reason",
        }
        return [{ours: str(one.get(theirs) or "") for theirs, ours in names.items()} for one in found]

    def events(self, stack_id: str, known: set[str]) -> list[Event]:
        """Return the events that are not ``known``, oldest first; ROS lists the newest first."""
        news: list[Event] = []
        for page in range(1, MOST_EVENT_PAGES + 1):
            answer = self._call_of_maybe_gone(
                "ListStackEvents", {"StackId": stack_id, "PageSize": EVENT_PAGE, "PageNumber": page}
            )
            found = [_event(one) for one in answer.get("Events") or ()]
            new = [one for one in found if one.event_id not in known]
            news += new
            if len(new) < len(found) or len(found) < EVENT_PAGE:
                break
        # Times are whole seconds, so the order is ROS's own. A page may have moved on meanwhile.
        return list({one.event_id: one for one in reversed(news)}.values())

    def provisions(self, services: tuple[str, ...]) -> list[dict[str, Any]]:
        """Return whether services are switched on in the account, each with the address that does it."""
        asked = [{"ServiceName": name} for name in services]
        return list(self._call("GetServiceProvisions", {"Services": asked}).get("ServiceProvisions") or ())

    def needed_policy(self, body: str) -> tuple[str, ...]:
        """Return the actions that making a stack of a template needs (ROS, "GenerateTemplatePolicy")."""
        answer = self._call("GenerateTemplatePolicy", {"TemplateBody": body})
        statements = (answer.get("Policy") or {}).get("Statement") or ()
        actions = (action for one in statements for action in _several(one.get("Action")))
        return tuple(dict.fromkeys(actions))

    def validate(self, body: str) -> None:
        """Have ROS check a template."""
        self._call("ValidateTemplate", {"TemplateBody": body})

    def _id_of(self, name: str) -> str:
        """Return the id of the stack called ``name`` that is not deleted; empty when there is none."""
        answer = self._call("ListStacks", {"StackName": [name], "PageSize": EVENT_PAGE})
        living = (one for one in answer.get("Stacks") or () if one.get("Status") != "DELETE_COMPLETE")
        return next((str(one["StackId"]) for one in living if one.get("StackName") == name), "")

    def _call_of_maybe_gone(self, action: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Call about what another call, or a lost answer of this one, may have ended meanwhile."""
        try:
            return self._call(action, parameters)
        except ServiceError as problem:
            if problem.code not in _NOT_THERE:
                raise
            return {}

    def _call(self, action: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        return self._api.rpc(action, {"RegionId": self._region, **parameters})


def says_no_change(text: str) -> bool:
    """Whether ROS says that there is nothing to update."""
    return any(words in text.lower() for words in _NOTHING_TO_DO)


def _several(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _is_id(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4


def _listed(parameters: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]


def _stack(answer: Mapping[str, Any]) -> Stack:
    progress = (answer.get("ResourceProgress") or {}).get("StackOperationProgress")
    return Stack(
        stack_id=str(answer["StackId"]),
        name=str(answer.get("StackName", "")),
        status=str(answer.get("Status", "")),
        reason=str(answer.get("StatusReason") or ""),
        outputs={str(one["OutputKey"]): _text(one.get("OutputValue")) for one in answer.get("Outputs") or ()},
        parameters={
            str(one["ParameterKey"]): _text(one.get("ParameterValue"))
            for one in answer.get("Parameters") or ()
        },
        updated_at=str(answer.get("UpdateTime") or answer.get("CreateTime") or ""),
        progress=round(progress) if isinstance(progress, int | float) else None,
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _event(one: Mapping[str, Any]) -> Event:
    return Event(
        event_id=str(one.get("EventId", "")),
        at=str(one.get("CreateTime", "")),
        resource=str(one.get("LogicalResourceId", "")),
        kind=str(one.get("ResourceType") or ""),
        status=str(one.get("Status", "")),
        reason=str(one.get("StatusReason") or ""),
    )
