"""Tables of what was said: calls, utterances, and what each sentence and passage does."""

import dataframely as dy
import polars as pl

from pipeline.tables.columns import count, key, one_of, seconds, share, text, utc
from pipeline.tables.values import (
    ACTION_KINDS,
    ACTION_STATES,
    ACTS,
    CALL_STATES,
    COMMITMENT_STATES,
    MOMENTS,
    OUTCOMES,
    OWNERS,
    PURPOSES,
    REFLECTIONS,
    SPEAKING,
)


class Calls(dy.Schema):
    """One row per recorded conversation; the call list's extra columns follow as `x_<name>`."""

    call_id = dy.String(primary_key=True, min_length=1, description="The conversation's name in the call list.")
    interaction = text("Kind of conversation: the name of its rubric.")
    started_at = utc("When it began (UTC).")
    duration_s = seconds("Length in seconds.", nullable=True)
    scheduled_minutes = dy.Float64(nullable=True, min=0.0, description="Planned length in minutes.")
    recording = text("Path or address of the recording; null where it came as a transcript.")
    audio_sha256 = text("Hash of the recording's content, by which its transcripts are stored.")
    channels = count("How many channels the recording has.", nullable=True)
    sample_rate_hz = count("Samples a second of the recording.", nullable=True)
    language = text("Spoken language.")
    transcriber = text("Engine that wrote the transcript.")
    diarizer = text("Engine that told the speakers apart.")
    lead_id = text("Who is judged: the seller, or the manager in a meeting.")
    lead_name = text("Name of the lead in the call list.")
    lead_channel = count("Channel that is the lead's, where the call list says so.", nullable=True)
    lead_speaker = text("Speaker who is the lead, where the call list says so.")
    other_id = text("Who it is held with: the customer, or the seller in a meeting.")
    other_name = text("Name of the other side in the call list.")
    team = text("Team of the lead at that time.")
    manager_id = text("Manager of the lead at that time.")
    opportunity_id = text("Opportunity it belongs to.")
    stage = text("Stage of the opportunity at that time.")
    outcome = one_of(OUTCOMES, "What came of it: advanced, stalled, lost or none.", nullable=True)
    status = one_of(CALL_STATES, "ok where it was scored, else failed or skipped.")
    error_code = text("Why it failed.")
    error = text("What went wrong and what helps, in a sentence.")
    run_id = text("The run that scored it.")
    scored_at = utc("When it was scored (UTC).")

    @dy.rule()
    def failure_has_a_code(cls) -> pl.Expr:
        return (pl.col("status") != "failed") | pl.col("error_code").is_not_null()


class Utterances(dy.Schema):
    """One row per stretch of speech by one speaker."""

    call_id = key("The conversation.")
    idx = count("Number of the utterance in it.", key=True)
    start_s = seconds("When it begins, in seconds from the start of the recording.")
    end_s = seconds("When it ends.")
    speaker = dy.String(description="The speaker's name in the transcript.")
    role = dy.String(description="The speaker's role, as the rubric names it; unknown where it is not clear.")
    person_id = text("Who it is, where the call list says so.")
    text = dy.String(description="What is said, numbers and names redacted.")
    n_words = count("How many words that are.")
    confidence = share("How sure the recogniser is; null where it does not say.", nullable=True)

    @dy.rule()
    def ends_after_it_starts(cls) -> pl.Expr:
        return pl.col("end_s") >= pl.col("start_s")


class Talk(Utterances):
    """Utterances with what later steps need of their call: whose side speaks, and when and how long the call was."""

    side = one_of(
        SPEAKING,
        "lead for the role the call's rubric scores, colleague for others of our side, other for everyone else, null"
        " where the role is unknown.",
        nullable=True,
    )
    interaction = dy.String(description="Kind of conversation.")
    duration_s = seconds("Length of the conversation in seconds.")
    started_at = utc("When the conversation began (UTC).")


class Acts(dy.Schema):
    """One row per sentence: what it does, and how probable that is."""

    call_id = key("The conversation.")
    idx = count("The utterance.", key=True)
    sentence = count("Number of the sentence in it.", key=True)
    act = one_of(ACTS, "What it does.")
    p = share("How probable that is.")
    text = dy.String(description="The sentence.")
    also = one_of(ACTS, "What else it does, where it does two things.", nullable=True)
    reflection = one_of(REFLECTIONS, "How it gives back what the other said, where it does.", nullable=True)


class Moments(dy.Schema):
    """One row per utterance and structural thing it does: an agenda stated, a recap, a reflection, ..."""

    call_id = key("The conversation.")
    idx = count("The utterance.", key=True)
    kind = one_of(MOMENTS, "What it does.", key=True)
    p = share("How probable that is.")


class Purposes(dy.Schema):
    """One row per utterance: which purpose of a meeting it serves."""

    call_id = key("The conversation.")
    idx = count("The utterance.", key=True)
    purpose = one_of(PURPOSES, "The purpose; null where none is recognised.", nullable=True)
    p = share("How probable that is.", nullable=True)


class Actions(dy.Schema):
    """One row per promised or agreed action, and per open action carried from an earlier meeting.

    A carried action has `carried_from` and a state; `idx` is then where it is taken up, null if it is not.
    """

    call_id = key("The conversation.")
    action = count("Number of the action in it.", key=True)
    idx = count("Utterance that says it or takes it up.", nullable=True)
    what = dy.String(description="What is to be done, in the words that were said.")
    kind = one_of(ACTION_KINDS, "What it is: send, meet, call, prepare, decide, practise, crm or other.", nullable=True)
    owner_role = one_of(OWNERS, "Who is to do it: lead, other, colleague, both, unknown.")
    owner_id = text("That person, where it is one and known.")
    due_words = text("When, in the words that were said.")
    due_date = dy.Date(nullable=True, description="That day, where it can be told.")
    confirmed = dy.Bool(nullable=True, description="Whether the other side agreed.")
    carried_from = text("Conversation in which it was made, where it is an earlier one.")
    state = one_of(ACTION_STATES, "open, or of an earlier one: what the conversation says has become of it.")
    share_done = share("How much of it is done, where it is done in part and said.", nullable=True)


class Commitments(dy.Schema):
    """One row per promise between two people, over all the meetings that speak of it."""

    pair = key("Who they are: lead and other side, with a slash between.")
    commitment = count("Number of the promise between them.", key=True)
    what = dy.String(description="What is to be done, in the words that were said.")
    kind = one_of(ACTION_KINDS, "What it is: send, meet, call, prepare, decide, practise, crm or other.", nullable=True)
    owner_id = text("Who is to do it, where it is one person and known.")
    owner_role = one_of(OWNERS, "Who is to do it: lead, other, colleague, both, unknown.")
    made_in = text("Conversation in which it was made; null where it was reviewed and never recorded.")
    made_at = utc("When that was (UTC).")
    due_words = text("When it is due, in the words that were said last.")
    due_date = dy.Date(nullable=True, description="That day, where it can be told.")
    state = one_of(COMMITMENT_STATES, "What has become of it, by the last conversation of the pair.")
    share_done = share("How much of it is done, where it is done in part and said.", nullable=True)
    history = dy.List(
        dy.Struct(
            {
                "call_id": dy.String(nullable=True),
                "state": dy.String(nullable=True),
                "due_date": dy.Date(nullable=True),
                "idx": dy.Int64(nullable=True),
            },
            nullable=True,
        ),
        description="Each conversation that it reached: its state there, its date, and the utterance.",
    )
