"""What templates see: `var`, `local`, `env`, `project`, `resource`, and values not known until apply."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

from jinja2 import StrictUndefined
from jinja2.exceptions import TemplateRuntimeError
from jinja2.utils import missing, object_type_repr

from planner.config.tokens import join
from planner.model.address import NAME, Address
from planner.model.diagnostic import did_you_mean
from planner.model.value import Deferred, Path, Reference, Secret, Value


class NotKnownYet(TemplateRuntimeError):
    """A template asked something of a value that is known only after apply."""


class Scope:
    """A namespace of the templates. Looking up notes the name in `used`, for whoever wants to know what an
    environment really reads. Not a Mapping, so that a variable may be called `items` or `keys`.

    _what: what one entry is called in messages, as "variable".
    """

    def __init__(self, name: str, what: str, values: Mapping[str, Any]) -> None:
        self._name, self._what, self._values = name, what, values
        self._used: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        value = self._values[key]
        self._used.add(key)
        return value

    def __getattr__(self, key: str) -> Any:
        if key.startswith("_"):
            raise AttributeError(key)
        try:
            return self[key]
        except KeyError:
            raise AttributeError(key) from None

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def _unknown(self, key: str) -> str:
        return " ".join(
            filter(None, [f'{self._what} "{key}" is not declared.', did_you_mean(key, self._values)])
        )


class ProjectName(str):
    """`{{ project }}` and `{{ project.name }}` both print the project's name."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return str(self)


class Lazy(Mapping[str, Any]):
    """Entries computed on first use, so that locals may use each other in any order."""

    def __init__(self, compute: Callable[[str], Any], names: tuple[str, ...]) -> None:
        self._compute, self._names = compute, names
        self._done: dict[str, Any] = {}
        self._running: list[str] = []

    def __getitem__(self, key: str) -> Any:
        if key not in self._names:
            raise KeyError(key)
        if key not in self._done:
            if key in self._running:
                chain = " -> ".join([*self._running[self._running.index(key) :], key])
                raise TemplateRuntimeError(f"locals use each other in a circle: {chain}")
            self._running.append(key)
            try:
                self._done[key] = self._compute(key)
            finally:
                self._running.pop()
        return self._done[key]

    def settle(self, key: str, value: Any) -> None:
        """Gives an entry that could not be computed a value, so that its problem is reported once."""
        self._done[key] = value

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class ResourceScope:
    """`resource.<kind>`."""

    __slots__ = ()

    def __getattr__(self, kind: str) -> KindScope:
        if kind.startswith("_"):
            raise AttributeError(kind)
        return KindScope(kind)

    __getitem__ = __getattr__


class KindScope:
    """`resource.<kind>.<name>`, or `resource.<kind>[<expression>]`."""

    __slots__ = ("_kind",)

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def __getattr__(self, name: str) -> LaterValue:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> LaterValue:
        if not (isinstance(name, str) and NAME.match(name) and NAME.match(self._kind)):
            raise TemplateRuntimeError(f"resource.{self._kind}[{name!r}] does not name a resource")
        return LaterValue(Deferred((Reference(Address(self._kind, str(name)), ()),)))


class LaterValue:
    """A Deferred value inside a template. It can be printed, joined with `~` or `+`, and looked into.

    Whatever would need its value now raises NotKnownYet, which says why.
    """

    __slots__ = ("_deferred",)

    def __init__(self, deferred: Deferred) -> None:
        self._deferred = deferred

    def __getattr__(self, key: str) -> LaterValue:
        if key.startswith("__"):
            raise AttributeError(key)
        return self[key]

    def __getitem__(self, key: str | int) -> LaterValue:
        parts = self._deferred.parts
        if len(parts) != 1 or not isinstance(parts[0], Reference) or not isinstance(key, str | int):
            self._refuse()
        path: Path = (*parts[0].path, key)
        return LaterValue(Deferred((Reference(parts[0].address, path),)))

    def __add__(self, other: Value) -> LaterValue:
        return joined([self, other])

    def __radd__(self, other: Value) -> LaterValue:
        return joined([other, self])

    def _refuse(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise NotKnownYet(
            f"{self._deferred} is not known while templates are rendered, perhaps only after apply; "
            "it can be printed and joined with ~, but no filter, test, loop or condition can use it"
        )

    __str__ = __bool__ = __len__ = __iter__ = __contains__ = __eq__ = __ne__ = __lt__ = _refuse
    __le__ = __gt__ = __ge__ = __hash__ = __int__ = __float__ = __format__ = __call__ = _refuse
    __mod__ = __mul__ = __sub__ = __truediv__ = __neg__ = __index__ = __reversed__ = _refuse


def joined(parts: list[Value]) -> LaterValue:
    """Parts, at least one of them a LaterValue, as one LaterValue."""
    bare = [part._deferred if isinstance(part, LaterValue) else part for part in parts]
    result = join(bare)
    return LaterValue(result if isinstance(result, Deferred) else Deferred((str(result),)))


class Unknown(StrictUndefined):
    """jinja's strict undefined, with a message that names what is declared."""

    @property
    def _undefined_message(self) -> str:
        name = str(self._undefined_name)
        if self._undefined_hint:
            return self._undefined_hint
        if isinstance(self._undefined_obj, Scope):
            return self._undefined_obj._unknown(name)
        if self._undefined_obj is missing:
            known = ("var", "local", "env", "project", "resource")
            return " ".join(filter(None, [f'"{name}" is not defined.', did_you_mean(name, known)]))
        if isinstance(self._undefined_obj, Mapping):
            near = did_you_mean(name, map(str, self._undefined_obj))
            return " ".join(filter(None, [f'there is no key "{name}" in this mapping.', near]))
        return f'{object_type_repr(self._undefined_obj)} has no attribute "{name}"'

    @property
    def message(self) -> str:
        return self._undefined_message


def seal(value: Value) -> Value:
    """value with every text in it a Secret, for sensitive variables."""
    if isinstance(value, str):
        return Secret(value)
    if isinstance(value, Mapping):
        return {key: seal(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [seal(item) for item in value]
    return value
