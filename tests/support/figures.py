"""
Every figure once more, by SQL that was written from docs/openapi.yaml and not from the server's:
down the tree by parents instead of paths, days as dates, one question a figure.
"""

import pymysql

# The units below and including one; who is who after merges of accounts.
BELOW = """
    below AS (
        SELECT unit_id FROM units WHERE unit_id = %(unit)s OR %(unit)s = 0
        UNION ALL
        SELECT child.unit_id FROM units child JOIN below ON child.parent_id = below.unit_id
        WHERE %(directly)s = 0
    )"""
WHO = """
    steps AS (
        SELECT member_id AS was, member_id AS is_now FROM members
        UNION ALL
        SELECT steps.was, m.merged_into FROM steps
        JOIN members m ON m.member_id = steps.is_now AND m.merged_into <> 0
    ),
    who AS (
        SELECT was, is_now FROM steps
        JOIN members m ON m.member_id = steps.is_now AND m.merged_into = 0
    )"""
# What was held: whole activities with the local date on which they began.
HELD = """
    held AS (
        SELECT a.activity_id, a.unit_id, a.category,
            DATE(FROM_UNIXTIME(0) + INTERVAL a.starts_us MICROSECOND
                 + INTERVAL %(offset)s MINUTE) AS day
        FROM activities a
        WHERE a.part_of = 0 AND a.state >= %(state)s AND a.state < 6
        AND a.unit_id IN (SELECT unit_id FROM below)
        HAVING day BETWEEN %(from)s AND %(to)s
    ),
    parts AS (
        SELECT held.activity_id AS whole, held.activity_id AS part FROM held
        UNION ALL
        SELECT held.activity_id, shift.activity_id FROM held
        JOIN activities shift ON shift.part_of = held.activity_id AND shift.state IN (3, 4, 5)
    )"""
VALID = """
    valid AS (
        SELECT r.* FROM records r JOIN parts ON parts.part = r.activity_id
        WHERE r.state = 3 AND NOT EXISTS (
            SELECT 1 FROM proposals p
            WHERE p.subject = r.record_id AND p.kind = 2 AND p.state = 1)
    )"""
COUNTED = """
    counted AS (
        SELECT counts.* FROM activity_counts counts JOIN parts ON parts.part = counts.activity_id
        WHERE parts.part = parts.whole
        OR parts.whole NOT IN (SELECT activity_id FROM activity_counts)
    )"""
QUESTIONS = {
    "activities": "SELECT COUNT(*) AS n FROM held",
    "volunteers": "SELECT COUNT(DISTINCT who.is_now) AS n"
    " FROM valid JOIN who ON who.was = valid.member_id",
    "attendances": "SELECT COUNT(*) AS n FROM valid",
    "minutes": "SELECT SUM(minutes) AS n FROM valid",
    "residents": "SELECT SUM(residents) AS n FROM counted",
    "households": "SELECT SUM(households) AS n FROM counted",
    "cases": "SELECT SUM(cases) AS n FROM counted",
    "undecided": "SELECT COUNT(*) AS n FROM records r JOIN parts ON parts.part = r.activity_id"
    " WHERE r.state NOT IN (3, 4)",
}
# How many of the people of each unit, and who is there, served anywhere.
PARTICIPATION = """
    SELECT COUNT(*) AS members, SUM(m.member_id IN (
        SELECT who.is_now FROM valid JOIN who ON who.was = valid.member_id)) AS active
    FROM members m WHERE m.merged_into = 0 AND m.erased_us = 0"""
HOME = " AND m.unit_id IN ({})"
# What can be signed up for: an activity, or in its place its shifts.
DEMAND = """
    SELECT held.activity_id, COUNT(DISTINCT part.activity_id) AS parts,
        SUM(s.state = 1) AS signed_up, SUM(s.state = 3) AS waiting,
        SUM(s.state = 1 AND r.record_id IS NOT NULL) AS came
    FROM held
    JOIN activities part ON part.state NOT IN (1, 6) AND (part.part_of = held.activity_id
        OR (part.activity_id = held.activity_id
            AND held.activity_id NOT IN (SELECT part_of FROM activities)))
    LEFT JOIN sign_ups s ON s.activity_id = part.activity_id
    LEFT JOIN records r ON r.activity_id = s.activity_id AND r.member_id = s.member_id
        AND r.state <> 4 AND r.record_id NOT IN (
            SELECT subject FROM proposals WHERE kind = 2 AND state = 1)
    GROUP BY held.activity_id"""
# Months by name, and the service of those whose work unit it was on the day.
WORK = """
    SELECT COUNT(*) AS attendances, COUNT(DISTINCT who.is_now) AS volunteers,
        SUM(valid.minutes) AS minutes
    FROM valid
    JOIN parts ON parts.part = valid.activity_id
    JOIN activities whole ON whole.activity_id = parts.whole
    JOIN who ON who.was = valid.member_id
    JOIN affiliations x ON x.member_id = who.is_now AND x.kind = 2
        AND whole.starts_us >= x.from_us AND whole.starts_us < x.to_us
    WHERE x.unit_id IN ({})"""

WITH = "WITH RECURSIVE " + ",".join((BELOW, WHO, HELD, VALID, COUNTED)) + " "


def ask(server, unit_id, first, last, question, directly=False, state=3, offset=480):
    """Unit 0: all there are. State: the first that counts."""
    values = {"unit": unit_id, "from": first, "to": last, "directly": int(directly)}
    connection = server.database(cursorclass=pymysql.cursors.DictCursor)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET time_zone = '+00:00'")
            cursor.execute(WITH + question, values | {"state": state, "offset": offset})
            return cursor.fetchall()
    finally:
        connection.close()


def figures_by_sql(server, unit_id, first, last, directly=False):
    """What the sheet's line for these days must say."""
    return {
        name: int(ask(server, unit_id, first, last, question, directly)[0]["n"] or 0)
        for name, question in QUESTIONS.items()
    }


def participation_by_sql(server, homes, first, last):
    """(members, active) of the people of these units, wherever they served."""
    question = PARTICIPATION + HOME.format(", ".join(map(str, homes)))
    found = ask(server, 0, first, last, question)[0]
    return int(found["members"]), int(found["active"] or 0)


def demand_by_sql(server, unit_id, first, last):
    """{activity: (signed up, waiting, came)}"""
    rows = ask(server, unit_id, first, last, DEMAND, state=2)
    names = "signed_up", "waiting", "came"
    return {str(row["activity_id"]): tuple(int(row[n] or 0) for n in names) for row in rows}


def work_by_sql(server, offices, first, last):
    """{volunteers, attendances, minutes} of the people of these work units."""
    found = ask(server, 0, first, last, WORK.format(", ".join(map(str, offices))))[0]
    return {name: int(number or 0) for name, number in found.items()}


def values_of(line):
    """{figure: number} of a line of a sheet."""
    return {name: line[name]["value"] for name in QUESTIONS}


def check_sheet(server, sheet):
    """Every figure of every line, by SQL."""
    for line in [sheet["total"], *sheet["lines"]]:
        found = figures_by_sql(server, line["unit_id"], line["from"], line["to"], line["directly"])
        differ = {name: (shown, found[name]) for name, shown in values_of(line).items()}
        differ = {name: pair for name, pair in differ.items() if pair[0] != pair[1]}
        assert not differ, (line["unit_name"], line["from"], line["to"], differ)


def all_rows(caller, path, limit=100):
    """Of every page."""
    cursor = ""
    while True:
        page = caller.get(f"{path}&limit={limit}{cursor}").expect(200)
        yield from page["items"]
        if page["next"] is None:
            return
        cursor = f"&cursor={page['next']}"
