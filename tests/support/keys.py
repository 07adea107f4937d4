"""
Access tokens made outside the server, for tests that need thousands of people at once: signing each
in by phone would measure nothing but the limits on that.
"""

import base64
import hashlib
import hmac
import struct
import time

from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt as unseal

TOKEN_VERSION = 1
TOKEN_PURPOSE = 1  # enum key_purpose
NONCE_SIZE = 24
ROLES = {
    "member": 1 << 0,
    "coordinator": 1 << 1,
    "unit_reader": 1 << 2,
    "clerk": 1 << 3,
    "manager": 1 << 4,
    "auditor": 1 << 5,
    "administrator": 1 << 6,
}
LIFE_SECONDS = 5000 * 365 * 86400  # some tests travel in time


class TokenMaker:
    """Signs as the server does: with its newest token key, which its master key unseals."""

    def __init__(self, server):
        master = bytes.fromhex((server.state_dir / "master.key").read_text())
        row = server.sql(
            "SELECT key_id, sealed FROM `keys` WHERE purpose = %s ORDER BY key_id DESC LIMIT 1",
            TOKEN_PURPOSE,
        )[0]
        nonce, sealed = row["sealed"][:NONCE_SIZE], row["sealed"][NONCE_SIZE:]
        context = f"key:{row['key_id']}:{TOKEN_PURPOSE}".encode()
        self.key_id = row["key_id"]
        self.secret = unseal(sealed, context, nonce, master)

    def token(self, account_id, role, scope_id=0, person_id=0, epoch=0):
        """What signing in would have given to this account. Ids may be texts, as in the API."""
        expires_us = int((time.time() + LIFE_SECONDS) * 1e6)
        who = int(account_id), ROLES[role], int(scope_id), int(person_id), epoch
        signed = struct.pack(">BIQBQQIQ", TOKEN_VERSION, self.key_id, *who, expires_us)
        mac = hmac.new(self.secret, signed, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(signed + mac).rstrip(b"=").decode()
