"""``python -m local.api_reference``: write the tables into docs/api.md."""

from __future__ import annotations

import sys

from local.api_reference.page import PAGE, with_tables


def main() -> int:
    """Write the page; returns the exit status."""
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
