"""
Every figure once more, by SQL that was written from docs/openapi.yaml and not from the server's: down
the tree by parents instead of paths, days as dates, one question a figure.
"""

import pymysql

# The units below and including one; who is who after merges of accounts.
BELOW = """
    below AS (
        SELECT unit_id FROM units WHERE unit_id = %(unit)s
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
        WHERE a.part_of = 0 AND a.state IN (3, 4, 5) AND a.unit_id IN (SELECT unit_id FROM below)
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
WITH = "WITH RECURSIVE " + ",".join((BELOW, WHO, HELD, VALID, COUNTED)) + " "


def ask(server, unit_id, first, last, question, directly=False, offset=480):
    values = {"unit": unit_id, "from": first, "to": last, "directly": int(directly)}
    connection = server.database(cursorclass=pymysql.cursors.DictCursor)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET time_zone = '+00:00'")
            cursor.execute(WITH + question, values | {"offset": offset})
            return cursor.fetchall()
    finally:
        connection.close()


def figures_by_sql(server, unit_id, first, last, directly=False):
    """What the sheet's line for these days must say."""
    return {
        name: int(ask(server, unit_id, first, last, question, directly)[0]["n"] or 0)
        for name, question in QUESTIONS.items()
    }


def values_of(line):
    """{figure: number} of a line of a sheet."""
    return {name: line[name]["value"] for name in QUESTIONS}


def check_sheet(server, sheet):
    """Every figure of every line, by SQL."""
    for line in [sheet["total"], *sheet["lines"]]:
        found = figures_by_sql(server, line["unit_id"], line["from"], line["to"], line["directly"])
        assert values_of(line) == found, line


def all_rows(caller, path, limit=100):
    """Of every page."""
    cursor = ""
    while True:
        page = caller.get(f"{path}&limit={limit}{cursor}").expect(200)
        yield from page["items"]
        if page["next"] is None:
            return
        cursor = f"&cursor={page['next']}"
