"""``python -m local.settings_reference``: write the reference of the settings in both languages."""

from __future__ import annotations

import sys

from local.settings_reference.page import PAGES, with_tables


def main() -> int:
    """Write the pages; returns the exit status."""
    for language, page in PAGES.items():
        page.write_text(with_tables(page.read_text(encoding="utf-8"), language), encoding="utf-8")
        print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
