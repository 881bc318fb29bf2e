"""The templates of pages: HTML beside this file, with the one style that they share."""

from __future__ import annotations

from functools import cache

import jinja2


@cache
def template(name: str) -> jinja2.Template:
    """The template of a page by its file's name."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("exodyn.report", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(name)
