"""``python -m local.screenshots [FOLDER]``: take all pictures anew; ``make screenshots`` calls it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from local.screenshots.pictures import FOLDER, MOST_BYTES


def main() -> int:
    """Take the pictures; returns the exit status."""
    from local.screenshots.camera import CameraMissing
    from local.screenshots.run import NeverCame, take_all

    began = time.monotonic()
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    try:
        size = take_all(folder)
    except (CameraMissing, NeverCame) as problem:
        print(f"screenshots: {problem}", file=sys.stderr)
        return 2
    print(f"{folder}: {size / 1024:.0f} KB in {time.monotonic() - began:.0f} s")
    return 0 if size <= MOST_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
