"""The acts of the reference that are kept are those that reading it would find."""

from pathlib import Path

import polars as pl
import pytest

from models.ratings import reference_acts
from models.ratings.reference import load_reference
from models.ratings.reference_acts import acts_of, kept_acts
from pipeline.language.acts import classify_acts
from pipeline.tables.conversations import Talk

FOLDER = Path(__file__).parents[3] / "data" / "scripted"
AT = ["call_id", "idx", "sentence"]


@pytest.fixture(scope="module")
def talk() -> pl.DataFrame:
    """Twelve conversations of the reference, old and new."""
    said = load_reference(FOLDER).talk
    return Talk.validate(said.filter(pl.col("call_id").is_in(said["call_id"].unique().sort().gather_every(36))))


def test_kept_as_found(talk: pl.DataFrame) -> None:
    """Another machine may differ in the last figure of a probability, in nothing else."""
    assert kept_acts(FOLDER).height, (
        "vocabulary, weights or mishearing are new: run python -m benchmarks.training.reference_acts"
    )
    kept = kept_acts(FOLDER).join(talk, on="call_id", how="semi").sort(AT)
    found = classify_acts(talk).sort(AT)
    assert kept.drop("p").equals(found.drop("p"))
    assert (kept["p"] - found["p"]).abs().max() < 1e-4
    assert set(kept_acts(FOLDER)["call_id"]) == set(load_reference(FOLDER).talk["call_id"])


def test_others_are_read(talk: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only calls that are not in the reference are read, the same words by another name among them."""
    read = []
    monkeypatch.setattr(reference_acts, "classify_acts", lambda talk: read.append(talk) or classify_acts(talk))
    one = talk.filter(call_id=talk["call_id"][0])
    acts = acts_of(Talk.validate(pl.concat([one, one.with_columns(call_id=pl.lit("copy"))])), FOLDER)
    assert [set(said["call_id"]) for said in read] == [{"copy"}]
    known, copied = acts.filter(pl.col("call_id") != "copy").sort(AT), acts.filter(call_id="copy").sort(AT)
    assert known.drop("call_id", "p").equals(copied.drop("call_id", "p"))


def test_of_other_conversations(tmp_path: Path) -> None:
    """Acts kept of other conversations than those in the folder are not taken for theirs."""
    (tmp_path / "conversations.jsonl").write_text("{}")
    assert kept_acts(tmp_path).is_empty()
