"""A client of the API on http.client: keep-alive, one connection a thread, no hidden retries."""

import http.client
import json as json_module
import threading
import time
import uuid
from dataclasses import dataclass
from urllib.parse import urlencode

# A connection that rested longer is opened anew: the server may be about to close it.
REUSE_SECONDS = 5


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage  # looked up without regard to case
    body: bytes

    @property
    def json(self):
        """The body as JSON; None when there is none."""
        return json_module.loads(self.body) if self.body else None

    @property
    def code(self):
        """The stable code of a problem, None for other answers."""
        if not self.headers.get("Content-Type", "").startswith("application/problem+json"):
            return None
        return self.json["code"]

    def expect(self, status):
        """Asserts the status, showing the whole answer otherwise; returns the JSON."""
        assert self.status == status, f"{self.status} instead of {status}: {self.body[:2000]!r}"
        return self.json


def new_key():
    """An Idempotency-Key never used before."""
    return str(uuid.uuid4())


class Api:
    """What a caller sees of a server. Any thread may use it, each has its own connection."""

    def __init__(self, server, token=None, timeout=30):
        self.server = server
        self.token = token
        self.timeout = timeout
        self._local = threading.local()

    def signed_in(self, token):
        """The same server seen by somebody else."""
        return Api(self.server, token, self.timeout)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, json=None, **options):
        return self.request("POST", path, json, **options)

    def put(self, path, json=None, **options):
        return self.request("PUT", path, json, **options)

    def patch(self, path, json=None, **options):
        return self.request("PATCH", path, json, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)

    def request(self, method, path, json=None, *, token=None, key=None, query=None, headers=None):
        """
        One request, one answer. `json` may be bytes, sent as they are. `key` is the Idempotency-Key (True: a new one), `token` replaces
        the caller's own. A connection that breaks raises OSError or http.client.HTTPException:
        then it is unknown whether the server did what was asked.
        """
        body = json if json is None or isinstance(json, bytes) else json_module.dumps(json).encode()
        target = f"{path}?{urlencode(query)}" if query else path
        connection = self._connection()
        try:
            connection.request(method, target, body, self._headers(body, token, key, headers))
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        self._local.used = time.monotonic()
        return answer

    def close(self):
        """Closes this thread's connection; the next request opens another."""
        connection = getattr(self._local, "connection", None)
        if connection:
            connection.close()
            self._local.connection = None

    def _headers(self, body, token, key, further):
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if token or self.token:
            headers["Authorization"] = f"Bearer {token or self.token}"
        if key:
            headers["Idempotency-Key"] = new_key() if key is True else key
        return headers | (further or {})

    def _connection(self):
        local, server = self._local, (self.server.address, self.server.pid)
        if (
            getattr(local, "connection", None) is None
            or local.server != server
            or time.monotonic() - local.used > REUSE_SECONDS
        ):
            self.close()
            local.connection = http.client.HTTPConnection(server[0], timeout=self.timeout)
            local.server = server
            local.used = time.monotonic()
        return local.connection
