"""Whether colours change when names, pronouns or places in the same conversation do; they must not."""

import re

import dataframely as dy
import polars as pl

from models.features.features import Encode
from models.label import Labeller, label
from models.learning.element_model import ElementModel
from models.ratings.reference import Reference
from pipeline.language.acts import classify_acts
from pipeline.tables.conversations import Talk
from pipeline.tables.judgements import Elements

PRONOUNS = {"he": "she", "she": "he", "him": "her", "her": "him", "his": "her", "hers": "his", "himself": "herself",
            "herself": "himself"}  # fmt: skip
PLACES = (
    "Leeds", "Lagos", "Ohio", "Osaka", "Pune", "Perth", "Oregon", "Melbourne", "Dallas", "Athlone", "Otley", "Lisbon",
    "Cork", "India", "Mumbai", "Singapore", "Dubai", "Chennai", "Sheffield", "Bristol", "Aberdeen", "Atlanta", "Warsaw",
    "Wolverhampton", "Texas", "Rotterdam", "Aarhus", "Ennis", "Cairns", "Spain", "Sydney", "Dublin", "Baltimore",
    "Queensland", "Wales", "Hyderabad", "Bolton", "Coimbatore", "Toowoomba", "Nairobi", "Quito",
)  # fmt: skip


def flip_rates(
    reference: Reference, elements: dy.DataFrame[Elements], models: list[ElementModel], encode: Encode
) -> pl.DataFrame:
    """Per kind of swap: swap, n_words changed, n_labels of the calls it changes, flips (share that change colour)."""
    first = reference.talk["person_id"].str.split("-").list.first().unique().sort().to_list()
    words = set(" ".join(reference.talk["text"]).split())
    names = [name.capitalize() for name in first if name.isalpha() and name not in words]  # Will is a word too
    swaps = {
        "names": dict(zip(names, [*names[len(names) // 2 :], *names[: len(names) // 2]], strict=True)),
        "pronouns": PRONOUNS | {a.capitalize(): b.capitalize() for a, b in PRONOUNS.items()},
        "places": dict(zip(PLACES, [*PLACES[1:], PLACES[0]], strict=True)),
    }
    before = _labels(reference.talk, elements, models, encode)
    rates = []
    for kind, swap in swaps.items():
        pattern = re.compile(rf"\b(?:{'|'.join(swap)})\b")
        changed = [pattern.subn(lambda hit: swap[hit.group()], text) for text in reference.talk["text"]]  # noqa: B023
        talk = reference.talk.with_columns(
            pl.Series("text", [text for text, _ in changed]), n=pl.Series([n for _, n in changed])
        )
        touched = talk.filter(pl.col("n").sum().over("call_id") > 0)
        after = _labels(Talk.validate(touched.drop("n")), elements, models, encode)
        compared = after.join(before, on=["call_id", "element"], suffix="_before")
        flips = (compared["level"] != compared["level_before"]).mean()
        rates.append({"swap": kind, "n_words": touched["n"].sum(), "n_labels": compared.height, "flips": flips})
    return pl.DataFrame(rates)


def _labels(
    talk: dy.DataFrame[Talk], elements: dy.DataFrame[Elements], models: list[ElementModel], encode: Encode
) -> pl.DataFrame:
    labelled = label(talk, classify_acts(talk), Labeller(elements, models, encode))
    return labelled.labels.select("call_id", "element", "level")
