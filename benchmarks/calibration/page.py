"""The page of figures, in Markdown: docs/accuracy/calibration.md."""

from collections.abc import Iterable, Mapping

import polars as pl

from benchmarks.calibration.customers import CLOSING, MOST_CALLS, OPENING, SCENARIOS
from benchmarks.calibration.simulation import NUMBERS
from models.ratings.agreement import qwk
from models.ratings.scores import MIN_SCORED_CALLS

SHOWN = ("first", "learnt", "best_unnamed", "best")
MANY = 50  # calls of a customer from which "all of them" says something of a hundred
EXAMPLE = "example"
BELOW, ELEMENT_BELOW, CARELESS_COST, WAY = 0.02, 0.05, 0.03, 0.9

HEAD = """# Whether people's scores make the colours better

Written by `python -m benchmarks.calibration`, on data/scripted with encoder {encoder}, draws: {draws}. **The customers
are simulated and the standards are those of the reference's raters, which are language models:** the page shows what
is made of scores, not how well callgrade agrees with people.

In each fold, by people, some of the training calls leave the reference and become a customer's: five ninths of them,
{most} at most, whole groups of people. Three raters score the first {numbers} of these calls; a rater's noise is
normal, of the width at which two such raters of the customer's levels agree at the QWK that is named. Then is learnt as
`train` does it, and judged on the calls left out by the customer's own standard without noise. Elements with fewer than
{fewest} calls for a customer are left out, and, without `--all`, those that only negotiations, call planning, coaching
sessions, account and territory reviews have; {n_elements} are left. A customer has as many calls as the element allows:
{sizes}.

- *reference*: what the reference that is left says; *learnt*: what is in use after the scores came in
- *best*: all training calls scored by the customer's standard without noise, all of them with the utterances that show
  the level, as the reference has them; *best, unnamed*: the same, but the customer's calls name no utterances, as
  scores by people do not

One thing differs from `train`: which utterances are evidence is learnt once per fold from the reference that is left,
not again without each inner fold. Figures are QWK, over all folds of a draw, meaned over draws and elements."""


def page(rows: pl.DataFrame, clauses: Mapping[str, str], encoder: str) -> str:
    """The page from the rows of `simulate`."""
    left_out = rows.filter(~pl.col("of_customer"))
    figures = agreement_by_element(left_out)
    sizes = figures.group_by("element").agg(pl.col("n_customer").max()).sort("n_customer", "element", descending=True)
    head = HEAD.format(
        encoder=encoder,
        draws=rows["draw"].n_unique(),
        most=MOST_CALLS,
        numbers=", ".join(map(str, NUMBERS)),
        fewest=MIN_SCORED_CALLS,
        n_elements=sizes.height,
        sizes=", ".join(f"{element} {n:.0f}" for element, n in sizes.iter_rows()),
    )
    parts = [head, "## What must hold", _claims(figures), "## By number of scored calls", _by_number(figures)]
    parts += [_in_use(left_out), _clauses(clauses), "## By element", _by_element(figures), _example(rows, figures)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def agreement_by_element(left_out: pl.DataFrame) -> pl.DataFrame:
    """Per scenario, element and number, meaned over draws: n_customer and the QWK of each of SHOWN."""
    found = []
    for key, part in left_out.group_by("scenario", "element", "n", "draw", maintain_order=True):
        level = part["level"].to_numpy()
        about = dict(zip(("scenario", "element", "n", "draw"), key, strict=True))
        agreed = {name: qwk(level, part[name].to_numpy()) for name in SHOWN}
        found.append(about | {"n_customer": part["n_customer"].mean()} | agreed)
    by_draw = pl.DataFrame(found)
    return by_draw.group_by("scenario", "element", "n", maintain_order=True).agg(pl.col("n_customer", *SHOWN).mean())


def _claims(figures: pl.DataFrame) -> str:
    """Each sentence with its figure, and whether it holds."""
    means = figures.group_by("scenario", "n", maintain_order=True).agg(pl.col(SHOWN).mean())
    gains = means.with_columns(gain=pl.col("learnt") - pl.col("first"))
    least = gains.sort("gain").row(0, named=True)
    lost = figures.with_columns(gain=pl.col("learnt") - pl.col("first")).sort("gain").row(0, named=True)
    lines = [
        _claim(
            f"never more than {BELOW} under the reference",
            f"lowest {least['gain']:+.3f} ({least['scenario']}, {least['n']} calls)",
            holds=least["gain"] >= -BELOW,
        )
    ]
    for name in ("b", "c"):
        worst = gains.filter(pl.col("n") >= MIN_SCORED_CALLS, scenario=name).sort("gain").row(0, named=True)
        about = f"lowest {worst['gain']:+.3f} at {worst['n']} calls"
        lines.append(_claim(f"({name}) above the reference from 20 calls on", about, holds=worst["gain"] > 0))
    lines += [_way(figures, name) for name in ("a .9", "a .7", "a .5", "b", "c", "e")]
    lines.append(
        _claim(
            f"no element loses more than {ELEMENT_BELOW}",
            f"lowest {lost['gain']:+.3f} ({lost['element']}, {lost['scenario']}, {lost['n']} calls)",
            holds=lost["gain"] >= -ELEMENT_BELOW,
        )
    )
    changed = gains.filter(scenario="d").select(pl.col("gain").abs().max()).item()
    lines.append(_claim("(d) changes no label", f"largest change of QWK {changed:.3f}", holds=changed == 0))
    both = means.filter(scenario="e").join(means.filter(scenario="a .9"), on="n", suffix="_careful")
    cost = both.select((pl.col("learnt_careful") - pl.col("learnt")).max()).item()
    lines.append(
        _claim(
            f"(e) costs at most {CARELESS_COST} against three careful raters",
            f"most {cost:+.3f}",
            holds=cost <= CARELESS_COST,
        )
    )
    return _table(("what", "figure", "holds"), lines)


def _way(figures: pl.DataFrame, name: str) -> tuple[str, str, str]:
    """How far from the reference to the best, on elements where the customer has calls enough."""
    most = figures.filter(pl.col("n_customer") > MANY, scenario=name, n=NUMBERS[-1]).select(pl.col(SHOWN).mean())
    first, learnt, unnamed, best = most.row(0)
    ways = [(learnt - first) / (end - first) for end in (unnamed, best)]
    about = f"{ways[0]:.0%} of the way to the best without named utterances, {ways[1]:.0%} to the best with them"
    about += f" ({first:.3f}, learnt {learnt:.3f}, {unnamed:.3f} and {best:.3f})"
    return _claim(f"({name}) nine tenths of the way to the best at {NUMBERS[-1]}", about, holds=ways[1] >= WAY)


def _claim(what: str, figure: str, *, holds: bool) -> tuple[str, str, str]:
    return what, figure, "yes" if holds else "**no**"


def _by_number(figures: pl.DataFrame) -> str:
    means = figures.group_by("scenario", "n", maintain_order=True).agg(
        pl.col(SHOWN).mean(), (pl.col("learnt") - pl.col("first")).min().alias("least")
    )
    rows = [
        (SCENARIOS[row["scenario"]].title, row["n"], *(f"{row[name]:.3f}" for name in SHOWN), f"{row['least']:+.3f}")
        for row in means.iter_rows(named=True)
        if row["scenario"] != EXAMPLE
    ]
    head = ("raters", "calls scored", "reference", "learnt", "best, unnamed", "best", "element that loses most")
    return _table(head, rows)


def _in_use(left_out: pl.DataFrame) -> str:
    """How often what was learnt came into use."""
    models = left_out.filter(pl.col("n") >= MIN_SCORED_CALLS).group_by("scenario", "n", maintain_order=True)
    shares = models.agg(pl.col("used").mean()).pivot("n", index="scenario", values="used")
    rows = [(SCENARIOS[name].title, *(f"{share:.0%}" for share in used)) for name, *used in shares.iter_rows()]
    head = ("raters", *(f"{n} calls" for n in shares.columns[1:]))
    return "Share of labels by what was learnt from people's scores:\n\n" + _table(head, rows)


def _clauses(clauses: Mapping[str, str]) -> str:
    lines = [f"- {element}: {clause}" for element, clause in sorted(clauses.items())]
    about = (
        f"The clause that a green needs in (c), without which it is yellow; the opening has {OPENING} utterances, the "
    )
    return f"{about}close {CLOSING}:\n\n" + "\n".join(lines)


def _by_element(figures: pl.DataFrame) -> str:
    rows = [
        (row["element"], row["scenario"], *(f"{row[name]:.3f}" for name in SHOWN))
        for row in figures.filter(pl.col("scenario") != EXAMPLE, n=NUMBERS[-1]).sort("element").iter_rows(named=True)
    ]
    return "All of the customer's calls scored.\n\n" + _table(("element", "raters", *SHOWN), rows)


def _example(rows: pl.DataFrame, figures: pl.DataFrame) -> str:
    """Raters who agree as little as people do: agreement with these very people, and with the reference's raters on
    calls of people that neither holds."""
    own = rows.filter("of_customer", scenario=EXAMPLE)
    found = []
    for _, part in own.group_by("element", "draw", maintain_order=True):
        level = part["level"].to_numpy()
        found.append({name: qwk(level, part[name].to_numpy()) for name in ("first", "learnt")})
    own_first, own_learnt = pl.DataFrame(found).mean().row(0)
    others = figures.filter(scenario=EXAMPLE, n=NUMBERS[-1]).select(pl.col("first", "learnt").mean()).row(0)
    head = ("agreement with", "before", "after")
    table = _table(
        head,
        [
            (
                "the customer's raters, on their calls, cross-validated by person",
                f"{own_first:.3f}",
                f"{own_learnt:.3f}",
            ),
            ("the standard, on calls of people that neither holds", *(f"{value:.3f}" for value in others)),
        ],
    )
    about = (
        "Raters who agree with each other at .63 and share the shipped standards, all of the customer's calls scored"
    )
    return f"## A customer's first hundred calls\n\n{about}; before and after what was learnt came into use.\n\n{table}"


def _table(head: tuple[str, ...], rows: Iterable[Iterable[object]]) -> str:
    lines: list[Iterable[object]] = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
