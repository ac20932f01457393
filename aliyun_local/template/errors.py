"""The one way in which a template is refused."""

from __future__ import annotations


class TemplateError(ValueError):
    """The template cannot be deployed as it stands; the message names the place and the reason."""
