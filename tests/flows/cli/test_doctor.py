"""Doctor: what it says of larger models."""

import pytest

from flows.cli import doctor as module
from flows.cli.doctor import larger_models
from pipeline.settings import Settings
from pipeline.transcripts import entities


def test_what_a_larger_model_brings_and_costs() -> None:
    """On two cores an hour takes three minutes with base, and by their parameters 10 and 33 with larger models."""
    said = larger_models(2)
    assert "small or large-v3-turbo mishears less" in said
    assert "3 minutes here with base, by their parameters 10 with small and 33 with large-v3-turbo" in said


def test_the_trained_english_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Doctor says whether it is there, and what is not redacted without it."""
    monkeypatch.setattr(entities, "pipeline_version", lambda: "en_core 3.8.0")
    (there,) = module._english(Settings(redact=("names",)))
    assert (there.state, there.finding) == (
        "ok",
        "en_core 3.8.0 finds names, places, organisations where `redact` asks for them",
    )
    monkeypatch.setattr(entities, "pipeline_version", lambda: None)
    (gone,) = module._english(Settings(redact=("email", "names", "places")))
    assert gone.state == "gap"
    assert "of names, places only the names of the list are redacted" in gone.finding
    assert "make install" in gone.remedy


def test_larger_models_are_named_beside_base_alone() -> None:
    """Who named another model is not told to take a larger one."""
    base, tiny = (
        next(module._transcribers(Settings(transcription_model=model, device="cpu"))) for model in ("base", "tiny")
    )
    assert "mishears less" not in tiny.remedy
    assert ("mishears less" in base.remedy) is (base.state == "ok")
