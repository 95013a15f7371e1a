"""Linear models over runs of words of plain text, which any punctuation suits, and the stems that tell its subject."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import polars as pl

from pipeline.language.text import RAREST_IDF, frequencies, stemmed
from pipeline.language.vocabulary import KINDS
from pipeline.tables.values import DECIMALS

WEIGHTS = Path(__file__).parent / "weights" / "structure"

LONGEST_GRAM = 3  # words of the longest run
MIN_TELLING_IDF = 3.5  # stems below this idf (about 1 utterance in 33) say nothing of the matter


class View(NamedTuple):
    """A column of plain words that a model reads beside others: what its grams are marked with, how long they are."""

    mark: str
    column: str
    longest: int


OWN_WORDS = (View("", "words", LONGEST_GRAM),)


def grams(units: pl.DataFrame, views: tuple[View, ...] = OWN_WORDS) -> pl.DataFrame:
    """The runs of words of each unit (row, and plain words in the columns of `views`): one row per `row` and `gram`.

    Numbers, weekdays and the like count as one word each, so that a model learns the form of a date and not the date.
    """
    return pl.concat([_grams_of(units, view) for view in views])


def word_kind(word: pl.Expr) -> pl.Expr:
    """A word as grams have it: what stands for its kind where it is a number, a weekday or the like, else itself."""
    kind = word.replace(KINDS)
    kind = pl.when(kind.str.contains(r"^\d+(?:st|nd|rd|th)$")).then(pl.lit("<nth>")).otherwise(kind)
    return pl.when(kind.str.contains(r"^\d")).then(pl.lit("<number>")).otherwise(kind)


def _grams_of(units: pl.DataFrame, view: View) -> pl.DataFrame:
    ones = (
        units.lazy()
        .select("row", pl.concat_str(pl.lit("^ "), view.column, pl.lit(" $")).str.split(" ").alias("gram"))
        .explode("gram")
        .with_columns(word_kind(pl.col("gram")).alias("gram"))
    )
    second = pl.when(pl.col("row") == pl.col("row").shift(-1)).then(pl.col("gram").shift(-1))
    third = pl.when(pl.col("row") == pl.col("row").shift(-2)).then(pl.col("gram").shift(-2))
    runs = ones.with_columns(
        (pl.col("gram") + " " + second).alias("two"), (pl.col("gram") + " " + second + " " + third).alias("three")
    )
    parts = [runs.select("row", pl.col(name).alias("gram")) for name in ("gram", "two", "three")[: view.longest]]
    marked = pl.concat(parts).with_columns((pl.lit(view.mark) + pl.col("gram")).alias("gram"))
    return marked.drop_nulls().unique().collect()


@cache
def load_weights(name: str) -> pl.DataFrame:
    """One row per gram with its weight in each model of the file; the gram "" is what every unit gets."""
    return pl.read_parquet(WEIGHTS / f"{name}.parquet")


def weights_table(models: dict[str, dict[str, float]]) -> pl.DataFrame:
    """Weights by model as the frame that `score` takes."""
    parts = [pl.DataFrame({"gram": list(w), "weight": list(w.values()), "model": m}) for m, w in models.items()]
    return pl.concat(parts).pivot("model", index="gram", values="weight").fill_null(0.0)


def score(units: pl.DataFrame, weights: pl.DataFrame, views: tuple[View, ...] = OWN_WORDS) -> pl.DataFrame:
    """The probability of every model of `weights` for every unit: `row` and one column per model, in the units' order.

    A logistic regression over the grams of `views` and over the signs, the columns of `units` that begin with "@"
    (true, false or null for unknown), written out as a join and a product.
    """
    models = [column for column in weights.columns if column != "gram"]
    signs = [column for column in units.columns if column.startswith("@")]
    by_sign = pl.DataFrame({"gram": ["", *signs]}).join(weights, on="gram", how="left", maintain_order="left")
    flags = units.select(pl.lit(1.0), pl.col(signs).cast(pl.Float64).fill_null(0.0)).to_numpy()
    base = flags @ by_sign.select(pl.col(models).fill_null(0.0)).to_numpy()
    if views:
        sums = grams(units, views).join(weights, on="gram").group_by("row").agg(pl.col(models).sum())
        by_gram = units.select("row").join(sums, on="row", how="left", maintain_order="left").fill_null(0.0)
    else:
        by_gram = units.select("row", *(pl.lit(0.0).alias(model) for model in models))
    odds = {model: by_gram[model] + base[:, column] for column, model in enumerate(models)}
    return units.select("row").with_columns(
        (1 / (1 + (-odd).exp())).round(DECIMALS).alias(model) for model, odd in odds.items()
    )


def over(value: pl.Expr, steps: tuple[float, ...], name: str) -> dict[str, pl.Expr]:
    """Signs for `score` from a number: one for each step that it reaches."""
    return {f"@{name}{step:g}": value >= step for step in steps}


def stems(units: pl.DataFrame) -> pl.DataFrame:
    """The stems of each unit (row, words) that tell what it is about, with how much each says: row, stem, idf.

    `idf` is the log of how rare the stem is among utterances of business talk.
    """
    rated = stemmed(units).join(frequencies(), on="stem", how="left").with_columns(pl.col("idf").fill_null(RAREST_IDF))
    return rated.filter(pl.col("idf") >= MIN_TELLING_IDF)
