-- Two snapshots compared from their attributions tables, all five roles: the rows, order and digits of
-- `mxcensus snapshot export NEW OLD --table diff`. Runs unchanged on DuckDB, DataFusion and Spark SQL.
--
-- Reads `attributions_old` and `attributions_new` as share.sql reads `attributions`; both must come from the same
-- rules and the same questions, as `diff` sees to by itself. Counting and rounding are those of share.sql. The
-- p-values are sums of logarithms: equal in the six digits that the tables print.
WITH
roles AS (
    SELECT * FROM (VALUES ('gateway', 1, 1), ('mailbox', 2, 1), ('sender', 3, 0), ('dmarc', 4, 0), ('overlay', 5, 0))
        AS t(role, role_place, exclusive)
),
rest AS (
    SELECT * FROM (VALUES
        ('gateway', 'self-hosted', 1), ('gateway', 'unattributed', 2), ('gateway', 'no-mail', 3), ('gateway', 'unreachable', 4),
        ('mailbox', 'self-hosted', 1), ('mailbox', 'unattributed', 2), ('mailbox', 'no-mail', 3), ('mailbox', 'unreachable', 4),
        ('sender', 'none', 2), ('sender', 'unreachable', 4),
        ('dmarc', 'none', 2), ('dmarc', 'unreachable', 4),
        ('overlay', 'none', 2), ('overlay', 'unreachable', 4)
    ) AS t(role, vendor, place)
),
-- Who is who: by id, then one to one by the asked domain.
members_old AS (SELECT DISTINCT id, domain FROM attributions_old),
members_new AS (SELECT DISTINCT id, domain FROM attributions_new),
alone_old AS (
    SELECT o.id, o.domain, row_number() OVER (PARTITION BY o.domain ORDER BY o.id) AS turn
    FROM members_old o LEFT JOIN members_new n ON n.id = o.id
    WHERE n.id IS NULL
),
alone_new AS (
    SELECT n.id, n.domain, row_number() OVER (PARTITION BY n.domain ORDER BY n.id) AS turn
    FROM members_new n LEFT JOIN members_old o ON o.id = n.id
    WHERE o.id IS NULL
),
persons AS (
    SELECT concat('new:', n.id) AS person, o.id AS old_id, n.id AS new_id, CASE WHEN o.domain = n.domain THEN 0 ELSE 1 END AS moved
    FROM members_old o JOIN members_new n ON n.id = o.id
    UNION ALL
    SELECT CASE WHEN n.id IS NULL THEN concat('old:', o.id) ELSE concat('new:', n.id) END, o.id, n.id, 0
    FROM alone_old o FULL OUTER JOIN alone_new n ON n.domain = o.domain AND n.turn = o.turn
),
both_sides AS (
    SELECT 'old' AS side, a.role, a.id, a.verdict, a.vendor, a.weight_num, a.weight_den FROM attributions_old a
    UNION ALL
    SELECT 'new' AS side, a.role, a.id, a.verdict, a.vendor, a.weight_num, a.weight_den FROM attributions_new a
),
unreachable AS (
    SELECT DISTINCT side, role, id FROM both_sides WHERE verdict = 'unreachable'
),
-- One row for each side, member and row it counts in.
parts AS (
    SELECT
        side,
        role,
        id,
        vendor,
        place,
        CASE WHEN exclusive = 1 AND place < 4
             THEN CASE WHEN count(*) = count(units) THEN sum(units) END ELSE 720720 END AS units
    FROM (
        SELECT
            a.side,
            a.role,
            r.exclusive,
            a.id,
            CASE WHEN u.id IS NOT NULL THEN 'unreachable' WHEN a.verdict = 'vendor' THEN a.vendor ELSE a.verdict END AS vendor,
            CASE WHEN u.id IS NOT NULL THEN 4
                 WHEN a.verdict = 'vendor' THEN 0
                 WHEN a.verdict = 'self-hosted' THEN 1
                 WHEN a.verdict = 'no-mail' THEN 3
                 ELSE 2 END AS place,
            CASE WHEN 720720 % a.weight_den = 0
                 THEN CAST(round(a.weight_num * 720720e0 / a.weight_den) AS BIGINT) END AS units
        FROM both_sides a
        JOIN roles r ON r.role = a.role
        LEFT JOIN unreachable u ON u.side = a.side AND u.role = a.role AND u.id = a.id
    ) AS read_rows
    GROUP BY side, role, exclusive, id, vendor, place
),
-- Both sides of a member beside each other, row by row.
weights AS (
    SELECT
        role,
        person,
        old_id,
        new_id,
        moved,
        vendor,
        place,
        sum(CASE WHEN side = 'old' THEN units ELSE 0 END) AS past,
        sum(CASE WHEN side = 'new' THEN units ELSE 0 END) AS present
    FROM (
        SELECT p.side, p.role, p.vendor, p.place, p.units, w.person, w.old_id, w.new_id, w.moved
        FROM parts p JOIN persons w ON w.old_id = p.id WHERE p.side = 'old'
        UNION ALL
        SELECT p.side, p.role, p.vendor, p.place, p.units, w.person, w.old_id, w.new_id, w.moved
        FROM parts p JOIN persons w ON w.new_id = p.id WHERE p.side = 'new'
    ) AS sides
    GROUP BY role, person, old_id, new_id, moved, vendor, place
),
-- What a member did as a whole. `compared`: in both lists, and measured on both sides.
cases AS (
    SELECT
        role,
        person,
        old_id,
        new_id,
        CASE WHEN old_id IS NULL THEN 'entered'
             WHEN new_id IS NULL THEN 'left'
             WHEN max(CASE WHEN place = 4 AND past > 0 THEN 1 ELSE 0 END) = 1
                 AND max(CASE WHEN place = 4 AND present > 0 THEN 1 ELSE 0 END) = 1 THEN 'silent'
             WHEN max(CASE WHEN place = 4 THEN 1 ELSE 0 END) = 1 THEN 'reached'
             ELSE 'compared' END AS happened,
        sum(CASE WHEN present > past THEN present - past ELSE 0 END) AS moved_units,
        max(CASE WHEN present <> past THEN 1 ELSE 0 END) AS changed,
        sum(CASE WHEN place = 2 AND past > present THEN past - present ELSE 0 END) AS unattributed_lost,
        sum(CASE WHEN place = 2 AND present > past THEN present - past ELSE 0 END) AS unattributed_gained
    FROM weights
    GROUP BY role, person, old_id, new_id
),
-- What is lost goes to those that gain in proportion; what cannot be told in 1/720720 is null.
moves AS (
    SELECT
        w.role,
        w.vendor,
        w.place,
        w.past,
        w.present,
        c.happened,
        w.moved,
        CASE WHEN c.happened = 'compared' AND w.present > w.past THEN w.present - w.past ELSE 0 END AS gained,
        CASE WHEN c.happened = 'compared' AND w.past > w.present THEN w.past - w.present ELSE 0 END AS lost,
        CASE WHEN r.exclusive = 1 AND c.happened = 'compared' AND w.present > w.past AND c.unattributed_lost > 0
             THEN CASE WHEN (w.present - w.past) * c.unattributed_lost % c.moved_units = 0
                       THEN CAST(round(CAST((w.present - w.past) * c.unattributed_lost AS DOUBLE) / c.moved_units) AS BIGINT) END
             ELSE 0 END AS from_unattributed,
        CASE WHEN r.exclusive = 1 AND c.happened = 'compared' AND w.past > w.present AND c.unattributed_gained > 0
             THEN CASE WHEN (w.past - w.present) * c.unattributed_gained % c.moved_units = 0
                       THEN CAST(round(CAST((w.past - w.present) * c.unattributed_gained AS DOUBLE) / c.moved_units) AS BIGINT) END
             ELSE 0 END AS to_unattributed
    FROM weights w
    JOIN roles r ON r.role = w.role
    JOIN cases c ON c.role = w.role AND c.person = w.person
),
counted AS (
    SELECT
        role,
        vendor,
        place,
        CASE WHEN count(*) = count(past) THEN sum(past) END AS past,
        CASE WHEN count(*) = count(present) THEN sum(present) END AS present,
        sum(gained) AS gained,
        sum(lost) AS lost,
        sum(CASE WHEN happened = 'entered' THEN present ELSE 0 END) AS entered,
        sum(CASE WHEN happened = 'left' THEN past ELSE 0 END) AS gone,
        sum(CASE WHEN happened = 'reached' THEN present ELSE 0 END) AS appeared,
        sum(CASE WHEN happened = 'reached' THEN past ELSE 0 END) AS disappeared,
        CASE WHEN count(*) = count(from_unattributed) THEN sum(from_unattributed) END AS from_unattributed,
        CASE WHEN count(*) = count(to_unattributed) THEN sum(to_unattributed) END AS to_unattributed,
        sum(CASE WHEN moved = 1 THEN gained ELSE 0 END) AS gained_domain,
        sum(CASE WHEN moved = 1 THEN lost ELSE 0 END) AS lost_domain,
        sum(CASE WHEN gained > 0 THEN 1 ELSE 0 END) AS rose,
        sum(CASE WHEN lost > 0 THEN 1 ELSE 0 END) AS fell
    FROM (
        SELECT role, vendor, place, past, present, happened, moved, gained, lost, from_unattributed, to_unattributed FROM moves
        UNION ALL
        SELECT role, vendor, place, 0, 0, 'listed', 0, 0, 0, 0, 0 FROM rest
    ) AS every
    GROUP BY role, vendor, place
),
totals AS (
    SELECT
        r.role,
        r.role_place,
        r.exclusive,
        m.past * 720720 AS past,
        m.present * 720720 AS present,
        CASE WHEN r.exclusive = 1 THEN c.gained ELSE m.changed * 720720 END AS gained,
        CASE WHEN r.exclusive = 1 THEN c.lost ELSE m.changed * 720720 END AS lost,
        m.entered * 720720 AS entered,
        m.gone * 720720 AS gone,
        m.reached * 720720 AS appeared,
        CASE WHEN r.exclusive = 1 THEN c.from_unattributed ELSE 0 END AS from_unattributed,
        CASE WHEN r.exclusive = 1 THEN c.to_unattributed ELSE 0 END AS to_unattributed,
        CASE WHEN r.exclusive = 1 THEN c.gained_domain ELSE 0 END AS gained_domain,
        CASE WHEN r.exclusive = 1 THEN c.lost_domain ELSE 0 END AS lost_domain,
        m.past * 720720 - c.past_outside AS measured_past,
        m.present * 720720 - c.present_outside AS measured_present
    FROM roles r
    JOIN (
        SELECT
            role,
            count(old_id) AS past,
            count(new_id) AS present,
            sum(CASE WHEN happened = 'entered' THEN 1 ELSE 0 END) AS entered,
            sum(CASE WHEN happened = 'left' THEN 1 ELSE 0 END) AS gone,
            sum(CASE WHEN happened = 'reached' THEN 1 ELSE 0 END) AS reached,
            sum(CASE WHEN happened = 'compared' THEN changed ELSE 0 END) AS changed
        FROM cases GROUP BY role
    ) AS m ON m.role = r.role
    JOIN (
        SELECT
            role,
            sum(gained) AS gained,
            sum(lost) AS lost,
            CASE WHEN count(*) = count(from_unattributed) THEN sum(from_unattributed) END AS from_unattributed,
            CASE WHEN count(*) = count(to_unattributed) THEN sum(to_unattributed) END AS to_unattributed,
            sum(gained_domain) AS gained_domain,
            sum(lost_domain) AS lost_domain,
            sum(CASE WHEN place > 2 THEN past ELSE 0 END) AS past_outside,
            sum(CASE WHEN place > 2 THEN present ELSE 0 END) AS present_outside
        FROM counted GROUP BY role
    ) AS c ON c.role = r.role
),
-- Exact two-sided McNemar, min(1, 2 P(Bin(n, 1/2) <= least)), from running sums of ln C(n, i), and Holm.
pairs AS (
    SELECT role, vendor, rose, fell, rose + fell AS n, CASE WHEN rose < fell THEN rose ELSE fell END AS least
    FROM counted WHERE place = 0
),
numbers AS (
    SELECT turn FROM (SELECT row_number() OVER (ORDER BY id) AS turn FROM members_new) AS counting
    WHERE turn <= (SELECT max(least) FROM pairs)
),
terms AS (
    SELECT p.role, p.vendor, p.n,
        sum(ln(CAST(p.n - i.turn + 1 AS DOUBLE) / CAST(i.turn AS DOUBLE)))
            OVER (PARTITION BY p.role, p.vendor ORDER BY i.turn ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS log_ways
    FROM pairs p JOIN numbers i ON i.turn <= p.least
),
tails AS (
    SELECT role, vendor, sum(exp(log_ways - n * ln(2e0))) AS tail FROM terms GROUP BY role, vendor
),
chances AS (
    SELECT
        p.role,
        p.vendor,
        p.n,
        CASE WHEN p.rose = p.fell THEN 1e0
             ELSE least(1e0, greatest(2.2250738585072014e-308, 2e0 * (exp(-p.n * ln(2e0)) + coalesce(t.tail, 0e0)))) END AS p_value
    FROM pairs p LEFT JOIN tails t ON t.role = p.role AND t.vendor = p.vendor
),
ranked AS (
    SELECT role, vendor, p_value,
        row_number() OVER (PARTITION BY role ORDER BY p_value, vendor) AS turn,
        count(*) OVER (PARTITION BY role) AS family
    FROM chances WHERE n > 0
),
corrected AS (
    SELECT role, vendor,
        max(least(1e0, (family - turn + 1) * p_value))
            OVER (PARTITION BY role ORDER BY turn ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS p_holm
    FROM ranked
),
every_row AS (
    SELECT t.role_place, c.role, c.vendor, c.place, c.past, c.present, c.gained, c.lost, c.entered, c.gone, c.appeared,
        c.disappeared, c.from_unattributed, c.to_unattributed, c.gained_domain, c.lost_domain,
        CASE WHEN c.place < 3 AND t.measured_past > 0 THEN t.measured_past END AS measured_past,
        CASE WHEN c.place < 3 AND t.measured_present > 0 THEN t.measured_present END AS measured_present,
        v.p_value, h.p_holm
    FROM counted c
    JOIN totals t ON t.role = c.role
    LEFT JOIN chances v ON v.role = c.role AND v.vendor = c.vendor AND c.place = 0
    LEFT JOIN corrected h ON h.role = c.role AND h.vendor = c.vendor AND c.place = 0
    UNION ALL
    SELECT role_place, role, 'total', 5, past, present, gained, lost, entered, gone, appeared, appeared AS disappeared,
        from_unattributed, to_unattributed, gained_domain, lost_domain, NULL, NULL, NULL, NULL
    FROM totals
),
-- Wide enough for products of two counts.
wide AS (
    SELECT role_place, role, vendor, place, gained, lost, entered, gone, appeared, disappeared, from_unattributed,
        to_unattributed, gained_domain, lost_domain, p_value, p_holm,
        CAST(past AS DECIMAL(38, 0)) AS past,
        CAST(present AS DECIMAL(38, 0)) AS present,
        CAST(present - past AS DECIMAL(38, 0)) AS net,
        CAST(measured_past AS DECIMAL(38, 0)) AS measured_past,
        CAST(measured_present AS DECIMAL(38, 0)) AS measured_present
    FROM every_row
),
fractions AS (
    SELECT role_place, role, vendor, place, gained, lost, entered, gone, appeared, disappeared, from_unattributed,
        to_unattributed, gained_domain, lost_domain, p_value, p_holm, past, present, net, measured_past, measured_present,
        CASE WHEN past > 0 THEN past END AS relative_base,
        CAST(present * measured_past - past * measured_present AS DECIMAL(38, 0)) AS points,
        CAST(net * measured_past AS DECIMAL(38, 0)) AS count_points,
        CAST(past * measured_past - past * measured_present AS DECIMAL(38, 0)) AS base_points,
        CAST(measured_past * measured_present AS DECIMAL(38, 0)) AS points_base
    FROM wide
),
-- Twice the millionths, and the denominator on top: what a whole division by twice the denominator rounds.
halves AS (
    SELECT role_place, role, vendor, place, gained, lost, entered, gone, appeared, disappeared, from_unattributed,
        to_unattributed, gained_domain, lost_domain, p_value, p_holm, past, present, net,
        net AS relative,
        points,
        count_points,
        base_points,
        CAST(abs(net) * 2000000 + relative_base AS DECIMAL(38, 0)) AS relative_half,
        CAST(2 * relative_base AS DECIMAL(38, 0)) AS relative_twice,
        CAST(past * 2000000 + measured_past AS DECIMAL(38, 0)) AS share_past_half,
        CAST(2 * measured_past AS DECIMAL(38, 0)) AS share_past_twice,
        CAST(present * 2000000 + measured_present AS DECIMAL(38, 0)) AS share_present_half,
        CAST(2 * measured_present AS DECIMAL(38, 0)) AS share_present_twice,
        CAST(abs(points) * 200000000 + points_base AS DECIMAL(38, 0)) AS points_half,
        CAST(abs(count_points) * 200000000 + points_base AS DECIMAL(38, 0)) AS count_points_half,
        CAST(abs(base_points) * 200000000 + points_base AS DECIMAL(38, 0)) AS base_points_half,
        CAST(2 * points_base AS DECIMAL(38, 0)) AS points_twice,
        CAST(2 * points_base AS DECIMAL(38, 0)) AS count_points_twice,
        CAST(2 * points_base AS DECIMAL(38, 0)) AS base_points_twice
    FROM fractions
)
SELECT
    role,
    vendor,
    CASE WHEN past % 9009 = 0 THEN CAST(past AS DOUBLE) / 720720e0
         ELSE round(CAST(past AS DOUBLE) * 1e6 / 720720e0) / 1e6 END AS old,
    CASE WHEN present % 9009 = 0 THEN CAST(present AS DOUBLE) / 720720e0
         ELSE round(CAST(present AS DOUBLE) * 1e6 / 720720e0) / 1e6 END AS new,
    CASE WHEN net % 9009 = 0 THEN CAST(net AS DOUBLE) / 720720e0
         ELSE round(CAST(net AS DOUBLE) * 1e6 / 720720e0) / 1e6 END AS net,
    CASE WHEN relative < 0 THEN -1e0 ELSE 1e0 END
        * round(CAST(relative_half - relative_half % relative_twice AS DOUBLE) / CAST(relative_twice AS DOUBLE)) / 1e6 AS relative_change,
    round(CAST(share_past_half - share_past_half % share_past_twice AS DOUBLE) / CAST(share_past_twice AS DOUBLE)) / 1e6 AS share_old,
    round(CAST(share_present_half - share_present_half % share_present_twice AS DOUBLE) / CAST(share_present_twice AS DOUBLE)) / 1e6 AS share_new,
    CASE WHEN points < 0 THEN -1e0 ELSE 1e0 END
        * round(CAST(points_half - points_half % points_twice AS DOUBLE) / CAST(points_twice AS DOUBLE)) / 1e6 AS share_change_pp,
    CASE WHEN count_points < 0 THEN -1e0 ELSE 1e0 END
        * round(CAST(count_points_half - count_points_half % count_points_twice AS DOUBLE) / CAST(count_points_twice AS DOUBLE)) / 1e6 AS count_effect_pp,
    CASE WHEN base_points < 0 THEN -1e0 ELSE 1e0 END
        * round(CAST(base_points_half - base_points_half % base_points_twice AS DOUBLE) / CAST(base_points_twice AS DOUBLE)) / 1e6 AS denominator_effect_pp,
    CASE WHEN gained % 9009 = 0 THEN CAST(gained AS DOUBLE) / 720720e0
         ELSE round(CAST(gained AS DOUBLE) * 1e6 / 720720e0) / 1e6 END AS gained,
    CASE WHEN lost % 9009 = 0 THEN CAST(lost AS DOUBLE) / 720720e0
         ELSE round(CAST(lost AS DOUBLE) * 1e6 / 720720e0) / 1e6 END AS lost,
    CASE WHEN entered % 9009 = 0 THEN CAST(entered AS DOUBLE) / 720720e0
         ELSE round(CAST(entered AS DOUBLE) * 1e6 / 720720e0) / 1e6 END AS entered,
    CASE WHEN gone % 9009 = 0 THEN CAST(gone AS DOUBLE) / 720720e0
         ELSE round(CAST(gone AS DOUBLE) * 1e6 / 720720e0) / 1e6 END AS left,
    CASE WHEN appeared % 9009 = 0 THEN CAST(appeared AS DOUBLE) / 720720e0
         ELSE round(CAST(appeared AS DOUBLE) * 1e6 / 720720e0) / 1e6 END AS appeared,
    CASE WHEN disappeared % 9009 = 0 THEN CAST(disappeared AS DOUBLE) / 720720e0
         ELSE round(CAST(disappeared AS DOUBLE) * 1e6 / 720720e0) / 1e6 END AS disappeared,
    CASE WHEN from_unattributed % 9009 = 0 THEN CAST(from_unattributed AS DOUBLE) / 720720e0
         ELSE round(CAST(from_unattributed AS DOUBLE) * 1e6 / 720720e0) / 1e6 END AS gained_from_unattributed,
    CASE WHEN to_unattributed % 9009 = 0 THEN CAST(to_unattributed AS DOUBLE) / 720720e0
         ELSE round(CAST(to_unattributed AS DOUBLE) * 1e6 / 720720e0) / 1e6 END AS lost_to_unattributed,
    CASE WHEN gained_domain % 9009 = 0 THEN CAST(gained_domain AS DOUBLE) / 720720e0
         ELSE round(CAST(gained_domain AS DOUBLE) * 1e6 / 720720e0) / 1e6 END AS gained_domain,
    CASE WHEN lost_domain % 9009 = 0 THEN CAST(lost_domain AS DOUBLE) / 720720e0
         ELSE round(CAST(lost_domain AS DOUBLE) * 1e6 / 720720e0) / 1e6 END AS lost_domain,
    p_value,
    p_holm
FROM halves
ORDER BY role_place, place, CASE WHEN place = 0 THEN present END DESC, CASE WHEN place = 0 THEN past END DESC, vendor
