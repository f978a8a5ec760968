"""Files that are nearly right: good ones of each format, with a few changes; always the same ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final, TypeVar

from attrs import frozen

from tests.unit.archives.lint.cases import Members
from tests.unit.archives.lint.cases.plugins import CLASSIC, STABLE, text

_T = TypeVar("_T")


@frozen
class Format:
    """How files of a family are made. name: of the family. good: archives that nothing is wrong with.
    pieces: what is put in. count: how many files there are.
    """

    name: str
    good: tuple[Members, ...]
    pieces: tuple[bytes, ...]
    count: int


LINES: Final = (b"\n", b"\r\n", b"\r", b"\n\n", b" ", b"\t", b"#", b"# x\n", b"\xef\xbb\xbf", b"\xc2\xa0")
BAD: Final = (b"\xe4", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\x00")
_OF_DESCRIPTORS: Final = (
    *(
        b"=",
        b":",
        b"\\",
        b"\\u",
        b"\\u0041",
        b"\\t",
        b"\\\n",
        b"\\\n  ",
        b"!",
        b"#=\n",
        b"; ",
        b"\x0c",
        b"\xe9",
    ),
    *(b"true", b"False", b"version", b".1", b"x=1\n", b"name=\n", b"description:x\n", b"licensed=yes\n"),
    *(b"java.version=1.8\n", b"java.version = 17\n", b"extended.plugins=a,,b\n"),
)
_DESCRIPTOR: Final = text(classname="mine.Plugin", licensed="true", has_native_controller="false")

_JAPANESE: Final = """\
# kept by hand
日本経済新聞,日本 経済 新聞,ニホン ケイザイ シンブン,カスタム名詞
朝青龍,朝青龍,アサショウリュウ,カスタム人名
"a,b","a, b","エー ビー",名詞

"""
_KOREAN: Final = """\
# kept by hand
세종
세종시 세종 시
c샤프
"""
_AFF: Final = """\
# für
SET UTF-8
TRY esä
REP 2
REP f ph
REP ph f
OCONV 1
OCONV ' "
SFX A Y 2
SFX A   0     s .
SFX A   y     ies/B [^aeiou]y
PFX B N 1
PFX B   0     re .
"""
_DIC: Final = "3\nHaus/AB\nÄpfel/A\npo\\/st\tpo:noun\n"

_FLAGS: Final = (b"/", b"\\", b"A", b"A,B", b"1", b"-1", b"Y", b"0", b".", b"[^", b"]", b"(", b"+", b"*")
_OF_AFFIXES: Final = tuple(
    (lines.replace("|", "\n") + "\n").encode()
    for lines in (
        *(
            "SET UTF-8",
            "SET KOI8",
            "FLAG num",
            "FLAG long",
            "FLAG UTF-8",
            "FLAG x",
            "AF 1|AF AB",
            "AM 1|AM po:x",
        ),
        *("ICONV 1|ICONV a b", "OCONV 2|OCONV a b|OCONV a c", "REP 1|REP x", "MAP 1|MAP aä", "BREAK 0"),
        *("PFX C Y 1|PFX C 0 un .", "SFX D N 2|SFX D 0 x|SFX D y 0/A y", "COMPOUNDRULE 1|COMPOUNDRULE A*B"),
        *("IGNORE x", "CIRCUMFIX A", "CIRCUMFIX", "COMPOUNDMIN x", "KEEPCASE", "LANG tr", "NEEDAFFIX B B"),
        *("FULLSTRIP", "COMPLEXPREFIXES", "MAXDIFF 11"),
    )
)

FORMATS: Final = (
    Format(
        "synonyms",
        (
            {"dictionaries/synonyms.txt": b"ipod, i-pod\ni-pod, i pod => ipod\n# tv\ntelly => tv\n"},
            {"dictionaries/synonyms.txt": b"a\\,b, c\r\nd\\=>e => f\r\nauto, wagen, car"},
        ),
        (*LINES, *BAD, b"=>", b"=", b">", b",", b"\\", b" => ", b",,", b"\n \n", b"\xe3\x80\x80"),
        600,
    ),
    Format(
        "words",
        (
            {"dictionaries/stopwords.txt": b"der\ndie\n# the rest\ndas\n"},
            {"dictionaries/stopwords.txt": b"f\xc3\xbcr\r\n\r\n \xe6\x97\xa5\xe6\x9c\xac \r\n"},
        ),
        (*LINES, *BAD, b"|", b"\xf0\x9f\x98\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\xe2\x80\xa8"),
        200,
    ),
    Format(
        "plugins",
        (
            {CLASSIC: _DESCRIPTOR},
            {CLASSIC: text(classname="a.B", modulename="m", extended_plugins="lang,x-pack")},
            {STABLE: text(modular="true")},
            {STABLE: text(elasticsearch_version="8.4.0")},
        ),
        (*LINES, *BAD, *_OF_DESCRIPTORS),
        400,
    ),
    Format(
        "wordnet",
        (
            {"dictionaries/wn_s.pl": b"s(100000001,1,'abstain',v,1,0).\ns(100000001,2,'refrain',v,1,0).\n"},
            {"dictionaries/wn_s.pl": b"s(100000002,1,'o''clock',n,1,0).\r\ns(1,2,'\xc3\xbcber',r,1,0)."},
        ),
        (
            *(
                *LINES,
                *BAD,
                b"'",
                b"''",
                b"%",
                b"s(",
                b"\n\n\n",
                b"' '",
                b"s(1,1,'a',v).\n",
                b"\xf0\x9f\x98\x80",
            ),
            *(b"s(100000003,1,' ',n,1,0).\n", b"s(100000003,1,'',n,1,0).\n"),
        ),
        250,
    ),
    Format(
        "kuromoji",
        (
            {"dictionaries/userdict_ja.txt": _JAPANESE.encode()},
            {"dictionaries/userdict_ja.txt": _JAPANESE.replace("\n", "\r\n").encode()},
        ),
        (
            *LINES,
            *BAD,
            b",",
            b'"',
            b'""',
            b",,",
            b"\xe3\x80\x80",
            "日本".encode(),
            b"#,#,#,#\n",
            b"\n\xc2\xa0\n",
            b' "a,b" ',
        ),
        200,
    ),
    Format(
        "nori",
        (
            {"dictionaries/userdict_ko.txt": _KOREAN.encode()},
            {"dictionaries/userdict_ko.txt": _KOREAN.replace("\n", "\r\n").encode()},
        ),
        (*LINES, *BAD, b"  ", b"\xe3\x80\x80", "세종".encode(), b"a b c\n", b",", b"c++\n", b"\t\t"),
        150,
    ),
    Format(
        "hunspell",
        tuple(
            {"hunspell/xx/xx.aff": aff.encode(encoding), "hunspell/xx/xx.dic": _DIC.encode(encoding)}
            for aff, encoding in ((_AFF, "utf-8"), (_AFF.replace("SET UTF-8", "SET ISO8859-1"), "latin-1"))
        ),
        (*LINES, *BAD, *_FLAGS, *_OF_AFFIXES),
        400,
    ),
)


def generated(form: Format, seed: int = 2) -> Iterator[Members]:
    """The good ones first."""
    yield from form.good
    dice = _Dice(random.Random(f"{seed}{form.name}"))  # noqa: S311 - not for secrets
    for _ in range(form.count - len(form.good)):
        made = dict(dice.one_of(form.good))
        for _ in range(1 + dice.below(3)):
            name = dice.one_of(tuple(made))
            made[name] = changed(made[name], form, dice)
        yield made


@frozen
class _Dice:
    """Only `random` gives the same numbers with every version of Python."""

    source: random.Random

    def below(self, end: int) -> int:
        return int(self.source.random() * end)

    def one_of(self, choices: tuple[_T, ...]) -> _T:
        return choices[self.below(len(choices))]


def changed(data: bytes, form: Format, dice: _Dice) -> bytes:
    """A piece put in, twice as often as the others: bytes taken out, a line repeated, a line taken out."""
    at, lines = dice.below(len(data) + 1), data.splitlines(keepends=True) or [b""]
    line = dice.below(len(lines))
    match dice.below(5):
        case 0:
            return data[:at] + data[at + 1 + dice.below(3) :]
        case 1:
            return b"".join((*lines[: line + 1], *lines[line:]))
        case 2:
            return b"".join((*lines[:line], *lines[line + 1 :]))
        case _:
            return data[:at] + dice.one_of(form.pieces) + data[at:]
