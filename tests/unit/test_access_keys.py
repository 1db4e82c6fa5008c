"""The signing key's file."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, RSAKey, thumbprint

from askare.access.keys import BadKeyFile, signing_key


def key_file(data: Path) -> Path:
    return data / "keys" / "signing.pem"


def test_the_first_start_makes_a_key_and_the_next_one_finds_it(tmp_path: Path) -> None:
    assert signing_key(tmp_path).key_id == signing_key(tmp_path).key_id


def test_the_key_is_made_in_a_data_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    signing_key(tmp_path / "deep" / "down")

    assert key_file(tmp_path / "deep" / "down").exists()


def test_only_the_owner_reaches_the_key(tmp_path: Path) -> None:
    signing_key(tmp_path)

    modes = [stat.S_IMODE(path.stat().st_mode) for path in (key_file(tmp_path).parent, key_file(tmp_path))]
    assert modes == [0o700, 0o600]


def test_nothing_but_the_key_is_left_in_its_folder(tmp_path: Path) -> None:
    signing_key(tmp_path)

    assert [path.name for path in key_file(tmp_path).parent.iterdir()] == ["signing.pem"]


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = {key.key_id for key in threads.map(signing_key, [tmp_path] * 8)}

    assert len(found) == 1


def test_the_key_id_is_the_thumbprint_of_the_public_half(tmp_path: Path) -> None:
    key = signing_key(tmp_path)

    required = {name: key.public_jwk[name] for name in ("crv", "kty", "x", "y")}
    assert key.key_id == key.public_jwk["kid"] == thumbprint(required)


def test_the_public_half_says_what_it_is_for_and_nothing_private(tmp_path: Path) -> None:
    jwk = signing_key(tmp_path).public_jwk

    assert set(jwk) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert (jwk["alg"], jwk["use"]) == ("ES256", "sig")


def test_a_key_does_not_show_itself(tmp_path: Path) -> None:
    key = signing_key(tmp_path)

    assert repr(key) == f"SigningKey({key.key_id})"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_reach_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    signing_key(tmp_path)
    key_file(tmp_path).chmod(mode)

    with pytest.raises(BadKeyFile, match=f"Run: chmod 600 {key_file(tmp_path)}"):
        signing_key(tmp_path)


def test_a_folder_that_others_can_reach_is_refused_with_the_remedy(tmp_path: Path) -> None:
    signing_key(tmp_path)
    key_file(tmp_path).parent.chmod(0o755)

    with pytest.raises(BadKeyFile, match=f"Run: chmod 700 {tmp_path / 'keys'}"):
        signing_key(tmp_path)


def test_a_key_of_another_user_is_refused_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signing_key(tmp_path)
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)

    with pytest.raises(BadKeyFile, match=rf"belongs to user {mine}.*chown -R {mine + 1}"):
        signing_key(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a key at all",
        ECKey.generate_key("P-256").as_pem(private=False),
        ECKey.generate_key("P-384").as_pem(private=True),
        RSAKey.generate_key(2048).as_pem(private=True),
    ],
    ids=["empty", "nonsense", "public half", "other curve", "other kind"],
)
def test_a_file_that_is_no_such_key_is_refused_without_quoting_it(tmp_path: Path, content: bytes) -> None:
    signing_key(tmp_path)
    key_file(tmp_path).write_bytes(content)

    with pytest.raises(BadKeyFile, match="not a private P-256 key") as refusal:
        signing_key(tmp_path)

    assert "not a key at all" not in str(refusal.value)


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(BadKeyFile, match="Not a directory"):
        signing_key(tmp_path / "file")
