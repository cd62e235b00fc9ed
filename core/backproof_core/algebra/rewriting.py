"""Applying rules to terms: where one fits, what it makes there, and how to go on until none does.

A rule fits at a place: a node, or some factors side by side in a product. Which of the places is taken next is the
caller's choice; for each of the tables of `rules` the end, where none fits any more, does not depend on it.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from backproof_core.algebra.rules import Rule
from backproof_core.algebra.sizes import Monomial
from backproof_core.algebra.terms import Eye, MatMul, Ones, Scale, Sym, Term, Unvec, product, rebuilt

Path = tuple[int, ...]


class Place(NamedTuple):
    """The node at the end of a path of child numbers; of a product only the factors from start up to stop."""

    path: Path
    start: int
    stop: int  # 0: the whole node


@dataclass(frozen=True, slots=True)
class Binding:
    """What the variables of a rule stand for at a place."""

    terms: dict[str, Term] = field(default_factory=dict)
    sizes: dict[str, Monomial] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Redex:
    """A place where a rule fits."""

    rule: Rule
    place: Place
    binding: Binding


# ---------------------------------------------------------------- fitting a rule to a term


def fit(rule: Rule, parts: Sequence[Term], nonzero: Collection[Term] = ()) -> Binding | None:
    """What the variables stand for where the left side of the rule is that node, or those factors of a product.

    None where it is not. nonzero lists the terms that are known to have no zero entry.
    """
    patterns = sides(rule.left)
    if len(patterns) != len(parts):
        return None
    if rule.ground:
        return Binding() if patterns == tuple(parts) else None
    binding = Binding()
    open_sizes: list[tuple[Monomial, Monomial]] = []
    if not all(_matches(rule, pattern, term, binding, open_sizes) for pattern, term in zip(patterns, parts)):
        return None
    open_sizes.sort(key=lambda pair: len(pair[0].powers))  # m and n, of the matrices, before m·n
    if not all(_same_size(pattern, found, binding) for pattern, found in open_sizes):
        return None
    if not all(binding.sizes[name].coefficient < 0 for name in rule.negative):
        return None
    return binding if all(instance(condition, binding) in nonzero for condition in rule.nonzero) else None


def sides(term: Term) -> tuple[Term, ...]:
    """The factors of a product; of any other term, itself."""
    return term.factors if isinstance(term, MatMul) else (term,)


def _matches(
    rule: Rule, pattern: Term, term: Term, binding: Binding, open_sizes: list[tuple[Monomial, Monomial]]
) -> bool:
    if isinstance(pattern, Sym):
        known = binding.terms.setdefault(pattern.name, term)
        fits = known is term or known == term
        open_sizes += [(pattern.rows, term.rows), (pattern.cols, term.cols)]
        return fits and isinstance(term, rule.kinds.get(pattern.name, Term))
    if type(pattern) is not type(term) or len(pattern.children) != len(term.children):
        return False
    open_sizes += zip(_sizes_of(pattern), _sizes_of(term))
    return all(_matches(rule, part, found, binding, open_sizes) for part, found in zip(pattern.children, term.children))


def _sizes_of(term: Term) -> tuple[Monomial, ...]:
    """The sizes and factors that a node itself holds."""
    match term:
        case Eye(n=n):
            return (n,)
        case Ones(m=m, n=n) | Unvec(m=m, n=n):
            return (m, n)
        case Scale(factor=factor):
            return (factor,)
    return ()


def _same_size(pattern: Monomial, found: Monomial, binding: Binding) -> bool:
    """Whether the pattern is that size, where a name that is still free takes what is left."""
    free = [name for name, _ in pattern.powers if name not in binding.sizes]
    known = pattern.replaced(binding.sizes)
    if not free:
        return known == found
    if len(free) > 1:
        return False
    rest = Monomial(known.coefficient, tuple((name, power) for name, power in known.powers if name != free[0]))
    binding.sizes[free[0]] = found / rest
    return True


def instance(pattern: Term, binding: Binding) -> Term:
    """The pattern with terms and sizes in the place of its variables; products stay flat."""
    match pattern:
        case Sym(name=name) if name in binding.terms:
            return binding.terms[name]
        case Eye(n=n):
            return Eye(n.replaced(binding.sizes))
        case Ones(m=m, n=n):
            return Ones(m.replaced(binding.sizes), n.replaced(binding.sizes))
        case Scale(factor=factor, of=of):
            return Scale(factor.replaced(binding.sizes), instance(of, binding))
        case Unvec(of=of, m=m, n=n):
            return Unvec(instance(of, binding), m.replaced(binding.sizes), n.replaced(binding.sizes))
    if not pattern.children:
        return pattern
    return rebuilt(pattern, tuple(instance(child, binding) for child in pattern.children))


# ---------------------------------------------------------------- finding places


class Rewriter:
    """A table of rules, given what is known to have no zero entry, that remembers where none fits.

    Terms are remembered as objects: rewriting leaves untouched parts as they are, so a search visits only what changed.
    """

    def __init__(self, rules: Sequence[Rule], nonzero: Collection[Term] = ()) -> None:
        self.rules, self.nonzero = tuple(rules), frozenset(nonzero)
        self._of_kind: dict[type[Term], list[tuple[int, Rule]]] = {}
        for rank, rule in enumerate(self.rules):
            self._of_kind.setdefault(type(rule.left), []).append((rank, rule))
        self._first: dict[int, tuple[Term, tuple[int, Redex] | None]] = {}

    def first(self, term: Term) -> Redex | None:
        """The place of the rule that comes first in the table, the innermost leftmost of several; None at the end."""
        found = self._ranked(term)
        return None if found is None else found[1]

    def all(self, term: Term, path: Path = ()) -> Iterator[Redex]:
        """Every place where a rule fits."""
        for i, child in enumerate(term.children):
            yield from self.all(child, (*path, i))
        yield from (redex for _, redex in self._here(term, path))

    def _ranked(self, term: Term) -> tuple[int, Redex] | None:
        known = self._first.get(id(term))
        if known is not None:
            return known[1]
        best: tuple[int, Redex] | None = None
        for i, child in enumerate(term.children):
            found = self._ranked(child)
            if found is not None and (best is None or found[0] < best[0]):
                rank, redex = found
                place = Place((i, *redex.place.path), redex.place.start, redex.place.stop)
                best = rank, Redex(redex.rule, place, redex.binding)
        for found in self._here(term, ()):
            if best is None or found[0] < best[0]:
                best = found
        self._first[id(term)] = term, best
        return best

    def _here(self, term: Term, path: Path) -> Iterator[tuple[int, Redex]]:
        """The places at the node itself, with the rank of each rule."""
        parts = sides(term)
        for rank, rule in self._of_kind.get(type(term), ()):
            width = len(sides(rule.left))
            for start in range(len(parts) - width + 1):
                binding = fit(rule, parts[start : start + width], self.nonzero)
                if binding is not None:
                    stop = start + width if isinstance(term, MatMul) else 0
                    yield rank, Redex(rule, Place(path, start, stop), binding)


def rewritten(term: Term, redex: Redex) -> Term:
    """The term after the rule was applied at its place."""
    return _replaced(term, redex.place.path, redex)


def _replaced(term: Term, path: Path, redex: Redex) -> Term:
    if path:
        children = list(term.children)
        children[path[0]] = _replaced(children[path[0]], path[1:], redex)
        return rebuilt(term, tuple(children))
    made = instance(redex.rule.right, redex.binding)
    if not isinstance(term, MatMul):
        return made
    _, start, stop = redex.place
    return product(*term.factors[:start], made, *term.factors[stop:])
