"""The campaign "values": what goes in comes out, never as structure, all the way through the API and back.

One round is one project with values of every sort in descriptions, versions, file contents and outputs. They
go through variables, templates, a saved plan, the state and the installation; a second plan finds nothing.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from attrs import frozen

from .campaign import Broken, Campaign, Figures, Order
from .commands import Done, call
from .installation import Installation
from .promises import Moment, promise

PIECES = (
    *(
        "'",
        '"',
        "\\",
        "\n",
        "\r\n",
        "\t",
        ": ",
        " #",
        "- ",
        "{",
        "}",
        "[",
        "]",
        "|",
        ">",
        "&a",
        "*a",
        "!!int",
    ),
    *("{{", "}}", "{%", "%}", "{#", "#}", "{{ var.x }}", "---", "...", "%YAML", "<<: ", "~", "null", "true"),
    *("8.10", "0x1f", "1e3", ".inf", "=", "?", ",", "\x00", "\x07", "\x1b[31m", "\x7f", "\x85", "\u2028"),
    *("\ufeff", "\ufffd", "\ufffe", "\uffff", "\ue000", "\uf87f", "\uf894", "\U0010ffff", "\U000f0000"),
    *("é", "e\u0301", "ß", "İ", "😀", "👩‍👩‍👧", "\u202e", "\u200b", "日本", "${x}", "$", "$$", "$sensitive"),
    *(
        "repo://1",
        "resource.extension.a.url",
        "../x",
        "<b>",
        "&amp;",
        "a",
        "b",
        " ",
        "  ",
        "\n\n",
        "known after",
    ),
)
RESERVED = "\uf880\uf88f\uf890\uf891\uf892\uf893"
"""Private-use characters that stand for values while a template is rendered; variables may not hold them."""


def random_text(random: Random) -> str:
    if random.random() < 0.1:
        return random.choice(("", " ", "\n", "x" * 5000, "null", "~", "1", "true", "'", "a: b"))
    pieces = (
        random.choice(PIECES) if random.random() < 0.8 else _character(random)
        for _ in range(random.randint(1, 8))
    )
    return "".join(pieces)


def _character(random: Random) -> str:
    """Any but a surrogate or a reserved one."""
    while True:
        found = chr(random.randrange(0x110000))
        if not 0xD800 <= ord(found) < 0xE000 and found not in RESERVED and not "\uf880" <= found <= "\uf893":
            return found


def random_value(random: Random, depth: int = 3) -> Any:
    """A text, number, truth, null, list or mapping."""
    sort = random.randint(0, 9 if depth else 6)
    if sort <= 2:
        return random_text(random)
    if sort == 3:
        return random.choice((0, -1, 1, 2**31, -(2**63), 2**63, 2**64 - 1, 10**15))
    if sort == 4:
        return random.choice((0.0, -0.0, 1.0, 0.1, 1e300, -1e-300, 5e-324, 1e16, 123456789.123456789))
    if sort <= 6:
        return random.choice((True, False, None))
    if sort == 7:
        return {
            random_text(random)[:100]: random_value(random, depth - 1) for _ in range(random.randint(0, 4))
        }
    return [random_value(random, depth - 1) for _ in range(random.randint(0, 4))]


@frozen
class Values:
    """Values that a project is made of. texts: of descriptions and versions. values: of outputs. content: of
    a file.
    """

    texts: tuple[str, ...]
    values: tuple[Any, ...]
    content: str

    @classmethod
    def random(cls, random: Random) -> Values:
        texts = tuple(random_text(random) for _ in range(6))
        return cls(texts, tuple(random_value(random) for _ in range(8)), random_text(random))

    def write(self, folder: Path) -> None:
        given = {f"t{n}": text for n, text in enumerate(self.texts)}
        given |= {f"v{n}": value for n, value in enumerate(self.values)}
        project = {
            "project": "values",
            "variables": {name: {} for name in given},
            "environments": {"dev": {"endpoint": "sandbox"}},
        }
        _write(folder / "planner.yaml", as_yaml(project))
        _write(folder / "environments" / "dev.yaml", as_yaml({"variables": given}))
        _write(folder / "files" / "f" / "words.txt", self.content)
        _write(folder / "templates" / "main.yaml", self._template())

    def _template(self) -> str:
        lines = ["{% macro m(x) %}{{ x }}{% endmacro %}", "resource:", "  extension:"]
        for n, place in enumerate(self._places()):
            lines += [f"    e{n}:", f"      name: e{n}", "      extension_type: bundle", place]
        lines += ["      file: files/f", "output:"]
        lines += [f"  {self._output(n)}" for n in range(len(self.values))]
        lines += ["  joined: '<{{ resource.extension.e0.description }}>{{ var.t1 }}'"]
        return "\n".join(lines) + "\n"

    def _places(self) -> list[str]:
        """Where each text stands: bare, quoted, in a block, through a macro, mixed."""
        version = '      version: "*"\n'
        return [
            version + "      description: <{{ var.t0 }}>",
            version + '      description: "{{ var.t1 }}"',
            version + "      description: |-\n        {{ var.t2 }}",
            version + "      description: {{ m(var.t3) }}",
            "      version: v{{ var.t4 }}",
            version + "      description: '{{ resource.extension.e1.name }} {{ var.t5 }}'",
        ]

    def _output(self, number: int) -> str:
        ways = ("o{n}: {{{{ var.v{n} }}}}", "o{n}: '{{{{ m(var.v{n}) }}}}'", "o{n}: [{{{{ var.v{n} }}}}]")
        return ways[number % len(ways)].format(n=number)

    def descriptions(self) -> list[str | None]:
        """What the API must hold, by the number of the extension."""
        t = self.texts
        return [f"<{t[0]}>", t[1], t[2], t[3], None, f"e1 {t[5]}"]

    def outputs(self) -> dict[str, Any]:
        """What `planner output --json` must print. An output that is null is none."""
        found: dict[str, Any] = {}
        for number, value in enumerate(self.values):
            found[f"o{number}"] = [value] if number % 3 == 2 else value
        return {name: value for name, value in found.items() if value is not None} | {
            "joined": f"<<{self.texts[0]}>>{self.texts[1]}"
        }


def as_yaml(data: object) -> str:
    """data as JSON that is YAML too: what is not ASCII is escaped as YAML does it."""
    text = json.dumps(data, ensure_ascii=False)
    return re.sub(r"[^\x20-\x7e]", lambda found: f"\\U{ord(found.group()):08x}", text)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def through(folder: Path, values: Values) -> int:
    """One round: in, through a saved plan, and back; how many values. Broken where one is another one."""
    values.write(folder)
    plan = str(folder / "plan.json")
    _ended(0, call(folder, "plan", "--out", plan))
    _ended(0, call(folder, "apply", plan))
    _ended(0, call(folder, "plan", "--detailed-exitcode"))
    with Installation.of(folder / "state" / "sandbox-dev.db") as installation:
        _hold_descriptions(values, installation, Moment.of(folder, installation))
    printed = _ended(0, call(folder, "output", "--json")).out
    wanted = values.outputs()
    found = json.loads(printed)
    for name in wanted.keys() | found.keys():
        promise(
            _same(found.get(name), wanted.get(name)),
            f"{name}: {wanted.get(name)!r} became {found.get(name)!r}",
        )
    return len(values.texts) + len(values.values) + 1


def _hold_descriptions(values: Values, installation: Installation, now: Moment) -> None:
    for number, wanted in enumerate(values.descriptions()):
        held = now.held[now.ids[f"e{number}"]]
        found = held.body.get("description")
        promise((found or "") == (wanted or ""), f"description {number}: {wanted!r} became {found!r}")
        known = now.entries[f"e{number}"]["attributes"].get("description")
        promise(known == found, f"description {number}: {found!r} is {known!r} in the state")
    version = now.held[now.ids["e4"]].body["version"]
    promise(version == "v" + values.texts[4], f"version: {values.texts[4]!r} became {version!r}")
    members = installation.members(now.held[now.ids["e5"]])
    promise(members == {"words.txt": values.content}, f"content: {values.content!r} became {members}")


def _same(left: Any, right: Any) -> bool:
    """Equal with the same types: 1, 1.0 and True are three values, and -0.0 is not 0.0."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def _ended(code: int, done: Done) -> Done:
    promise(done.code == code, f"it should have ended with {code}: {done}")
    return done


def run(order: Order) -> Figures:
    counts: Counter[str] = Counter()
    for number in range(order.rounds):
        folder = order.folder / str(number)
        try:
            chance = Random(f"{order.seed}:{number}")  # noqa: S311 - chance, no secret
            counts["values"] += through(folder, Values.random(chance))
        except Broken as error:
            raise Broken(f"round {number}: {error}") from error
        shutil.rmtree(folder)
        counts["projects"] += 1
        if number % 100 == 99:
            order.tell(f"values: {number + 1} rounds")
    return dict(counts)


CAMPAIGN = Campaign(
    "What a variable holds is what the API holds and an output prints, of the same type, never structure.",
    700,
    run,
)
