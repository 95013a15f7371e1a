"""Misheard: words and marks as the channel has them, always the same, in the same conversations."""

from pathlib import Path

import polars as pl

from models.ratings.misheard import Channel, kind_of, mark_of, mishear, read_channel, some_misheard, tokens_of
from models.ratings.reference import load_reference
from models.ratings.reference_acts import KEPT_MISHEARD, kept_acts
from pipeline.language.acts import classify_acts
from pipeline.tables.conversations import Talk
from tests.models.features.test_features import talk

FOLDER = Path(__file__).parents[3] / "data" / "scripted"
NEVER = {"name": 0.0, "known": 0.0, "unknown": 0.0}
ALWAYS = {"name": 1.0, "known": 1.0, "unknown": 1.0}
SAID = talk(c=[("lead", "So, the price is fair."), ("other", "The price? No.")])


def test_words() -> None:
    """A word that was always misheard as another becomes that one, without mark or capital getting lost."""
    channel = Channel(NEVER, {"price": (10**6, 10**6, {"prize": 10**6}), "the": (10**6, 10**6, {"a": 10**6})}, {})
    assert mishear(SAID, channel)["text"].to_list() == ["So, a prize is fair.", "A prize? No."]


def test_marks() -> None:
    """Marks are set as they are heard, and a word behind an end of a sentence has a capital."""
    channel = Channel(NEVER, {}, {",": {".": 1}, ".": {"": 1}, "?": {",": 1}})
    assert mishear(SAID, channel)["text"].to_list() == ["So. The price is fair", "The price, No"]


def test_lost() -> None:
    """Words may get lost and are not counted then; an utterance of which none is left stays as it was."""
    lost = {word: (10**6, 10**6, {"": 10**6}) for word in ("the", "price", "no")}
    heard = mishear(SAID, Channel(NEVER, lost, {}))
    assert heard["text"].to_list() == ["So, is fair.", "The price? No."]
    assert heard["n_words"].to_list() == [3, 3]


def test_rates_of_kinds() -> None:
    """What the channel does not know is misheard at the rate of its kind: here always, as a word that begins alike."""
    heard = mishear(talk(c=[("lead", "Ask Graham about pricing")]), Channel(ALWAYS, {}, {}))["text"][0]
    assert heard != "Ask Graham about pricing"
    assert not {"graham", "pricing"} & set(heard.lower().split())


def test_kinds() -> None:
    """A capital within a sentence is a name, but not at its beginning, nor that of I."""
    tokens = next(tokens_of(["Price rose, Ngozi says, and I'd zzyzx."]))
    assert [kind_of(token) for token in tokens] == ["known", "known", "name", "known", "known", "unknown", "unknown"]


def test_mark_of() -> None:
    """The first mark behind a word, quotes aside."""
    assert [mark_of(token) for token in ("well", "well,", 'well."', "what?!", "u.s")] == ["", ",", ".", "?", ""]


def test_alone_as_among_others() -> None:
    """A call is misheard alike whatever is misheard beside it."""
    both = talk(a=[("lead", "The price is fair for the roof.")], c=[("lead", "So, the price is fair.")])
    channel = read_channel()
    alone = Talk.validate(both.filter(call_id="c"))
    assert mishear(both, channel).filter(call_id="c").equals(mishear(alone, channel))


def test_kept_as_misheard() -> None:
    """What is kept is what mishearing comes to, word for word."""
    talk_of_all = load_reference(FOLDER).talk
    kept = some_misheard(talk_of_all, FOLDER)
    assert kept_acts(FOLDER, KEPT_MISHEARD).height, "run python -m benchmarks.training.reference_acts"
    few = kept.talk["call_id"].unique().sort().gather_every(40)
    alone = mishear(Talk.validate(kept.talk.filter(pl.col("call_id").is_in(few.implode()))), read_channel())
    assert kept.heard.filter(pl.col("call_id").is_in(few.implode())).equals(alone)
    found = classify_acts(alone).sort("call_id", "idx", "sentence")
    assert kept.heard_acts.filter(pl.col("call_id").is_in(few.implode())).drop("p").equals(found.drop("p"))


def test_other_texts_are_misheard_anew() -> None:
    """What is kept is of the texts as they are written: the same calls in other letters are misheard themselves."""
    some = load_reference(FOLDER).talk
    call = some_misheard(some, FOLDER).talk["call_id"][0]
    shouted = Talk.validate(some.filter(call_id=call).with_columns(pl.col("text").str.to_uppercase()))
    found = some_misheard(shouted, FOLDER)
    assert found.heard.equals(mishear(shouted, read_channel()))
    assert found.acts.equals(classify_acts(shouted).sort("call_id", "idx", "sentence"))


def test_same_conversations() -> None:
    """About one conversation in four is taken, whichever others are there, and every utterance stays."""
    some = load_reference(FOLDER).talk
    few = some_misheard(Talk.validate(some.filter(some["call_id"].str.starts_with("h"))), FOLDER)
    assert 2 <= few.talk["call_id"].n_unique() <= 20
    assert few.talk.select("call_id", "idx", "side").equals(few.heard.select("call_id", "idx", "side"))
    changed = (few.talk["text"] != few.heard["text"]).mean()
    assert 0.3 < changed < 0.95
