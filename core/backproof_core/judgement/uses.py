"""A mistake that was made once, and how many different ones there may be."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from backproof_core.judgement.ways import Way

FACTOR = "factor"

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Use:
    """A mistake that was made once: where in the pass, in which layer, and the number that belongs to it."""

    way: Way
    site: str  # "setting", "delta", "send", "pull", "weights", "bias"
    layer: int | None
    value: float | None = None

    @property
    def key(self) -> Key:
        """What makes two uses the same mistake: a loop makes it in every layer. A factor on δ is none on a block."""
        return self.way.id, self.way.detail, "delta" if self.way.id == FACTOR and self.site in OF_DELTA else ""

    @property
    def kind(self) -> str:
        """What of the pass goes wrong: how δ is made, how it is sent, what is made of it."""
        return "block" if self.way.id == "bias_missing" else KINDS.get(self.site, self.site)


KINDS = {"pull": "delta", "loss": "delta", "weights": "block", "bias": "block"}
OF_DELTA = ("delta", "loss")
Uses = tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class Budget:
    """The mistakes that were made above, how many different ones there may be in all, and the factors among them."""

    made: Uses
    most: int
    factors: tuple[float, ...]  # that may be named, by their sizes
    only: frozenset[Key] | None = None  # the mistakes among which is looked, where not among all
    keys: frozenset[Key] = frozenset()
    kinds: frozenset[str] = frozenset()  # where those above were made

    @classmethod
    def of(cls, made: Uses, most: int, factors: Iterable[float], only: frozenset[Key] | None = None) -> "Budget":
        """The budget of that many, of which these are made."""
        return cls((), most, tuple(abs(k) for k in factors), only).with_(made)

    def admits(self, uses: Uses) -> bool:
        """Whether these may be made too."""
        if not uses:
            return True
        if len(uses) == 1 and self.only is None:
            return len(self.keys) < self.most or uses[0].key in self.keys
        if self.only is not None and not all(use.key in self.only for use in uses):
            return False
        return len(self.keys.union(use.key for use in uses)) <= self.most

    def with_(self, uses: Uses) -> "Budget":
        """The same once these are made."""
        if not uses:
            return self
        keys, kinds = self.keys.union(use.key for use in uses), self.kinds.union(use.kind for use in uses)
        return replace(self, made=(*self.made, *uses), keys=keys, kinds=kinds)

    def may(self, kind: str) -> bool:
        """Whether there is any use in looking for mistakes of that kind: a new one, or one made above once more."""
        return len(self.keys) < self.most or kind in self.kinds

    def value(self, id: str) -> float | None:  # noqa: A002  the field's name
        """The number that was fitted for a mistake above."""
        return next((use.value for use in self.made if use.way.id == id), None)
