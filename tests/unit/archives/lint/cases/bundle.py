from __future__ import annotations

from . import Case

WORDS = {"dictionaries/synonyms.txt": b"car, auto\n"}

CASES = {
    "bundle-too-deep": Case(
        {"__MACOSX/bundle/._a": b"", "bundle/dictionaries/synonyms.txt": b"a, b"},
        {"analysis/synonyms.txt": b"car, auto\n"},
        ("",),
        also=frozenset({"bundle-desktop-files"}),
    ),
    "bundle-desktop-files": Case(
        {**WORDS, "__MACOSX/a": b"", "dictionaries/.DS_Store": b"", "x/Thumbs.db": b""},
        WORDS,
        ("__MACOSX/a", "dictionaries/.DS_Store", "x/Thumbs.db"),
    ),
    "bundle-hidden": Case({**WORDS, ".env": b"T=1", "d/.ssh/id": b""}, WORDS, (".env", "d/.ssh/id")),
    "bundle-platform-settings": Case(
        {
            **WORDS,
            "elasticsearch.keystore": b"",
            "elasticsearch.yml": b"",
            "jvm.options": b"",
            "jvm.options.d/gc.options": b"",
        },
        {**WORDS, "dictionaries/elasticsearch.yml": b"", "jvm.options.txt": b""},
        ("elasticsearch.keystore", "elasticsearch.yml", "jvm.options", "jvm.options.d/gc.options"),
    ),
    "bundle-file-script": Case(
        {**WORDS, "scripts/test.js": b"1"}, {**WORDS, "dictionaries/scripts/a": b""}, ("scripts/test.js",)
    ),
}
