"""
The promises of the ledger as SQL over its tables: a second opinion beside `linli ledger verify`,
which shares code with what it verifies.
"""

import pymysql

# A query of each promise; it finds what breaks it. Accounts, kinds of transfers and states are the
# numbers of ledger/account.h, ledger/book.h and market/redemption.h.
PROMISES = {
    "every account is what its transfers add up to": """
        SELECT account >> 56 AS kind, account & ((1 << 56) - 1) AS owner, SUM(points) AS off_by
        FROM (
            SELECT to_account AS account, points FROM transfers
            UNION ALL SELECT from_account, -points FROM transfers
            UNION ALL SELECT account, -balance FROM balances
            UNION ALL SELECT (2 << 56) + member_id, -available FROM wallets
            UNION ALL SELECT (3 << 56) + member_id, -held FROM wallets
            UNION ALL SELECT (9 << 56) + member_id, owed FROM wallets) AS moves
        GROUP BY account HAVING off_by <> 0""",
    "all accounts sum to zero": """
        SELECT SUM(points) AS off_by FROM (
            SELECT balance AS points FROM balances
            UNION ALL SELECT available + held - owed FROM wallets) AS accounts
        HAVING off_by <> 0""",
    "no wallet is below zero": """
        SELECT * FROM wallets WHERE available < 0 OR held < 0 OR owed < 0""",
    "a wallet has what its lots have": """
        SELECT w.member_id, w.available, COALESCE(l.remaining, 0) AS in_lots FROM wallets w
        LEFT JOIN (SELECT member_id, SUM(remaining) AS remaining FROM lots GROUP BY member_id) AS l
        ON l.member_id = w.member_id WHERE w.available <> COALESCE(l.remaining, 0)""",
    "a lot gives no more than it had": """
        SELECT * FROM lots WHERE remaining < 0 OR gone < 0 OR remaining + gone > points""",
    "a lot comes from exactly one transfer": """
        SELECT lot_id, SUM(points) AS off_by, SUM(n) AS lots FROM (
            SELECT lot_id, points, 1 AS n FROM lots
            UNION ALL SELECT subject, -points, -1 FROM transfers
            WHERE kind IN (1, 10) AND to_account >> 56 = 2) AS halves
        GROUP BY lot_id HAVING off_by <> 0 OR lots <> 0""",
    "what lots have spent, open and confirmed vouchers have": """
        SELECT l.spent, r.spent AS in_vouchers
        FROM (SELECT COALESCE(SUM(points - remaining - gone), 0) AS spent FROM lots) AS l,
             (SELECT COALESCE(SUM(points), 0) AS spent FROM redemptions
              WHERE state IN (1, 2, 3, 4, 5, 9, 10)) AS r
        WHERE l.spent <> r.spent""",
    "what is on hold, open vouchers have": """
        SELECT w.member_id, w.held, COALESCE(r.points, 0) AS in_vouchers FROM wallets w
        LEFT JOIN (SELECT member_id, SUM(points) AS points FROM redemptions WHERE state IN (1, 2, 3, 9, 10)
                   GROUP BY member_id) AS r
        ON r.member_id = w.member_id WHERE w.held <> COALESCE(r.points, 0)""",
    "initial = free + held + sold": """
        SELECT * FROM stock
        WHERE initial <> free + held + sold OR free < 0 OR held < 0 OR sold < 0""",
    "stock is what was put on the shelf, and vouchers have what is held and sold": """
        SELECT reward_id, SUM(initial) AS initial, SUM(held) AS held, SUM(sold) AS sold FROM (
            SELECT reward_id, initial, held, sold FROM stock
            UNION ALL SELECT reward_id, 0, -(state IN (1, 2, 3, 9, 10)), -(state IN (4, 5))
            FROM redemptions
            UNION ALL SELECT ref, -pieces, 0, 0 FROM transfers WHERE kind = 15) AS pieces
        GROUP BY reward_id HAVING SUM(initial) <> 0 OR SUM(held) <> 0 OR SUM(sold) <> 0""",
    "a voucher's transfers lead to its state": """
        SELECT redemption_id, SUM(state) AS state, SUM(held) AS held, SUM(taken) AS taken,
               SUM(settled) AS settled, SUM(back) AS back FROM (
            SELECT redemption_id, state, -(state IN (1, 2, 3, 9, 10)) AS held, -(state = 4) AS taken,
                   -(state = 5) AS settled, -(state IN (6, 7, 8)) AS back FROM redemptions
            UNION ALL SELECT ref, 0,
                (kind IN (2, 4)) - (kind IN (3, 5, 6)), (kind = 3) - (kind IN (4, 7, 8)),
                (kind = 8) + 0, (kind IN (5, 6, 7)) + 0
            FROM transfers WHERE kind BETWEEN 2 AND 8) AS steps
        GROUP BY redemption_id
        HAVING SUM(held) <> 0 OR SUM(taken) <> 0 OR SUM(settled) <> 0 OR SUM(back) <> 0""",
    "a redemption and its open operation name each other": """
        SELECT redemption_id, SUM(open) AS off_by FROM (
            SELECT redemption_id, operation_id AS open FROM redemptions WHERE operation_id <> 0
            UNION ALL SELECT redemption_id, -CAST(operation_id AS SIGNED) FROM operations
            WHERE state IN (1, 5)) AS halves
        GROUP BY redemption_id HAVING off_by <> 0""",
    "a record is paid exactly once": """
        SELECT record_id, SUM(points) AS off_by, SUM(n) AS payments FROM (
            SELECT record_id, points, (points > 0) + 0 AS n FROM records WHERE state = 3
            UNION ALL SELECT ref, -points, -1 FROM transfers WHERE kind = 1) AS halves
        GROUP BY record_id HAVING off_by <> 0 OR payments <> 0""",
    "blocks are gapless up to their lane's head": """
        SELECT lane, SUM(height) AS head, SUM(n) AS blocks FROM (
            SELECT lane, height, 0 AS n FROM lanes
            UNION ALL SELECT lane, -MAX(height), COUNT(*) - MAX(height) FROM blocks
            GROUP BY lane) AS chain
        GROUP BY lane HAVING head <> 0 OR blocks <> 0""",
    "a block has the transfers that it says": """
        SELECT block, SUM(n) AS off_by FROM (
            SELECT (lane << 40) + height AS block, transfers AS n FROM blocks
            UNION ALL SELECT transfer_id >> 16, -1 FROM transfers) AS parts
        GROUP BY block HAVING off_by <> 0""",
}


def check_books(server):
    """Asserts every promise, over one moment of the database."""
    connection = server.database(cursorclass=pymysql.cursors.DictCursor)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
            for promise, query in PROMISES.items():
                cursor.execute(query)
                broken = cursor.fetchmany(5)
                assert not broken, f"not so: {promise}: {broken}"
    finally:
        connection.close()
