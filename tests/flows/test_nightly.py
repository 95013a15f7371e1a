"""The nightly flow on real audio with the real engines that come with the package, bad calls among good ones."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from rapidfuzz.distance import Levenshtein

from flows.batches import bisect
from flows.recall import recall
from flows.records import _call_rows, begin
from models.ratings.rubrics import load_rubrics
from pipeline.errors import CallError
from pipeline.intake.calls import read_calls
from pipeline.metrics.measures import MEASURES
from pipeline.settings import Settings
from pipeline.speech.audio import RATE_HZ, decode
from pipeline.store.delta import Store
from pipeline.transcripts.formats import read_transcript
from tests.conftest import BAD, CLIP_S, GOOD, ROOT, SAMPLES, Night, callgrade_here, write_wav

pytestmark = pytest.mark.usefixtures("prefect")
TRUTH = pl.read_ndjson(SAMPLES / "truth.jsonl", infer_schema_length=None)

REMEDIES = {
    "missing_file": "correct the path",
    "unreadable_audio": "re-export the recording as wav",
    "no_audio_stream": "export it with sound",
    "unknown_rubric": "give one of debrief, discovery_call, huddle, one_on_one",
    "bad_metadata": "like 2026-04-20T10:45",
    "duplicate_call": "give each conversation its own id",
}


def words(text: str) -> list[str]:
    return re.sub(r"[^a-z' ]", " ", text.lower()).split()


def again(night: Night, *options: str) -> tuple[str, int]:
    done = callgrade_here(
        *("score", night.call_list, "--workspace", night.workspace, "--rubrics", night.rubrics),
        *("--transcriber", "whisper", *options),
    )
    return done.stdout, done.returncode


def keep_models(night: Night, workspace: Path) -> None:
    """Begin a workspace with the classifiers of the night, which saves training them."""
    for part in ("models", "tables/models"):
        shutil.copytree(night.workspace / part, workspace / part)


def talk_ratio_of_script(call_id: str) -> float:
    """The lead's share of what is spoken in the clip."""
    begin, end = (pl.col("speech").list.get(at).clip(0, CLIP_S) for at in (0, 1))
    spans = TRUTH.filter(call_id=call_id).explode("speech").select("side", spoken=end - begin)
    spoken = dict(spans.group_by("side").agg(pl.col("spoken").sum()).iter_rows())
    return float(spoken["lead"] / (spoken["lead"] + spoken["other"]))


def test_status_and_counts(night: Night) -> None:
    """Some calls failed, the others are done: status 1, and the last lines say how many and where."""
    assert night.done.returncode == 1, night.done.stderr
    assert f"2 scored, 0 cached, 7 failed in {night.workspace}" in night.done.stdout
    assert "Traceback" not in night.done.stdout + night.done.stderr
    assert "Warning" not in night.done.stdout + night.done.stderr


@pytest.mark.parametrize(("call_id", "code"), BAD.items())
def test_bad_row(night: Night, call_id: str, code: str) -> None:
    """Each bad row is stored as failed, and shown on one line of id, code, what is wrong and what would help."""
    (line,) = re.findall(rf"^{call_id}: {code}: (.+)$", night.done.stdout, re.MULTILINE)
    stored = night.store.read("calls", where=pl.col("call_id") == call_id)
    assert stored.select("status", "error_code", "error").rows() == [("failed", code, line)]
    assert REMEDIES[code] in line


def test_words_heard(night: Night) -> None:
    """Three of four words of the made-up voices are heard right, each at the side that said it."""
    said = night.store.read("utterances", where=pl.col("call_id") == "heard").sort("idx")
    truth = TRUTH.filter(pl.col("call_id") == "miller-plumbing", pl.col("end_s") < CLIP_S - 1)
    for role, side in (("rep", "lead"), ("customer", "other")):
        heard = words(" ".join(said.filter(role=role, end_s=pl.col("end_s"))["text"]))
        meant = words(" ".join(truth.filter(side=side)["text"]))
        assert Levenshtein.distance(meant, heard[: len(meant) + 3]) / len(meant) < 0.3


def test_talk_ratio(night: Night) -> None:
    """The share of the lead's speech is that of the script's timing."""
    measured = night.store.read("measures", where=(pl.col("call_id") == "heard") & (pl.col("measure") == "talk_ratio"))
    assert measured["value"].item() == pytest.approx(talk_ratio_of_script("miller-plumbing"), abs=0.02)


def test_every_measure(night: Night) -> None:
    """Every measure is there for each call, with a value or a reason."""
    measures = night.store.read("measures")
    for call_id in GOOD:
        of_call = measures.filter(call_id=call_id)
        assert set(of_call["measure"]) == set(MEASURES)
        assert of_call.filter(pl.col("value").is_null(), pl.col("reason").is_null()).is_empty()


def test_labels(night: Night) -> None:
    """Every element of the rubric is labelled, by probabilities that sum to 1, with evidence or why there is none."""
    labels = night.store.read("labels").with_columns(
        total=pl.sum_horizontal("p_red", "p_orange", "p_yellow", "p_green")
    )
    assert labels.group_by("call_id").len()["len"].to_list() == [7, 7]
    assert labels["total"].to_list() == pytest.approx([1.0] * 14)
    key = ["call_id", "rubric", "element", "model_id"]
    evidence = night.store.read("evidence")
    assert labels.join(evidence, on=key, how="anti").is_empty()
    said = night.store.read("utterances").select("call_id", "idx", "start_s", "text")
    quoted = evidence.filter(pl.col("idx").is_not_null()).join(said, on=["call_id", "idx"], suffix="_said")
    assert quoted.height > 0
    assert quoted.filter(pl.col("start_s") != pl.col("start_s_said")).is_empty()
    assert all(text.startswith(quote) for quote, text in quoted.select("quote", "text").iter_rows())


def test_nothing_calibrated_without_people(night: Night) -> None:
    """Labels learnt from the shipped reference are provisional and say so."""
    labels = night.store.read("labels")
    assert set(labels["status"]) == {"provisional"}
    assert set(labels["basis"]) == {"reference"}


def test_own_columns_are_kept(night: Night) -> None:
    """A column of the list that is not known is kept."""
    stored = night.store.read("calls", where=pl.col("status") == "ok").sort("call_id")
    assert stored["x_region"].to_list() == ["Ohio", "Ohio"]


def test_only_the_owner_reads(night: Night) -> None:
    """No file of a workspace can be read by anyone but its owner."""
    open_to_others = [path for path in night.workspace.rglob("*") if path.stat().st_mode & 0o077]
    assert open_to_others == []


def test_second_run_recomputes_nothing(night: Night) -> None:
    """What is done is left as it is: no transcript, no model and no label is written again."""
    kept = {
        path: path.stat().st_mtime_ns for part in ("speech", "models") for path in (night.workspace / part).rglob("*")
    }
    labels = night.store.read("labels").sort("call_id", "element")
    said, status = again(night)
    assert "0 scored, 2 cached, 7 failed" in said
    assert "listening: 3 of 3" in said  # those that could not be read are tried again
    assert status == 1
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert night.store.read("labels").sort("call_id", "element").equals(labels)


def test_changed_row_is_scored_again(night: Night, tmp_path: Path) -> None:
    """A call whose row in the list says something else is scored again, from the stored transcript."""
    copied = Night(night.done, tmp_path / "calls.csv", tmp_path / "workspace", night.rubrics, night.log)
    shutil.copytree(night.workspace, copied.workspace)
    shutil.copytree(night.call_list.parent, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("workspace"))
    listed = pl.read_csv(copied.call_list, infer_schema=False).filter(pl.col("call_id") == "read").head(1)
    listed.with_columns(team=pl.lit("North")).write_csv(copied.call_list)
    shutil.rmtree(copied.workspace / "tables" / "kpis")
    said, status = again(copied)
    assert (status, "1 scored, 0 cached, 0 failed" in said) == (0, True)
    stored = copied.store.read("calls", where=pl.col("status") == "ok").sort("call_id")
    assert stored["team"].to_list() == ["East", "North"]
    assert "North" in copied.store.read("kpis", where=pl.col("level_of") == "team")["entity_id"].to_list()


def test_consent_is_taken_back(night: Night, tmp_path: Path) -> None:
    """A night in which nothing is to be scored, but a consent is taken back, takes the call out of KPIs and pages."""
    copied = Night(night.done, tmp_path / "calls.csv", tmp_path / "workspace", night.rubrics, night.log)
    shutil.copytree(night.workspace, copied.workspace)
    (page,) = (copied.workspace / "reports" / "calls").glob("read*.html")
    shutil.copytree(night.call_list.parent, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("workspace"))
    listed = pl.read_csv(copied.call_list, infer_schema=False).filter(pl.col("call_id") == "read").head(1)
    listed.with_columns(consent=pl.lit("no")).write_csv(copied.call_list)
    said, status = again(copied)
    assert (status, "0 scored, 0 cached, 0 failed" in said) == (0, True)
    assert copied.store.read("calls").filter(call_id="read")["status"].to_list() == ["skipped"]
    n_calls = copied.store.read("kpis").filter(kpi="quality_index", level_of="org", interaction="all")["n_calls"]
    assert n_calls.sum() == 1
    assert not page.exists()


def one_channel_list(folder: Path) -> Path:
    """A call list in `folder` of the sample with one channel, cut to its first seconds."""
    write_wav(folder / "clip.wav", decode(SAMPLES / "david-laura.mp3").samples[:, : CLIP_S * RATE_HZ])
    listed = pl.read_csv(SAMPLES / "calls.csv").filter(call_id="david-laura")
    listed.with_columns(recording=pl.lit("clip.wav")).write_csv(folder / "mono.csv")
    return folder / "mono.csv"


@pytest.fixture
def nothing_of_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine has of the hub is out of sight."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "no-cache"))


@pytest.mark.usefixtures("nothing_of_the_hub")
def test_mono_with_a_model_that_is_not_there(tmp_path: Path, night: Night) -> None:
    """Where pyannote is asked for and its weights are not here, the user is told what to do; nothing else breaks."""
    keep_models(night, tmp_path)
    done = callgrade_here(
        *("score", one_channel_list(tmp_path), "--workspace", tmp_path, "--rubrics", night.rubrics, "--offline"),
        *("--diarizer", "pyannote"),
    )
    assert done.returncode == 1
    assert "david-laura: no_diarization_model: " in done.stdout
    for remedy in ("https://hf.co/pyannote", "HF_TOKEN", "CALLGRADE_DIARIZATION_MODEL"):
        assert remedy in done.stdout


@pytest.mark.usefixtures("nothing_of_the_hub")
def test_mono_out_of_the_box(tmp_path: Path, night: Night) -> None:
    """A clip with one channel is scored, and the manager is told from the seller by what they say."""
    keep_models(night, tmp_path / "workspace")
    done = callgrade_here(
        *("score", one_channel_list(tmp_path), "--workspace", tmp_path / "workspace", "--rubrics", night.rubrics)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    store = Store(str(tmp_path / "workspace"))
    (talk_ratio,) = store.read("measures", where=pl.col("measure") == "talk_ratio")["value"]
    assert talk_ratio == pytest.approx(talk_ratio_of_script("david-laura"), abs=0.05)


def judged(faulty: set[str]) -> Callable[[pl.DataFrame, tuple[object, ...]], pl.DataFrame]:
    def judge(batch: pl.DataFrame, _before: tuple[object, ...]) -> pl.DataFrame:
        for call_id in batch["call_id"]:
            if call_id in faulty:
                raise ZeroDivisionError
        return batch

    return judge


@pytest.mark.parametrize("faulty", [set(), {"a"}, {"c"}, {"b", "e"}, {"a", "b", "c", "d", "e"}])
def test_one_bad_call_of_a_batch(faulty: set[str]) -> None:
    """The call at fault stands alone with code internal and the place of the fault; all others are assessed, once."""
    batch = pl.DataFrame({"call_id": list("abcde"), "error_code": None, "error": None}, schema_overrides={
        "error_code": pl.String, "error": pl.String,
    })  # fmt: skip
    parts = pl.concat(bisect(batch, judged(faulty)))
    assert sorted(parts["call_id"]) == list("abcde")
    failed = parts.filter(pl.col("error_code").is_not_null())
    assert set(failed["call_id"]) == faulty
    assert set(failed["error_code"]) <= {"internal"}
    assert all("ZeroDivisionError in test_nightly.py" in error for error in failed["error"])


def test_fault_of_a_call_keeps_its_code() -> None:
    """What a step says is wrong with a call is what is stored."""

    def judge(batch: pl.DataFrame, _before: tuple[object, ...]) -> pl.DataFrame:
        raise CallError("silent", "no speech is heard")

    batch = pl.DataFrame({"call_id": ["a"]})
    (part,) = bisect(batch, judge)
    assert part.select("error_code", "error").rows() == [("silent", "no speech is heard")]


def test_own_column_that_a_batch_leaves_empty(tmp_path: Path) -> None:
    """A column of the list that no call of a batch fills is text like any other; as nothing it stopped the night."""
    (tmp_path / "calls.csv").write_text(
        f"call_id,interaction,transcript,lead_name,region\na,discovery_call,{SAMPLES}/ross-animal-care.vtt,Maya Lind,\n"
    )
    elements, store = load_rubrics(ROOT / "rubrics"), Store(str(tmp_path / "w"))
    listed = read_calls(tmp_path / "calls.csv", elements["rubric"], timezone="UTC")
    batch = listed.with_columns(content=pl.lit("ab12"), engines=pl.lit("f"))
    store.speech.write("ab12", "f", read_transcript(batch["transcript"][0]))
    calls = recall(batch, Settings(workspace=store.root), elements).calls
    store.merge("calls", _call_rows(calls, begin(store, "nightly", "c", n_calls=1)))
    assert store.read("calls").select("call_id", "x_region").rows() == [("a", None)]
