"""The public tokenizer cases of html5lib-tests, at once and cut at every byte."""

from pathlib import Path

import pytest

from tests.support.tokens import cases, encoded, every_byte, folder, tokens

FOLDER = folder()
pytestmark = pytest.mark.skipif(
    FOLDER is None,
    reason="needs html5lib-tests: set HOLDBACK_SHARED to the folder that holds data/html5lib-tests",
)
FILES = sorted(FOLDER.glob("*.test")) if FOLDER is not None else []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_tokens_are_those_of_a_browser_wherever_the_text_is_cut(path: Path) -> None:
    faults = [
        (case, chunks, found)
        for case in cases(path)
        for chunks in every_byte(encoded(case))
        if (found := tokens(case, chunks)) != case.expected
    ]
    assert faults == []
