"""``python -m local.page_preview [--pictures]``: write all pages into ``.local/pages/``, with pictures."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from local.packaging import ROOT
from local.page_preview.people import NOW
from local.page_preview.scenes import scenes
from shared.domain.words import Language
from shared.pages.rendering import render

FOLDER = ROOT / ".local" / "pages"
WINDOWS = {"desktop": "1280,1500", "phone": "360,1700"}
LONGEST_PICTURE_SECONDS = 60


def main() -> int:
    """Write the pages; returns the exit status."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    files = list(_pages())
    print(f"{len(files)} pages are in {FOLDER}")
    if "--pictures" not in sys.argv:
        return 0
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print("No Chromium is here; install it for pictures.", file=sys.stderr)
        return 1
    wanted = [name for name in sys.argv[1:] if not name.startswith("--")]
    for file in files:
        if not wanted or file.stem in wanted:
            _take(browser, file)
    return 0


def _pages() -> Iterator[Path]:
    # The pages are read from files here: the addresses of the assets have to be found beside them.
    # The clock stands still at the moment of the examples.
    assets = ROOT / "shared" / "pages" / "assets"
    shutil.copy(assets / "style.css", FOLDER / "style.css")
    script = f"Date.now = () => {NOW};\n" + (assets / "page.js").read_text(encoding="utf-8")
    (FOLDER / "page.js").write_text(script, encoding="utf-8")
    for language in Language:
        for scene in scenes(language):
            page = render(scene.page, scene.document, scene.view).replace('"/assets/', '"')
            file = FOLDER / f"{scene.name}.{language.value}.html"
            file.write_text(page, encoding="utf-8")
            yield file


def _take(browser: str, file: Path) -> None:
    """Take pictures of a page: on a desk and on a phone, by day and by night."""
    for theme in ("light", "dark"):
        for window, size in WINDOWS.items():
            # A window is never narrower than 500: a phone is a frame of its own width.
            target = file
            if window == "phone":
                target = file.with_suffix(".phone.html")
                target.write_text(_FRAME.format(page=file.name), encoding="utf-8")
            blink = "preferredColorScheme=" + ("0" if theme == "dark" else "1")
            command = [browser, "--headless=new", "--no-sandbox", "--hide-scrollbars", "--disable-gpu"]
            command += [
                f"--blink-settings={blink}",
                f"--window-size={size if window == 'desktop' else '520,1700'}",
            ]
            command += [f"--screenshot={file.with_suffix(f'.{window}.{theme}.png')}", target.as_uri()]
            subprocess.run(command, check=True, capture_output=True, timeout=LONGEST_PICTURE_SECONDS)


_FRAME = '<body style="margin:0"><iframe src="{page}" width="360" height="1700" style="border:0"></iframe>'

if __name__ == "__main__":
    sys.exit(main())
