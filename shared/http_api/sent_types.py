"""What clients and forms send, as types: for ``openapi.json``. Read by ``operations``."""

from __future__ import annotations

from typing import Annotated, TypedDict

from shared.domain.portrait_styles import MAX_COUNT, MAX_TEMPLATE_CHARACTERS, STYLES, TEMPLATE_STYLE
from shared.domain.slot import MAX_BECAUSE_CHARACTERS, VISIBLE_CHARACTER
from shared.http_api.consents import AGREED, LONGEST, MOMENT_OR_NOTHING
from shared.http_api.portrait_orders import OFFER
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


class _Portraits(TypedDict, total=False):
    style: Annotated[str, Keywords(enum=[*STYLES, TEMPLATE_STYLE])]
    template: Annotated[str, Keywords(maxLength=MAX_TEMPLATE_CHARACTERS)]
    count: Annotated[int, Keywords(minimum=1, maximum=MAX_COUNT, default=MAX_COUNT)]
    revision: Annotated[int, Keywords(minimum=1)]


class PortraitsRequest(_Portraits):
    """Which portraits are ordered, and the whole price that the sender has seen."""

    price_cny: Annotated[float, Keywords(minimum=0)]


class PortraitsForm(_Portraits, FormFields, total=False):
    """The same as a form; ``offer`` is a count and its price in one: ``4:0.72``."""

    price_cny: Annotated[float, Keywords(minimum=0)]
    offer: Annotated[str, Keywords(pattern=f"^{OFFER}$")]


class ConsentRequest(TypedDict, total=False):
    """A consent that is given, or withdrawn."""

    action: Annotated[str, Keywords(enum=["give", "withdraw"], default="give")]
    agree: Annotated[str, Keywords(enum=list(AGREED))]
    text_version: Annotated[str, Keywords(minLength=1, maxLength=LONGEST["text_version"])]
    means: Annotated[str, Keywords(maxLength=LONGEST["means"])]
    until: Annotated[str, Keywords(pattern=MOMENT_OR_NOTHING)]
    under_14: str
    guardian_name: Annotated[str, Keywords(maxLength=LONGEST["guardian_name"])]
    guardian_relation: Annotated[str, Keywords(maxLength=LONGEST["guardian_relation"])]


class ConsentForm(ConsentRequest, FormFields, total=False):
    """The tick on the person's own page, or the button that withdraws it."""


class SignInForm(TypedDict, total=False):
    """The form of the page on which a browser signs in."""

    token: str
    next: str


Binary = Annotated[str, Keywords(contentMediaType="application/octet-stream", format="binary")]


class PhotosForm(FormFields):
    """A form with photos or zips."""

    photos: Annotated[list[Binary], Keywords(minItems=1, maxItems=MAX_FILES)]
