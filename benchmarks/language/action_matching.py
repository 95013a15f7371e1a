"""Actions that were found, beside those that are tagged in the reference, by its writer or by three taggers.

Two readers tagged all conversations apart and blind (data/scripted/action_tags.csv, prior_action_tags.csv; one who
found nothing in a call has a row without a turn). Models learn from the writer's tags alone; the three judge them.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from itertools import combinations

import dataframely as dy
import polars as pl
from scipy.optimize import linear_sum_assignment

from benchmarks.language.cross_validation import CrossValidated
from benchmarks.paths import SCRIPTED
from models.ratings.reference import LEAD_ROLES, Reference
from pipeline.language.actions import actions_of
from pipeline.language.clauses import clauses
from pipeline.language.due_dates import due_date
from pipeline.language.ngram_model import stems
from pipeline.language.text import plain, plain_tokens
from pipeline.tables.conversations import Actions, Acts, Talk

BESIDE = 1.0  # worth of a pair that only lies in the right place, in the idf of the words that others share
APART = 0.1  # what it loses in the turn beside, so that of two such pairs the one in the right turn is taken
WRITER, READERS = "W", "MN"
TAGGERS = "MNW"  # also the order in which their words are taken where no more say one thing than another
DECIDED_BY_MOST = {"actions": ("owner_role", "due_words", "kind"), "prior_actions": ("state",)}


def match_actions(found: pl.DataFrame, tagged: pl.DataFrame) -> pl.DataFrame:
    """Pairs of a found and a tagged action, one to one, in the same turn or one beside it, so that those that say the
    same are together: pairing as many as possible would hand their owners and dates to the wrong neighbours. `shared`
    is the idf of the stems both have."""
    said = pl.concat_str("what", pl.col("due_words").fill_null(""), separator=" ")
    told = [
        frame.select(pl.col("tag").alias("row"), "call_id", plain(said).alias("words")) for frame in (found, tagged)
    ]
    content = [stems(words).join(words.select("row", "call_id"), on="row") for words in told]
    shared = (
        content[0]
        .join(content[1], on=["call_id", "stem"], suffix="_tagged")
        .group_by(pl.col("row").alias("tag"), pl.col("row_tagged").alias("tag_tagged"))
        .agg(pl.col("idf").sum().alias("shared"))
    )
    apart = (pl.col("idx") - pl.col("idx_tagged")).abs()
    pairs = (
        found.join(tagged, on="call_id", suffix="_tagged")
        .filter(apart <= 1)
        .join(shared, on=["tag", "tag_tagged"], how="left")
        .with_columns(pl.col("shared").fill_null(0.0))
        .with_columns((BESIDE + pl.col("shared") - APART * apart).alias("worth"))
    )
    chosen: list[tuple[int, int]] = []
    for call in pairs.partition_by("call_id"):
        grid = call.pivot("tag_tagged", index="tag", values="worth", aggregate_function="first").fill_null(0.0)
        columns = [int(column) for column in grid.columns if column != "tag"]
        values = grid.drop("tag").to_numpy()
        places = zip(*linear_sum_assignment(-values), strict=True)
        chosen += [(grid["tag"][int(row)], columns[column]) for row, column in places if values[row, column] > 0]
    schema = {"tag": pl.UInt32, "tag_tagged": pl.UInt32}
    return pl.DataFrame(chosen, schema=schema, orient="row").join(pairs, on=["tag", "tag_tagged"])


def tagged_actions(reference: Reference) -> pl.DataFrame:
    """The reference's actions with tag, owner as lead, other or both, and the date of their due words."""
    day = reference.calls.select("call_id", pl.col("started_at").dt.date().alias("day"))
    joined = reference.actions.join(day, on="call_id", maintain_order="left")
    dates = [due_date(words, day) if words else None for words, day in joined.select("due_words", "day").iter_rows()]
    owner = pl.col("owner_role")
    side = pl.when(owner == "both").then(owner).when(owner.is_in(LEAD_ROLES)).then(pl.lit("lead"))
    dated = joined.with_columns(
        side.otherwise(pl.lit("other")).alias("owner_role"), pl.Series("due_date", dates, pl.Date)
    )
    return dated.with_row_index("tag")


def due_right() -> pl.Expr:
    """Both name no time, or the same day, or both a time that is no day."""
    none = pl.col("due_words").is_null() & pl.col("due_words_tagged").is_null()
    both = pl.col("due_words").is_not_null() & pl.col("due_words_tagged").is_not_null()
    return none | (both & pl.col("due_date").eq_missing(pl.col("due_date_tagged")))


def action_figures(found: pl.DataFrame, tagged: pl.DataFrame) -> dict[str, str]:
    """Precision and recall of actions, and owner and due words of those found (and of those that say the same)."""
    pairs = match_actions(found.with_row_index("tag"), tagged)
    alike = pairs.filter(pl.col("shared") > 0)
    right = {"owner": pl.col("owner_role") == pl.col("owner_role_tagged"), "due": due_right()}
    return {"found": f"{pairs.height / max(1, found.height):.2f} / {pairs.height / tagged.height:.2f}"} | {
        name: f"{pairs.select(rule.mean()).item():.2f} ({alike.select(rule.mean()).item():.2f})"
        for name, rule in right.items()
    }


def simple_actions(talk: dy.DataFrame[Talk], acts: dy.DataFrame[Acts]) -> dy.DataFrame[Actions]:
    """The baseline: every clause with "I will" and a verb of doing, by its speaker, with the last due words in it."""
    will = pl.col("@i_will_do").cast(pl.Float64)
    owners = {"speaker": pl.lit(1.0), "listener": pl.lit(0.0), "both": pl.lit(0.0)}
    return actions_of(clauses(talk, acts).with_columns(will.alias("action"), **owners), talk)


def misses(reference: Reference, found: CrossValidated) -> dict[str, int]:
    """How the misses among tagged actions and the extra ones divide."""
    tagged = tagged_actions(reference)
    numbered = found.actions.with_row_index("tag")
    pairs = match_actions(numbered, tagged)
    side = reference.talk.select("call_id", "idx", "side", "text", at=pl.col("end_s") / pl.col("duration_s"))
    missed = tagged.filter(~pl.col("tag").is_in(pairs["tag_tagged"].to_list())).join(side, on=["call_id", "idx"])
    extra = numbered.filter(~pl.col("tag").is_in(pairs["tag"].to_list())).join(side, on=["call_id", "idx"])
    will = plain(pl.col("text")).str.contains(r"\b(?:will|am going to|can|could|would|should|need to|have to)\b")
    early, undated = pl.col("at") < 0.7, pl.col("due_words").is_null()
    closing = extra.filter(pl.col("at") >= 0.8)
    found_beside = pairs.select("call_id", pl.col("idx_tagged").alias("idx")).unique()
    together = missed.join(found_beside, on=["call_id", "idx"], how="semi")
    return {
        "missed": missed.height,
        "missed, said before the last 30 % of the call": missed.filter(early).height,
        "missed, later and without a verb of promising in the turn": missed.filter(~early & ~will).height,
        "missed, one of several in a turn of which others were found": together.height,
        "extra": extra.height,
        "extra, in the last fifth: said again in other words, or a minor promise not tagged": closing.height,
        "extra, undated": extra.filter(undated).height,
    }


def with_all_tags(reference: Reference) -> Reference:
    """The reference with what anybody tagged as `actions` and `prior_actions`, each once, with who did (tagged_by), and
    with the purposes by a reader of the older meetings, which have none by their writer."""
    spoken = {(call, idx): text for call, idx, text in reference.talk.select("call_id", "idx", "text").iter_rows()}
    once = {}
    for name, said in DECIDED_BY_MOST.items():
        written = getattr(reference, name).with_columns(tagger=pl.lit(WRITER))
        once[name] = each_once(pl.concat([*read_tags(name), written], how="diagonal"), said, spoken)
    purposes = pl.concat([reference.purposes, read_tags("purposes")[0].select(reference.purposes.columns)])
    return reference._replace(actions=once["actions"], prior_actions=once["prior_actions"], purposes=purposes)


def read_tags(name: str) -> list[pl.DataFrame]:
    """What each reader tagged as `actions`, `prior_actions` or `purposes`."""
    tags = pl.read_csv(SCRIPTED / f"{name.removesuffix('s')}_tags.csv").drop_nulls("turn").rename({"turn": "idx"})
    return tags.sort("tagger").partition_by("tagger")


def each_once(tags: pl.DataFrame, said: tuple[str, ...], spoken: dict[tuple[str, int], str]) -> pl.DataFrame:
    """Each thing that was tagged, once: call_id, idx, the columns of `said` as most say, what, tagged_by.

    tags: call_id, idx, tagger, what and the columns of `said`; spoken: what was said, by call and utterance
    """
    numbered = tags.with_row_index("tag")
    rows = {row["tag"]: row for row in numbered.iter_rows(named=True)}
    things = []
    for group in _groups(numbered):
        alike = sorted((rows[tag] for tag in group), key=lambda row: TAGGERS.index(row["tagger"]))
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
    group_of = {tag: {tag} for tag in tagger}
    best_first = pairs.sort("worth", "tag", "tag_tagged", descending=[True, False, False])
    for one, other in best_first.select("tag", "tag_tagged").iter_rows():
        taggers = [tagger[tag] for tag in (*group_of[one], *group_of[other])]
        if group_of[one] is not group_of[other] and len(set(taggers)) == len(taggers):
            both = group_of[one] | group_of[other]
            group_of |= dict.fromkeys(both, both)
    return list({id(group): group for group in group_of.values()}.values())


def _framed(tags: pl.DataFrame) -> pl.DataFrame:
    """The columns that `match_actions` goes by."""
    due = "due_words" if "due_words" in tags.columns else pl.lit(None, pl.String).alias("due_words")
    return tags.select("tag", "call_id", "idx", "what", due)


def _nearest(texts: Iterable[str], spoken: str) -> str:
    """The text of whose words the largest share was said; of equals the first."""
    there = set(_words_of(spoken))

    def share(text: str) -> float:
        words = _words_of(text)
        return sum(word in there for word in words) / max(len(words), 1)

    return max(texts, key=share)


def _words_of(text: str) -> list[str]:
    """The words of a text, however written."""
    return list(plain_tokens(pl.Series(text.split())))


def _most(values: Iterable[Hashable]) -> Hashable:
    """What most say; of equals the first; nothing only where half or more say nothing."""
    said = list(values)
    named = [value for value in said if value is not None]
    return Counter(named if 2 * len(named) > len(said) else said).most_common(1)[0][0]
