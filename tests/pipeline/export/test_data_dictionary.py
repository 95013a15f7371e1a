"""The data dictionary: its page is what the definitions say."""

from pathlib import Path

from pipeline.export.data_dictionary import as_markdown

ROOT = Path(__file__).parents[3]


def test_documentation_is_current() -> None:
    """docs/kpis.md is what the definitions say; if this fails, run python -m pipeline.export.data_dictionary >
    docs/kpis.md."""
    assert (ROOT / "docs" / "kpis.md").read_text(encoding="utf-8") == as_markdown()
