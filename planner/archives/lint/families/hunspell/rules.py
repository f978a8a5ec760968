"""The rules for hunspell's dictionaries."""

from __future__ import annotations

from typing import Final

from planner.model.diagnostic import ERROR, WARNING
from planner.model.lint import Rule

_DICTIONARY: Final = (
    "https://github.com/apache/lucene/blob/releases/lucene/9.12.3/lucene/analysis/common/src/java/org/apache"
    "/lucene/analysis/hunspell/Dictionary.java"
)
_SERVICE: Final = (
    "https://github.com/elastic/elasticsearch/blob/v8.15.3/server/src/main/java/org/elasticsearch/indices"
    "/analysis/HunspellService.java"
)
_STOPS: Final = (
    "Lucene stops there, and no index whose analyzer uses the dictionary can be created or opened."
)

NO_AFFIXES: Final = Rule(
    "hunspell-no-affixes",
    ERROR,
    "has words, and no .aff file beside them",
    "The dictionary of a locale is one .aff file and its .dic files, in one folder; "
    "Elasticsearch refuses to load it without the .aff file.",
    "Put both files of the dictionary into the folder.",
    f"{_SERVICE}#L178",
)
TWO_AFFIXES: Final = Rule(
    "hunspell-two-affixes",
    ERROR,
    "is a second .aff file in the folder of its locale",
    "Elasticsearch takes exactly one, and refuses to load the dictionary.",
    "Give each dictionary a folder of its own below hunspell/. What begins with `._` was left by a desktop.",
    f"{_SERVICE}#L181",
)
NO_WORDS: Final = Rule(
    "hunspell-no-words",
    WARNING,
    "has affixes, and no .dic file beside them",
    "The dictionary is loaded without words: it knows none, and stems none.",
    "Put both files of the dictionary into the folder.",
    f"{_SERVICE}#L185",
)
MISPLACED: Final = Rule(
    "hunspell-misplaced",
    WARNING,
    "is not in a folder of its locale, as hunspell/de_DE/",
    "Elasticsearch looks for dictionaries there only; it does not read the file.",
    "Move .aff and .dic into hunspell/LOCALE/, of which the filter names LOCALE.",
    f"{_SERVICE}#L165",
)
CAPITALS: Final = Rule(
    "hunspell-capitals",
    WARNING,
    "has an ending in capital letters",
    "Elasticsearch looks for files that end with .aff and .dic, in small letters.",
    "Rename it: de_DE.aff, de_DE.dic.",
    f"{_SERVICE}#L176",
)
ENCODING: Final = Rule(
    "hunspell-encoding",
    ERROR,
    "names an encoding that Java does not know",
    "SET names the encoding of the dictionary by a name that Java has, as UTF-8 or ISO8859-1. " + _STOPS,
    "Correct the name, or save both files as UTF-8 and write `SET UTF-8`.",
    f"{_DICTIONARY}#L900",
)
LATE: Final = Rule(
    "hunspell-late-setting",
    ERROR,
    "has SET or FLAG where it is too late to change it",
    "Both have to stand once, at the beginning of a line, in the first 30 KiB of the file. " + _STOPS,
    "Leave it once, at the top of the file.",
    f"{_DICTIONARY}#L508",
)
AFFIX_COUNT: Final = Rule(
    "hunspell-affix-count",
    ERROR,
    "has another number of rules than its header announces",
    "`SFX A Y 2` is followed by exactly two lines of that flag, without empty lines between. " + _STOPS,
    "Correct the number, or the lines.",
    f"{_DICTIONARY}#L698",
)
AFFIX_FIELDS: Final = Rule(
    "hunspell-affix-fields",
    ERROR,
    "has too few fields for PFX or SFX",
    "A header has four, as `SFX A Y 2`; a rule four or more: flag, what is taken off, what is put on. "
    + _STOPS,
    "Write what is missing, with `0` for nothing.",
    f"{_DICTIONARY}#L709",
)
TABLE_COUNT: Final = Rule(
    "hunspell-table-count",
    ERROR,
    "has another number of lines than its header announces",
    "REP, MAP, BREAK, ICONV, OCONV, AF, AM, COMPOUNDRULE and CHECKCOMPOUNDPATTERN say how many lines their "
    "table has. " + _STOPS,
    "Correct the number, or the lines.",
    f"{_DICTIONARY}#L593",
)
SWALLOWED: Final = Rule(
    "hunspell-swallowed-line",
    WARNING,
    "has a line of something else in its table",
    "The number of the table's lines is too high. Lucene counts lines, and does not look at what they begin "
    "with: it reads the line as one of the table, and not as what it is.",
    "Correct the number.",
    f"{_DICTIONARY}#L593",
)
TWICE: Final = Rule(
    "hunspell-repeated-conversion",
    ERROR,
    "repeats what an earlier line of the table converts",
    "ICONV and OCONV may convert each text once. " + _STOPS,
    "Take out one of the two.",
    f"{_DICTIONARY}#L820",
)
ARGUMENT: Final = Rule(
    "hunspell-argument",
    ERROR,
    "has not the arguments that it needs",
    "Most settings have exactly one, after which only a comment may follow; numbers are whole numbers; "
    "FLAG is `long`, `num` or `UTF-8`. " + _STOPS,
    "Correct the line.",
    f"{_DICTIONARY}#L614",
)
FLAG: Final = Rule(
    "hunspell-flag",
    ERROR,
    "has a flag that is none, as FLAG says how they are written",
    "With `FLAG num` flags are numbers below 65510, with `FLAG long` two characters of Latin-1. " + _STOPS,
    "Correct the flag, or FLAG.",
    f"{_DICTIONARY}#L1436",
)
ALIAS: Final = Rule(
    "hunspell-alias",
    ERROR,
    "has flags that are no number of an AF line",
    "Where the .aff file has AF lines, flags are the number of one of them, from 1. " + _STOPS,
    "Write the number of the AF line that has the flags.",
    f"{_DICTIONARY}#L1271",
)
NOT_ENCODED: Final = Rule(
    "hunspell-not-encoded",
    WARNING,
    "is not of the encoding that SET names",
    "Without SET it is ISO8859-1. What Lucene cannot read is U+FFFD to it: "
    "such words match nothing, and such flags are all the same.",
    "Save both files in the encoding that SET names.",
    f"{_DICTIONARY}#L904",
)
NO_COUNT: Final = Rule(
    "hunspell-no-count",
    WARNING,
    "begins with something else than the number of its words",
    "Lucene skips the first line, whatever it is: the word in it is missing.",
    "Put a line with the number before the words; it need not be exact.",
    f"{_DICTIONARY}#L1009",
)
SETTING: Final = Rule(
    "hunspell-unknown-setting",
    WARNING,
    "has a setting that no dictionary has",
    "The file has ignore_case and strict_affix_parsing. Anything else has no effect.",
    "Take it out, or correct its name.",
    f"{_SERVICE}#L174",
)
NO_BOOLEAN: Final = Rule(
    "hunspell-boolean",
    ERROR,
    "has an ignore_case that is neither true nor false",
    "Elasticsearch takes only these two, and refuses to load the dictionary.",
    "Write true or false, in small letters.",
    f"{_SERVICE}#L174",
)

RULES: Final = (
    NO_AFFIXES,
    TWO_AFFIXES,
    NO_WORDS,
    MISPLACED,
    CAPITALS,
    ENCODING,
    LATE,
    AFFIX_COUNT,
    AFFIX_FIELDS,
    TABLE_COUNT,
    SWALLOWED,
    TWICE,
    ARGUMENT,
    FLAG,
    ALIAS,
    NOT_ENCODED,
    NO_COUNT,
    SETTING,
    NO_BOOLEAN,
)
