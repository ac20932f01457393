"""Debian's Chromium, led by Playwright: opens pages as a reader has them and takes their pictures.

Used by ``run``. What a machine could change is fixed: the fonts, the time zone, two pixels for one, no caret,
no animation.
Playwright and Chromium are needed here alone, so nothing else imports this module.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, sync_playwright

from local.screenshots.pictures import SIGN_IN, Kind, Picture

FONT = "Noto Sans CJK SC"
"""Has Latin and Chinese letters of one design; a browser would else take what the machine happens to have."""
PACKAGES = "apt-get install chromium fonts-noto-cjk"
PATIENCE_MS = 30_000
DESK_WIDTH, PHONE_WIDTH = 1280, 390
QUALITY = 86
"""Of WebP: letters stay sharp at two pixels for one, and the whole set takes less than half its bound."""

_FONTS = f"""<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
<match target="pattern">
<edit name="family" mode="prepend" binding="strong"><string>{FONT}</string></edit>
</match>
</fontconfig>
"""
_ALL_JUDGED = """count => ["img", ".verdict:not(.verdict-pending)"].every(
  (one) => document.querySelectorAll("#live-photos " + one).length === count)"""


class CameraMissing(RuntimeError):
    """Chromium or the font is not installed; the message says how to get it."""


class Camera:
    """A running browser; made by :func:`opened_camera`."""

    def __init__(self, browser: Browser, url: str) -> None:
        """Look at the pages at ``url``."""
        self._browser = browser
        self._url = url
        self._session: Any = None

    def sign_in(self, address: str) -> None:
        """Sign in by an address with a ticket; later pictures of pages that want it are taken signed in."""
        context = self._browser.new_context()
        context.new_page().goto(address)
        self._session = context.storage_state()
        context.close()

    def take(self, picture: Picture, path: str) -> bytes:
        """Open ``path``, or a whole address, as ``picture`` says, and return a WebP of it."""
        is_strangers = picture.kind is Kind.OWN or picture.target == SIGN_IN
        with self._page(
            viewport={"width": PHONE_WIDTH if picture.is_phone else DESK_WIDTH, "height": picture.height},
            locale=picture.locale,
            color_scheme=picture.theme,
            has_touch=picture.is_phone,
            storage_state=None if is_strangers else self._session,
        ) as page:
            page.goto(path if path.startswith("http") else self._url + path)
            page.evaluate("document.fonts.ready")
            for image in page.locator("img").all():
                image.evaluate("one => one.decode()")
            content = page.screenshot(animations="disabled", caret="hide", scale="device")
        return _as_webp(content)

    def send_photos(self, address: str, photos: Mapping[str, bytes]) -> None:
        """Open a share link on a phone, choose ``photos``, and wait until each has a verdict."""
        with self._page(viewport={"width": PHONE_WIDTH, "height": 844}, locale="en-US") as page:
            page.goto(address)
            page.set_input_files(
                "#choose",
                [
                    FilePayload(name=name, mimeType="image/jpeg", buffer=content)
                    for name, content in photos.items()
                ],
            )
            page.wait_for_function(_ALL_JUDGED, arg=len(photos))

    @contextmanager
    def _page(self, **options: Any) -> Iterator[Page]:
        context = self._browser.new_context(
            device_scale_factor=2, timezone_id="Asia/Shanghai", reduced_motion="reduce", **options
        )
        context.set_default_timeout(PATIENCE_MS)
        try:
            yield context.new_page()
        finally:
            context.close()


@contextmanager
def opened_camera(url: str) -> Iterator[Camera]:
    """Start Chromium for as long as the context lasts.

    Raises:
        CameraMissing: Chromium or the font is not here.
    """
    chromium = shutil.which("chromium")
    if chromium is None or FONT not in _families():
        raise CameraMissing(f"pictures need Chromium and the font {FONT}: {PACKAGES}")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        fonts = Path(folder) / "fonts.conf"
        fonts.write_text(_FONTS, encoding="utf-8")
        # As root, and in containers, Chromium has no sandbox to go into.
        arguments = ["--no-sandbox", "--font-render-hinting=none", "--disable-lcd-text"]
        browser = playwright.chromium.launch(
            executable_path=chromium, args=arguments, env={**os.environ, "FONTCONFIG_FILE": str(fonts)}
        )
        try:
            yield Camera(browser, url)
        finally:
            browser.close()


def _families() -> Sequence[str]:
    listed = subprocess.run(
        ["fc-list", ":", "family"], capture_output=True, text=True, check=False, timeout=PATIENCE_MS / 1000
    )
    return [family.strip() for line in listed.stdout.splitlines() for family in line.split(",")]


def _as_webp(content: bytes) -> bytes:
    written = io.BytesIO()
    with Image.open(io.BytesIO(content)) as picture:
        picture.convert("RGB").save(written, "WEBP", quality=QUALITY, method=6)
    return written.getvalue()
