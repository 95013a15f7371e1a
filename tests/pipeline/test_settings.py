"""Settings: what is written of them is what they are."""

import runpy
from pathlib import Path

from pipeline.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"


def test_page_is_up_to_date() -> None:
    """docs/settings.md is what its script makes of the fields, and says of each what it means."""
    script = runpy.run_path(str(DOCS / "make_settings.py"))
    assert (DOCS / "settings.md").read_text(encoding="utf-8") == script["page"]()
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
