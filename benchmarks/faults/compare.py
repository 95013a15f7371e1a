"""Whether two workspaces hold the same tables, apart from what names the run."""

from pipeline.store.delta import Store
from pipeline.tables import TABLES

COMPARED = ("calls", "utterances", "acts", "measures", "labels", "evidence", "actions", "kpis")
OF_THE_RUN = ("run_id", "scored_at", "labelled_at")


def differences(workspace: Store, expected: Store) -> list[str]:
    """Name the tables that do not hold the same rows, apart from OF_THE_RUN, and those in which a key occurs twice."""
    faults = []
    for name in COMPARED:
        key = TABLES[name].primary_key()
        rows, expected_rows = (
            store.read(name).drop(OF_THE_RUN, strict=False).sort(key) for store in (workspace, expected)
        )
        if rows.select(key).is_duplicated().any():
            faults.append(f"{name}: a key stands twice")
        if not rows.select(sorted(rows.columns)).equals(
            expected_rows.select(sorted(expected_rows.columns)), null_equal=True
        ):
            faults.append(f"{name}: {rows.height} rows, not the {expected_rows.height} of an undisturbed run")
    return faults
