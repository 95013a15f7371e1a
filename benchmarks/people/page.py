"""The page on agreement with people."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import dataframely as dy
import polars as pl

from benchmarks.labels.public_corpora import Uptake
from benchmarks.people.acts import ActAgreement
from benchmarks.people.classifiers import Judged
from benchmarks.people.corpora import STC3
from benchmarks.people.panels import Apart, FromThree
from models.learning.word_score import FROM_CALLS
from models.ratings.severity import PANEL
from pipeline.tables.judgements import Raters

HEAD = """# Agreement with people

Written by `python -m benchmarks.people`, by the code that scores sales calls: the raters' model (`models.ratings`), the
features and the training (`models.learning`), on conversations that people scored, beside how far those people agree
with each other and beside plain ways of judging. Every figure comes from that run; no text of a corpus is kept here.

**What this is not.** There is no sales call and no one-on-one of a manager with a seller among these conversations:
they are chats of a helpdesk, of a recommender of films, exchanges in class, and coaching rewritten by researchers. The
raters are crowd workers, students and experts of their fields, and no manager who uses these colours. Where a model
agrees with the mean of many people better than one of them does, it does so on average: it knows nothing of why they
judged as they did. What the colours of this product are worth on your calls, only scores by your people can say.

| corpus | conversations | by whom | licence and source |
|---|---|---|---|
| STC-3 / NTCIR-14 dialogue quality | {n_stc3:,} chats of customers with helpdesks, translated from Weibo, \
three scales from -2 to 2 | the same 19 raters on every one | annotations CC BY 4.0, \
[sakai-lab/stc3-dataset](https://github.com/sakai-lab/stc3-dataset); Zeng et al. 2017 |
| AB-ReDial | {n_redial} dialogues of a recommender of films with a seeker, five scales | about three raters each, who \
gave which score is not known | MIT, [Clemenciah/AB-ReDial](https://github.com/Clemenciah/AB-ReDial) |
| uptake | {n_uptake:,} exchanges of a pupil with a teacher | three of 13 experts each | MIT, \
[ddemszky/conversational-uptake](https://github.com/ddemszky/conversational-uptake); Demszky et al. 2021 |
| physical-activity coaching | {n_turns} turns of a counsellor in 44 dialogues, rewritten from real ones | final marks \
of two coders; their agreement is not published with them | Apache-2.0, \
[KaihuiLiang/physical-activity-counseling](https://github.com/KaihuiLiang/physical-activity-counseling); Liang et al. \
2021 |
"""


@dataclass(frozen=True)
class Results:
    """Everything that the page shows; `draws` is of raters, encoder names the features of text."""

    encoder: str
    draws: int
    n_calls: dict[str, int]
    from_three: Sequence[FromThree]
    raters: dy.DataFrame[Raters]
    apart: Sequence[Apart]
    stc3: Sequence[Judged]
    redial: Sequence[Judged]
    uptake: Uptake
    acts: Sequence[ActAgreement]


def page(results: Results) -> str:
    """The page as Markdown."""
    head = HEAD.format(
        n_stc3=results.n_calls["stc3_helpdesk"],
        n_redial=results.n_calls["ab_redial"],
        n_uptake=results.uptake.n_used + results.uptake.n_left_out,
        n_turns=results.acts[0].n_turns,
    )
    parts = [head, _from_three(results), _severest(results), _apart(results.apart), _stc3(results), _redial(results)]
    return "\n\n".join(part.strip() for part in [*parts, _uptake(results.uptake), _acts(results)]) + "\n"


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    head = list(head)
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in [head, ["---"] * len(head), *rows])


def _number(value: float | None) -> str:
    return "not known" if value is None or value != value else f"{value:.2f}"


def _from_three(results: Results) -> str:
    rows = [
        (STC3[row.element], f"{row.value:.3f}", f"{row.mean:.3f}", f"{row.drawn_in:.3f}", f"{row.nearer:.0%}",
         f"{row.covered:.1%}", f"{row.width:.2f}")
        for row in results.from_three
    ]  # fmt: skip
    head = (
        "scale",
        "adjudicated",
        "plain mean",
        "mean drawn in",
        "nearer than the plain mean",
        "in the interval",
        "width",
    )
    return f"""## What three raters tell of the sixteen others

Three of the nineteen raters of STC-3 are drawn at random, {results.draws} times. From their scores alone each
dialogue gets an adjudicated value with a 95 % interval (`models.ratings.severity.adjudicate`), which is compared
with the mean of the sixteen others: root mean square error on the scale of five levels. Beside it stand the plain
mean of the three, and that mean drawn towards the mean of all dialogues as far as its own error asks for. The
interval is made to hold the mean of {PANEL} other raters.

{_table(head, rows)}

Most of the error that remains is of the kind that no arithmetic removes: three people may all be stricter than sixteen
others, and nothing in their scores says so. The priors of the model (how far raters differ in severity and in
reliability before anything is known) were set in simulations, but while these dialogues lay at hand: coverage was
looked at here, too, before they were settled."""


def _severest(results: Results) -> str:
    order = results.raters.sort("severity", descending=True)
    rows = [
        (row["rater"], f"{row['severity']:+.2f} ({row['severity_low']:+.2f} to {row['severity_high']:+.2f})",
         f"{row['reliability']:.2f}")
        for row in pl.concat([order.head(3), order.tail(2)]).iter_rows(named=True)
    ]  # fmt: skip
    first, second = order["rater"][:2]
    return f"""## Who is severe

How many of the five levels lower than the mean rater each of the nineteen scores the same dialogues, over all three
scales: the most severe are **{first}** and **{second}** (numbered by their place in the corpus). The third and the two
most lenient for comparison. Reliability is the share of a rater's variance that comes from the dialogues.

{_table(("rater", "severity (95 % interval)", "reliability"), rows)}"""


def _apart(apart: Sequence[Apart]) -> str:
    rows = [
        (STC3[row.element], {1: "two single raters"}.get(row.size, f"two panels of {row.size}"), row.n_calls,
         f"{row.middle:.2f}", f"{row.low:.2f} to {row.high:.2f}")
        for row in sorted(apart, key=lambda row: row.element)
    ]  # fmt: skip
    return f"""## How far a measured agreement is to be trusted

QWK of two raters, or of the medians of two panels, that share nobody, on dialogues of STC-3 drawn at random: in 95 %
of 1,000 draws it lies between the two ends. Who happens to score weighs as much as how many calls are scored.

{_table(("scale", "between", "dialogues", "middle", "95 % of draws"), rows)}"""


def _judged(rows: Sequence[Judged], names: dict[str, str]) -> str:
    cells = []
    for row in rows:
        people, ours = row.people, row.ours
        about = names.get(row.element, row.element), people.n_calls, _number(people.alpha)
        compared = _number(people.words), _number(people.one), _number(people.three)
        mine = ("not in use", "", "", "") if ours is None else (
            f"**{ours.spearman:.2f}**", f"{ours.qwk:.2f} ({ours.low:.2f} to {ours.high:.2f})", _number(ours.one_qwk),
            f"{ours.exact:.0%} ({ours.majority:.0%})",
        )  # fmt: skip
        cells.append((*about, mine[0], *compared, *mine[1:]))
    head = ("scale", "dialogues", "raters' alpha", "classifier", "words alone", "one rater", "three raters",
            "classifier, QWK", "pairs of raters, QWK", "levels right (most frequent)")  # fmt: skip
    return _table(head, cells)


def _objections(rows: Sequence[Judged], names: dict[str, str]) -> str:
    return "\n".join(
        f"- {names.get(row.element, row.element)}: {'; '.join(row.objections) or 'passed'}" for row in rows
    )


def _beaten(rows: Sequence[Judged]) -> str:
    """How often plain words order the dialogues better than the classifier."""
    n = sum(row.ours is not None and row.people.words > row.ours.spearman for row in rows)
    if not n:
        return "On every scale the classifier orders the dialogues better than plain words do."
    return (
        f"On {n} of {len(rows)} scales plain words order the dialogues better than the classifier does: with this "
        "many\nscored conversations, which words are said tells more than its features; it learns from them too from "
        f"{FROM_CALLS} on."
    )


def _stc3(results: Results) -> str:
    return f"""## Classifiers beside people: STC-3

Trained on four levels (of the five steps the two neighbours given least often are one) from the scores of all
nineteen, with the features of {results.encoder} and, of so many dialogues, the words; cross-validated, no company
being on both sides. `classifier`,
`words alone` (a ridge on TF-IDF of what either side says and of the last turn, as it comes), `one rater` and `three
raters` are Spearman correlations, the first two with the mean of all nineteen, people with the mean of the others.
A constant has none. `QWK` is with what their scores come to in four levels.

{_judged(results.stc3, STC3)}

{_beaten(results.stc3)}

What keeps a model from being called calibrated, on these scores:

{_objections(results.stc3, STC3)}"""


def _redial(results: Results) -> str:
    return f"""## Classifiers beside people: AB-ReDial

The same, on few dialogues of which raters say little that is common to them: what the rules of use are for. A
classifier that agrees no more with people than a constant is not taken into use, and its element stays without
colour. The correlation of one rater is over all scores at once, as raters are not known; single dialogues are kept
apart.

{_judged(results.redial, {})}

{_objections(results.redial, {})}"""


def _uptake(found: Uptake) -> str:
    model = found.trained.models[0]
    figures = model.figures
    return f"""## Classifiers beside people: uptake

Whether a teacher builds on what a pupil said, in three levels; {found.n_used:,} exchanges, cross-validated by lesson
({found.n_left_out} whose ratings cannot be told are left out, which makes raters look better than they are).

{
        _table(
            ("between", "QWK"),
            [
                (
                    "classifier and raters' median",
                    f"{figures['qwk']:.2f} ({figures['qwk_low']:.2f} to {figures['qwk_high']:.2f})",
                ),
                ("pairs of raters", _number(figures["human_qwk"])),
                ("counted words and raters' median", _number(figures["words_qwk"])),
                ("a constant and raters' median", "0.00"),
            ],
        )
    }

Levels right: classifier {figures["exact"]:.0%}, always the most frequent {figures["majority"]:.0%}. Gate:
{"; ".join(model.reasons) or "passed"}."""


def _acts(results: Results) -> str:
    rows = [
        (row.act, row.n, "nothing is shipped" if row.shipped is None else f"{row.shipped:.2f}", f"{row.ours:.2f}",
         f"{row.words:.2f}")
        for row in results.acts
    ]  # fmt: skip
    return f"""## What a coach does, turn by turn

Kappa with people's marks on the {results.acts[0].n_turns} turns of the counsellor. `as shipped` has learnt nothing
from these dialogues: an agenda by the moments, ask and tell by the acts of the turn's sentences. `learnt` is a
logistic regression on the product's features of utterances ({results.encoder}), `words` one on TF-IDF, both cross-
validated by dialogue. A constant has kappa 0. How far people agree with each other here is not known.

{_table(("act", "turns", "as shipped", "learnt", "words"), rows)}"""
