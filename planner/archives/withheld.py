"""What is not shown of the files in archives, whoever asks: such files are named, and their lines are not.

A plan ends up in pull requests and logs. Known secrets are taken out of every line; here is what may be a
secret that nobody declared: keys by their place, name or content, and files with a line that looks like a
credential. That can be wrong, and a file too many is withheld rather than one too few.
"""

from __future__ import annotations

import re
from typing import Final

from attrs import frozen

NAMES: Final = "names"
"""What a resource or an environment says of its content, whose lines are nobody's business."""
AS_DECLARED: Final = "`content: names` withholds the lines"


@frozen
class Rule:
    """A kind of file that is withheld: by its path, or by what it holds; and why."""

    reason: str
    path: re.Pattern[str] | None = None
    data: re.Pattern[bytes] | None = None

    def holds(self, path: str, data: bytes) -> bool:
        return bool((self.path and self.path.search(path)) or (self.data and self.data.search(data)))


_I = re.IGNORECASE
_WORD: Final = (
    rb"(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|credentials?"
    rb"|(?:api|access|private|secret|signing|encryption|account|client|shared)[ _.-]?key)"
    rb"(?:[_.-](?:key|value|hash|id|text|base64))?"
)
_KEYS: Final = "it may hold keys"
_CREDENTIAL: Final = "a line in it looks like a credential"

RULES: Final[tuple[Rule, ...]] = (
    Rule("it lies in saml/", path=re.compile(r"(?:^|/)saml/", _I)),
    Rule("it lies in truststore/", path=re.compile(r"(?:^|/)(?:trust|key)stores?/", _I)),
    Rule(
        _KEYS,
        path=re.compile(
            r"(?:^|/)(?:cacerts|id_(?:rsa|dsa|ecdsa|ed25519)|\.?netrc|\.?pgpass|[^/]*"
            r"\.(?:pem|key|crt|cer|der|csr|p7b|p8|p12|pfx|jks|jceks|bcfks|keystore|truststore|keytab|ppk|gpg|asc))$",
            _I,
        ),
    ),
    Rule(_KEYS, data=re.compile(rb"-----BEGIN [A-Z0-9 ]+-----|---- BEGIN SSH2|PuTTY-User-Key-File-")),
    Rule(_KEYS, data=re.compile(rb"\A(?:\xfe\xed\xfe\xed|\xce\xce\xce\xce)")),  # JKS, JCEKS
    Rule(_KEYS, data=re.compile(rb"\A\x30[\x80-\x84][\x00-\xff]{0,4}\x02\x01[\x00\x03]")),  # PKCS#12, #8, #1
    Rule(
        _CREDENTIAL,  # name: value, name = value, "name": "value"; a rule of synonyms, a => b, is none
        data=re.compile(
            rb"(?<![a-z])" + _WORD + rb"[\"'\]]{0,2}[ \t]*(?::(?!:)|=(?![>=]))[ \t]*[^\s]{3}", _I
        ),
    ),
    Rule(
        _CREDENTIAL,
        data=re.compile(rb"<(?:\w+:)?" + _WORD + rb"(?:\s[^<>]{0,200})?>[ \t\r\n]*[^\s<]{3}", _I),
    ),
    Rule(_CREDENTIAL, data=re.compile(rb"\b(?:basic|bearer|apikey)[ \t]+[a-z0-9+/_.=-]{16}", _I)),
    Rule(
        _CREDENTIAL, data=re.compile(rb"[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"']{0,200}:[^\s/@\"']{1,200}@", _I)
    ),
    Rule(
        _CREDENTIAL,
        data=re.compile(
            rb"\$2[abxy]\$\d\d\$|\{(?:PBKDF2|SSHA\d*|SHA512-?CRYPT)[^}]{0,80}\}|\$[156]\$[^\s$]+\$"
        ),
    ),
    Rule(
        _CREDENTIAL,  # as their issuers mark them
        data=re.compile(
            rb"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[opsur]_[A-Za-z0-9]{20}|\bgithub_pat_\w{20}|\bglpat-[\w-]{16}"
            rb"|\bxox[abeprs]-[\w-]{10}|\bAIza[\w-]{30}|\b[sr]k_live_\w{10}|\beyJ[\w-]{8,120}\.eyJ[\w-]{8}"
            rb"|\bnpm_[A-Za-z0-9]{30}|\bpypi-[\w-]{30}|\bhvs\.[\w-]{20}"
        ),
    ),
)


def withheld(path: str, *texts: bytes) -> str:
    """Why no line of a file is shown, "" where they may be. texts: of the file, before and afterwards."""
    found = (rule.reason for rule in RULES if any(rule.holds(path, data) for data in texts or (b"",)))
    return next(found, "")
