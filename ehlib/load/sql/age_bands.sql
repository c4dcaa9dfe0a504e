-- Bands of age that every breakdown uses: early years, primary school, secondary school, after it.
CREATE OR REPLACE MACRO age_band(years) AS CASE
    WHEN years < 5 THEN '0-4'
    WHEN years < 10 THEN '5-9'
    WHEN years < 16 THEN '10-15'
    ELSE '16-17'
END
