"""The template engine, and what all of the banner's templates share."""

import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from .languages import direction, translations

TEMPLATES = Path(__file__).parents[1] / "templates"


@cache
def environment(language: str) -> Environment:
    """The environment whose ``_()`` speaks *language*. Everything is escaped unless it is already markup."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    catalogue = translations(language)
    made.install_gettext_callables(  # type: ignore[attr-defined]
        catalogue.gettext, catalogue.ngettext, newstyle=True
    )
    made.globals |= {"language": language, "direction": direction(language)}
    return made


@cache
def stylesheet(name: str) -> Markup:
    """A style sheet of :data:`TEMPLATES` without comments and needless space; it is ours, so it is markup."""
    text = re.sub(r"/\*.*?\*/", "", (TEMPLATES / name).read_text("utf-8"), flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    return Markup(re.sub(r" ?([{};,>~]) ?|(:) (?=[^ ])", r"\1\2", text).replace(";}", "}").strip())  # noqa: S704
