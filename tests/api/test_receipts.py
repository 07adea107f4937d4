"""
A receipt proves a transfer to anybody who kept a checkpoint, or knows the public key: with `linli
receipt verify`, and with the few lines of Python below that share nothing with the server.
"""

import copy
import hashlib
import json
import struct

import pytest
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from support.server import run_cli
from support.world import World


@pytest.fixture(scope="module")
def member(world):
    """Has earned, spent, and got back; all of it is in a checkpoint."""
    market = world.market()
    member, voucher = market.voucher(price=12.5)
    member.cancel(voucher).expect(200)
    world.award(world.records([member])[0]).expect(200)
    world.server.cli("ledger", "checkpoint")
    return member


@pytest.fixture(scope="module")
def receipts(member):
    transfers = member.get("/v1/wallet/transfers").expect(200)["items"]
    assert sorted(each["kind"] for each in transfers) == ["adjust", "award", "hold", "release"]
    return [receipt_of(member, each["id"]) for each in transfers]


@pytest.fixture(scope="module")
def checkpoint(world, member):
    return world.api.get("/v1/ledger/checkpoints/latest").expect(200)


def receipt_of(person, transfer_id, status=200):
    return person.get(f"/v1/transfers/{transfer_id}/receipt").expect(status)


class Verifier:
    """`linli receipt verify`, on a machine that never saw the database."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, receipt, *options, **files):
        path = self.write("receipt", receipt)
        options = [*options, *(f"--{name}={self.write(name, body)}" for name, body in files.items())]
        nowhere = {"LINLI_STATE_DIR": str(self.folder / "nowhere"), "PATH": "/usr/bin:/bin"}
        done = run_cli("receipt", "verify", path, *options, check=False, env=nowhere)
        assert not (self.folder / "nowhere").exists()
        assert done.returncode in (0, 1), done.stderr
        return done.returncode == 0, done.stdout + done.stderr

    def write(self, name, body):
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(body))
        return path


@pytest.fixture
def verify(tmp_path):
    return Verifier(tmp_path)


# The second opinion


def sha256(data):
    return hashlib.sha256(data).digest()


def root_of(leaf, index, count, path):
    """RFC 9162, section 2.1.3.2."""
    hash_, last = leaf, count - 1
    for sibling in path:
        if index % 2 or index == last:
            hash_ = sha256(b"\1" + sibling + hash_)
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            hash_ = sha256(b"\1" + hash_ + sibling)
        index, last = index // 2, last // 2
    assert last == 0
    return hash_


def pack_header(lane, height, previous, header):
    fixed = struct.pack(">BQ", lane, height) + previous + bytes.fromhex(header["root"])
    return b"linli-block-1\0" + fixed + struct.pack(">Hq", header["transfers"], header["time_us"])


def pack_checkpoint(checkpoint):
    heads = checkpoint["heads"]
    packed = struct.pack(">QqH", int(checkpoint["id"]), checkpoint["time_us"], len(heads))
    for head in heads:
        packed += struct.pack(">BQ", head["lane"], head["height"]) + bytes.fromhex(head["hash"])
    return b"linli-checkpoint-1\0" + packed


def check_signature(signed, data):
    key = VerifyKey(bytes.fromhex(signed["public_key"]))
    key.verify(data, bytes.fromhex(signed["signature"]))


def check_receipt(receipt):
    """Raises when it does not prove what it says. Returns the transfer's number."""
    block, leaf = receipt["block"], bytes.fromhex(receipt["leaf"])
    (number,) = struct.unpack(">Q", leaf[:8])
    path = [bytes.fromhex(each["hash"]) for each in receipt["path"]]
    assert root_of(sha256(b"\0" + leaf), number & 0xFFFF, block["transfers"], path).hex() == (
        block["root"]
    )
    header = pack_header(block["lane"], block["height"], bytes.fromhex(block["previous"]), block)
    check_signature(block, header)
    previous, height = sha256(header), block["height"]
    for compact in receipt["headers"]:
        height += 1
        previous = sha256(pack_header(block["lane"], height, previous, compact))
    head = next(h for h in receipt["checkpoint"]["heads"] if h["lane"] == block["lane"])
    assert (head["height"], head["hash"]) == (height, previous.hex())
    check_signature(receipt["checkpoint"], pack_checkpoint(receipt["checkpoint"]))
    return number


def test_receipts_are_good_in_both_opinions(receipts, checkpoint, verify):
    for receipt in receipts:
        lane, height, index = map(int, receipt["transfer"]["id"].split("-"))
        assert check_receipt(receipt) == lane << 56 | height << 16 | index
        good, said = verify(receipt, f"--key={checkpoint['public_key']}")
        assert good, said
        assert receipt["transfer"]["id"] in said


def test_a_receipt_meets_the_checkpoint_that_was_kept(receipts, verify):
    for receipt in receipts:
        good, said = verify(receipt, checkpoint=receipt["checkpoint"])
        assert good, said


def test_a_receipt_says_what_the_wallet_says(member, receipts):
    transfers = {each["id"]: each for each in member.get("/v1/wallet/transfers").json["items"]}
    for receipt in receipts:
        proven = receipt["transfer"]
        shown = transfers[proven["id"]]
        assert (proven["kind"], proven["points"], proven["ref"]) == (
            shown["kind"], shown["points"], shown["ref"]
        )  # fmt: skip
        assert proven["member_id"] == member.id


# What is tampered with is refused


def places(value, path=()):
    """The way to every plain value in a JSON document."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from places(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index))
    else:
        yield path


def other_value(value):
    """Something else of the same form."""
    if isinstance(value, int):
        return value + 1
    if value is None:
        return {"kind": "wallet", "id": "1"}
    digit = "1" if value[:1] != "1" else "2"
    return digit + value[1:]


def tampered(receipt, path):
    copied = copy.deepcopy(receipt)
    holder = copied
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = other_value(holder[path[-1]])
    return copied


def test_every_single_value_is_checked(receipts, verify):
    receipt = min(receipts, key=lambda each: len(each["headers"]))
    paths = list(places(receipt))
    assert len(paths) > 30
    for path in paths:
        good, _ = verify(tampered(receipt, path))
        assert not good, path


def test_nothing_can_be_added_or_left_out(receipts, verify):
    receipt = receipts[0]
    assert not verify(receipt | {"remark": "also worth 1000 points"})[0]
    assert not verify(receipt | {"transfer": receipt["transfer"] | {"remark": "x"}})[0]
    for name in receipt:
        assert not verify({k: v for k, v in receipt.items() if k != name})[0], name
    for nonsense in ({}, [], "receipt", 1, None):
        assert not verify(nonsense)[0]


def test_another_key_or_another_checkpoint_is_not_trusted(world, receipts, verify, tmp_path):
    good, said = verify(receipts[0], "--key=" + "11" * 32)
    assert not good and "another key" in said
    good, said = verify(receipts[0], "--key=abc")
    assert not good and "hexadecimal" in said
    forged = copy.deepcopy(receipts[0]["checkpoint"])
    forged["heads"][0]["hash"] = "00" * 32
    good, said = verify(receipts[0], checkpoint=forged)
    assert not good and "signature" in said
    with pytest.raises(BadSignatureError):
        check_signature(forged, pack_checkpoint(forged))


def test_a_checkpoint_of_another_time_does_not_meet_it(world, receipts, verify):
    """A receipt leads to the first checkpoint after it: it does not reach a later one."""
    world.member(points=1)
    world.server.cli("ledger", "checkpoint")
    later = world.api.get("/v1/ledger/checkpoints/latest").expect(200)
    lanes = {head["lane"]: head for head in later["heads"]}
    moved = [r for r in receipts if lanes[r["block"]["lane"]] not in r["checkpoint"]["heads"]]
    assert moved
    good, said = verify(moved[0], checkpoint=later)
    assert not good and "do not meet" in said


# Before the next checkpoint


def test_a_new_transfer_is_signed_before_it_is_in_a_checkpoint(world, verify):
    member = world.member(points=3)
    (transfer,) = member.get("/v1/wallet/transfers").expect(200)["items"]
    receipt = receipt_of(member, transfer["id"])
    if receipt["checkpoint"] is not None:
        pytest.skip("the minute was over just now")
    good, said = verify(receipt)
    assert good and "no checkpoint yet" in said
    assert not verify(receipt, checkpoint=world.api.get("/v1/ledger/checkpoints/latest").json)[0]
    world.server.cli("ledger", "checkpoint")
    later = receipt_of(member, transfer["id"])
    assert later["leaf"] == receipt["leaf"]
    assert later["checkpoint"] is not None
    assert check_receipt(later)


# Who may see it


def test_a_receipt_is_for_its_member_and_for_auditors(world, member, receipts):
    path = f"/v1/transfers/{receipts[0]['transfer']['id']}/receipt"
    assert world.api.get(path).status == 401
    assert world.member().get(path).status == 404
    assert world.coordinator.get(path).status == 403
    assert world.staff("auditor").get(path).expect(200) == member.get(path).expect(200)
    assert world.administrator.get(path).status == 200


@pytest.mark.parametrize("word", ["1-1", "1-1-65536", "01-1-0", "0-1-0", "9-1-0", "x", "1-1-0-0"])
def test_what_is_no_transfer_is_not_found(world, word):
    assert world.administrator.get(f"/v1/transfers/{word}/receipt").status == 404


def test_both_members_of_a_merge_see_its_receipt(world):
    gone, kept = world.members(2, points=2)
    body = {"into": kept.id, "why": "同一人两个账户"}
    path = f"/v1/members/{gone.id}/wallet/merge"
    world.administrator.post(path, body, key=True).expect(200)
    merge = next(
        each for each in kept.get("/v1/wallet/transfers").json["items"] if each["kind"] == "merge"
    )
    assert receipt_of(gone, merge["id"])["transfer"]["ref"] == gone.id
    assert receipt_of(kept, merge["id"])["transfer"]["member_id"] == kept.id


# Checkpoints and keys in public


def test_anybody_can_keep_every_checkpoint(world, member):
    seen, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = world.api.get("/v1/ledger/checkpoints", query=query).expect(200)
        seen += page["items"]
        cursor = page["next"]
        if not cursor:
            break
    assert [int(each["id"]) for each in seen] == list(range(1, len(seen) + 1))
    keys = world.api.get("/v1/ledger/keys").expect(200)["items"]
    by_id = {each["key_id"]: each["public_key"] for each in keys}
    assert [each for each in keys if each["current"]] == [keys[-1]]
    for each in seen:
        assert by_id[each["key_id"]] == each["public_key"]
        check_signature(each, pack_checkpoint(each))


def test_an_empty_ledger_has_no_checkpoint(fresh_server):
    World(fresh_server)
    assert fresh_server.api().get("/v1/ledger/checkpoints").expect(200) == {
        "items": [],
        "next": None,
    }
    assert fresh_server.api().get("/v1/ledger/checkpoints/latest").status == 404
    assert fresh_server.cli("ledger", "checkpoint", check=False).returncode == 1


def test_blocks_of_an_older_key_stay_proven(fresh_server, verify):
    world = World(fresh_server)
    member = world.member(points=5)
    fresh_server.cli("ledger", "checkpoint")
    fresh_server.cli("keys", "rotate", "chain")
    fresh_server.restart()
    late = world.member(points=6)
    fresh_server.cli("ledger", "checkpoint")
    keys = fresh_server.api().get("/v1/ledger/keys").expect(200)["items"]
    assert len(keys) == 2
    for person in (member, late):
        (transfer,) = person.get("/v1/wallet/transfers").expect(200)["items"]
        receipt = receipt_of(person, transfer["id"])
        check_receipt(receipt)
        assert verify(receipt)[0]
    world.verify_ledger()
