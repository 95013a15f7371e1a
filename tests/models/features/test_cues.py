"""Cues: each that some kinds of meeting have of their own is found in a sentence and not in one near it."""

import polars as pl
import pytest

from models.features.cues import find_cues, read_own_cues
from pipeline.language.text import plain

OWN = [
    ("concerns_asked", "What worries you about this?", "What do you sell?"),
    ("list_complete", "Is that everything, then?", "Is that your car?"),
    ("price_terms", "We'd want a discount.", "We'd want a meeting."),
    ("value_figures", "That saves you about twelve hours.", "That saves you trouble."),
    ("value_claims", "Our service is second to none.", "Our office is in Leeds."),
    ("concedes", "We could throw in the training.", "We could not do that."),
    ("conditional_trade", "If you sign for three years I can move.", "If it rains I stay in."),
    ("resists", "We can't go any lower.", "We can go any day."),
    ("limits", "Sixty is my floor, no further.", "Sixty people came."),
    ("packages", "There are two options for you.", "There are two of them."),
    ("asks_elsewhere", "I'd have to ask my boss.", "I'd ask you that."),
    ("they_will_have", "By noon they will have agreed to a trial.", "By noon they will be here."),
    ("activity_aim", "I want to introduce ourselves.", "I want to know the reason they left."),
    ("minutes_of", "Ten minutes on that.", "Ten people on that."),
    ("their_part", "Then I leave room for questions.", "Then I leave."),
    ("questions_planned", "I'd ask how they ship today.", "I'd go there today."),
    ("if_they_say", "And if she says it's too soon?", "And she says it's soon."),
    ("fact_question", "How many trucks do they run?", "How do they run trucks?"),
    ("objections_planned", "He will say it's dear.", "He was late again."),
    ("solution_fit", "The bundle would suit them.", "The weather would be nice."),
    ("fallback", "If they decline, a smaller ask.", "If they agree, good."),
    ("step_to_ask", "I close for a site visit.", "I close the window."),
    ("client_goals", "They want to expand by spring.", "They went home in spring."),
    ("goal_source", "She told me when I met her.", "I heard nothing of it."),
    ("deciders", "Who signs it off?", "Who drove there?"),
    ("their_view", "He's neutral, I'd say, no fan.", "He's in Berlin, I'd say."),
    ("reach", "I can get in front of her through the plant manager.", "I can see the plant."),
    ("both_gain", "What's in it for us, and what margin?", "What is in the box?"),
    ("gaps_listed", "They don't buy our filters.", "They don't drive."),
    ("resources", "I need two days of an engineer.", "I have two dogs."),
    ("plan_words", "Who does what, by Friday?", "Who is it?"),
    ("ranking", "I rank them by potential.", "I know them by name."),
    ("not_worked", "I'd drop those three.", "I'd keep those three."),
    ("time_divided", "Half my week goes there.", "Half of them went there."),
    ("all_alike", "They are all the same, whatever comes.", "They are not here."),
    ("how_often", "Every two weeks, I'd say.", "Every time I'd say so."),
    ("by_which_means", "By phone, and the rest in person.", "By then the rest is done."),
    ("more_activity", "Just more calls, step it up.", "Just the one."),
    ("message_words", "What would you tell the owner?", "What would the owner eat?"),
    ("says_aloud", "Try it out loud.", "Try the fish."),
    ("plan_compared", "You planned ten, and did four.", "You bought ten."),
    ("gap_reason", "What got in the way?", "What is the way?"),
    ("sums_up", "Can you sum it up in your own words?", "Can you open the window?"),
    ("completes", "And one more thing.", "And the car?"),
    ("own_way", "When I sold these, my trick was silence.", "She sold these."),
    ("question_as_advice", "What would happen if you waited?", "You waited."),
    ("own_view_asked", "How did you think it went?", "Where did they go?"),
    ("verdict", "That was poor, you rushed it.", "That was Tuesday."),
]


def test_words_in_braces_are_those_of_the_file():
    """A cue may name the days and numbers of the file."""
    said = pl.Series(["every two weeks", "tuesdays and fridays", "every tree"])
    assert said.str.count_matches(read_own_cues().cues["how_often"]).to_list() == [1, 2, 0]


@pytest.mark.parametrize(("cue", "hit", "miss"), OWN)
def test_own_cue(cue, hit, miss):
    """Each cue of kinds of meeting of their own is found in one sentence and not in another near it."""
    found = pl.DataFrame({"text": [hit, miss]}).select(plain(pl.col("text"))).select(find_cues(pl.col("text")))
    assert (found[cue] > 0).to_list() == [True, False]


def test_each_own_cue_is_tried():
    """No cue of its own goes without an example."""
    assert {cue for cue, *_ in OWN} == set(read_own_cues().cues)
