"""
The other side of merchant calls: a merchant's HTTPS API on the loopback, as plugins/merchant/
http_json speaks with it, that remembers what it did to each voucher and can be told to misbehave:

    drop       close the connection without an answer, before it did anything
    swallow    do it, then close the connection without an answer
    late       do it, and answer after the caller has gone
    delay      do it long after the caller has gone
    error      500, sometimes having done it
    garbage    200 and nonsense
    huge       200 and a body without end
    redirect   302 to somewhere else
    mix        the answer to another request
    slow       a byte at a time
    later      {"state": "later"}
    decline    {"state": "declined"}
"""

import hashlib
import hmac
import json
import random
import ssl
import subprocess
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SECRET = "a-secret-of-the-merchants"
FAULTS = "drop swallow late delay error garbage huge redirect mix slow later".split()


def make_certificate(folder):
    """A certificate for localhost that is its own authority."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip


class Voucher:
    def __init__(self):
        self.issued = self.used = self.back = self.refunded = False
        self.issues = 0  # how often a code was made: never more than once


class MerchantSimulator:
    """`with MerchantSimulator(seed=1) as shop`; shop.trouble is the share of faulty answers."""

    def __init__(self, seed=1, patience=1.0):
        self.chance = random.Random(seed)
        self.trouble = 0.0
        self.faults = list(FAULTS)
        self.declines = 0.0
        self.down = False
        self.echoes = False  # says 400 and repeats the phone where it declines
        self.code = None  # the one that every voucher gets; None: each one of its own
        self.patience = patience  # seconds after which the caller has gone
        self.requests = []  # (operation, key, fault)
        self.bodies = []
        self.vouchers = {}
        self.bad_signatures = 0
        self._answers = {}  # by key: an operation is done once
        self._last_body = b"{}"
        self._lock = threading.Lock()
        self._folder = tempfile.TemporaryDirectory(prefix="linli-shop-")

    def __enter__(self):
        folder = Path(self._folder.name)
        make_certificate(folder)
        self.ca_file = str(folder / "cert.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._folder.cleanup()

    @property
    def host(self):
        return f"localhost:{self.port}"

    @property
    def base(self):
        return f"https://{self.host}/linli"

    @property
    def options(self):
        """What lets a server reach it, with patience for tests."""
        return {
            "outbox.private_hosts": self.host,
            "outbox.ca_file": self.ca_file,
            "outbox.timeout": f"{int(self.patience * 1000)}ms",
            "outbox.poll": "20ms",
        }

    # What it does

    def serve(self, operation, key, body):
        """The answer to one operation, the same one for ever."""
        with self._lock:
            if operation == "query":
                return dict(self._answers.get(key, {"key": key, "state": "absent"}))
            if key not in self._answers:
                self._answers[key] = self._do(operation, key, body)
            return dict(self._answers[key])

    def _do(self, operation, key, body):
        voucher = self.vouchers.setdefault(body["redemption"], Voucher())
        refuses = self.chance.random() < self.declines
        done = {"key": key, "state": "done"}
        no = {"key": key, "state": "declined", "reason": "不可以"}
        if operation == "reserve":
            if refuses or voucher.back:
                return no
            voucher.issued = True
            voucher.issues += 1
            return done | {"voucher": self.code or f"V{body['redemption']}"}
        if operation == "cancel":
            if voucher.used or (refuses and voucher.issued):
                return no
            voucher.back = True
        elif operation == "confirm":
            voucher.used = True
        elif operation == "undo":
            voucher.used = False
        elif operation == "refund":
            voucher.refunded = True
        return done

    def _signature_is_right(self, handler, body):
        stamp = handler.headers.get("Linli-Timestamp", "0")
        text = f"{stamp}\n{handler.command}\n{handler.path}\n".encode() + body
        expected = hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()
        given = handler.headers.get("Linli-Signature", "")
        return hmac.compare_digest(expected, given) and abs(time.time() - int(stamp)) < 300

    def _choose_fault(self):
        with self._lock:
            if self.down:
                return "drop"
            if self.chance.random() < self.trouble:
                return self.chance.choice(self.faults)
            return None

    def _answer(self, handler, raw):
        body = json.loads(raw) if raw else {}
        key = handler.headers["Idempotency-Key"]
        operation = body.get("operation", "query")
        if operation == "query":
            key = handler.path.rpartition("/")[2]
        fault = self._choose_fault()
        self.requests.append((operation, key, fault))
        self.bodies.append(body)
        if not self._signature_is_right(handler, raw):
            self.bad_signatures += 1
            return handler.reply(401, b'{"state": "bad signature"}')
        if fault == "drop":
            return handler.hang_up()
        if fault == "delay":
            threading.Timer(2.5 * self.patience, self.serve, (operation, key, body)).start()
            return handler.hang_up()
        if fault == "error" and self.chance.random() < 0.5:
            return handler.reply(500, b"oops")
        if fault == "later":
            return handler.reply(200, json.dumps({"key": key, "state": "later"}).encode())
        served = self.serve(operation, key, body)
        if self.echoes and served["state"] == "declined":
            return handler.reply(400, f"不认识{body['phone']}".encode())
        answer = json.dumps(served).encode()
        self._last_body, last = answer, self._last_body
        if fault == "swallow":
            return handler.hang_up()
        if fault == "late":
            time.sleep(1.5 * self.patience)
        if fault == "error":
            return handler.reply(503, answer)
        if fault == "garbage":
            return handler.reply(200, b"\xff<html>{]")
        if fault == "huge":
            return handler.reply(200, b'{"state": "done", "x": "' + b"x" * 300_000 + b'"}')
        if fault == "redirect":
            return handler.reply(302, answer, Location=f"https://{self.host}/elsewhere")
        if fault == "mix":
            return handler.reply(200, last)
        if fault == "slow":
            return handler.drip(answer)
        return handler.reply(200, answer)

    def _handler(shop):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def any(self):
                length = int(self.headers.get("Content-Length") or 0)
                try:
                    shop._answer(self, self.rfile.read(length))
                except OSError:
                    self.close_connection = True

            do_GET = do_POST = do_PUT = any

            def reply(self, status, body, **headers):
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def drip(self, body):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                for byte in body:
                    self.wfile.write(bytes([byte]))
                    time.sleep(0.1 * shop.patience)

            def hang_up(self):
                self.close_connection = True
                self.connection.close()

            def log_message(self, *_):
                pass

        return Handler
