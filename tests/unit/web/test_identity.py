"""An identity is believed only when our key signed it, for us, and it has not expired."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from shared.web.identity import (
    ALGORITHM,
    AUDIENCE,
    IDENTITY_LIFE,
    IdentityIssuer,
    IdentityRefused,
    IdentityVerifier,
    local_path,
    sign,
)
from shared.web.keys import KeyMissing, ensure_key_pair, private_key, public_key
from shared.web.service_tokens import ServiceTokens, ServiceTokenVerifier

NOW = datetime(2016, 3, 1, 12, tzinfo=UTC)
KEY = OKPKey.generate_key("Ed25519")
ISSUER = IdentityIssuer(KEY)
VERIFIER = IdentityVerifier(OKPKey.import_key(KEY.as_pem(private=False)))
CLAIMS = {"sub": "a1", "role": "officer", "country": "", "lang": "es", "sid": "s1", "aud": AUDIENCE}


def token() -> str:
    return ISSUER.issue(account_id="a1", role="officer", country="PE", language="es", session_id="s1", now=NOW)


def reason(text: str, now: datetime = NOW) -> str:
    with pytest.raises(IdentityRefused) as refused:
        VERIFIER.verify(text, now)
    return refused.value.reason


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_what_was_issued_is_what_is_read() -> None:
    identity = VERIFIER.verify(token(), NOW + timedelta(minutes=4, seconds=59))
    assert (identity.account_id, identity.role, identity.country, identity.language, identity.session_id) == (
        "a1",
        "officer",
        "PE",
        "es",
        "s1",
    )
    assert identity.issued_at == NOW
    assert identity.expires_at == NOW + IDENTITY_LIFE


def test_it_is_over_after_five_minutes_to_the_second() -> None:
    assert reason(token(), NOW + IDENTITY_LIFE) == "expired"


def test_a_token_from_the_future_is_refused_beyond_a_minute_of_clock_difference() -> None:
    assert VERIFIER.verify(token(), NOW - timedelta(seconds=59)).role == "officer"
    assert reason(token(), NOW - timedelta(minutes=2)) == "expired"


def test_another_key_is_refused() -> None:
    assert reason(sign(OKPKey.generate_key("Ed25519"), dict(CLAIMS), NOW, IDENTITY_LIFE)) == "signature"


def test_another_audience_is_refused() -> None:
    assert reason(sign(KEY, {**CLAIMS, "aud": "service:applications"}, NOW, IDENTITY_LIFE)) == "audience"


def test_a_token_that_names_no_algorithm_is_refused() -> None:
    body = part({**CLAIMS, "iat": int(NOW.timestamp()), "exp": int(NOW.timestamp()) + 300})
    assert reason(f"{part({'alg': 'none', 'typ': 'JWT'})}.{body}.") == "signature"


def test_a_token_that_signs_with_our_public_key_as_a_password_is_refused() -> None:
    secret = OctKey.import_key(base64.b64encode(KEY.as_pem(private=False)))
    dated = {**CLAIMS, "iat": int(NOW.timestamp()), "exp": int(NOW.timestamp()) + 300}
    assert reason(jwt.encode({"alg": "HS256"}, dated, secret, algorithms=["HS256"])) == "signature"


def test_a_changed_claim_is_refused() -> None:
    head, body, signature = token().split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    assert reason(f"{head}.{part({**claims, 'role': 'operator'})}.{signature}") == "signature"


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "a.b.c.d.e", "....", "é.é.é", part({"alg": ALGORITHM}) + ".e30.AAAA"])
def test_what_is_no_token_is_refused(text: str) -> None:
    assert reason(text) == "signature"


def test_a_token_without_the_claims_is_refused() -> None:
    assert reason(sign(KEY, {"aud": AUDIENCE}, NOW, IDENTITY_LIFE)) == "malformed"
    assert reason(jwt.encode({"alg": ALGORITHM}, dict(CLAIMS), KEY, algorithms=[ALGORITHM])) == "malformed"


def test_an_unknown_role_is_never_issued() -> None:
    with pytest.raises(ValueError, match="no role"):
        ISSUER.issue(account_id="a1", role="king", country="", language="es", session_id="s1", now=NOW)


def test_a_new_token_is_due_after_a_minute() -> None:
    identity = VERIFIER.verify(token(), NOW)
    assert ISSUER.refresh_due(None, NOW)
    assert not ISSUER.refresh_due(identity, NOW + timedelta(seconds=59))
    assert ISSUER.refresh_due(identity, NOW + timedelta(seconds=60))


def test_keys_are_made_once_and_only_their_owner_may_read_them(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    ensure_key_pair(folder, "identity")
    first = (folder / "identity.key").read_bytes()
    ensure_key_pair(folder, "identity")
    assert (folder / "identity.key").read_bytes() == first
    assert (folder / "identity.key").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["identity.key", "identity.pub"]
    text = IdentityIssuer(private_key(folder, "identity")).issue(
        account_id="a", role="applicant", country="PE", language="es", session_id="s", now=NOW
    )
    assert IdentityVerifier(public_key(folder, "identity")).verify(text, NOW).account_id == "a"


def test_a_missing_public_key_says_which_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(KeyMissing, match=r"identity\.pub is missing: start the service that owns the key first"):
        public_key(tmp_path, "identity")


def test_a_service_token_opens_one_door_for_one_minute(tmp_path: Path) -> None:
    caller = ServiceTokens.from_folder(tmp_path, "notifications")
    called = ServiceTokenVerifier.from_folder(tmp_path, "applications", "notifications")
    text = caller.issue(audience="applications", scope="address", now=NOW)
    assert called.verify(text, scope="address", now=NOW) == "notifications"
    for scope, moment, expected in [("everything", NOW, "scope"), ("address", NOW + timedelta(minutes=1), "expired")]:
        with pytest.raises(IdentityRefused) as refused:
            called.verify(text, scope=scope, now=moment)
        assert refused.value.reason == expected


def test_a_service_token_is_refused_elsewhere_and_from_strangers(tmp_path: Path) -> None:
    ensure_key_pair(tmp_path, "notifications")
    called = ServiceTokenVerifier.from_folder(tmp_path, "applications", "notifications")
    own = private_key(tmp_path, "notifications")
    attempts = {
        "audience": ServiceTokens("notifications", own).issue(audience="quotas", scope="address", now=NOW),
        "issuer": ServiceTokens("quotas", own).issue(audience="applications", scope="address", now=NOW),
        "signature": ServiceTokens("notifications", OKPKey.generate_key("Ed25519")).issue(
            audience="applications", scope="address", now=NOW
        ),
    }
    for expected, text in attempts.items():
        with pytest.raises(IdentityRefused) as refused:
            called.verify(text, scope="address", now=NOW)
        assert refused.value.reason == expected


def test_an_identity_is_no_service_token_and_the_other_way_round() -> None:
    with pytest.raises(IdentityRefused):
        ServiceTokenVerifier("applications", {"identity": KEY}).verify(token(), scope="address", now=NOW)
    assert reason(ServiceTokens("notifications", KEY).issue(audience="applications", scope="address", now=NOW)) == "audience"


@pytest.mark.parametrize(
    "value", [None, "", "https://evil.example", "//evil.example", "/\\evil.example", "javascript:1", "/a\r\nSet-Cookie: x"]
)
def test_a_return_address_never_leads_to_another_site(value: str | None) -> None:
    assert local_path(value) == "/"


def test_a_return_address_on_this_site_is_kept() -> None:
    assert local_path("/quotas/cells/PE?year=2016") == "/quotas/cells/PE?year=2016"
