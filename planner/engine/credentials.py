"""What the replies of one run showed once: handed to the user's sink the moment it came, and held in memory.

A worker hands it over before its step is finished, so that it is durable where it goes before the outcome
of the step is in the journal: of what the state has a fingerprint of, somebody has the value. A run that is
killed between the reply and that loses it; then the state has none, and the next plan makes the resource
anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from threading import Lock

from attrs import define, field

from planner.engine.ports import CredentialSink
from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.kind import Kind
from planner.model.plan import Step
from planner.model.resource import Credential, HandOver
from planner.model.value import Secret, Value, dotted, leaves


class _Nowhere:
    """Where nobody named a sink."""

    def keep(self, credential: Credential) -> None:
        raise PlannerError(f"nobody said where the {credential.attribute} goes")


@define(eq=False, repr=False)
class Credentials:
    """What came in one run, and where it went. held: by resource, for references to it in the same run."""

    sink: CredentialSink = field(factory=_Nowhere)
    held: dict[Address, Mapping[str, Value]] = field(factory=dict, init=False)
    _texts: list[str] = field(factory=list, init=False)
    _failed: dict[Address, PlannerError] = field(factory=dict, init=False)
    _one_by_one: Lock = field(factory=Lock, init=False)

    @property
    def texts(self) -> Iterable[str]:
        """All that came, for whoever takes secrets out of what is shown."""
        return tuple(self._texts)

    def taking(self, address: Address) -> HandOver:
        """What a driver hands over what it was shown of the resource."""
        return partial(self._take, address)

    def _take(self, address: Address, id_: str, shown: Mapping[str, Value]) -> None:
        texts = ((dotted(path), leaf) for path, leaf in leaves(shown) if isinstance(leaf, Secret))
        found = [Credential(address, id_, attribute, value) for attribute, value in texts]
        self._texts += [credential.value for credential in found]
        with self._one_by_one:
            try:
                for credential in found:
                    self.sink.keep(credential)
            except PlannerError as error:
                self._failed[address] = error
            else:
                self.held[address] = shown

    def missed(self, step: Step, kind: Kind) -> PlannerError | None:
        """Why nobody has what a create that was carried out should have shown; None where somebody does."""
        address = step.address
        if step.operation != "create" or not kind.once:
            return None
        if address in self._failed:
            error = self._failed[address]
            again = f"A plan makes {address} anew." if kind.needed else ""
            told = f"{address} was made, and what only that reply shows is lost: {error.summary}"
            return PlannerError(told, advice=" ".join(filter(None, [error.advice, again])))
        if kind.is_lost(self.held.get(address, {})):
            return PlannerError(
                f"{address} was made, and the reply does not show its {kind.needed}, which no later one does",
                advice="A plan makes it anew. Does a proxy before the installation change replies?",
            )
        return None
