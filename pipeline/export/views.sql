-- Views for the common questions, in the SQL that DuckDB and PostgreSQL share. A view may gain columns at its end only.
-- But for v_kpi each has one level and counts no conversation twice: its rows can be drawn and added up as they are.

-- KPIs with the name of the person; here kpi is the name, and split is '' where a KPI is not split. It holds every level
-- and each conversation under its own kind and under all: filter level_of, interaction and kpi.
CREATE OR REPLACE VIEW v_kpi AS
SELECT k.week, k.level_of, k.entity_id, p.name AS person, k.interaction,
       k.kpi_name AS kpi, coalesce(k.split, '') AS split,
       k.value, k.low, k.high, k.n_calls, k.small_n, d.unit
FROM fact_kpi k
LEFT JOIN dim_dictionary d ON d.kind = 'kpi' AND d.name = k.kpi_name
LEFT JOIN dim_person p ON p.person_key = k.person_key;

-- How good are conversations, team by team and week by week? All kinds together: one row per team and week.
CREATE OR REPLACE VIEW v_quality_by_team_week AS
SELECT week, entity_id AS team, interaction, value AS quality_index, low, high, n_calls, small_n
FROM fact_kpi
WHERE kpi = 'quality_index' AND level_of = 'team' AND interaction = 'all';

-- Which behaviours are red, and where? One row per week, team, kind of conversation and element.
CREATE OR REPLACE VIEW v_red_share AS
SELECT week, level_of, entity_id, person, interaction, split AS element, value AS red_share, low, high, n_calls, small_n
FROM v_kpi
WHERE kpi = 'red_share' AND level_of = 'team' AND interaction <> 'all';

-- How many conversations were better not made, and what did they cost? One row per week and kind of conversation.
CREATE OR REPLACE VIEW v_better_not_made AS
SELECT s.week, s.level_of, s.entity_id, s.interaction, s.value AS better_not_made_share, s.low, s.high,
       o.value AS opportunities_lost, o.low AS opportunities_lost_low, o.high AS opportunities_lost_high,
       s.n_calls, s.small_n
FROM fact_kpi s
LEFT JOIN fact_kpi o ON o.kpi = 'opportunities_lost' AND o.level_of = s.level_of AND o.entity_id = s.entity_id
                    AND o.interaction = s.interaction AND o.week = s.week
WHERE s.kpi = 'better_not_made_share' AND s.level_of = 'org' AND s.interaction <> 'all';

-- Who talks how much, and how does it develop? One row per week, person who leads and kind of conversation.
CREATE OR REPLACE VIEW v_talk_ratio_trend AS
SELECT m.week, m.level_of, m.entity_id, m.interaction, m.value AS talk_ratio_mean, m.low, m.high,
       p.value AS talk_ratio_pooled, m.n_calls, m.small_n
FROM fact_kpi m
JOIN fact_kpi p ON p.kpi = 'talk_ratio_pooled' AND p.level_of = m.level_of AND p.entity_id = m.entity_id
               AND p.interaction = m.interaction AND p.week = m.week
WHERE m.kpi = 'talk_ratio_mean' AND m.level_of = 'lead' AND m.interaction <> 'all';

-- Do conversations end with next steps, and are actions owned, dated and done? One row per week, team and kind.
CREATE OR REPLACE VIEW v_next_steps AS
SELECT week, level_of, entity_id, interaction,
       max(CASE WHEN kpi = 'next_step_present_share' THEN value END) AS next_step_share,
       max(CASE WHEN kpi = 'next_step_confirmed_share' THEN value END) AS confirmed_share,
       max(CASE WHEN kpi = 'actions_made' THEN value END) AS actions_per_call,
       max(CASE WHEN kpi = 'actions_owned_share' THEN value END) AS owned_share,
       max(CASE WHEN kpi = 'actions_dated_share' THEN value END) AS dated_share,
       max(CASE WHEN kpi = 'actions_done_share' THEN value END) AS done_share,
       max(n_calls) AS n_calls
FROM fact_kpi
WHERE kpi IN ('next_step_present_share', 'next_step_confirmed_share', 'actions_made', 'actions_owned_share',
              'actions_dated_share', 'actions_done_share')
  AND level_of = 'team' AND interaction <> 'all'
GROUP BY week, level_of, entity_id, interaction;

-- Do managers meet their people as planned, and how well do they coach? One row per week, manager and kind of meeting.
CREATE OR REPLACE VIEW v_manager_coaching AS
SELECT week, entity_id AS manager_id, max(person) AS manager, interaction,
       max(CASE WHEN kpi = 'coaching_quality' THEN value END) AS coaching_quality,
       max(CASE WHEN kpi = 'cadence_kept_share' THEN value END) AS cadence_kept_share,
       max(CASE WHEN kpi = 'meetings_held' THEN value END) AS meetings_held,
       max(CASE WHEN kpi = 'meeting_length_kept_share' THEN value END) AS length_kept_share,
       max(CASE WHEN kpi = 'meeting_moved_share' THEN value END) AS moved_share,
       max(CASE WHEN kpi = 'purposes_mixed_share' THEN value END) AS mixed_share,
       max(CASE WHEN kpi = 'manager_takeover_share' THEN value END) AS takeover_share,
       max(n_calls) AS n_calls
FROM v_kpi
WHERE level_of = 'manager' AND interaction <> 'all'
  AND kpi IN ('coaching_quality', 'cadence_kept_share', 'meetings_held', 'meeting_length_kept_share',
              'meeting_moved_share', 'purposes_mixed_share', 'manager_takeover_share')
GROUP BY week, entity_id, interaction;

-- The labels that count: where people settled one (and the wording means the same still), theirs stands in its place.
CREATE OR REPLACE VIEW v_label AS
SELECT l.call_id, l.rubric, l.element, l.person_key, l.element_key, l.date_key, l.kind_key, l.team_key,
       coalesce(o.level, l.level) AS level, coalesce(o.color, l.color) AS color,
       coalesce(o.level, l.expected_level) AS expected_level,
       CASE WHEN o.level IS NULL THEN l.status ELSE 'settled' END AS status, l.level AS machine_level
FROM fact_label l
LEFT JOIN (SELECT call_id, rubric, element, rubric_hash, level,
                  CASE level WHEN 0 THEN 'red' WHEN 1 THEN 'orange' WHEN 2 THEN 'yellow' ELSE 'green' END AS color
           FROM fact_override) o
       ON o.call_id = l.call_id AND o.rubric = l.rubric AND o.element = l.element AND o.rubric_hash = l.rubric_hash;

-- What does each person need to work on, and who is the gold standard? Role-plays are left out. (All recorded time; filter dim_call for less.)
CREATE OR REPLACE VIEW v_assessment_map AS
SELECT c.lead_id AS person_id, max(p.name) AS person, max(p.team) AS team, l.rubric, l.element, max(e.title) AS title,
       avg(l.expected_level) AS mean_level, avg(CASE WHEN l.level = 0 THEN 1.0 ELSE 0.0 END) AS red_share,
       count(*) AS n_calls
FROM v_label l
JOIN dim_call c ON c.call_id = l.call_id
LEFT JOIN dim_person p ON p.person_id = c.lead_id AND p.is_current
LEFT JOIN dim_element e ON e.element_key = l.element_key
WHERE c.lead_id IS NOT NULL AND l.level IS NOT NULL AND c.interaction NOT LIKE 'practice~_%' ESCAPE '~'
GROUP BY c.lead_id, l.rubric, l.element;

-- Do better conversations go with better outcomes? The half interval is Student's with n - 1 degrees of freedom: its
-- 97.5 % point as tables have it up to n = 5, then by the expansion of Cornish and Fisher, within 0.0005.
CREATE OR REPLACE VIEW v_quality_by_outcome AS
SELECT c.interaction, c.outcome, avg(q.quality_index) AS quality_index,
       CASE count(*) WHEN 2 THEN 12.706205 WHEN 3 THEN 4.302653 WHEN 4 THEN 3.182446 WHEN 5 THEN 2.776445
                     ELSE 1.959964 + 2.372271 / nullif(count(*) - 1.0, 0) + 2.822499 / nullif(count(*) - 1.0, 0) ^ 2
                          + 2.555850 / nullif(count(*) - 1.0, 0) ^ 3 + 1.589534 / nullif(count(*) - 1.0, 0) ^ 4 END
           * stddev_samp(q.quality_index) / sqrt(count(*)) AS half_interval, count(*) AS n_calls,
       'A correlation: it does not show that better conversations bring the outcome.' AS warning
FROM dim_call c
JOIN (SELECT l.call_id, sum(l.expected_level * e.weight) / nullif(sum(e.weight), 0) / 3 * 100 AS quality_index
      FROM v_label l JOIN dim_element e ON e.element_key = l.element_key
      WHERE l.level IS NOT NULL
      GROUP BY l.call_id) q ON q.call_id = c.call_id
WHERE c.outcome IN ('advanced', 'stalled', 'lost') AND c.interaction NOT LIKE 'practice~_%' ESCAPE '~'
GROUP BY c.interaction, c.outcome;

-- Is quality beside won and lost? One row per half of the opportunities by the quality of their conversations.
CREATE OR REPLACE VIEW v_win_rate_by_quality AS
SELECT half, won, decided, won * 1.0 / decided AS win_rate,
       (won + 1.920729 - 1.959964 * sqrt(won * (decided - won) * 1.0 / decided + 0.960365)) / (decided + 3.841459) AS low,
       (won + 1.920729 + 1.959964 * sqrt(won * (decided - won) * 1.0 / decided + 0.960365)) / (decided + 3.841459) AS high,
       'A correlation: strong opportunities make good conversations easy.' AS warning
FROM (SELECT half, sum(CASE WHEN state = 'won' THEN 1 ELSE 0 END) AS won, count(*) AS decided
      FROM fact_opportunity
      WHERE is_latest AND state <> 'open' AND half IS NOT NULL
      GROUP BY half) o;
