"""The KPIs again, computed by loops over rows in plain Python, against which the fast ones are held."""

import math
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache
from statistics import mean, stdev

import polars as pl
from scipy import stats

from benchmarks.load.year import Year
from pipeline.metrics.cadence import Plan
from pipeline.metrics.kpis import KPIS
from pipeline.metrics.measures import MEASURES
from pipeline.tables.values import LEVELS
from tests.pipeline.metrics.kpi_rows import ELEMENTS, Row

Key = tuple[date, str, str, str, str]


class Slow:
    """The KPIs again, by loops over rows: samples of (part, whole, conversations) per key, then one formula a kind."""

    def __init__(self, year: Year, utterances: pl.DataFrame, plan: Plan) -> None:
        self.plan = plan
        self.meetings = set(ELEMENTS.filter(scored_role="manager")["rubric"])
        self.cancelled = [one for one in year.calls.rows(named=True) if one["error_code"] == "cancelled"]
        self.calls = [one for one in year.calls.sort("started_at").rows(named=True) if one["status"] == "ok"]
        self.by_call: dict[str, dict[str, list[Row]]] = {}
        for name, frame in (
            ("labels", year.labels),
            ("measures", year.measures),
            ("actions", year.actions),
            ("said", utterances),
        ):
            self.by_call[name] = defaultdict(list)
            for row in frame.rows(named=True):
                self.by_call[name][row["call_id"]].append(row)
        self.samples: dict[Key, list[tuple[float, float, int]]] = defaultdict(list)

    def values(self) -> dict[Key, tuple[float, int, float | None, float | None]]:
        """The KPIs by their key: value, n_calls, low, high."""
        for one in self.calls:
            self._count(one)
        self._count_people()
        self._count_pairs()
        self._count_planned()
        self._count_opportunities()
        found = {key: self._value(key, samples) for key, samples in self.samples.items()}
        return {key: value for key, value in found.items() if value is not None}

    def _is_meeting(self, one: Row) -> bool:
        return one["interaction"] in self.meetings

    def _manager(self, one: Row) -> str | None:
        return one["lead_id"] if self._is_meeting(one) else one["manager_id"]

    def _add(
        self,
        where: tuple[date, str | None, str | None, str | None, str],
        kpi: str,
        part: float | None,
        whole: float = 1.0,
        n: int = 1,
    ) -> None:
        week, team, manager, lead, interaction = where
        if part is None:
            return
        for level_of, entity in (("org", "all"), ("team", team), ("manager", manager), ("lead", lead)):
            if entity is not None:
                self.samples[week, level_of, entity, interaction, kpi].append((float(part), float(whole), n))

    def _labels(self, one: Row) -> list[Row]:
        return [row for row in self.by_call["labels"][one["call_id"]] if row["current"]]

    def _quality(self, one: Row) -> float | None:
        pairs = [(row["expected_level"], self.plan.weights.get(row["element"], 1.0)) for row in self._labels(one)]
        return (
            sum(level * weight for level, weight in pairs) / sum(weight for _, weight in pairs) / 3 * 100
            if pairs
            else None
        )

    def _bad(self, one: Row) -> bool | None:
        decisive = self.plan.decisive.get(one["interaction"], ())
        levels = [row["level"] for row in self._labels(one) if row["element"] in decisive]
        return all(level == 0 for level in levels) if decisive and len(levels) == len(decisive) else None

    def _count(self, one: Row) -> None:
        for interaction in (one["interaction"], "all"):
            where = (_monday(one), one["team"], self._manager(one), one["lead_id"], interaction)
            for kpi, part, whole in self._of_call(one):
                self._add(where, kpi, part, whole)

    def _of_call(self, one: Row) -> Iterator[tuple[str, float | None, float]]:
        labels, quality, minutes = self._labels(one), self._quality(one), one["duration_s"] / 60
        yield "calls", 1, 1
        yield "minutes", minutes, 1
        for row in labels:
            for at, color in enumerate(LEVELS):
                yield f"{color}_share:{row['element']}", row["level"] == at, 1
            yield f"level_mean:{row['element']}", row["expected_level"], 1
            yield f"overturned_share:{row['element']}", row.get("machine_level") not in (None, row["level"]), 1
        yield "quality_index", quality, 1
        if labels:
            yield "provisional_share", sum(row["status"] == "provisional" for row in labels), len(labels)
            yield "needs_review_share", sum(row["needs_review"] for row in labels), len(labels)
        yield "better_not_made_share", self._bad(one), 1
        coach = [
            row["expected_level"] for row in labels if row["element"] in self.plan.coaching.get(one["interaction"], ())
        ]
        yield "coaching_quality", mean(coach) / 3 * 100 if coach else None, 1
        if one["outcome"] in ("advanced", "stalled", "lost"):
            yield f"quality_by_outcome:{one['outcome']}", quality, 1
            if quality is not None:
                color = LEVELS[math.floor(quality / 100 * 3 + 0.5)]
                yield f"advanced_share:{color}", one["outcome"] == "advanced", 1
        yield from self._of_actions(one)
        yield from self._of_measures(one)
        if self._is_meeting(one):
            yield "meetings_held", 1, 1
            yield "meeting_overrun_share", minutes > one["scheduled_minutes"], 1
            if one["x_scheduled_at"]:
                late = one["started_at"] - datetime.fromisoformat(one["x_scheduled_at"])
                yield "meeting_moved_share", abs(late.total_seconds()) / 60 > self.plan.moved_minutes, 1
        else:
            yield from self._of_joint(one)
        planned = self.plan.meetings.get(one["interaction"])
        if planned is not None and planned.minutes is not None:
            yield "meeting_length_kept_share", planned.minutes[0] <= minutes <= planned.minutes[1], 1

    def _of_actions(self, one: Row) -> Iterator[tuple[str, float | None, float]]:
        rows = self.by_call["actions"][one["call_id"]]
        new = [row for row in rows if row["carried_from"] is None]
        old = [row for row in rows if row["carried_from"] is not None]
        yield "actions_made", len(new), 1
        yield "actions_owned_share", sum(row["owner_role"] != "unknown" for row in new), len(new)
        yield "actions_dated_share", sum(row["due_words"] is not None for row in new), len(new)
        yield "actions_confirmed_share", sum(row["confirmed"] is True for row in new), len(new)
        yield "actions_done_share", sum(row["state"] == "done" for row in old), len(old)
        yield "actions_reviewed_share", sum(row["state"] != "not_mentioned" for row in old), len(old)

    def _of_measures(self, one: Row) -> Iterator[tuple[str, float | None, float]]:
        for row in self.by_call["measures"][one["call_id"]]:
            if row["measure"] == "purposes_mixed" and not self._is_meeting(one):
                continue
            if row["value"] is None:
                continue
            split = f":{row['role']}" if len(MEASURES[row["measure"]].roles) > 1 else ""
            form = "share" if row["unit"] == "0/1" else "mean"
            yield f"{row['measure']}_{form}{split}", row["value"], 1
            if row["whole"] is not None:
                yield f"{row['measure']}_pooled{split}", row["part"], row["whole"]

    def _of_joint(self, one: Row) -> Iterator[tuple[str, float | None, float]]:
        said = self.by_call["said"][one["call_id"]]
        if not said:
            return
        spoken = {
            who: sum(row["end_s"] - row["start_s"] for row in said if one[who] and row["person_id"] == one[who])
            for who in ("lead_id", "manager_id")
        }
        yield "joint_calls", spoken["manager_id"] > 0, 1
        if spoken["manager_id"] > 0:
            share = spoken["manager_id"] / (spoken["manager_id"] + spoken["lead_id"])
            yield "manager_takeover_share", share > self.plan.takeover_share, 1

    def _count_people(self) -> None:
        weeks = self.plan.trend_weeks
        led = [one for one in self.calls if one["lead_id"] is not None]
        for lead in {one["lead_id"] for one in led}:
            for kind in {*(one["interaction"] for one in led), "all"}:
                own = [one for one in led if one["lead_id"] == lead and kind in (one["interaction"], "all")]
                for week in self._weeks():
                    this = [one for one in own if _monday(one) == week]
                    if this:
                        where = (week, this[-1]["team"], self._manager(this[-1]), lead, kind)
                        judged = [bad for one in this if (bad := self._bad(one)) is not None]
                        self._add(where, "people", 1, 1, len(this))
                        self._add(where, "opportunities_lost", sum(judged), len(judged), len(this))
                    self._count_trend(own, week, lead, kind, weeks)

    def _count_trend(self, own: list[Row], week: date, lead: str, kind: str, weeks: int) -> None:
        judged = [one for one in own if self._quality(one) is not None and 0 <= (week - _monday(one)).days < 14 * weeks]
        now = [self._quality(one) for one in judged if (week - _monday(one)).days < 7 * weeks]
        before = [self._quality(one) for one in judged if (week - _monday(one)).days >= 7 * weeks]
        if not now:
            return
        where = (week, judged[-1]["team"], self._manager(judged[-1]), lead, kind)
        low = mean(now) / 100 * 3 < 1.5  # type: ignore[type-var,operator]
        self._add(where, "people_spread", mean(now), 1, len(now))  # type: ignore[type-var]
        self._add(where, "people_low_share", low, 1, len(now))
        if before:
            was_low = mean(before) / 100 * 3 < 1.5  # type: ignore[type-var,operator]
            self._add(where, "people_up_share" if was_low else "people_down_share", low != was_low, 1, len(now))

    def _count_pairs(self) -> None:
        weeks = self._weeks()
        for at, week in enumerate(weeks):
            roster: dict[str, Row] = {}
            managers = {one["lead_id"] for one in self.calls if self._is_meeting(one)}
            for one in self.calls:
                is_meeting = self._is_meeting(one)
                seller = one["other_id"] if is_meeting else one["lead_id"]
                if is_meeting and seller in managers:
                    continue
                if seller and 0 <= (week - _monday(one)).days < 7 * self.plan.roster_weeks:
                    roster[seller] = one | {"manager_id": self._manager(one)}
            for kind, planned in self.plan.meetings.items():
                used = any(one["interaction"] == kind and self._is_meeting(one) for one in self.calls)
                if not used or kind not in set(ELEMENTS["rubric"]) or at < planned.every_weeks - 1:
                    continue
                for seller, last in roster.items():
                    held = sum(
                        one["interaction"] == kind
                        and one["other_id"] == seller
                        and 0 <= (week - _monday(one)).days < 7 * planned.every_weeks
                        for one in self.calls
                    )
                    for interaction in (kind, "all"):
                        where = (week, last["team"], last["manager_id"], seller, interaction)
                        self._add(where, "cadence_kept_share", held > 0, 1, held)

    def _count_planned(self) -> None:
        rows = [(one, False) for one in self.calls if self._is_meeting(one)]
        for one, is_off in [*rows, *((one, True) for one in self.cancelled if self._is_meeting(one))]:
            for interaction in (one["interaction"], "all"):
                where = (_monday(one), one["team"], one["lead_id"], one["lead_id"], interaction)
                self._add(where, "meeting_cancelled_share", is_off)

    def _count_opportunities(self) -> None:
        with_customer = [one for one in self.calls if one["opportunity_id"] and not self._is_meeting(one)]
        for at, week in enumerate(self._weeks()):
            latest: dict[str, Row] = {}
            for one in with_customer:
                if 0 <= (week - _monday(one)).days < 7 * self.plan.cycle_weeks:
                    latest[one["opportunity_id"]] = one
            for kind, planned in self.plan.meetings.items():
                about = [one for one in self.calls if one["interaction"] == kind and one["opportunity_id"]]
                weeks = math.ceil(self.plan.cycle_weeks / (planned.times_a_cycle or math.inf) or 1)
                if planned.times_a_cycle is None or not about or at < weeks - 1:
                    continue
                for opportunity, last in latest.items():
                    held = sum(
                        one["opportunity_id"] == opportunity and 0 <= (week - _monday(one)).days < 7 * weeks
                        for one in about
                    )
                    for interaction in (kind, "all"):
                        if last["outcome"] != "lost":
                            where = (week, last["team"], last["manager_id"], last["lead_id"], interaction)
                            self._add(where, "opportunities_reviewed_share", held > 0, 1, held)

    def _weeks(self) -> list[date]:
        first, last = min(map(_monday, self.calls)), max(map(_monday, self.calls))
        return [first + timedelta(weeks=at) for at in range((last - first).days // 7 + 1)]

    def _value(
        self, key: Key, samples: list[tuple[float, float, int]]
    ) -> tuple[float, int, float | None, float | None] | None:
        kpi = KPIS[key[4].partition(":")[0]]
        n, n_calls = len(samples), sum(calls for *_, calls in samples)
        part, whole = sum(part for part, *_ in samples), sum(whole for _, whole, _ in samples)
        if kpi.kind == "total":
            return part, n_calls, None, None
        if whole == 0:
            return None
        if kpi.kind == "share":
            return part / n, n_calls, *_wilson(part, n)
        if kpi.kind == "volume":
            worth = self.plan.opportunities.get(key[3])
            if worth is None:
                return None
            scale = n * worth.calls_per_person_week * worth.qualified_share
            low, high = _wilson(part, whole)
            return part / whole * scale, n_calls, low * scale, high * scale
        if kpi.kind == "spread":
            if n < 2:
                return None
            deviation = stdev(part for part, *_ in samples)
            high, low = (math.sqrt((n - 1) / _chi2(p, n - 1)) for p in (0.025, 0.975))
            return deviation, n_calls, deviation * low, deviation * high
        ratio = part / whole
        if n < 2:
            return ratio, n_calls, None, None
        residual = sum((one - ratio * of) ** 2 for one, of, _ in samples)
        if all(math.isclose(one, ratio * of, abs_tol=1e-9) for one, of, _ in samples):
            return ratio, n_calls, None, None
        half = _t(n - 1) * math.sqrt(n / (n - 1) * residual) / whole
        bottom = -math.inf if kpi.bottom is None else kpi.bottom
        return ratio, n_calls, max(bottom, ratio - half), min(kpi.top or math.inf, ratio + half)


def _monday(one: Row) -> date:
    day: date = one["started_at"].date()
    return day - timedelta(days=day.weekday())


def _wilson(k: float, n: float) -> tuple[float, float]:
    """The two shares p with (k/n - p)^2 = z^2 p (1 - p) / n."""
    z = stats.norm.ppf(0.975)
    a, b, c = 1 + z**2 / n, -(2 * k / n + z**2 / n), (k / n) ** 2
    root = math.sqrt(max(0.0, b**2 - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


@cache
def _t(freedom: int) -> float:
    return float(stats.t.ppf(0.975, freedom))


@cache
def _chi2(p: float, freedom: int) -> float:
    return float(stats.chi2.ppf(p, freedom))
