"""A voucher as an image and on paper: the code on it is the one that counts."""

import re
import struct
import zlib

QUIET, PIXELS = 4, 8


def svg_modules(svg):
    """(x, y) of the dark modules."""
    return {(int(x) - QUIET, int(y) - QUIET) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", svg)}


def png_rows(png):
    """A greyscale PNG's pixels, decoded here: filters and checksums as in its specification."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, data, head = 8, b"", None
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + length]
        assert struct.unpack(">I", png[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + body)
        head = struct.unpack(">IIBBBBB", body) if kind == b"IHDR" else head
        data += body if kind == b"IDAT" else b""
        at += 12 + length
    width, height, depth, colour = head[:4]
    assert (depth, colour) == (8, 0)
    raw, rows, above = zlib.decompress(data), [], bytes(width)
    for y in range(height):
        line = raw[y * (width + 1) : (y + 1) * (width + 1)]
        above = unfilter(line[0], line[1:], above)
        rows.append(above)
    return rows


def unfilter(kind, line, above):
    done = bytearray()
    for x, value in enumerate(line):
        left, up = done[x - 1] if x else 0, above[x]
        corner = above[x - 1] if x else 0
        guess = left + up - corner
        paeth = min((left, up, corner), key=lambda v: abs(guess - v))
        done.append((value + (0, left, up, (left + up) // 2, paeth)[kind]) % 256)
    return bytes(done)


def test_the_png_shows_what_the_svg_shows(market):
    member, voucher = market.voucher()
    path = f"/v1/redemptions/{voucher['id']}/qr"
    dark = svg_modules(member.get(path).body.decode())
    answer = member.get(path, query={"format": "png"})
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/png")
    rows = png_rows(answer.body)
    side = len(rows) // PIXELS - 2 * QUIET
    assert len(rows[0]) == len(rows) and side >= 21
    seen = {
        (x, y)
        for y in range(-QUIET, side + QUIET)
        for x in range(-QUIET, side + QUIET)
        if rows[(y + QUIET) * PIXELS + 3][(x + QUIET) * PIXELS + 3] == 0
    }
    assert seen == dark


def test_letters_stand_below_the_image(market):
    (member, voucher), (other, twin) = market.voucher(), market.voucher()
    plain, read = {"format": "png"}, {"format": "png", "letters": "true"}
    path = f"/v1/redemptions/{voucher['id']}/qr"
    bare, rows = [png_rows(member.get(path, query=query).body) for query in (plain, read)]
    side, letters = len(bare), rows[len(bare) :]
    assert rows[:side] == bare and 20 < len(letters) < 60
    assert sum(pixel < 128 for row in letters for pixel in row) > 300  # 21 letters, not none or a bar
    assert all(row[0] == row[-1] == 255 for row in letters) and set(letters[-1]) == {255}
    theirs = png_rows(other.get(f"/v1/redemptions/{twin['id']}/qr", query=read).body)
    assert theirs[side:] != letters


def test_a_printed_voucher_is_good_at_the_counter(market):
    member, voucher = market.voucher(title='<script>alert("x")</script> & 桃酥')
    answer = member.get(f"/v1/redemptions/{voucher['id']}/print")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    page = answer.body.decode()
    assert "<script" not in page and "&lt;script&gt;" in page and 'lang="zh-CN"' in page
    (code,) = re.findall(r'class="code">([^<]+)<', page)
    assert market.clerk.confirm({"code": code}).expect(200)["id"] == voucher["id"]


def test_whoever_prints_it_for_somebody_is_on_record(market, world):
    _, voucher = market.voucher()
    path = f"/v1/redemptions/{voucher['id']}/print"
    assert market.member().get(path).status == 404
    assert market.clerk.get(path).status == 403
    assert world.coordinator.get(path).status == 404
    assert world.administrator.get(path).status == 200
    query = {"object_id": voucher["id"]}
    (entry,) = world.administrator.get("/v1/audit-trail", query=query).expect(200)["items"]
    assert (entry["action"], entry["actor"]) == ("voucher.print", world.administrator.id)
