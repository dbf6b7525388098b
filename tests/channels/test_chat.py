"""Who somebody is in the chat: what a site signs, and what we sign ourselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from streams.channels import chat
from streams.channels.channel import Unverified
from streams.channels.settings import ChatWidget
from tests.chatting import SECRET, SITE, hash_of, identity, unsigned

SETTINGS = ChatWidget(allowed_origins=f"{SITE} http://localhost:3000", identity_secret=SECRET)
NOW = datetime.now(UTC).replace(microsecond=0)
KEY = chat.session_key(SETTINGS, b"the desk's own")


def vouched(token: str) -> chat.Person:
    return chat.vouched(SETTINGS, token, NOW)


def test_whom_the_site_vouches_for_is_known_with_what_it_says() -> None:
    token = identity("42", email="ann@shop.example", name="Ann")
    assert vouched(token) == chat.Person("42", "ann@shop.example", "Ann")
    assert vouched(identity(42)) == chat.Person("42")
    assert vouched(identity(None, sub="ann", email="")) == chat.Person("ann")


def test_a_hash_vouches_for_an_id_and_for_no_other() -> None:
    assert chat.hashed(SETTINGS, "42", hash_of("42")) == chat.Person("42")
    for user, given in (("43", hash_of("42")), ("42", hash_of("42", "x" * 40)), ("42", "é")):
        with pytest.raises(Unverified):
            chat.hashed(SETTINGS, user, given)


def changed(token: str) -> str:
    """The same token with another person in it."""
    head, _, signature = token.split(".")
    return ".".join([head, unsigned({"user_id": "1", "exp": 2**33}).split(".")[1], signature])


FAR = int(NOW.timestamp()) + 600

FORGED = {
    "no signature": unsigned({"user_id": "42", "exp": FAR}),
    "no signature, in capitals": unsigned({"user_id": "42", "exp": FAR}, "None"),
    "another body": changed(identity()),
    "another secret": identity(secret=SECRET[::-1]),
    "another algorithm with the secret": jwt.encode(
        {"alg": "HS512"},
        {"user_id": "42", "exp": FAR},
        OctKey.import_key(SECRET),
        algorithms=["HS512"],
    ),
    "no end": jwt.encode({"alg": "HS256"}, {"user_id": "42"}, OctKey.import_key(SECRET)),
    "an end that is no time": identity(exp="tomorrow"),
    "an end that is true": identity(exp=True),
    "an end beyond all times": identity(exp=10**30),
    "over": identity(minutes=-2),
    "not yet": identity(nbf=FAR),
    "nobody": identity(None),
    "nobody by an empty name": identity(""),
    "true": identity(user_id=True),
    "a line end in the name": identity("42\nX"),
    "a name without an end": identity("4" * 201),
    "an address that is a list": identity(email=["a@x.example"]),
    "nothing": "",
    "no token": "a.b.c",
    "a session": chat.signed(chat.visitor_session("7", NOW), KEY),
}


@pytest.mark.parametrize("name", [*FORGED])
def test_what_the_site_did_not_sign_for_now_is_refused(name: str) -> None:
    with pytest.raises(Unverified):
        vouched(FORGED[name])


def test_clocks_may_differ_by_a_minute() -> None:
    late, early = NOW + timedelta(seconds=59), NOW - timedelta(seconds=59)
    token = identity(exp=int(NOW.timestamp()), nbf=int(NOW.timestamp()))
    assert chat.vouched(SETTINGS, token, late) == chat.vouched(SETTINGS, token, early)
    for then in (NOW + timedelta(seconds=61), NOW - timedelta(seconds=61)):
        with pytest.raises(Unverified):
            chat.vouched(SETTINGS, token, then)


def test_without_a_secret_nobody_is_vouched_for() -> None:
    bare = ChatWidget(allowed_origins=SITE)
    with pytest.raises(Unverified, match="identity_secret"):
        chat.vouched(bare, identity(), NOW)
    with pytest.raises(Unverified, match="identity_secret"):
        chat.hashed(bare, "42", hash_of("42"))


@pytest.mark.parametrize(
    "session",
    [
        chat.visitor_session("7", NOW),
        chat.user_session(chat.Person("42"), "visitor:7", NOW),
        chat.user_session(chat.Person("é"), None, NOW),
    ],
)
def test_a_session_is_what_was_signed_until_it_is_over(session: chat.Session) -> None:
    token = chat.signed(session, KEY)
    assert chat.opened(token, KEY, session.expires_at - timedelta(seconds=1)) == session
    with pytest.raises(Unverified, match="over"):
        chat.opened(token, KEY, session.expires_at)
    for other in (b"\0" * 32, chat.session_key(ChatWidget(), b"the desk's own")):
        with pytest.raises(Unverified):
            chat.opened(token, other, NOW)
    with pytest.raises(Unverified):
        chat.opened(changed(token), KEY, NOW)


def test_an_identity_is_no_session_even_with_the_same_key() -> None:
    claims = {"sub": "user:1", "exp": FAR}
    with pytest.raises(Unverified):
        chat.opened(jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(KEY)), KEY, NOW)
    with pytest.raises(Unverified):
        chat.opened(identity(), KEY, NOW)


def test_a_visitor_s_session_is_made_longer_and_a_user_s_is_not() -> None:
    later = NOW + timedelta(hours=1)
    visitor = chat.visitor_session("7", NOW)
    assert chat.resumed(visitor, later).expires_at == later + chat.VISITORS
    user = chat.user_session(chat.Person("42"), None, NOW)
    assert chat.resumed(user, later) == user


def test_a_position_is_taken_from_us_alone() -> None:
    given = chat.placed("p1.MTI", KEY)
    assert chat.position_in(given, KEY) == "p1.MTI"
    for wrong in ("p1.MTI", given[:-1], given.replace("MTI", "MA"), "", chat.placed("p1.MA", b"x")):
        with pytest.raises(Unverified):
            chat.position_in(wrong, KEY)


def test_a_user_cannot_take_a_visitor_s_address() -> None:
    session = chat.user_session(chat.Person("visitor:7"), None, NOW)
    assert session.verified
    assert session.handles == ("user:visitor:7",)
    assert chat.unvouched(session) is None


def test_sites_are_named_one_by_one() -> None:
    assert chat.origins(SETTINGS) == {SITE, "http://localhost:3000"}
    for wrong in ("*", "shop.example", "https://shop.example/chat", "https://*.example", ""):
        with pytest.raises(ValueError, match="allowed_origins"):
            ChatWidget(allowed_origins=wrong)
    with pytest.raises(ValueError, match="identity_secret"):
        ChatWidget(identity_secret="short")  # noqa: S106  # a test's own
