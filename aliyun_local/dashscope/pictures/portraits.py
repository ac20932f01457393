"""Portrait orders: their allowed values, the judgement of their pictures, and drawn portraits.

Used by ``account.portrait_studio``; ``http/inference_responses`` makes the orders. Source:
"facechain-generation API". No machine learning: a portrait that ``stand_ins`` has no photo for is a drawing,
of the same person each time for one trained resource or one set of photos, so that a client gets real images
of the size it asked for.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from aliyun_local.dashscope import errors
from aliyun_local.dashscope.errors import Problem
from aliyun_local.dashscope.pictures.fetching import is_url
from aliyun_local.dashscope.pictures.inspection import (
    MAX_IMAGE_BYTES,
    TOO_LARGE,
    UNREADABLE,
    WRONG_RESOLUTION,
    inspect,
)
from aliyun_local.samples import PHOTOS_PER_PERSON, portrait

GENERATION_MODEL = "facechain-generation"
RESOURCE_TYPE = "facelora"
TEMPLATE_STYLE = "portrait_url_template"
TRAIN_FREE_STYLE = "train_free_portrait_url_template"
PRESET_STYLES = (
    "f_idcard_male",
    "f_idcard_female",
    "f_business_male",
    "f_business_female",
    "m_springflower_female",
    "f_summersport_female",
    "f_autumnleaf_female",
    "m_winterchinese_female",
    "f_hongkongvintage_female",
    "f_lightportray_female",
)
SIZES = {"768*1024": (768, 1024)}
DEFAULT_SIZE = "768*1024"
MAX_IMAGES = 4
MAX_USER_URLS = 5
MAX_USER_PHOTO_BYTES = 3 * 1024**2
USER_PHOTO_SIDES = (256, 2048)
TEMPLATE_MIN_SIDE = 512
TEMPLATE_MAX_SIDES = (1680, 1260)  # the longer, the shorter
NO_HUMAN_FACE = Problem(code="InvalidImage.NoHumanFace", message="No human face detected.")
USER_PHOTO_TOO_LARGE = Problem(
    code="InvalidFile.Size", message="Invalid file size, The image file size must be smaller than 3MB."
)
_PEOPLE = 10_000


@dataclass(frozen=True, kw_only=True)
class PortraitOrder:
    """An order as it was sent: its types are right, its values are not checked yet.

    ``resource_ids`` name trained resources; ``template_url`` and ``user_urls`` belong to the styles
    that take them and are ignored by the others.
    """

    style: str
    size: str = DEFAULT_SIZE
    images: int = MAX_IMAGES
    resource_ids: tuple[str, ...] = ()
    template_url: str | None = None
    user_urls: tuple[str, ...] = ()

    @property
    def is_trained(self) -> bool:
        """Whether it shows the person of a fine-tune."""
        return self.style != TRAIN_FREE_STYLE

    @property
    def urls(self) -> tuple[str, ...]:
        """The URLs of pictures that it depends on: the template first, then the user's photos."""
        template = (self.template_url or "",) if self.style not in PRESET_STYLES else ()
        return template if self.is_trained else (*template, *self.user_urls)

    @property
    def subject(self) -> str:
        """The person that the portraits show, as a text."""
        # A URL without its signature, so that the same photos show the same person tomorrow.
        shown = self.resource_ids if self.is_trained else [url.partition("?")[0] for url in self.user_urls]
        return " ".join(shown)


def check(order: PortraitOrder) -> None:
    """Refuse an order that the service's page does not allow.

    Raises:
        ServiceError: a parameter is missing or wrong.
    """
    if order.style not in (*PRESET_STYLES, TEMPLATE_STYLE, TRAIN_FREE_STYLE):
        raise errors.missing_or_invalid("style")
    if not 1 <= order.images <= MAX_IMAGES:
        raise errors.missing_or_invalid("n")
    if order.style in PRESET_STYLES and order.size not in SIZES:
        raise errors.missing_or_invalid("size")
    if order.is_trained and len(order.resource_ids) != 1:
        raise errors.missing_or_invalid("resources")
    if order.style not in PRESET_STYLES and not order.template_url:
        raise errors.missing_or_invalid("template_url")
    if not order.is_trained and not 1 <= len(order.user_urls) <= MAX_USER_URLS:
        raise errors.missing_or_invalid("user_urls")
    if not all(is_url(url) for url in order.urls):
        raise errors.error_of("InvalidURL")


def template_size(content: bytes) -> tuple[int, int] | Problem:
    """Return width and height of a template, which are those of its portraits, or the problem with it."""
    if len(content) > MAX_IMAGE_BYTES:
        return TOO_LARGE
    size = _size(content, ("JPEG", "PNG"))
    if size is None:
        return UNREADABLE
    longer, shorter = max(size), min(size)
    if shorter < TEMPLATE_MIN_SIDE or longer > TEMPLATE_MAX_SIDES[0] or shorter > TEMPLATE_MAX_SIDES[1]:
        return WRONG_RESOLUTION
    return size


def user_photos_problem(contents: Sequence[bytes]) -> Problem | None:
    """Return the problem with the user's photos; None when one of them shows exactly one person."""
    first: Problem | None = None
    for content in contents:
        problem = _user_photo_problem(content)
        if problem is None:
            return None
        first = first or problem
    return first or NO_HUMAN_FACE


def draw(subject: str, style: str, width: int, height: int, number: int) -> bytes:
    """Return the JPEG of one drawn portrait; the same arguments give the same bytes."""
    person = _number(subject) % _PEOPLE
    pose = (_number(style) + number) % PHOTOS_PER_PERSON
    file = io.BytesIO()
    portrait(person * PHOTOS_PER_PERSON + pose, size=(width, height)).save(file, "JPEG", quality=90)
    return file.getvalue()


def _user_photo_problem(content: bytes) -> Problem | None:
    if len(content) > MAX_USER_PHOTO_BYTES:
        return USER_PHOTO_TOO_LARGE
    inspection = inspect(content)
    if inspection.problem is not None:
        return inspection.problem
    size = _size(content, ("JPEG", "PNG", "WEBP"))
    if size is None or max(size) > USER_PHOTO_SIDES[1]:
        return WRONG_RESOLUTION
    return None if inspection.faces == 1 else NO_HUMAN_FACE


def _size(content: bytes, formats: tuple[str, ...]) -> tuple[int, int] | None:
    try:
        with Image.open(io.BytesIO(content), formats=formats) as image:
            width, height = image.size
            return width, height
    except Exception:  # decoders raise many kinds of exception on damaged files
        return None


def _number(text: str) -> int:
    digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "big")
