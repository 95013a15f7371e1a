"""The values that columns allow, each set once."""

from typing import Literal, get_args

DECIMALS = 6  # of probabilities and weights as they are stored: what lies beyond hangs on batch and machine

LEVELS = ("red", "orange", "yellow", "green")
SIDES = ("lead", "other")
SPEAKING = (*SIDES, "colleague")  # a colleague or manager who joins the lead is of neither
OWNERS = (*SPEAKING, "both", "unknown")
ACTS = (
    *("ask_open", "ask_closed", "ask_leading", "suggest", "direct", "inform", "commit", "reflect", "acknowledge"),
    "other",
)
REFLECTIONS = ("repeat", "rephrase", "adds")  # how a sentence gives back what the other said
SMALL_TALK = "small_talk"
PURPOSES = ("forecast", "pipeline", "deal", "account", "coaching", "administration", SMALL_TALK)
MOMENTS = ("agenda", "agenda_agreed", "recap", "feedback_sought", "reflection", "prior_action")
OF_A_CALL = ("read", "decode", "diarize", "transcribe", "align", "keep")
STAGES = (*OF_A_CALL, "roles", "acts", "measures", "labels", "store", "kpis")
DECIDED_OUTCOMES = ("advanced", "stalled", "lost")
OUTCOMES = (*DECIDED_OUTCOMES, "none")
CALL_STATES = ("ok", "failed", "skipped")
TAKEN_UP_STATES = ("done", "missed", "partly", "withdrawn", "discussed")  # of an earlier action a meeting speaks of
ENDED_STATES = ("done", "withdrawn")  # in which nothing is left to be done
ACTION_STATES = ("open", *TAKEN_UP_STATES, "reagreed", "not_mentioned")
UNFINISHED_STATES = ("missed", "partly", "discussed")  # of what is taken up: something is left to be done
COMMITMENT_STATES = ("open", "done", "missed", "partly", "reagreed", "withdrawn", "unasked")
OPEN_COMMITMENTS = ("open", "missed", "partly", "reagreed", "unasked")  # states in which something is left to be done
UNKNOWN_ORIGIN = "unknown"  # where an action was made that is reviewed and was never recorded
ACTION_KINDS = ("send", "meet", "call", "prepare", "decide", "practise", "crm", "other")
LABEL_STATES = ("calibrated", "provisional")
BASES = (
    *("people", "people and reference", "people and earlier wording", "people, reference and earlier wording"),
    *("people (other rubrics)", "reference", "earlier wording", "anchors"),
)
UNJUDGED = ("not_learnt", "worse_than_majority", "language")
LABEL_REASONS = (*UNJUDGED, "guessed")
RATER_KINDS = ("person", "automated")
TAKEN_UP_BY = ("goal", "comment")  # how an element was taken up with a person, as people noted it
MEETING = "meeting"  # that agreed on a level: what counts where raters differ, and no rater itself
GATES = ("passed", "failed", "too_few_scores")
ENTITIES = ("org", "team", "manager", "lead")
Place = Literal["opening", "closing", "anywhere"]
PLACES: tuple[Place, ...] = get_args(Place)
LimitingFinding = Literal["second_review"]  # what may be found in a call so that a rubric limits the level
LIMITING_FINDINGS: tuple[LimitingFinding, ...] = get_args(LimitingFinding)
