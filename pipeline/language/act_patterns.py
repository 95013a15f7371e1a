"""Wordings that weigh much in an act and are rare: the network learns how far to trust each.

Read on a sentence's words alone (`text.words_of` joined by spaces): lower case, no marks.
"""


def _one(words: str) -> str:
    """One of some words or, parted by bars, phrases."""
    return f"(?:{words if '|' in words else '|'.join(words.split())})"


_START = f"^(?:{_one('so and but okay well um uh right now or then yeah just please no yes oh')} )*"
_AUXILIARY = _one(
    "is are was were do does did have has had can could will would shall"
    " isn't aren't don't doesn't didn't haven't hasn't won't"
)
_SUBJECT = _one("you it that this the they there he she we your their i y'all any")
_VERB = _one(
    "don't|never|always|send|call|put|go|take|write|ask|tell|get|use|make|bring|keep|stop|start|find|give|do|try|look"
    "|say|show|leave|let him|let her|let them|offer|push|book|set|ring|change|open|count|add|drop|pick"
)
_AGREEING = _one(
    "yeah|yes|yep|yup|ok|okay|right|sure|mm|mhm|hmm|hm|uh|huh|exactly|true|good|great|fine|cool|nice|perfect|brilliant"
    "|absolutely|oh|that's|it is|of course|alright|all|lovely|fair|enough|i see|definitely|got it|makes sense"
)

CUES = {
    "leading": _START
    + "(?:"
    + "|".join(
        (
            "why (?:don't|not|wouldn't) (?:you|we|just)",
            "don't you (?:think|want)",
            "(?:wouldn't|shouldn't|isn't) (?:it|you|we|that)",
            "what if (?:you|we)",
            "have you (?:tried|thought)",
        )
    )
    + ")",
    "closed": _START
    + rf"(?:{_AUXILIARY} {_SUBJECT}|who|when|where|which|how {_one('many much long often old big far soon')})\b",
    "open": _START
    + rf"(?:how {_one('do does did would are is was come can could has have')}|how's|how'd|why)\b"
    + r"|\b(?:walk|talk|take) (?:me|us) through\b"
    + r"|\btell (?:me|us) (?:more|about|what|how|why)\b|\bhelp me understand\b",
    "what": _START + r"what(?:'s|'d|'ll|'re)?\b",
    "inverted": rf"\b{_one('do did does are is was were have has can could would will')}"
    + rf" {_one('you they he she it that there we')}\b",
    "direct": r"\byou (?:need to|have to|must|should|gotta|got to|want to|oughta|ought to)\b"
    + r"|\bmake sure\b|\bi (?:need|want) you to\b",
    "imperative": _START + rf"{_VERB}\b",
    "suggest": r"\b(?:you could|we could|you might|we might|maybe you|maybe we|perhaps|let's|how about|i'd|you'd want"
    + r"|what about|i think (?:we|you) (?:should|could))\b",
    "commit": r"\b(?:i'll|i will|i'm gonna|i'm going to|we'll|i can (?:send|get|do))\b",
    "agreeing": rf"^(?:{_AGREEING}\b ?)+$",
    "summing": r"^(?:so|okay so|right so|and so) (?:it's|it is|that's|the|you|your|you're|he|she|they|there's|what)\b"
    + r"|\bsounds like\b",
}

# Open questions in the form of an order; too rare in the training data for the network to trust.
REQUEST = (
    _START
    + r"(?:(?:can|could|would|will) you |i'd (?:like|love) you to |maybe )?"
    + r"(?:(?:walk|talk|take|run) (?:me|us) through|tell (?:me|us) (?:more|about|what|how|why|a bit|a little)"
    + r"|help (?:me|us) understand|give (?:me|us) (?:a sense|a feel|a picture|an idea)|describe)\b"
)

# How questions begin, read on the two words after a gap; not within a question that began a few words before.
ASKING = r"\b(?:what|who|which|when|where|why|how|what's|who's|how's)\b"
OPENERS = (
    "^(?:"
    + "|".join(
        (
            rf"{_one('do does did is are was were have has can could would will shall')}"
            rf" {_one('you it that this they there he she we your the')}",
            "how (?:many|much|long|often|do|does|did|would|are|is|was|about|big|soon)",
            "what (?:do|does|did|is|are|was|would|about|happens|happened|kind|else)",
            "(?:why|when|where|who) (?:is|are|was|do|does|did|would|will|not|don't|else)",
            "(?:what's|who's|how's|which) .*",
        )
    )
    + ")$"
)
