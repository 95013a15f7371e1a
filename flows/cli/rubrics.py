"""Commands on rubric files: check them, see what is stale, compare versions."""

from pathlib import Path

from flows.cli import show
from flows.cli.console import console
from flows.cli.options import Options, workspace_of
from models.features.encoder import load_encoder
from models.ratings.rewording import diff_rubrics, rewritten, with_counts
from models.ratings.rubrics import check_rubrics, load_rubrics
from models.registry.workspace import standing, unanswered
from pipeline.store.delta import Store


def check(*, options: Options = Options()) -> int:
    """Validate the rubric files, and that what was scored by was not rewritten without a word on its meaning."""
    settings = options.settings()
    problems = check_rubrics(settings.rubrics)
    if not problems:
        elements = load_rubrics(settings.rubrics)
        store = Store(settings.workspace)
        problems = [*rewritten(elements, store.read("scores")), *unanswered(store, elements)]
        console.print(f"{elements['rubric'].n_unique()} rubrics, {elements.height} elements in {settings.rubrics}")
    for problem in problems:
        console.print(problem, markup=False, soft_wrap=True)
    return 1 if problems else 0


def status(*, options: Options = Options()) -> int:
    """Show which classifiers and labels no longer fit the rubric files, the scores or the encoder."""
    settings = options.settings()
    store, elements = workspace_of(settings), load_rubrics(settings.rubrics)
    standings = standing(store, elements, load_encoder(settings).name)
    stale = standings.drop_nulls("why")
    show.show_standing(console, standings)
    console.print(
        f"{stale.height} of {standings.height} elements are stale" + ("; run `callgrade train`" if stale.height else "")
    )
    return 0


def diff(old: Path, new: Path | None = None, *, options: Options = Options()) -> int:
    """Compare two folders of rubric files, and say what of the scores and classifiers of each element stays.

    Says too how many calls people scored by its earlier wording in the workspace.

    Parameters
    ----------
    old
        The folder with the earlier files.
    new
        The folder with the later ones; without it the rubrics in use.
    """
    settings, before = options.settings(), load_rubrics(old)
    changed = diff_rubrics(before, load_rubrics(new or settings.rubrics))
    show.show_table(console, with_counts(changed, before, Store(settings.workspace).read("scores")))
    console.print(f"{changed.height} differences")
    return 0
