"""An SMS gateway on the loopback: what `sms.sender=http` posts to. It keeps the codes for tests."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support.processes import wait_until


class SmsGateway:
    """
    `with SmsGateway() as sms`: give a server `sms.options`, then ask `sms.code(phone)`, which
    takes the code that was sent last to this phone ("+8613812345678") and waits for it.
    """

    def __init__(self):
        self._codes = {}
        self._lock = threading.Lock()
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with gateway._lock:
                    gateway._codes[message["phone"]] = message["code"]
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    @property
    def options(self):
        url = f"http://127.0.0.1:{self._server.server_port}/"
        return {"sms.sender": "http", "sms.url": url, "sms.at_once": 64}

    def take(self, phone):
        """The code for this phone, None when none was sent since the last one was taken."""
        with self._lock:
            return self._codes.pop(phone, None)

    def code(self, phone, seconds=10):
        return wait_until(lambda: self.take(phone), seconds, f"a code for {phone}")
