"""Plugins in tests: the files that the build made, and a key whose signatures servers trust."""

import base64
import hashlib

from nacl.signing import SigningKey

from support.server import BINARY

SIGNER = SigningKey(hashlib.sha256(b"signs plugins in tests").digest())
PUBLIC = SIGNER.verify_key.encode().hex()
TRUSTED = {"plugins.trusted_keys": PUBLIC}  # for a server's options


def built(name):
    """A plugin of tests/plugins, as bytes."""
    return (BINARY.parent / "tests" / "plugins" / f"{name}.so").read_bytes()


def signature(image, signer=SIGNER):
    """As `linli plugin sign` writes it."""
    signed = signer.sign(b"linli-plugin 1\n" + hashlib.sha256(image).digest()).signature
    return f"linli-plugin 1 {signer.verify_key.encode().hex()} {signed.hex()}"


def upload(caller, image, why="a test", **changed):
    """The answer to POST /v1/plugins."""
    encoded = base64.urlsafe_b64encode(image).decode().rstrip("=")
    body = {"image": encoded, "signature": signature(image), "why": why} | changed
    return caller.post("/v1/plugins", {name: value for name, value in body.items() if value})


def find(caller, name):
    """The plugin of that name, or None."""
    items = caller.get("/v1/plugins").expect(200)["items"]
    return next((item for item in items if item["name"] == name), None)


def change(caller, name, why="a test", **wanted):
    """The answer to a change of the plugin of that name."""
    plugin = find(caller, name)
    return caller.post(f"/v1/plugins/{plugin['id']}/changes", {"why": why} | wanted)


def variant(image, **words):
    """The same file with other words of the same length: another name, another version."""
    for old, new in words.values():
        assert len(old) == len(new) and old.encode() + b"\0" in image
        image = image.replace(old.encode() + b"\0", new.encode() + b"\0")
    return image


def plain(name="plain", version="1.0.0"):
    """tests/plugins/plain.c under a name of five letters."""
    return variant(built("plain"), name=("plain", name), version=("1.0.0", version))


def show(caller, name):
    """GET /v1/plugins/{id} of the plugin of that name."""
    return caller.get(f"/v1/plugins/{find(caller, name)['id']}").expect(200)


def faults(caller, name):
    """Newest first."""
    path = f"/v1/plugins/{find(caller, name)['id']}/faults"
    return caller.get(path).expect(200)["items"]


def roll_back(caller, name, why="a test"):
    plugin = find(caller, name)
    return caller.post(f"/v1/plugins/{plugin['id']}/roll-back", {"why": why})
