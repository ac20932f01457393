"""The stylesheet and the script: found by name alone, small, of this deployment alone, and readable."""

from __future__ import annotations

import hashlib
import re

import pytest

from shared.pages.assets import address, find

STYLE = find("style.css")
SCRIPT = find("page.js")
assert STYLE is not None
assert SCRIPT is not None
ON_CARDS = ("ink", "muted", "accent", "good", "bad", "wait", "idle")
PAIRS = [
    *((tone, ground) for tone in ON_CARDS for ground in ("card", "ground")),
    *((tone, "sunken") for tone in ("ink", "muted")),
    *((tone, f"{tone}-soft") for tone in ("accent", "good", "bad", "wait", "idle")),
    *(("ink", f"{tone}-soft") for tone in ("good", "bad", "wait")),
    ("accent-ink", "accent"),
    ("card", "bad"),
]


@pytest.mark.parametrize(
    "name", ["", "..", "../words.py", "__init__.py", "style.css/../page.js", "STYLE.CSS", "/etc/passwd"]
)
def test_nothing_but_the_assets_can_be_read(name: str) -> None:
    assert find(name) is None


def test_an_address_changes_with_the_content() -> None:
    assert STYLE is not None
    assert (
        address("style.css")
        == "/assets/style.css?v=" + hashlib.sha256(STYLE.content.encode()).hexdigest()[:16]
    )
    with pytest.raises(ValueError, match="add it to _TYPES"):
        address("other.css")


def test_style_and_script_reach_for_nothing_elsewhere() -> None:
    for asset in (STYLE, SCRIPT):
        assert asset is not None
        assert not re.search(
            r"https?:|url\(|@import|eval\(|new Function|innerHTML\s*=|document\.write", asset.content
        )
        assert len(asset.content) < 24 * 1024


def palettes() -> dict[str, dict[str, str]]:
    assert STYLE is not None
    light, dark = re.findall(r":root \{(.*?)\n *\}", STYLE.content, re.DOTALL)[:2]
    read = {
        name: dict(re.findall(r"--([\w-]+): (#\w{6})", text))
        for name, text in (("light", light), ("dark", dark))
    }
    return {"light": read["light"], "dark": {**read["light"], **read["dark"]}}


def luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_by_day_and_by_night(theme: str, text: str, ground: str) -> None:
    palette = palettes()[theme]
    high, low = sorted((luminance(palette[text]), luminance(palette[ground])), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_both_palettes_have_the_same_roles() -> None:
    assert STYLE is not None
    light, dark = re.findall(r":root \{(.*?)\n *\}", STYLE.content, re.DOTALL)[:2]
    roles = [set(re.findall(r"--([\w-]+): #", text)) for text in (light, dark)]
    assert roles[0] == roles[1]
