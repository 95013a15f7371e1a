"""Agreement with people on public corpora: what three raters tell, how classifiers compare, what a coach does.

    python -m benchmarks.people --corpora ../shared/data --encoder lexical

Writes docs/accuracy/people.md.
"""

import argparse
from pathlib import Path

import polars as pl

from benchmarks.labels.public_corpora import uptake
from benchmarks.people.acts import coaching_acts
from benchmarks.people.classifiers import judge_corpus
from benchmarks.people.corpora import Corpus, ab_redial, stc3
from benchmarks.people.page import Results, page
from benchmarks.people.panels import from_three, panels_apart
from models.features.encoder import load_encoder
from models.ratings.severity import rate_raters
from pipeline.settings import Settings

PANELS = ((1, 100), (1, 200), (3, 100))  # raters of each, and calls that both scored
OUT = Path(__file__).parents[2] / "docs" / "accuracy" / "people.md"


def main() -> None:
    """Run everything and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path, required=True, help="folder with stc3_helpdesk/, ab_redial/, ...")
    parser.add_argument("--encoder", default="lexical", help="lexical, a folder or a hub name")
    parser.add_argument("--draws", type=int, default=200, help="how often three raters are drawn")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    given.out.write_text(page(measure(given.corpora, given.encoder, draws=given.draws)))


def measure(corpora: Path, encoder: str, *, draws: int) -> Results:
    """All figures of the page."""
    encode = load_encoder(Settings(encoder=encoder))
    helpdesk, redial = stc3(corpora), ab_redial(corpora)
    return Results(
        encoder=encode.name.split("@")[0],
        draws=draws,
        n_calls={corpus.name: n_calls(corpus) for corpus in (helpdesk, redial)},
        from_three=from_three(helpdesk, draws=draws),
        raters=rate_raters(as_people(helpdesk), n_levels=max(helpdesk.steps.values())),
        apart=[row for size, n in PANELS for row in panels_apart(helpdesk, size, n)],
        stc3=judge_corpus(helpdesk, encode),
        redial=judge_corpus(redial, encode),
        uptake=uptake(corpora, encode),
        acts=coaching_acts(corpora, encode),
    )


def n_calls(corpus: Corpus) -> int:
    """How many conversations were scored."""
    return corpus.ratings["call_id"].n_unique()


def as_people(corpus: Corpus) -> pl.DataFrame:
    """The ratings as given by people, nobody knows when."""
    return corpus.ratings.with_columns(rater_kind=pl.lit("person"), scored_at=pl.lit(None, pl.Datetime("us", "UTC")))


if __name__ == "__main__":
    main()
