-- Enquiries received, by quarter and district: all of them, then split one way at a time.
-- A calendar quarter is a financial quarter under another name.
--
-- mash_enquiries      enquiries received; a part is out of all of them.
-- mash_outcome        out of those with an outcome. Early help plan 2013-16: no further action. From
--                     April 2014, with the children's plan 2014-16: appropriate action, that is by
--                     children's social care or early help services.
-- mash_repeats        enquiries about a child with another on an earlier day of the 12 months
--                     before, wherever in the records that child lived then.
-- mash_within_1_day   enquiries with an outcome by the end of the next working day, the time in which
-- mash_within_3_days  Working Together (2013) wants a referral decided, and by the end of the third.
--                     Out of those whose time was up on the last day known, decided or not.
--
-- working_days counts, for each day, the working days up to its end; as_at is the last day known.
WITH days_again AS (
    -- Days on which a child known from the 12 months before came again. Of several enquiries on one
    -- day, the first in the order has the day before beside it, and stands for all of them.
    SELECT child_id, received_date
    FROM (
        SELECT
            child_id,
            received_date,
            lag(received_date) OVER (PARTITION BY child_id ORDER BY received_date) AS date_before
        FROM cases
        WHERE age BETWEEN 0 AND 17
    )
    WHERE
        date_before < received_date
        AND date_before >= received_date - INTERVAL 12 MONTH
),

enquiries AS (
    SELECT
        date_trunc('quarter', received_date)::DATE AS quarter_start,
        area_code AS district,
        source,
        need_level,
        outcome,
        sex,
        age_band(age) AS age,
        count(*) AS enquiries,
        count(again) AS repeats,
        count(*) FILTER (decided AND days <= 1) AS within_1,
        count(*) FILTER (decided OR days > 1) AS timed_1,
        count(*) FILTER (decided AND days <= 3) AS within_3,
        count(*) FILTER (decided OR days > 3) AS timed_3,
        bool_or(data_status = 'synthetic') AS synthetic
    FROM (
        SELECT
            cases.*,
            days_again.child_id AS again,
            outcome_date IS NOT NULL AS decided,
            coalesce(ended.working_day, today.working_day) - received.working_day AS days
        FROM cases
        INNER JOIN working_days AS received ON received.day = received_date
        LEFT JOIN working_days AS ended ON ended.day = outcome_date
        LEFT JOIN days_again
            ON days_again.child_id = cases.child_id
            AND days_again.received_date = cases.received_date
        CROSS JOIN (SELECT working_day FROM working_days WHERE day = (SELECT as_at FROM extent))
            AS today
    )
    WHERE age BETWEEN 0 AND 17 AND area_code IN (SELECT district FROM members)
    GROUP BY ALL
),

named AS (
    SELECT
        * REPLACE (
            coalesce(nullif(source, ''), 'not recorded') AS source,
            coalesce('level ' || need_level, 'not recorded') AS need_level,
            coalesce(nullif(outcome, ''), 'not recorded') AS outcome
        ),
        if(outcome <> '', enquiries, 0) AS with_outcome,
        if(outcome = 'no further action', enquiries, 0) AS no_action,
        if(outcome IN ('children''s social care', 'early help services'), enquiries, 0)
            AS appropriate
    FROM enquiries
),

counted AS (
    SELECT
        quarter_start,
        district,
        CASE
            WHEN grouping(source) = 0 THEN 'source'
            WHEN grouping(need_level) = 0 THEN 'need_level'
            WHEN grouping(outcome) = 0 THEN 'outcome'
            WHEN grouping(sex) = 0 THEN 'sex'
            WHEN grouping(age) = 0 THEN 'age'
            ELSE ''
        END AS category_type,
        coalesce(source, need_level, outcome, sex, age, '') AS category,
        sum(enquiries) AS enquiries,
        sum(with_outcome) AS with_outcome,
        sum(no_action) AS no_action,
        sum(appropriate) AS appropriate,
        sum(repeats) AS repeats,
        sum(within_1) AS within_1,
        sum(timed_1) AS timed_1,
        sum(within_3) AS within_3,
        sum(timed_3) AS timed_3,
        bool_or(synthetic) AS synthetic
    FROM named
    GROUP BY GROUPING SETS (
        (quarter_start, district),
        (quarter_start, district, source),
        (quarter_start, district, need_level),
        (quarter_start, district, outcome),
        (quarter_start, district, sex),
        (quarter_start, district, age)
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
            {indicator_id: 'mash_enquiries', numerator: enquiries, denominator: NULL},
            {
                indicator_id: 'mash_outcome',
                numerator: if(quarter_start < DATE '2014-04-01', no_action, appropriate),
                denominator: with_outcome
            },
            {indicator_id: 'mash_repeats', numerator: repeats, denominator: enquiries},
            {indicator_id: 'mash_within_1_day', numerator: within_1, denominator: timed_1},
            {indicator_id: 'mash_within_3_days', numerator: within_3, denominator: timed_3}
        ], recursive := true)
    FROM counted
)
WHERE category_type <> 'outcome' OR indicator_id = 'mash_enquiries'
