"""Pages of managers, of those above them, and of next meetings: figures by hand, and what a browser shows."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from models.ratings.rubrics import load_guides
from pipeline.intake.roster import NOBODY_LISTED
from pipeline.pages.site import Context, next_meeting, write_report
from pipeline.tables import TABLES
from tests.pipeline.pages.four_calls import MONDAY, dead_links, table
from tests.workspace import RUBRICS

Tables = dict[str, pl.DataFrame]


@pytest.fixture
def coached(tables: Tables, elements: pl.DataFrame) -> tuple[Tables, pl.DataFrame, Context]:
    """Mia, managed by Dan, met Ann for 30 minutes on day 8, in which Dan spoke of how she opens calls; Bob she did not
    meet; Kim is only listed. Of three promises between Mia and Ann one is done, one overdue, one open without a day."""
    met = tables["calls"].filter(call_id="b1").with_columns(
        call_id=pl.lit("m1"), interaction=pl.lit("one_on_one"), lead_id=pl.lit("mia"), lead_name=pl.lit("Mia Orr"),
        other_id=pl.lit("ann"), other_name=pl.lit("Ann Lee"), manager_id=pl.lit("dan"), duration_s=pl.lit(1800.0),
        started_at=pl.lit(MONDAY + timedelta(days=8)),
    )  # fmt: skip
    joined = (
        tables["utterances"]
        .filter(call_id="a1")
        .with_columns(call_id=pl.lit("m1"), person_id=pl.lit("dan"), text=pl.lit("How did you open the call?"))
    )
    promise = {"pair": "mia/ann", "kind": "send", "owner_role": "other", "owner_id": "ann", "made_in": "m1"}
    history = {"made_at": MONDAY, "history": []}
    owed = [
        promise | history | {"commitment": at, "what": what, "state": state, "due_date": due, "due_words": words}
        for at, (what, state, due, words) in enumerate([
            ("Send the draft", "open", MONDAY.date() + timedelta(days=9), "Wednesday"),
            ("Call Poe", "done", None, None),
            ("Think about it", "open", None, None),
        ])
    ]  # fmt: skip
    one_on_one = elements.with_columns(
        rubric=pl.lit("one_on_one"), rubric_title=pl.lit("One-on-one"), scored_role=pl.lit("manager"),
        other_role=pl.lit("rep"),
    )  # fmt: skip
    calls = tables["calls"].with_columns(manager_id=pl.when(pl.col("lead_id").is_not_null()).then(pl.lit("mia")))
    listed = pl.DataFrame({"person": ["kim", "dan"], "name": ["Kim Ash", "Dan Roth"], "manager": ["mia", None]})
    context = Context(guides=load_guides(RUBRICS), roster=pl.concat([NOBODY_LISTED, listed], how="diagonal_relaxed"))
    made = tables | {
        "calls": pl.concat([calls, met], how="diagonal_relaxed"),
        "utterances": pl.concat([tables["utterances"], joined.select(tables["utterances"].columns)]),
        "commitments": table("commitments", owed),
    }
    return made, pl.concat([elements, one_on_one]), context


def test_manager_by_hand(coached: tuple[Tables, pl.DataFrame, Context], tmp_path: Path) -> None:
    """One of three met, half an hour in four weeks of two a person, one promise kept of one known, one overdue; Ann's
    agenda was coached and measured again from 0.7 to 2.0; Dan sat in once."""
    made, elements, context = coached
    write_report(made, elements, tmp_path, context=context)
    page = (tmp_path / "managers/mia.html").read_text()
    assert (
        "1 of 3 met as planned; 0.5 of 6.0 planned hours of coaching in four weeks; 2 promises open, 1 overdue. Meet "
        "Bob Ray next on “Closes with next steps”."
    ) in page
    assert "<b>1 of 1</b><span>2 open, 1 overdue" in page
    assert "<b>measured again</b> 16 Mar 2026: 0.7 → 2.0 in 1" in page
    assert "<b>not observed</b>" in page
    assert "Kim Ash" in page
    assert page.index("Send the draft") < page.index("Think about it")
    above = (tmp_path / "managers.html").read_text()
    assert "0 of 1 coach steadily at the standard; next, sit in with Mia Orr" in above
    assert '<td class="num" data-v="1">1</td></tr>' in above
    assert "Dan Roth" in above
    assert dead_links(tmp_path) == []


def test_invitation(coached: tuple[Tables, pl.DataFrame, Context]) -> None:
    """The text has promises, goal and moments where the guide's agenda has their place, and nothing that was said in
    calls; of another kind, that guide's agenda; of whom nobody manages there is none."""
    made, elements, context = coached
    text = next_meeting(made, elements, "ann", context=context).text
    lines = text.splitlines()
    assert lines[0] == "One-on-one: Mia Orr and Ann Lee (30 minutes)"
    assert "Last met 10 Mar 2026." in text
    at = lines.index("  7 min  Earlier promises, one by one: done, partly, not done and what now")
    assert lines[at + 1 : at + 3] == [
        "         - Send the draft (Ann Lee, by 11 Mar 2026, overdue)",
        "         - Think about it (Ann Lee, no day)",
    ]
    assert "         - Sets the agenda: from orange to yellow" in lines
    assert "         - to do otherwise, Sets the agenda: call of 2 Mar 2026 with Cy Poe at 0:05" in lines
    assert "Three topics today" not in text
    kim = next_meeting(made, elements, "kim", context=context, kind="deal_review").text
    assert kim.startswith("Deal review: Mia Orr and Kim Ash (45 minutes)")
    assert "nothing is open from earlier meetings" in kim
    with pytest.raises(ValueError, match="'dan' has no manager in this workspace, only ann, bob, kim"):
        next_meeting(made, elements, "dan", context=context)


def test_in_a_browser(visit: Any, coached: tuple[Tables, pl.DataFrame, Context], tmp_path: Path) -> None:
    """From the list of managers to a manager, to the next meeting and back to the person; each fits a desk and a
    telephone, and on neither is one long."""
    made, elements, context = coached
    write_report(made, elements, tmp_path, context=context)
    for width in (1280, 390):
        page = visit(tmp_path / "managers.html", width, 900)
        heads = [page.locator("h1").inner_text()]
        for click in ("tbody a >> text=Mia Orr", "tbody tr:has-text('Ann Lee') >> text=Prepare", ".trail a"):
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate("document.documentElement.scrollHeight") <= 2500
            page.locator(click).first.click()
            heads.append(page.locator("h1").inner_text())
        assert heads == ["Managers", "Mia Orr", "Mia Orr and Ann Lee", "Ann Lee"]
        page.get_by_role("link", name="prepare the next meeting").click()
        if not page.locator("pre.invitation").is_visible():  # folded on a telephone
            page.locator("#invitation").click()
        page.locator("pre.invitation").click()
        assert page.evaluate("getSelection().toString()").startswith("One-on-one: Mia Orr and Ann Lee")


def test_unknown_table_is_empty(elements: pl.DataFrame, tmp_path: Path) -> None:
    """Without any conversation the pages of managers say that none is known."""
    write_report({name: schema.create_empty() for name, schema in TABLES.items()}, elements, tmp_path)
    assert "No manager is known yet" in (tmp_path / "managers.html").read_text()
