"""The errors of ROS, by operation, with their sources.

:data:`DOCUMENTED_ERRORS` has every documented error of the operations in :data:`CALLED_OPERATIONS`, and what
the local ROS answers to other operations. A test holds that the local ROS says nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator

from aliyun_local.documented_error import OTHER_OPERATIONS, DocumentedError, errors_of

CALLED_OPERATIONS = (
    "CreateStack",
    "UpdateStack",
    "DeleteStack",
    "CancelUpdateStack",
    "GetStack",
    "ListStacks",
    "ListStackEvents",
    "ListStackResources",
    "GetStackResource",
    "GetTemplate",
    "ValidateTemplate",
    "CreateChangeSet",
    "GetChangeSet",
    "ListChangeSets",
    "ExecuteChangeSet",
    "DeleteChangeSet",
)
_ALL = (*CALLED_OPERATIONS, OTHER_OPERATIONS)
_BRINGING_TEMPLATES = (
    "CreateStack",
    "UpdateStack",
    "ValidateTemplate",
    "CreateChangeSet",
    "ExecuteChangeSet",
    OTHER_OPERATIONS,
)
_CHANGING = (
    *("CreateStack", "UpdateStack", "DeleteStack", "CancelUpdateStack"),
    *("CreateChangeSet", "ExecuteChangeSet", OTHER_OPERATIONS),
)
_OF_A_STACK = tuple(name for name in _ALL if name not in ("CreateStack", "ListStacks", "ValidateTemplate"))
_OF_CHANGE_SETS = ("GetChangeSet", "ExecuteChangeSet", "DeleteChangeSet", "GetTemplate", OTHER_OPERATIONS)

_COMMON = 'ROS, "Common error codes"'
_GATEWAY = '"Common errors of OpenAPI"'
_LOCAL = "the local ROS; the documents have no words for it"
_SDK = "the vendor's client, whose notes name the code"
_TOOLS = "public tools on ROS, which test for it"

_SIGNATURE = (
    (400, "MissingAccessKeyId", "AccessKeyId is mandatory for this action."),
    (404, "InvalidAccessKeyId.NotFound", "Specified access key is not found."),
    (403, "InvalidAccessKeyId.Inactive", "Specified access key is disabled."),
    (
        400,
        "SignatureDoesNotMatch",
        "Specified signature is not matched with our calculation. Please check your access key secret.",
    ),
    (400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired."),
    (400, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted."),
    (400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired."),
    (400, "SignatureNonceUsed", "Specified signature nonce was used already."),
)
_SERVICE = (
    (400, "Throttling", "Request was denied due to request throttling."),
    (400, "Throttling.User", "Request was denied due to user flow control."),
    (400, "Throttling.Api", "Request was denied due to api flow control."),
    (503, "ServiceUnavailable", "The request has failed due to a temporary failure of the server."),
    (500, "InternalError", "The request processing has failed due to some unknown error."),
    (403, "NoPermission", "You are not authorized to complete this action."),
    (403, "Forbidden.RAM", "User not authorized to operate on the specified resource."),
)
_PARAMETERS = (
    (400, "UnknownError", "The request processing has failed due to some unknown error."),
    (400, "MissingParameter", "The input parameter {name} should be specified."),
    (400, "InvalidParameter", "The specified parameter {name} is invalid, {reason}."),
    (400, "MultipleParameter", "Only one of the input parameters {names} can be specified."),
    (400, "InvalidIdempotenceParameter", "The specified parameters are different from before."),
    (400, "LastTokenProcessing", "The last token request is processing."),
)


def _rows() -> Iterator[DocumentedError]:
    yield from _rows_of_all()
    yield from _rows_of_stacks()
    yield from _rows_of_change_sets()


def _rows_of_all() -> Iterator[DocumentedError]:
    yield from errors_of(_ALL, _GATEWAY, *_SIGNATURE, *_SERVICE)
    yield from errors_of(
        _ALL, _GATEWAY, (404, "InvalidAction.NotFound", "Specified api is not found{hint=}.")
    )
    yield from errors_of(_ALL, _COMMON, *_PARAMETERS)
    yield from errors_of(_ALL, _LOCAL, (500, "InternalServerError", "{problem} in the emulator"))


def _rows_of_stacks() -> Iterator[DocumentedError]:
    yield from errors_of(
        _OF_A_STACK,
        'ROS, "CancelUpdateStack"',
        (404, "StackNotFound", "The Stack ({name}) could not be found."),
    )
    yield from errors_of(
        _CHANGING,
        'ROS, "CancelUpdateStack"',
        (409, "ActionInProgress", "Stack {name} already has an action ({action}) in progress."),
    )
    yield from errors_of(
        _BRINGING_TEMPLATES,
        _COMMON,
        (400, "StackValidationFailed", "{reason}"),
        (400, "InvalidTemplate", "The template must have {sizes}."),
    )
    yield from errors_of(
        ("CreateStack", "CreateChangeSet", OTHER_OPERATIONS),
        'ROS, "CreateStack"',
        (409, "StackExists", "The Stack ({name}) already exists."),
        (403, "TooManyStacks", "The account has {number=200} stacks, and may have no more."),
    )
    yield from errors_of(
        (OTHER_OPERATIONS, "UpdateStack", "CreateChangeSet", "DeleteStack", "CancelUpdateStack"),
        _SDK,
        (400, "NotSupported", "{what} is not supported."),
    )
    yield from errors_of(
        ("GetStackResource", OTHER_OPERATIONS),
        'ROS, "GetStackResource"',
        (404, "ResourceNotFound", "The Resource ({name}) could not be found in Stack {stack}."),
    )


def _rows_of_change_sets() -> Iterator[DocumentedError]:
    yield from errors_of(("ExecuteChangeSet",), _TOOLS, (400, "NotSupported", "{what} is not supported."))
    yield from errors_of(
        _OF_CHANGE_SETS,
        'ROS, "GetChangeSet"',
        (404, "ChangeSetNotFound", "The ChangeSet ({name}) could not be found."),
    )
    yield from errors_of(
        ("CreateChangeSet", OTHER_OPERATIONS),
        'ROS, "CreateChangeSet"',
        (409, "ChangeSetExists", "The ChangeSet ({name}) already exists."),
        (403, "TooManyChangeSets", "A stack has at most {number=20} change sets."),
    )


DOCUMENTED_ERRORS = tuple(_rows())
