-- Market share of one snapshot from its attributions table, all five roles: the rows, order and digits of
-- `mxcensus snapshot export SNAPSHOT --table shares`. Runs unchanged on DuckDB, DataFusion and Spark SQL.
--
-- Reads a table or view `attributions`: `mxcensus snapshot export SNAPSHOT --table attributions --format parquet`,
-- or the rows of `mxcensus classify -`.
--
-- Exactness: members are counted in parts of 1/720720 (the least common multiple of 1 to 16), so every sum is
-- one of whole numbers; quotients are rounded to six places half away from zero in whole numbers, and become
-- floating point last. A member split into parts that 720720 does not hold gives null instead of a wrong figure.
WITH
roles AS (
    SELECT * FROM (VALUES ('gateway', 1, 1), ('mailbox', 2, 1), ('sender', 3, 0), ('dmarc', 4, 0), ('overlay', 5, 0))
        AS t(role, role_place, exclusive)
),
-- The rows that stand below the named ones, also where they count nobody. Place 0 is a vendor.
rest AS (
    SELECT * FROM (VALUES
        ('gateway', 'self-hosted', 1), ('gateway', 'unattributed', 2), ('gateway', 'no-mail', 3), ('gateway', 'unreachable', 4),
        ('mailbox', 'self-hosted', 1), ('mailbox', 'unattributed', 2), ('mailbox', 'no-mail', 3), ('mailbox', 'unreachable', 4),
        ('sender', 'none', 2), ('sender', 'unreachable', 4),
        ('dmarc', 'none', 2), ('dmarc', 'unreachable', 4),
        ('overlay', 'none', 2), ('overlay', 'unreachable', 4)
    ) AS t(role, vendor, place)
),
-- A member without a definitive answer is that alone, whatever else was seen of it.
unreachable AS (
    SELECT DISTINCT role, id FROM attributions WHERE verdict = 'unreachable'
),
read_rows AS (
    SELECT
        a.role,
        r.exclusive,
        a.id,
        CASE WHEN u.id IS NOT NULL THEN 'unreachable' WHEN a.verdict = 'vendor' THEN a.vendor ELSE a.verdict END AS vendor,
        CASE WHEN u.id IS NOT NULL THEN 4
             WHEN a.verdict = 'vendor' THEN 0
             WHEN a.verdict = 'self-hosted' THEN 1
             WHEN a.verdict = 'no-mail' THEN 3
             ELSE 2 END AS place,
        CASE WHEN u.id IS NOT NULL THEN 0
             WHEN a.confidence = 'confirmed' THEN 3
             WHEN a.confidence = 'likely' THEN 2
             WHEN a.confidence = 'weak' THEN 1
             ELSE 0 END AS trust,
        CASE WHEN 720720 % a.weight_den = 0
             THEN CAST(round(a.weight_num * 720720e0 / a.weight_den) AS BIGINT) END AS units
    FROM attributions a
    JOIN roles r ON r.role = a.role
    LEFT JOIN unreachable u ON u.role = a.role AND u.id = a.id
),
-- One row for each member and row it counts in. Exclusive roles add parts; reach roles, and the row
-- `unreachable`, count a member once, with its best confidence.
parts AS (
    SELECT
        role,
        vendor,
        place,
        CASE WHEN exclusive = 1 AND place < 4
             THEN CASE WHEN count(*) = count(units) THEN sum(units) END ELSE 720720 END AS units,
        CASE WHEN exclusive = 1 THEN sum(CASE WHEN trust = 3 THEN units ELSE 0 END)
             WHEN max(trust) = 3 THEN 720720 ELSE 0 END AS confirmed,
        CASE WHEN exclusive = 1 THEN sum(CASE WHEN trust = 2 THEN units ELSE 0 END)
             WHEN max(trust) = 2 THEN 720720 ELSE 0 END AS likely,
        CASE WHEN exclusive = 1 THEN sum(CASE WHEN trust = 1 THEN units ELSE 0 END)
             WHEN max(trust) = 1 THEN 720720 ELSE 0 END AS weak
    FROM read_rows
    GROUP BY role, exclusive, id, vendor, place
),
counted AS (
    SELECT
        role,
        vendor,
        place,
        CAST(CASE WHEN count(*) = count(units) THEN sum(units) END AS DECIMAL(38, 0)) AS units,
        CAST(sum(confirmed) AS DECIMAL(38, 0)) AS confirmed,
        CAST(sum(likely) AS DECIMAL(38, 0)) AS likely,
        CAST(sum(weak) AS DECIMAL(38, 0)) AS weak
    FROM (
        SELECT role, vendor, place, units, confirmed, likely, weak FROM parts
        UNION ALL
        SELECT role, vendor, place, 0, 0, 0, 0 FROM rest
    ) AS every
    GROUP BY role, vendor, place
),
bases AS (
    SELECT
        r.role,
        r.role_place,
        r.exclusive,
        CAST(p.members * 720720 AS DECIMAL(38, 0)) AS population,
        CAST(p.members * 720720 - c.no_mail - c.unreachable AS DECIMAL(38, 0)) AS measured,
        CAST(p.members * 720720 - c.no_mail AS DECIMAL(38, 0)) AS measurable,
        CAST(c.unreachable AS DECIMAL(38, 0)) AS unreachable,
        CAST(CASE WHEN r.exclusive = 1 THEN c.unattributed ELSE 0 END AS DECIMAL(38, 0)) AS unattributed,
        CAST(c.weakly_self_hosted AS DECIMAL(38, 0)) AS weakly_self_hosted
    FROM roles r
    JOIN (SELECT role, count(DISTINCT id) AS members FROM attributions GROUP BY role) AS p ON p.role = r.role
    JOIN (
        SELECT
            role,
            sum(CASE WHEN place = 3 THEN units ELSE 0 END) AS no_mail,
            sum(CASE WHEN place = 4 THEN units ELSE 0 END) AS unreachable,
            sum(CASE WHEN place = 2 THEN units ELSE 0 END) AS unattributed,
            sum(CASE WHEN place = 1 THEN weak ELSE 0 END) AS weakly_self_hosted
        FROM counted
        GROUP BY role
    ) AS c ON c.role = r.role
),
-- What missing answers and weak readings could add to a row; what the row itself holds is not added again.
bounded AS (
    SELECT
        c.role,
        c.vendor,
        c.place,
        b.role_place,
        c.units,
        c.confirmed,
        c.likely,
        c.weak,
        CASE WHEN c.place < 3 AND b.measured > 0 THEN b.measured END AS measured,
        CASE WHEN c.place < 3 AND b.measurable > 0 THEN b.measurable END AS measurable,
        CAST(c.units + b.unreachable
            + CASE WHEN c.place = 2 THEN 0 ELSE b.unattributed END
            + CASE WHEN c.place = 1 THEN 0 ELSE b.weakly_self_hosted END AS DECIMAL(38, 0)) AS possible
    FROM counted c
    JOIN bases b ON b.role = c.role
    UNION ALL
    SELECT
        b.role,
        'total',
        5,
        b.role_place,
        b.population,
        CASE WHEN b.exclusive = 1 THEN sum(c.confirmed) ELSE 0 END,
        CASE WHEN b.exclusive = 1 THEN sum(c.likely) ELSE 0 END,
        CASE WHEN b.exclusive = 1 THEN sum(c.weak) ELSE 0 END,
        NULL,
        NULL,
        NULL
    FROM bases b
    JOIN counted c ON c.role = b.role
    GROUP BY b.role, b.role_place, b.exclusive, b.population
),
-- Twice the millionths, and the denominator on top: what a whole division by twice the denominator rounds.
halves AS (
    SELECT
        role,
        vendor,
        place,
        role_place,
        units,
        confirmed,
        likely,
        weak,
        CAST(2 * measured AS DECIMAL(38, 0)) AS twice_measured,
        CAST(2 * measurable AS DECIMAL(38, 0)) AS twice_measurable,
        CAST(units * 2000000 + measured AS DECIMAL(38, 0)) AS share_half,
        CAST(units * 2000000 + measurable AS DECIMAL(38, 0)) AS lower_half,
        CAST(possible * 2000000 + measurable AS DECIMAL(38, 0)) AS upper_half
    FROM bounded
)
SELECT
    role,
    vendor,
    -- Whole and finite decimals as such, else six places: 720720 / 9009 = 80 has no factors but 2 and 5.
    CASE WHEN units % 9009 = 0 THEN CAST(units AS DOUBLE) / 720720e0
         ELSE round(CAST(units AS DOUBLE) * 1e6 / 720720e0) / 1e6 END AS members,
    round(CAST(share_half - share_half % twice_measured AS DOUBLE) / CAST(twice_measured AS DOUBLE)) / 1e6 AS share,
    round(CAST(lower_half - lower_half % twice_measurable AS DOUBLE) / CAST(twice_measurable AS DOUBLE)) / 1e6 AS lower_bound,
    round(CAST(upper_half - upper_half % twice_measurable AS DOUBLE) / CAST(twice_measurable AS DOUBLE)) / 1e6 AS upper_bound,
    CASE WHEN confirmed % 9009 = 0 THEN CAST(confirmed AS DOUBLE) / 720720e0
         ELSE round(CAST(confirmed AS DOUBLE) * 1e6 / 720720e0) / 1e6 END AS confirmed,
    CASE WHEN likely % 9009 = 0 THEN CAST(likely AS DOUBLE) / 720720e0
         ELSE round(CAST(likely AS DOUBLE) * 1e6 / 720720e0) / 1e6 END AS likely,
    CASE WHEN weak % 9009 = 0 THEN CAST(weak AS DOUBLE) / 720720e0
         ELSE round(CAST(weak AS DOUBLE) * 1e6 / 720720e0) / 1e6 END AS weak
FROM halves
ORDER BY role_place, CASE WHEN place = 0 THEN 0 ELSE place END, CASE WHEN place = 0 THEN units END DESC, vendor
