"""What was promised in the reference conversations, and reviewed, as three taggers saw it: the writer and two readers.

The readers tagged all conversations apart and blind (data/scripted/action_tags.csv, prior_action_tags.csv; one who
found nothing in a call has a row without a turn). Models learn from the writer's tags alone; these judge them.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from itertools import combinations

import polars as pl

from benchmarks.language.action_matching import match_actions
from benchmarks.paths import SCRIPTED
from models.ratings.reference import Reference
from pipeline.language.text import plain_tokens

WRITER, READERS = "W", "MN"
TAGGERS = READERS + WRITER
SAID = {"actions": ("owner_role", "due_words", "kind"), "prior_actions": ("state",)}  # what most say is taken
FILES = {"actions": "action_tags", "prior_actions": "prior_action_tags"}
FIRST = "MNW"  # whose words are taken where no more say one thing than another


def with_all_tags(reference: Reference) -> Reference:
    """The reference with what anybody tagged as `actions` and `prior_actions`, each once, with who did (tagged_by)."""
    spoken = {(call, idx): text for call, idx, text in reference.talk.select("call_id", "idx", "text").iter_rows()}
    tags = {
        "actions": [*read_tags("actions"), reference.actions.with_columns(tagger=pl.lit(WRITER))],
        "prior_actions": [*read_tags("prior_actions"), reference.prior_actions.with_columns(tagger=pl.lit(WRITER))],
    }
    once = {name: each_once(pl.concat(of, how="diagonal"), SAID[name], spoken) for name, of in tags.items()}
    return reference._replace(actions=once["actions"], prior_actions=once["prior_actions"])


def read_tags(name: str) -> list[pl.DataFrame]:
    """What each reader tagged as `actions` or `prior_actions`."""
    tags = pl.read_csv(SCRIPTED / f"{FILES[name]}.csv").drop_nulls("turn").rename({"turn": "idx"})
    return tags.sort("tagger").partition_by("tagger")


def each_once(tags: pl.DataFrame, said: tuple[str, ...], spoken: dict[tuple[str, int], str]) -> pl.DataFrame:
    """Each thing that was tagged, once: call_id, idx, the columns of `said` as most say, what, tagged_by.

    tags: call_id, idx, tagger, what and the columns of `said`; spoken: what was said, by call and utterance
    """
    numbered = tags.with_row_index("tag")
    rows = {row["tag"]: row for row in numbered.iter_rows(named=True)}
    things = []
    for group in _groups(numbered):
        alike = sorted((rows[tag] for tag in group), key=lambda row: FIRST.index(row["tagger"]))
        call = alike[0]["call_id"]
        idx = sorted(row["idx"] for row in alike)[(len(alike) - 1) // 2]
        things.append(
            {"call_id": call, "idx": idx}
            | {column: _most(row[column] for row in alike) for column in said}
            | {"what": _nearest((row["what"] for row in alike), spoken[call, idx])}
            | {"tagged_by": "".join(sorted(row["tagger"] for row in alike))}
        )
    return pl.DataFrame(things, infer_schema_length=None).sort("call_id", "idx", "what")


def _groups(numbered: pl.DataFrame) -> list[set[int]]:
    """The tags that are of one thing: those paired between two taggers, the most alike first, one of each tagger."""
    tagger = dict(numbered.select("tag", "tagger").iter_rows())
    pairs = pl.concat(
        match_actions(*(_framed(numbered.filter(tagger=who)) for who in two)).select("tag", "tag_tagged", "worth")
        for two in combinations(sorted(set(tagger.values())), 2)
    )
    of = {tag: {tag} for tag in tagger}
    for one, other in (
        pairs.sort("worth", "tag", "tag_tagged", descending=[True, False, False])
        .select("tag", "tag_tagged")
        .iter_rows()
    ):
        taggers = [tagger[tag] for tag in (*of[one], *of[other])]
        if of[one] is not of[other] and len(set(taggers)) == len(taggers):
            both = of[one] | of[other]
            of |= dict.fromkeys(both, both)
    return list({id(group): group for group in of.values()}.values())


def _framed(tags: pl.DataFrame) -> pl.DataFrame:
    """The columns that `match_actions` goes by."""
    due = "due_words" if "due_words" in tags.columns else pl.lit(None, pl.String).alias("due_words")
    return tags.select("tag", "call_id", "idx", "what", due)


def _nearest(texts: Iterable[str], spoken: str) -> str:
    """The text that is nearest to what was said: most of its words stand there."""
    there = set(_words_of(spoken))

    def share(text: str) -> float:
        words = _words_of(text)
        return sum(word in there for word in words) / max(len(words), 1)

    return max(texts, key=share)


def _words_of(text: str) -> list[str]:
    """The words of a text, however written."""
    return list(plain_tokens(pl.Series(text.split())))


def _most(values: Iterable[Hashable]) -> Hashable:
    """What most say; of equals the first."""
    return Counter(values).most_common(1)[0][0]
