"""What managers and sellers took up together outside of recorded conversations."""

import dataframely as dy

from pipeline.tables.columns import key, number, one_of, text, utc
from pipeline.tables.values import TAKEN_UP_BY


class TakenUp(dy.Schema):
    """One row per goal, and per comment on a moment that a label rests on, as people noted them."""

    how = one_of(TAKEN_UP_BY, "goal or comment.", key=True)
    item_id = key("The goal or comment.")
    rubric = key("Rubric, which is the kind of conversation.")
    element = key("Behaviour that was taken up.")
    person_id = dy.String(description="Whose it is.")
    at = utc("When it was taken up (UTC).", nullable=False)
    call_id = text("The one-on-one in which a goal was agreed, the conversation that was commented on; null: neither.")
    from_level = number("A goal's mean level when it was agreed.")
    to_level = dy.Int64(nullable=True, min=0, max=3, description="A goal's level to reach.")
    due_on = dy.Date(nullable=True, description="By when.")
    came_to = text("What a closed goal came to.")
