from __future__ import annotations

from . import Case, Members

AFF, DIC = "hunspell/de_DE/de.aff", "hunspell/de_DE/de.dic"
TABLES = """
REP 2
REP f ph # as in telephone
REP ph f
MAP 1
MAP uü(ue)
OCONV 1
OCONV ' "
BREAK 1
BREAK - # no other
"""
RULES = """
SFX A Y 2
SFX A   0     s .
SFX A   y     ies/B [^aeiou]y
PFX B N 1
PFX B   0     re
"""
GOOD = f"# Grün\nSET UTF-8\nTRY esä abc\nKEEPCASE K\nCOMPOUNDMIN 2 x\nMAXDIFF 10\n{RULES}{TABLES}"
WORDS = "2\n# no word/X\nHaus/AB\npo\\/st\tpo:noun/x\nÄpfel/A\n"


def written(aff: str = GOOD, dic: str = WORDS, encoding: str = "utf-8") -> Members:
    return {AFF: aff.encode(encoding), DIC: dic.encode(encoding)}


def affixes(bad: str, *lines: int, good: str = GOOD, also: tuple[str, ...] = ()) -> Case:
    return Case(written(bad, "0\n"), written(good), tuple((AFF, line) for line in lines), frozenset(also))


def settings(bad: bytes, good: bytes, *lines: int) -> Case:
    name = "hunspell/de_DE/settings.yml"
    found = tuple((name, line) for line in lines)
    return Case({**written(), name: bad}, {**written(), name: good}, found)


CASES = {
    "hunspell-no-affixes": Case({DIC: WORDS.encode()}, written(), (DIC,)),
    "hunspell-two-affixes": Case(
        {**written(), "hunspell/de_DE/old.aff": b"SET UTF-8"},
        {
            **written(),
            "hunspell/de_AT/old.aff": b"",
            "hunspell/de_AT/old.dic": b"",
            "hunspell/de_DE/a.dic": b"",
        },
        ("hunspell/de_DE/old.aff",),
    ),
    "hunspell-no-words": Case({AFF: GOOD.encode()}, written(), (AFF,)),
    "hunspell-misplaced": Case(
        {
            "hunspell/de.aff": b"",
            "hunspell/de.dic": b"x/",
            "hunspell/de/a/b.dic": b"",
            "x/a.aff": b"",
            "x/a.dic": b"",
        },
        {**written(), "dictionaries/words.dic": b"Haus"},
        ("hunspell/de.aff", "hunspell/de.dic", "hunspell/de/a/b.dic", "x/a.aff", "x/a.dic"),
    ),
    "hunspell-capitals": Case(
        {"hunspell/de_DE/de.AFF": b"", "hunspell/de_DE/de.Dic": b""},
        {**written(), "hunspell/de_DE/README.TXT": b"", "x/de.AFF": b""},
        ("hunspell/de_DE/de.AFF", "hunspell/de_DE/de.Dic"),
    ),
    "hunspell-encoding": affixes(
        "SET UFT-8\nSET ISO8859-1\nSET ISO-8859-10\nSET UTF-8\u00e9\n",
        *(1, 3, 4),
        good="\ufeffSET microsoft-cp1251\nSFX A Y 1\nSFX A 0 s\n",
    ),
    "hunspell-late-setting": affixes(
        "SET UTF-8\nFLAG long\nFLAG num\n SET ISO8859-2\n" + "#\n" * 16_000 + "SET UTF8\nSET KOI8-R\n",
        3,
        4,
        16_006,
        good="SET UTF-8\nFLAG UTF-8\nSET UTF8\n" + "#\n" * 16_000 + "SET UTF-8\n",
    ),
    "hunspell-affix-count": affixes(
        "SFX A Y 3\nSFX A 0 s .\nSFX A 0 n .\n\nSFX A 0 t .\n"
        "SFX B Y 1\nSFX B 0 s .\nSFX B 0 n .\nSFX B 0 e .\nPFX C Y 2\n PFX C 0 n .\nPFX D Y 1",
        1,
        8,
        10,
        12,
    ),
    "hunspell-affix-fields": affixes(
        "SFX A Y\nSFX B Y 2\nSFX B 0\nSFX B 0 s\n", 1, 3, good="\ufeffSFX A Y 1\nSFX A 0 s\n"
    ),
    "hunspell-table-count": affixes(
        "REP 2\nREP a b\nREP b a\nREP c a\nREP d a\nMAP 2\nMAP ab\n\nAF 1\nAF A\nAF B\nAF C\nBREAK 1",
        4,
        6,
        11,
        13,
    ),
    "hunspell-swallowed-line": affixes("REP 2\nREP a b\nKEEPCASE K # x\n", 1),
    "hunspell-repeated-conversion": affixes(
        "ICONV 3\nICONV a b\nICONV b a\nICONV a c\nOCONV 1\nOCONV a b\n", 4
    ),
    "hunspell-argument": affixes(
        "SET UTF-8 or so\nFLAG char\nTRY\nCOMPOUNDMIN x\nKEEPCASE\nLANG de DE\nMAXDIFF 11\n"
        "BREAK 2\nBREAK a b\nBREAK -\nAF A",
        *(1, 2, 3, 4, 5, 6, 7, 9, 11),
    ),
    "hunspell-flag": Case(
        written(
            "FLAG num\nKEEPCASE K\nSFX 1 Y 2\nSFX 1 0 s/65510 .\nSFX 1 0 s/2,65509 .\n",
            "1\na/1,2\nb\\/7/99999\n",
        ),
        written("FLAG long\nKEEPCASE KK\nSFX AA Y 1\nSFX AA 0 s/BBCC .\n", "1\na/AABB\nb/AA po:ĀĀ\n"),
        ((DIC, 3), (AFF, 2), (AFF, 4)),
    ),
    "hunspell-alias": Case(
        written("AF 2\nAF AB\nAF C\nSFX A Y 1\nSFX A 0 s/3 .\n", "1\na/1\nb/AB\nc/0\nd/3\ne/\n"),
        written("AF 2\nAF AB\nAF C\nSFX A Y 1\nSFX A 0 s/2 .\n", "1\na/1\nb/2 po:x/y\n/AB\n#c/AB\n"),
        ((DIC, 3), (DIC, 4), (DIC, 5), (AFF, 5)),
    ),
    "hunspell-not-encoded": Case(
        {
            AFF: b"SET UTF-8\n# gr\xfcn\nNAME gr\xfcn\nTRY \xe4bc\nWORDCHARS \xe4\n",
            DIC: b"2\n#\xfc\nHaus\nH\xe4user\n",
        },
        {AFF: b"# gr\xfcn\nTRY \xe4bc\n", DIC: b"1\nH\xe4user\n"},
        ((DIC, 4), (AFF, 4)),
    ),
    "hunspell-no-count": Case(
        written(dic="Haus/A\nTür\n"), written(dic="\ufeff 1\t# about\nHaus/A\n"), ((DIC, 1),)
    ),
    "hunspell-unknown-setting": settings(
        b"ignore_case: true\nignorecase: true\n",
        b"# ours\n---\nignore_case: true\nstrict_affix_parsing: x\n",
        2,
    ),
    "hunspell-boolean": settings(b"ignore_case: yes\n", b'"ignore_case": "false" # x\n', 1),
}
