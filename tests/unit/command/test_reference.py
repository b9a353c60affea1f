"""The reference says all that can be set and called, and is what stands in the documentation."""

from pathlib import Path

import pytest
from holdback.proxy.command.app import run
from holdback.proxy.settings.model import Settings
from holdback.proxy.settings.tables import DeclaredService, Events, Limits, Retention, Site, Store

REFERENCE = Path(__file__).parents[3] / "docs" / "reference.md"
TABLES = {"site", "limits", "retention", "events", "store", "service"}


def test_it_stands_in_the_documentation(capsys: pytest.CaptureFixture[str]) -> None:
    """Where this fails: ``holdback reference > docs/reference.md``."""
    assert run(["reference"]) == 0
    assert capsys.readouterr().out == REFERENCE.read_text("utf-8")


@pytest.mark.parametrize("model", [Settings, Site, Limits, Retention, Events, Store, DeclaredService])
def test_every_setting_says_what_it_does(model: type[Settings]) -> None:
    text = REFERENCE.read_text("utf-8")
    for name, field in model.model_fields.items():
        if model is not Settings or name not in TABLES:
            assert field.title
            assert field.title.endswith(".")
            assert f"| `{name}` | {field.title} |" in text
