"""The refusal of a template, which every module of this package raises."""

from __future__ import annotations


class TemplateError(ValueError):
    """The template cannot be deployed as it stands; the message names the place and the reason."""
