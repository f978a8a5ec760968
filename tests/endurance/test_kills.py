from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from random import Random

import pytest

from tests.acceptance.runner import Project

from .campaign import Broken, Order
from .commands import KILLED, Command, Done, at_once
from .installation import HOURS, Installation
from .kills import KINDS, TURNS, run
from .mixed_project import make_project
from .rounds import APPLY, ENDED, Round, Stage, doubts, told_of

ROUNDS = TURNS.index("any") + 1


def test_a_few_kills_of_every_kind(tmp_path: Path) -> None:
    figures = run(Order(rounds=ROUNDS, seed=5, folder=tmp_path, tell=lambda _: None), size=0.2)
    # How many appends an apply takes, and how long it lives, is up to the machine: a kill may come too late.
    assert figures["kills"] >= ROUNDS - 2
    expected = {f"in {kind} rounds" for kind in KINDS} - {"in any rounds", "in two rounds"}
    expected |= {"served", "clocks apart", "faults", "two at once"}
    assert {what for what in expected if not figures[what]} == set()


@pytest.mark.parametrize("hours", HOURS)
def test_one_of_two_dies_and_the_other_takes_over(tmp_path: Path, hours: int) -> None:
    project = make_project(tmp_path / "mixed", 0.1)
    with Installation.served(project.folder / "state/sandbox-dev.db", hours) as server:
        words = (*APPLY, "--lock-timeout", "100")
        pair = (Command(words, "journal:20"), Command(words))
        codes = [done.code for done in at_once(project.folder, pair, server.environ, after_lock=True)]
        assert codes == [KILLED, 0]
        names = [held.body["name"] for held in server.held().values()]
        assert len(names) == len(set(names))
        assert project.run("plan", "--detailed-exitcode", env=dict(server.environ)).code == 0


@pytest.mark.parametrize(
    ("words", "where", "code", "refused"),
    [
        pytest.param(APPLY, "", 4, 1, id="does not wait"),
        pytest.param(APPLY, "journal:5", 4, 1, id="does not wait, and was to die"),
        pytest.param((*APPLY, "--lock-timeout", "9"), "", 4, None, id="was to wait"),
        pytest.param((*APPLY, "--lock-timeout", "9"), "journal:5", 4, None, id="was to wait, and to die"),
        pytest.param(APPLY, "", KILLED, None, id="was not to die"),
        pytest.param(APPLY, "journal:5", 5, None, id="failed without a reason"),
    ],
)
def test_how_one_of_two_may_end(
    tmp_path: Path, words: tuple[str, ...], where: str, code: int, refused: int | None
) -> None:
    with Installation.served(tmp_path / "ece.db") as server:
        stage = Stage(Project(tmp_path), server, {}, 1, 0.1)
        chance = Random(1)  # noqa: S311 - chance, no secret
        turn = Round(1, "two", stage, chance, "1", served=True)
        with pytest.raises(Broken) if refused is None else nullcontext():
            turn.ended([Command(words, where)], [Done(code, "", "", words)], ENDED)
        assert stage.tally["refused"] == (refused or 0)


INTENT, OUTCOME = '{"intent":{"step":%d}}', '{"outcome":{"result":"%s","step":%d}}'


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([], 0),
        ([INTENT % 1, INTENT % 2], 2),
        ([INTENT % 1, OUTCOME % ("done", 1), INTENT % 2, OUTCOME % ("failed", 2)], 0),
        ([INTENT % 1, OUTCOME % ("deposed", 1), INTENT % 2], 2),
        ([INTENT % 1, (OUTCOME % ("done", 1))[:-9]], 1),
        ([INTENT % 1, "", '{"header":{"serial":3}}', INTENT % 1], 1),
    ],
)
def test_what_a_journal_leaves_in_doubt(lines: list[str], found: int) -> None:
    assert doubts("\n".join(f"89abcdef {line}" for line in lines).encode()) == found


def test_what_is_wrong_is_seen(tmp_path: Path) -> None:
    project = make_project(tmp_path / "mixed", 0.1)
    with Installation.served(project.folder / "state/sandbox-dev.db") as server:
        strangers = [server.create("kept-0"), server.create("kept-1")]
        project.apply()
        stage = Stage(project, server, told_of(project.folder, strangers), 1, 0.1)
        chance = Random(1)  # noqa: S311 - chance, no secret
        turn = Round(1, "journal", stage, chance, "1", served=True)
        turn.check()
        orphan = server.create("kept-0")
        with pytest.raises(Broken, match=f"{orphan} .kept-0. is in no state\nkept-0 is there 2 times"):
            turn.check()
        server.delete(server.held()[orphan])
        server.update(server.held()[strangers[0]], description="touched")
        with pytest.raises(Broken, match="of others"):
            turn.check()
