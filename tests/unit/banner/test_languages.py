"""The catalogues: complete, nothing stale, placeholders kept; and who gets which language."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from holdback.banner.notice.languages import LANGUAGES, direction, negotiate, translations
from holdback.banner.notice.templating import TEMPLATES

_PLACEHOLDER = re.compile(r"%\(\w+\)s")
TRANSLATED = [language for language in LANGUAGES if language != "en"]


def used() -> set[str]:
    options = {
        "encoding": "utf-8",
        "newstyle_gettext": "true",
        "trim_blocks": "true",
        "lstrip_blocks": "true",
    }
    found = extract_from_dir(str(TEMPLATES), [("**.html", "jinja2")], {"**.html": options})
    return {message[0] if isinstance(message, tuple) else message for _, _, message, _, _ in found}


def catalogue(language: str) -> Catalog:
    path = Path(TEMPLATES).parent / "locales" / language / "LC_MESSAGES" / "notice.po"
    with path.open("rb") as file:
        return read_po(file, locale=language)


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_has_every_text_and_no_other(language: str) -> None:
    entries = {
        entry.id[0] if isinstance(entry.id, tuple) else entry.id for entry in catalogue(language) if entry.id
    }
    assert entries == used()


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_translation_is_there_and_keeps_its_placeholders(language: str) -> None:
    for entry in catalogue(language):
        if not entry.id:
            continue
        assert not entry.fuzzy, entry.id
        originals = [entry.id] if isinstance(entry.id, str) else list(entry.id)
        strings = [entry.string] if isinstance(entry.string, str) else list(entry.string or ())
        assert all(strings), entry.id
        wanted = set(_PLACEHOLDER.findall(originals[-1]))
        assert set(_PLACEHOLDER.findall(strings[-1])) == wanted, entry.id


def test_plurals_follow_the_language() -> None:
    ngettext = translations("ar").ngettext
    forms = {ngettext("%(num)s service", "%(num)s services", count) for count in (0, 1, 2, 3, 11, 100)}
    assert len(forms) == 5  # six categories; "many" and "other" read alike


def test_directions() -> None:
    assert (direction("en"), direction("de"), direction("ar"), direction("he")) == (
        "ltr",
        "ltr",
        "rtl",
        "rtl",
    )


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (b"", "en"),
        (b"de-AT,de;q=0.9,en;q=0.8", "de"),
        (b"pt-BR, fr;q=0.3, en;q=0.2", "fr"),
        (b"AR", "ar"),
        (b"en;q=0.5, de;q=0.9", "de"),
        (b"de;q=0", "en"),
        (b"de;q=nonsense, fr", "fr"),
        (b"*", "en"),
        (b"\xff\xfe;;;,,,q=", "en"),
        (b"de;q=nan", "en"),
    ],
)
def test_the_best_liked_language_that_we_speak(accepted: bytes, language: str) -> None:
    assert negotiate(accepted) == language
