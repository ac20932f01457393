"""What portraits can be asked for: styles, templates and counts, as settings and requests write them.

DashScope, "facechain-generation" (2026-02): ten styles, and one that follows a template picture; 1 to 4
pictures a call. A style that needs no training is left out: it would make portraits of photos that nobody has
checked. ``f_idcard_female:4`` are four pictures of a style; a template stands in the place of the style, as a
URL or as the key of an object below ``templates/`` in the bucket.
"""

from __future__ import annotations

import re
from typing import NamedTuple

STYLES = (
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
TEMPLATE_STYLE = "portrait_url_template"
TEMPLATES_PREFIX = "templates/"
MAX_COUNT = 4
MAX_WANTED = 10
"""Entries of the setting."""
MAX_TEMPLATE_CHARACTERS = 500
_URL_CHARACTERS = re.compile(r"[!-~]+")


class Wanted(NamedTuple):
    """What is asked for.

    Attributes:
        style: DashScope's name of the style.
        pictures: how many, 1 to 4.
        template: for the template style the picture that the portrait follows: a URL, or the key of an
            object below ``templates/``.
    """

    style: str
    pictures: int
    template: str = ""

    def __str__(self) -> str:
        """Return it as a setting writes it."""
        return f"{self.template or self.style}:{self.pictures}"


def parse_wanted(text: str) -> Wanted:
    """Read one entry; without a number it is four pictures.

    Raises:
        ValueError: it is none; the message says why.
    """
    name, colon, number = text.strip().rpartition(":")
    if not colon or not number.isdecimal():
        name, number = text.strip(), str(MAX_COUNT)
    if not (number.isascii() and 1 <= int(number[:3]) <= MAX_COUNT and len(number) == 1):
        raise ValueError(f"a portrait is asked for 1 to {MAX_COUNT} times, as in f_idcard_female:4")
    if name in STYLES:
        return Wanted(name, int(number))
    problem = problem_with_template(name)
    if problem:
        raise ValueError(problem)
    return Wanted(TEMPLATE_STYLE, int(number), name)


def problem_with_template(name: str) -> str:
    """Say what is wrong with a template, or ``""`` when nothing is.

    Whatever has access to a picture by its URL alone is a secret, and is not to stand in a setting or a row:
    such a picture belongs below ``templates/``.
    """
    if len(name) > MAX_TEMPLATE_CHARACTERS or not name.isprintable():
        return f"a template's name has at most {MAX_TEMPLATE_CHARACTERS} printable characters"
    if name.startswith(TEMPLATES_PREFIX):
        is_object = all(part not in ("", ".", "..") for part in name.split("/"))
        return "" if is_object else "a template is an object, no folder"
    if "://" not in name:
        styles = ", ".join(STYLES)
        template = f"a template: its URL, or its key below {TEMPLATES_PREFIX}"
        return f"{name[:60]!r} is no style; name one of {styles}, or {template}"
    # Imported here: most deployments name styles alone, or none.
    from urllib.parse import urlsplit

    try:
        url = urlsplit(name)
    except ValueError:
        return "the template's URL cannot be read"
    if url.scheme not in ("https", "http") or not url.hostname or not _URL_CHARACTERS.fullmatch(name):
        return "the template's URL must begin with https:// or http:// and be of plain ASCII"
    if url.query or url.fragment or "@" in url.netloc:
        return (
            "the template's URL must hold no query and no password, which would be a secret: put the picture "
            f"into the bucket below {TEMPLATES_PREFIX}"
        )
    return ""
