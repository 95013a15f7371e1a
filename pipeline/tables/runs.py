"""Tables of runs: what each came to, how long its stages took, and why conversations failed."""

import dataframely as dy

from pipeline.tables.columns import count, key, one_of, seconds, text, utc
from pipeline.tables.values import STAGES


class Runs(dy.Schema):
    """One row per run of a flow."""

    run_id = key("The run.")
    flow = dy.String(description="Which flow ran.")
    started_at = utc("When it began (UTC).", nullable=False)
    ended_at = utc("When it ended (UTC); null while it runs, and where it was cut short.")
    host = dy.String(description="The machine it ran on.")
    config_hash = dy.String(description="Fingerprint of the settings, rubrics and models that decide what it makes.")
    n_calls = count("How many conversations were listed.", nullable=True)
    n_ok = count("How many it scored.", nullable=True)
    n_failed = count("How many failed.", nullable=True)
    n_cached = count("How many were done before.", nullable=True)
    audio_s = seconds("Length of the conversations it scored, in seconds.", nullable=True)
    error = text("What went wrong in it as a whole.")


class Stages(dy.Schema):
    """One row per run and stage: how long it took.

    `total_s` counts all workers, so that the stages of a run may take longer than the run.
    """

    run_id = key("The run.")
    stage = one_of(STAGES, "The stage.", key=True)
    n = count("How often it ran: for each call that was heard or read, for each batch that was assessed.", least=1)
    total_s = seconds("Seconds of all workers together.")
    median_s = seconds("Median of its seconds.")
    p95_s = seconds("Seconds within which 95 % stayed.")
    max_s = seconds("The most seconds it took.")
    audio_s = seconds("Length of the conversations it dealt with, in seconds.", nullable=True)


class Failures(dy.Schema):
    """One row per run and error code: how many calls failed so."""

    run_id = key("The run.")
    error_code = key("Why they failed.")
    n = count("How many did.", least=1)
