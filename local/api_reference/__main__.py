"""``python -m local.api_reference``: write the tables of docs/api.md, and the schemas in docs/schemas/."""

from __future__ import annotations

import sys

from local.api_reference.page import PAGE, with_tables
from shared.http_api.published import NAMES, published

SCHEMAS = PAGE.parent / "schemas"


def main() -> int:
    """Write the page and the schemas; returns the exit status."""
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(PAGE)
    for name in NAMES:
        SCHEMAS.joinpath(name).write_text(published(name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
