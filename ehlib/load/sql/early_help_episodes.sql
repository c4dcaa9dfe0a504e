-- Early help episodes opened and closed, by quarter and district, then split one way at a time.
--
-- early_help_episodes       opened in the quarter.
-- early_help_returns        opened in the quarter for a child of whom another episode closed in the
--                           12 months before; out of those opened.
-- early_help_level_changes  opened in the quarter for a child with an earlier episode, by the need
--                           level of that episode and of the new one (both recorded).
-- early_help_closed         closed in the quarter.
-- needs_met                 closed because needs were met, out of those closed. Early help plan
--                           2013-16: the CAF process only. From April 2014, with the children's plan
--                           2014-16: all early help services.
-- early_help_stepped_up     closed because a social worker took over, out of those closed.
-- early_help_stepped_down   closed because universal services suffice, out of those closed.
WITH children AS (
    SELECT
        *,
        lag(need_level) OVER child AS level_before,
        max(closed_date) OVER (child ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
            AS closed_before
    FROM cases
    WHERE age BETWEEN 0 AND 17
    WINDOW child AS (PARTITION BY child_id ORDER BY opened_date, closed_date, episode_id)
),

episodes AS (
    SELECT
        opened_date,
        closed_date,
        area_code AS district,
        coalesce('level ' || need_level, 'not recorded') AS need_level,
        coalesce(nullif(lead_agency, ''), 'not recorded') AS lead_agency,
        coalesce(nullif(closure_reason, ''), 'not recorded') AS closure_reason,
        sex,
        age_band(age) AS age,
        closed_before BETWEEN opened_date - INTERVAL 12 MONTH AND opened_date AS returned,
        'level ' || level_before || ' to level ' || children.need_level AS level_change,
        process = 'CAF' OR closed_date >= DATE '2014-04-01' AS in_needs_met,
        data_status = 'synthetic' AS synthetic
    FROM children
    WHERE area_code IN (SELECT district FROM members)
),

events AS (
    SELECT *, 'opened' AS event, date_trunc('quarter', opened_date)::DATE AS quarter_start
    FROM episodes
    UNION ALL
    SELECT *, 'closed' AS event, date_trunc('quarter', closed_date)::DATE AS quarter_start
    FROM episodes WHERE closed_date IS NOT NULL
),

counted AS (
    SELECT
        event,
        quarter_start,
        district,
        CASE
            WHEN grouping(need_level) = 0 THEN 'need_level'
            WHEN grouping(lead_agency) = 0 THEN 'lead_agency'
            WHEN grouping(closure_reason) = 0 THEN 'closure_reason'
            WHEN grouping(level_change) = 0 THEN 'level_change'
            WHEN grouping(sex) = 0 THEN 'sex'
            WHEN grouping(age) = 0 THEN 'age'
            ELSE ''
        END AS category_type,
        coalesce(need_level, lead_agency, closure_reason, level_change, sex, age, '') AS category,
        count(*) AS episodes,
        count(*) FILTER (returned) AS returns,
        count(level_change) AS level_changes,
        count(*) FILTER (in_needs_met AND closure_reason = 'needs met') AS met,
        count(*) FILTER (in_needs_met) AS in_needs_met,
        count(*) FILTER (closure_reason = 'stepped up to social care') AS stepped_up,
        count(*) FILTER (closure_reason = 'stepped down to universal services') AS stepped_down,
        bool_or(synthetic) AS synthetic
    FROM events
    GROUP BY GROUPING SETS (
        (event, quarter_start, district),
        (event, quarter_start, district, need_level),
        (event, quarter_start, district, lead_agency),
        (event, quarter_start, district, closure_reason),
        (event, quarter_start, district, level_change),
        (event, quarter_start, district, sex),
        (event, quarter_start, district, age)
    )
)

SELECT
    indicator_id,
    quarter_start,
    district,
    category_type,
    category,
    numerator,
    denominator,
    synthetic
FROM (
    SELECT
        *,
        unnest([
            {event_counted: 'opened', indicator_id: 'early_help_episodes', numerator: episodes, denominator: NULL},
            {event_counted: 'opened', indicator_id: 'early_help_returns', numerator: returns, denominator: episodes},
            {
                event_counted: 'opened',
                indicator_id: 'early_help_level_changes',
                numerator: level_changes,
                denominator: NULL
            },
            {event_counted: 'closed', indicator_id: 'early_help_closed', numerator: episodes, denominator: NULL},
            {event_counted: 'closed', indicator_id: 'needs_met', numerator: met, denominator: in_needs_met},
            {
                event_counted: 'closed',
                indicator_id: 'early_help_stepped_up',
                numerator: stepped_up,
                denominator: episodes
            },
            {
                event_counted: 'closed',
                indicator_id: 'early_help_stepped_down',
                numerator: stepped_down,
                denominator: episodes
            }
        ], recursive := true)
    FROM counted
)
WHERE
    event = event_counted
    AND (category_type = '' OR category <> '')
    AND CASE category_type
        WHEN '' THEN true
        WHEN 'closure_reason' THEN indicator_id = 'early_help_closed'
        WHEN 'level_change' THEN indicator_id = 'early_help_level_changes'
        ELSE indicator_id <> 'early_help_level_changes'
    END
