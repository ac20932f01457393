"""What clients and forms send, as types: for ``openapi.json``. Read by ``operations``."""

from __future__ import annotations

from typing import Annotated, TypedDict

from shared.domain.slot import MAX_BECAUSE_CHARACTERS, VISIBLE_CHARACTER
from shared.http_api.sharing import DEFAULT_DAYS, MAX_DAYS
from shared.http_api.uploading import MAX_FILES
from shared.view_types import Keywords


class FormFields(TypedDict, total=False):
    """What the forms of our pages carry beside their own fields."""

    csrf: str
    next: str


class PauseRequest(TypedDict):
    """Why the queue is paused."""

    because: Annotated[
        str,
        Keywords(minLength=1, maxLength=MAX_BECAUSE_CHARACTERS, pattern=VISIBLE_CHARACTER),
    ]


class PauseForm(PauseRequest, FormFields):
    """Why the queue is paused, as a form."""


class LinkRequest(TypedDict, total=False):
    """For how long a share link is valid."""

    days: Annotated[int, Keywords(minimum=1, maximum=MAX_DAYS, default=DEFAULT_DAYS)]


class LinkForm(LinkRequest, FormFields, total=False):
    """For how long a share link is valid, as a form."""


class SignInForm(TypedDict, total=False):
    """The form of the page on which a browser signs in."""

    token: str
    next: str


Binary = Annotated[str, Keywords(contentMediaType="application/octet-stream", format="binary")]


class PhotosForm(FormFields):
    """A form with photos or zips."""

    photos: Annotated[list[Binary], Keywords(minItems=1, maxItems=MAX_FILES)]
