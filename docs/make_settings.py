"""Write docs/settings.md from the fields of pipeline/settings.py: `python docs/make_settings.py`."""

from pathlib import Path

from pipeline.settings import Settings

PAGE = Path(__file__).parent / "settings.md"
HEAD = """# Settings

The first of these that is given counts: an option of the command, where it has one (`--device cpu`); an environment
variable (`CALLGRADE_DEVICE=cpu`); a line in the workspace's `callgrade.toml` (`device = "cpu"`); the default. A setting
of several values is a list: `CALLGRADE_REDACT='["email", "names"]'`. `HF_TOKEN`, by which a hub knows you, is read from
the environment only and never stored.

This page is made by `python docs/make_settings.py` from `pipeline/settings.py`.

| setting | default | meaning |
|---|---|---|
"""


def page() -> str:
    """The page as Markdown."""
    rows = [
        f"| {name} | {_shown(field.default)} | {field.description} |\n" for name, field in Settings.model_fields.items()
    ]
    return HEAD + "".join(rows)


def _shown(default: object) -> str:
    if isinstance(default, tuple):
        return ", ".join(f"`{value}`" for value in default)
    return "" if default == "" else f"`{str(default).lower() if isinstance(default, bool) else default}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
