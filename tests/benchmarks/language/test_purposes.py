"""Whose tags of purposes models learn from, and whose judge them."""

import polars as pl

from benchmarks.language.action_matching import read_tags
from benchmarks.language.purposes import LEARNT_READER, read_material, tagged_purposes
from benchmarks.paths import SCRIPTED
from models.ratings.reference import load_reference
from pipeline.tables.conversations import Talk


def test_one_reader_teaches_and_the_other_judges() -> None:
    """Of the older meetings models learn what one reader tagged; `with_all_tags` judges them by the other's."""
    judge, teacher = read_tags("purposes")
    assert LEARNT_READER in teacher["tagger"].unique().to_list()
    assert LEARNT_READER not in judge["tagger"].unique().to_list()
    reference = load_reference(SCRIPTED)
    some = pl.col("call_id").is_in(teacher["call_id"].unique().sort().head(6).to_list())
    few = reference._replace(talk=Talk.validate(reference.talk.filter(some)))
    expected = tagged_purposes(few._replace(purposes=teacher.filter(some)))
    learnt = read_material(few).units.select("call_id", "idx", "purpose")
    assert learnt.sort("call_id", "idx").equals(expected.select(learnt.columns).sort("call_id", "idx"))
