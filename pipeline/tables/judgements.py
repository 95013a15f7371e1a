"""Tables of how conversations are judged: elements, raters' scores, labels with their evidence, agreement, models."""

import dataframely as dy
import polars as pl

from pipeline.tables.columns import count, key, number, one_of, share, text, utc
from pipeline.tables.values import (
    BASES,
    GATES,
    LABEL_REASONS,
    LABEL_STATES,
    LEVELS,
    LIMITING_FINDINGS,
    MEETING,
    PLACES,
    RATER_KINDS,
    UNJUDGED,
)


class Elements(dy.Schema):
    """One row per rubric and element: the anchors a scorer applies and where in the call to look.

    `rubric_hash` covers what matters for scores of this element: anchors, where, scored role.
    """

    rubric = key("Rubric, which is the kind of conversation.")
    element = key("Behaviour that is judged.")
    position = count("Its place in the rubric.")
    title = dy.String(description="Its name for people.")
    where = one_of(PLACES, "Where in the conversation to look: opening, closing, anywhere.")
    red = dy.String(description="What level 0 looks like.")
    orange = dy.String(description="What level 1 looks like.")
    yellow = dy.String(description="What level 2 looks like.")
    green = dy.String(description="What level 3 looks like.")
    rubric_title = dy.String(description="The rubric's name for people.")
    rubric_version = count("Version of the rubric.", least=1)
    rubric_hash = dy.String(description="Fingerprint of the element's wording.")
    scored_role = dy.String(description="Role that is judged.")
    other_role = dy.String(description="Role of the other side.")
    same_meaning_as = dy.List(dy.String(), description="Fingerprints of earlier wordings that mean the same.")
    limit = dy.Struct(
        {
            "finding": one_of(LIMITING_FINDINGS, "What is found in a conversation."),
            "over": share("Share from which on it limits the level."),
            "at_most": dy.Int64(min=0, max=3, description="The highest level then."),
        },
        nullable=True,
        description="Above which level the element is not rated where something is found.",
    )
    other_meaning_than = dy.List(dy.String(), description="Fingerprints of earlier wordings that meant something else.")


class Wordings(dy.Schema):
    """One row per wording of an element that was scored or learnt by, so that a later one can be held beside it."""

    rubric = key("Rubric, which is the kind of conversation.")
    element = key("Behaviour that is judged.")
    rubric_hash = key("Fingerprint of the wording.")
    where = one_of(PLACES, "Where in the conversation to look: opening, closing, anywhere.")
    red = dy.String(description="What level 0 looked like.")
    orange = dy.String(description="What level 1 looked like.")
    yellow = dy.String(description="What level 2 looked like.")
    green = dy.String(description="What level 3 looked like.")
    scored_role = dy.String(description="Role that was judged.")


class Scores(dy.Schema):
    """One row per score that one rater gave one element of one call."""

    call_id = key("The conversation.")
    rubric = key("Rubric it was judged by.")
    element = key("Behaviour that was judged.")
    rubric_hash = key("Fingerprint of the element's wording then.")
    rater = key("Who judged.")
    rater_kind = one_of(
        (*RATER_KINDS, MEETING),
        "What the rater is: person, automated, or meeting, which decided on a level once raters had scored.",
    )
    rubric_version = dy.Int64(description="Version of the rubric then.")
    level = dy.Int64(min=0, max=3, description="0 red, 1 orange, 2 yellow, 3 green.")
    color = one_of(LEVELS, "The level as a colour.")
    note = text("What the rater wrote about it.")
    session = text("The sitting in which it was given.")
    scored_at = utc("When it was given (UTC).")


class Pointed(dy.Schema):
    """One row per score for which a rater pointed at what shows it."""

    call_id = key("The conversation.")
    rubric = key("Rubric it was judged by.")
    element = key("Behaviour that was judged.")
    rater = key("Who pointed.")
    turns = dy.String(description="Numbers of the utterances that show it, such as 3 17.")


class Repeats(dy.Schema):
    """One row per score that a rater gave again, in another session than the one in Scores: how far raters agree with
    themselves."""

    call_id = key("The conversation.")
    rubric = key("Rubric it was judged by.")
    element = key("Behaviour that was judged.")
    rubric_hash = key("Fingerprint of the element's wording then.")
    rater = key("Who scored.")
    session = key("Occasion on which it was scored again.")
    rater_kind = one_of(RATER_KINDS, "person or automated.")
    rubric_version = dy.Int64(description="Version of the rubric then.")
    level = dy.Int64(min=0, max=3, description="Level given, 0 red to 3 green.")
    color = one_of(LEVELS, "The level's colour.")
    note = text("What the rater noted.")
    scored_at = utc("When it was scored (UTC).")


class Overrides(dy.Schema):
    """One row per label that somebody disagreed with and a manager or enablement lead settled: the level that counts
    instead of the classifier's, which stays in Labels."""

    call_id = key("The conversation.")
    rubric = key("Rubric it was judged by.")
    element = key("Behaviour that was judged.")
    rubric_hash = dy.String(description="Fingerprint of the element's wording then.")
    model_id = dy.String(description="Classifier whose label was disputed.")
    machine_level = dy.Int64(min=0, max=3, description="The level that it gave.")
    level = dy.Int64(min=0, max=3, description="The level that counts; where it is the same, the label was upheld.")
    raised_by = dy.String(description="Who disagreed.")
    settled_by = dy.String(description="Who settled it.")
    settled_at = utc("When it was settled (UTC).", nullable=False)


class Labels(dy.Schema):
    """One row per call, element and model: the colour, how sure, and what the model learnt from.

    Level, colour and probabilities are null where nothing was learnt that could judge the element.
    """

    call_id = key("The conversation.")
    rubric = key("Rubric it was judged by.")
    element = key("Behaviour that was judged.")
    rubric_hash = key("Fingerprint of the element's wording then.")
    model_id = key("Classifier that gave the label.")
    rubric_version = dy.Int64(description="Version of the rubric then.")
    level = dy.Int64(nullable=True, min=0, max=3, description="0 red, 1 orange, 2 yellow, 3 green; null: not judged.")
    color = one_of(LEVELS, "The level as a colour.", nullable=True)
    p_red = share("Probability of red.", nullable=True)
    p_orange = share("Probability of orange.", nullable=True)
    p_yellow = share("Probability of yellow.", nullable=True)
    p_green = share("Probability of green.", nullable=True)
    expected_level = dy.Float64(nullable=True, min=0.0, max=3.0, description="Mean level by these probabilities.")
    reason = one_of(
        LABEL_REASONS,
        "Why there is no level: not_learnt (anchors alone), worse_than_majority (the classifier is worse than the most "
        "frequent level), language (not one to label); guessed where the setting guess_unlearnt asks for one "
        "all the same.",
        nullable=True,
    )
    status = one_of(LABEL_STATES, "calibrated against people's scores, or provisional.")
    basis = one_of(BASES, f"What the classifier learnt from: {', '.join(BASES)}.")
    needs_review = dy.Bool(description="Whether a person should look at it.")
    current = dy.Bool(
        description="Whether it is the one to show: no later label of the element has taken its place, and the call is"
        " still of the kind it judges."
    )
    labelled_at = utc("When it was labelled (UTC).", nullable=False)

    @dy.rule()
    def probabilities_sum_to_one(cls) -> pl.Expr:
        total = pl.sum_horizontal("p_red", "p_orange", "p_yellow", "p_green")
        return pl.col("level").is_null() | ((total - 1).abs() < 1e-6)

    @dy.rule()
    def null_has_a_reason(cls) -> pl.Expr:
        return pl.col("level").is_not_null() | pl.col("reason").is_in(UNJUDGED)


class Evidence(dy.Schema):
    """One row per moment a label rests on; rank 0 weighs most. A label without moments has one row of null idx
    whose quote says why; where it rests on the call as a whole, its times are those of the stretch that counts most."""

    call_id = key("The conversation.")
    rubric = key("Rubric it was judged by.")
    element = key("Behaviour that was judged.")
    model_id = key("Classifier that gave the label.")
    rank = count("Place of the moment by weight, 0 for the weightiest.", key=True)
    idx = count("The utterance.", nullable=True)
    start_s = number("When it begins, in seconds from the start of the recording.")
    end_s = number("When it ends.")
    quote = dy.String(description="What is said there, or why there is no moment.")
    weight = number("How much it weighs.")
    worth_showing = dy.Bool(
        nullable=True,
        description="Whether it may stand for the person by itself: the judged role's own words, and no small talk;"
        " null where there is no moment or an earlier version stored it.",
    )


class Agreement(dy.Schema):
    """One row per element and scope (people, or model against people): how far scores agree."""

    rubric = key("Rubric, which is the kind of conversation.")
    element = key("Behaviour that is judged.")
    rubric_hash = key("Fingerprint of the element's wording.")
    scope = key("Between whom: people, automated, model.")
    n_calls = count("How many conversations were compared.")
    n_raters = count("How many raters were compared.")
    alpha_ordinal = number("Krippendorff's alpha for ordered levels.")
    qwk = number("Quadratic weighted kappa; for more than two raters the mean of all pairs.")
    ac2 = number("Gwet's AC2.")
    exact = share("Share of pairs of scores that are equal.", nullable=True)
    adjacent = share("Share of pairs of scores that are at most one level apart.", nullable=True)
    prevalence = text("How often each level was given: red 20%, orange ....")
    low = number("Lower end of the 95 % interval of alpha.")
    high = number("Upper end of it.")


class Adjudicated(dy.Schema):
    """One row per call and element that people scored: what their scores come to, each rater's severity allowed for."""

    call_id = key("The conversation.")
    rubric = key("Rubric it was judged by.")
    element = key("Behaviour that was judged.")
    rubric_hash = key("Fingerprint of the element's wording then.")
    level = count("The level that the scores come to.")
    value = dy.Float64(min=0.0, description="Where they come to on the scale of levels.")
    low = dy.Float64(min=0.0, description="Lower end of where the mean of other raters lies with 95 %.")
    high = dy.Float64(min=0.0, description="Upper end of it.")
    n_raters = count("How many raters scored it.", least=1)

    @dy.rule()
    def value_lies_in_its_interval(cls) -> pl.Expr:
        return pl.col("value").is_between("low", "high")


class Raters(dy.Schema):
    """One row per rater, measured from the mean rater of the same kind; null where no calls are shared with others."""

    rater = key("Who scored.")
    rater_kind = one_of(RATER_KINDS, "person or automated.", key=True)
    n_scores = count("How many scores were given.", least=1)
    n_calls = count("How many conversations were scored.", least=1)
    n_shared = count("How many of these others scored, too.")
    severity = number("How many levels lower this rater scores the same conversations than the mean rater.")
    severity_low = number("Lower end of its 95 % interval.")
    severity_high = number("Upper end of it.")
    reliability = share("Share of the variance of the rater's scores that comes from the conversations.", nullable=True)
    trend = number("How many levels stricter the rater gets in 30 days; null where too few conversations tell.")
    trend_low = number("Lower end of its 95 % interval.")
    trend_high = number("Upper end of it.")
    n_repeated = count("How many scores the rater gave again another time.")
    self_exact = share("Share of these that were equal.", nullable=True)
    self_qwk = number("Quadratic weighted kappa of the rater with himself or herself.")


class RaterPeriods(dy.Schema):
    """One row per rater and period: how many levels stricter than usual on conversations that others scored, too."""

    rater = key("Who scored.")
    rater_kind = one_of(RATER_KINDS, "person or automated.", key=True)
    period = dy.Datetime(primary_key=True, time_zone="UTC", time_unit="us", description="When it began (UTC).")
    severity = dy.Float64(description="Levels lower than this rater scores such conversations over all periods.")
    low = number("Lower end of its 95 % interval; null where one conversation was scored.")
    high = number("Upper end of it.")
    n_calls = count("How many conversations it rests on.", least=1)


class Models(dy.Schema):
    """One row per trained classifier of one element."""

    model_id = key("Name of the classifier.")
    rubric = dy.String(description="Rubric, which is the kind of conversation.")
    element = dy.String(description="Behaviour that it judges.")
    rubric_hash = dy.String(description="Fingerprint of the element's wording when it was trained.")
    features_version = dy.Int64(description="Version of the features.")
    encoder = dy.String(description="Sentence encoder that made features.")
    n_train = count("How many conversations it learnt from.")
    n_raters = count("How many raters scored them.")
    qwk = number("Cross-validated quadratic weighted kappa.")
    qwk_low = number("Lower end of its 95 % interval.")
    qwk_high = number("Upper end of it.")
    human_qwk = number("The kappa that people reach with each other; automated raters where no person scored.")
    smd = number("Standardised mean difference from the raters, to either side.")
    ece = number("Expected calibration error.")
    gate = one_of(GATES, "Whether it may be called calibrated: passed, failed, too_few_scores.")
    trained_at = utc("When it was trained (UTC).", nullable=False)
    data_hash = dy.String(description="Fingerprint of what it learnt from.")
