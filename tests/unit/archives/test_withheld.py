from __future__ import annotations

import pytest

from planner.archives.withheld import withheld

TEXT = b"laptop, notebook\n"


@pytest.mark.parametrize(
    "path",
    [
        *("saml/idp.xml", "config/saml/idp.xml", "SAML/idp.txt", "truststore/words.txt", "a/keystore/x"),
        *("cacerts", "certs/ca.pem", "http.KEY", "ca.crt", "a/store.p12", "store.pfx", "store.jks"),
        *("elasticsearch.keystore", "x.truststore", ".ssh/id_rsa", "id_ed25519", "krb5.keytab", ".netrc"),
    ],
)
def test_by_its_place_or_name(path: str) -> None:
    assert withheld(path, TEXT, TEXT)


@pytest.mark.parametrize(
    "path",
    [
        *("dictionaries/synonyms.txt", "samlung/words.txt", "saml.txt", "truststores.txt", "keys.txt"),
        *("monkey", "de_DE.aff", "cacerts.md", "crt/words.txt", "hot.keys.txt", "id_rsa.md"),
    ],
)
def test_others_are_shown(path: str) -> None:
    assert withheld(path, TEXT, TEXT) == ""


@pytest.mark.parametrize(
    "line",
    [
        *("password: hunter2", "PASSWORD=hunter2", 'db.password = "hunter2"', "bind_password: hunter2"),
        *('"secret": "hunter2"', "{'token': 'hunter2'}", "client_secret=hunter2", "pwd=hunter2"),
        *("api_key: hunter2", "API-KEY = hunter2", "apikey: hunter2", "xpack.secret_key: hunter2"),
        *("private_key: hunter2", "aws_access_key_id = hunter2", "password_hash: hunter2"),
        *("ssl.keystore.password: hunter2", "credentials: hunter2", "passphrase: hunter2"),
        *("<password>hunter2</password>", "<ns:secret type='x'>hunter2</ns:secret>"),
        *("Authorization: Basic dXNlcjpwYXNzd29yZA==", "bearer abcdefghijklmnop.qrst", "ApiKey " + "a" * 20),
        *("https://user:hunter2@host/", "jdbc:postgresql://u:hunter2@db/x", "redis://:hunter2@host"),
        *("jacknich:$2a$10$Q5ZsdHWdsPfrFhP", "user:{PBKDF2}10000$abc", "root:$6$salt$hash"),
        *("AKIAIOSFODNN7EXAMPLE", "ghp_abcdefghijklmnopqrstuvwxyz0123456789", "glpat-abcdefghij0123456789"),
        *(
            "xoxb-123456789012-abc",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.x",
        ),
        *("-----BEGIN PRIVATE KEY-----", "-----BEGIN CERTIFICATE-----", "PuTTY-User-Key-File-2: ssh-rsa"),
    ],
)
def test_by_a_line_that_may_be_a_secret(line: str) -> None:
    holds = b"laptop, notebook\n" + line.encode() + b"\nphone, mobile\n"
    assert withheld("words.txt", TEXT, holds)
    assert withheld("words.txt", holds, TEXT)


@pytest.mark.parametrize(
    "data", [b"\xfe\xed\xfe\xed\0\0\0\2", b"\xce\xce\xce\xce", b"\x30\x82\x0a\x01\x02\x01\x03"]
)
def test_by_what_begins_it(data: bytes) -> None:
    assert withheld("words.txt", data, TEXT)
    assert withheld("words.txt", TEXT, b"x" + data) == ""


@pytest.mark.parametrize(
    "line",
    [
        *("password => passcode", "password, passwort => kennwort", "pass, passport", "token => sign"),
        *("secret, hidden, covert", "the password: a", "keyword: x", "tokenizer: standard", "passage: text"),
        *("token_filter: synonym_graph", "max_token_length: 255", "monkey: animal", "type: keyword"),
        *("http://host:9200/path@x", "https://host/?a=b", "user@host", "mailto:a@b.c", "12:30@noon"),
        *("basic, fundamental", "bearer bonds", "begin -----", "$2, $3", "compassword: crossword"),
        *("SFX A 0 en [^e]", "REP password passwort", "1,2,N,名詞", "token::type"),
    ],
)
def test_words_are_shown(line: str) -> None:
    assert withheld("words.txt", line.encode() + b"\n", TEXT) == ""


def test_it_says_why() -> None:
    assert withheld("saml/idp.xml", TEXT) == "it lies in saml/"
    assert withheld("ca.pem") == "it may hold keys"
    assert withheld("users", b"password: hunter2") == "a line in it looks like a credential"
