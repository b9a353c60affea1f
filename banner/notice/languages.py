"""The languages that the notice speaks: message catalogues, and which one a visitor gets.

The texts in the templates are English and are their own keys. A language is one file,
``locales/<language>/LC_MESSAGES/notice.po``; it is compiled when it is first asked for, so that adding one needs no
build step.
"""

import gettext
import re
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

SOURCE = "en"
_QUALITY = re.compile(r"[qQ]\s*=\s*([01](?:\.\d{0,3})?)")
_LOCALES = Path(__file__).parents[1] / "locales"
LANGUAGES: tuple[str, ...] = (
    SOURCE,
    *sorted(path.parts[-3] for path in _LOCALES.glob("*/LC_MESSAGES/notice.po")),
)
"""Every language there is a catalogue for, the templates' own first."""


@cache
def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of *language*, which must be one of :data:`LANGUAGES`."""
    if language == SOURCE:
        return gettext.NullTranslations()
    with (_LOCALES / language / "LC_MESSAGES" / "notice.po").open("rb") as file:
        catalog = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@cache
def direction(language: str) -> str:
    """``ltr`` or ``rtl``, as the ``dir`` attribute has it."""
    return "rtl" if Locale.parse(language).character_order == "right-to-left" else "ltr"


@lru_cache(maxsize=1024)
def negotiate(accepted: bytes) -> str:
    """The language for an ``Accept-Language`` value: the best liked one that we speak, else English.

    A range matches by its primary subtag (RFC 4647 §3.4, lookup): who asks for ``de-AT`` gets ``de``.
    """
    best, best_weight = SOURCE, 0.0
    for part in accepted.decode("latin-1").split(",")[:32]:
        tag, _, parameters = part.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        weight = _weight(parameters)
        if primary in LANGUAGES and weight > best_weight:
            best, best_weight = primary, weight
    return best


def _weight(parameters: str) -> float:
    """The quality value of a range (RFC 9110 §12.4.2); one that is ill-formed counts for nothing."""
    if not parameters:
        return 1.0
    match = _QUALITY.fullmatch(parameters.strip())
    return min(1.0, float(match[1])) if match else 0.0
