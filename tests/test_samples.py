"""The sample conversations: complete, playable, and their truth is that of the audio."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from pipeline.speech.audio import RATE_HZ, decode
from pipeline.tables.values import LEVELS
from pipeline.transcripts.formats import read_transcript

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "data" / "samples"
CALLS = pl.read_csv(SAMPLES / "calls.csv")
TRUTH = pl.read_ndjson(SAMPLES / "truth.jsonl", infer_schema_length=None)
SCRIPTS = {path.stem: yaml.safe_load(path.read_text()) for path in (SAMPLES / "scripts").glob("*-*.yaml")}
RECORDED = CALLS["recording"].drop_nulls().to_list()
MONO = {f"{call_id}.mp3" for call_id, script in SCRIPTS.items() if script.get("mono")}


def level_db(samples: np.ndarray) -> float:
    """Root mean square of full scale, in dB."""
    return 10 * np.log10(np.square(samples, dtype=np.float64).mean())


def test_call_list():
    """Four discovery calls and three one-on-ones or more, two leads to a team, a week apart, every file at hand."""
    assert CALLS["call_id"].is_unique().all()
    assert set(CALLS["call_id"]) == set(SCRIPTS) == set(TRUTH["call_id"])
    counts = dict(CALLS["interaction"].value_counts().iter_rows())
    assert counts["discovery_call"] >= 4
    assert counts["one_on_one"] >= 3
    assert all((ROOT / "rubrics" / f"{interaction}.yaml").exists() for interaction in counts)
    assert CALLS.group_by("team").agg(pl.col("lead_id").n_unique())["lead_id"].to_list() == [3, 3]
    assert CALLS["started_at"].str.to_datetime().dt.week().n_unique() == 3
    files = [*RECORDED, *CALLS["transcript"].drop_nulls()]
    assert len(files) == CALLS.height
    assert all((SAMPLES / file).exists() for file in files)
    assert set(RECORDED) > MONO > set()  # one channel is part of what is scored


def test_small_enough_to_ship():
    """Everything under data/samples together is under 12 MB."""
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()) < 12e6


@pytest.mark.parametrize("recording", RECORDED)
def test_truth_is_that_of_the_audio(recording):
    """Between turns a channel is 35 dB quieter than in them, and the moment before and after each turn is quiet."""
    audio = decode(SAMPLES / recording)
    turns = TRUTH.filter(pl.col("call_id") == Path(recording).stem).with_columns(pl.col("channel").fill_null(0))
    assert len(audio.samples) == (1 if recording in MONO else 2)
    assert 120 < audio.duration_s < 300
    for channel, samples in enumerate(audio.samples):
        on_channel = turns.filter(pl.col("channel") == channel)
        speaking = np.zeros(len(samples), bool)
        for start_s, end_s in on_channel["speech"].explode().list.to_array(2).to_numpy():
            speaking[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)] = True
        speech_db = level_db(samples[speaking])
        assert level_db(samples[~speaking]) < speech_db - 35
        for start_s, end_s in on_channel.select("start_s", "end_s").iter_rows():
            first, last = round(start_s * RATE_HZ), round(end_s * RATE_HZ)
            assert level_db(samples[first:last]) > speech_db - 6
            edges = np.r_[first - RATE_HZ // 20 : first, last : last + RATE_HZ // 20]
            assert level_db(samples[edges[~speaking[edges]]]) < speech_db - 20


def test_truth_follows_the_scripts():
    """Every line of a script is a turn, in order, with its words and its side; turns take time."""
    for call_id, script in SCRIPTS.items():
        turns = TRUTH.filter(pl.col("call_id") == call_id).sort("idx")
        lines = [line.partition(": ") for line in script["turns"].splitlines()]
        assert turns["text"].to_list() == [text for _, _, text in lines]
        assert turns["side"].to_list() == [side.rstrip("+&.") for side, _, _ in lines]
        assert (turns["end_s"] - turns["start_s"]).min() > 0.1


def test_transcript_only():
    """The WebVTT holds the truth's turns under the names of the call list."""
    row = CALLS.filter(pl.col("transcript").is_not_null()).row(0, named=True)
    names = {"lead": row["lead_name"], "other": row["other_name"]}
    turns = TRUTH.filter(pl.col("call_id") == row["call_id"])
    cues = re.findall(r"<v ([^>]+)>([^<]+)</v>", (SAMPLES / row["transcript"]).read_text())
    assert [(name, text.replace("\n", " ")) for name, text in cues] == [
        (names[side], text) for side, text in turns.select("side", "text").iter_rows()
    ]
    read = read_transcript(SAMPLES / row["transcript"])
    assert read.utterances["start_s"].cast(int).to_list() == turns["start_s"].cast(int).to_list()


def test_expected_levels():
    """Scripts say what to expect of each element of their rubric, and every level is expected somewhere."""
    seen = set()
    for script in SCRIPTS.values():
        rubric = yaml.safe_load((ROOT / "rubrics" / f"{script['interaction']}.yaml").read_text())
        elements = [element.get("use") or element["id"] for element in rubric["elements"]]
        assert sorted(script["expected"]) == sorted(elements)
        seen |= set(script["expected"].values())
    assert seen == set(LEVELS)


def test_actions_are_spoken():
    """The due words of every action are said by one of the two in the call."""
    for call_id, script in SCRIPTS.items():
        said = script["turns"].lower()
        for action in script["actions"]:
            assert action["due"] is None or action["due"].lower() in said, (call_id, action)


def test_series():
    """Susan and Mark's second meeting reviews exactly what they agreed in the first."""
    agreed = [action["what"] for action in SCRIPTS["susan-mark-1"]["actions"]]
    assert [action["what"] for action in SCRIPTS["susan-mark-2"]["prior_actions"]] == agreed
