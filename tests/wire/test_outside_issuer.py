"""Tokens of an outside OpenID Connect issuer, whose keys are fetched from a real address."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.server import make_token, running

ISSUER = "https://login.example.com"
AUDIENCE = "askare-of-koti"


class Issuer:
    """A local twin of a sign-in service: it signs tokens, and answers its public keys as it is told to."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "first"})
        self.status = 200
        self.asked = 0

    @property
    def document(self) -> bytes:
        return json.dumps({"keys": [self.key.as_dict(private=False, kid=self.key.kid)]}).encode()

    def token(self, **claims: Any) -> str:
        now = int(time.time())
        usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": "veikko", "iat": now, "exp": now + 300}
        header = {"alg": "RS256", "kid": self.key.kid}
        return jwt.encode(header, {**usual, "organization": "Koti", "role": "admin", **claims}, self.key)


@contextmanager
def listening(issuer: Issuer) -> Iterator[str]:
    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked += 1
            self.send_response(issuer.status)
            self.send_header("Content-Length", str(len(issuer.document)))
            self.end_headers()
            self.wfile.write(issuer.document)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  -- the name is the library's
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/keys"
    finally:
        server.shutdown()
        server.server_close()


def settings(address: str) -> dict[str, str]:
    return {
        "ASKARE_OIDC_ISSUER": ISSUER,
        "ASKARE_OIDC_AUDIENCE": AUDIENCE,
        "ASKARE_OIDC_JWKS_URL": address,
    }


def test_a_token_of_the_outside_issuer_opens_the_organization_that_it_names(tmp_path: Path) -> None:
    issuer = Issuer()
    data = tmp_path / "data"
    own = make_token(data, organization="Koti")
    make_token(data, organization="Talo")
    with listening(issuer) as address, running(data, **settings(address)) as server:
        created = server.client(own).post("/tasks", A_TASK).json()["taskId"]

        seen = server.client(issuer.token()).get("/tasks").json()
        elsewhere = server.client(issuer.token(organization="Talo")).get("/tasks").json()

        assert [task["taskId"] for task in seen["tasks"]] == [created]
        assert elsewhere["totalCount"] == 0
        assert issuer.asked == 1  # the keys are kept


def test_what_the_issuer_did_not_sign_for_us_is_refused(tmp_path: Path) -> None:
    issuer, stranger = Issuer(), Issuer()
    data = tmp_path / "data"
    make_token(data, organization="Koti")
    with listening(issuer) as address, running(data, **settings(address)) as server:
        refused = {
            "expired": issuer.token(exp=int(time.time()) - 1),
            "for somebody else": issuer.token(aud="another"),
            "of an unknown organization": issuer.token(organization="Nobody"),
            "without a role": issuer.token(role="guest"),
            "signed by a stranger": stranger.token(),
        }
        for token in refused.values():
            answer = server.client(token).get("/tasks")
            assert answer.status_code == 401, answer.text
            assert token not in answer.text
        assert not any(token in server.log() for token in refused.values())


def test_while_the_issuer_never_answered_its_tokens_are_told_to_come_back(tmp_path: Path) -> None:
    issuer = Issuer()
    issuer.status = 500
    data = tmp_path / "data"
    make_token(data, organization="Koti")
    with listening(issuer) as address, running(data, **settings(address)) as server:
        answer = server.client(issuer.token()).get("/tasks")

        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) >= 1


A_TASK = {
    "typeCode": "CALL",
    "statusCode": "WAITING",
    "taskDueTime": "2026-12-01T10:00:00Z",
    "parties": [],
    "agencyOfficeId": "212114ec-819e-483c-a8e0-f82289ac6e19",
    "agents": [{"agentId": "da3a543e-4220-4c1f-8cda-2ae0b2e596e0"}],
}
