"""The link that opens the console's form with this template: ``python -m local.one_click https://…/template.yml``.

For whoever offers the product to others: they put ``template.yml`` where ROS can read it, and the zip of
``make package`` where the form's ``CodeBucket`` and ``CodeObject`` find it. docs/template.md has the steps.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from urllib.parse import urlencode, urlsplit

from local.packaging import ROOT

CONSOLE = "https://ros.console.aliyun.com/cn-beijing/stacks/create"
"""The console's page that makes a stack in FaceChain's region, as the vendor's own links have it."""
MAX_URL_BYTES = 1024
MAX_TEMPLATE_BYTES = 524_288
"""ROS, "CreateStack": the longest TemplateURL, and the largest template."""


def link(template_url: str) -> str:
    """Return the link for a template that lies at ``template_url``.

    Raises:
        ValueError: ROS could not read it there; the message says what to do.
    """
    parts = urlsplit(template_url)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError(
            f"{template_url!r} is no https address; put template.yml where the Internet reaches it"
        )
    if parts.query or parts.fragment or parts.username:
        raise ValueError(
            "the address has a query or a name in it: a signed URL ends, and tells its signature"
        )
    if len(template_url.encode()) > MAX_URL_BYTES:
        raise ValueError(f"the address has more than {MAX_URL_BYTES} bytes; choose a shorter one")
    # isSimplified leaves out the steps that change nothing here.
    return f"{CONSOLE}?{urlencode({'templateUrl': template_url, 'isSimplified': 'true'})}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the link; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local.one_click", description=__doc__)
    parser.add_argument("template_url", help="where template.yml lies, https://…")
    given = parser.parse_args(arguments)
    try:
        found = link(given.template_url)
    except ValueError as problem:
        print(f"one_click: {problem}", file=sys.stderr)
        return 2
    size = (ROOT / "template.yml").stat().st_size
    if size > MAX_TEMPLATE_BYTES:
        print(f"one_click: template.yml has {size} bytes; ROS takes {MAX_TEMPLATE_BYTES}", file=sys.stderr)
        return 2
    print(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
