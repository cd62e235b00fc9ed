"""Terms whose every node carries a number, so that a part can be followed from one line of a derivation to the next."""

from collections.abc import Iterator
from dataclasses import dataclass

from backproof_core.algebra.rewriting import Place, Redex, instance, sides
from backproof_core.algebra.terms import MatMul, Sym, Term, rebuilt


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """A term with a number for itself and for each node in it; no two nodes of one derivation share a number."""

    id: int
    term: Term
    children: tuple["Labelled", ...]


def labelled(term: Term, fresh: Iterator[int]) -> Labelled:
    """The term with fresh numbers, a node before its children."""
    own = next(fresh)
    return Labelled(own, term, tuple([labelled(child, fresh) for child in term.children]))


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A term after a rule was applied: which numbers were taken away and put in, and what moved from where to where.

    What keeps its number was not touched, or stands around what was.
    """

    line: Labelled
    before: tuple[int, ...]
    after: tuple[int, ...]
    moved: tuple[tuple[int, int], ...]


def traced(line: Labelled, redex: Redex, fresh: Iterator[int]) -> Trace:
    """The labelled term after the rule was applied at its place."""
    path, start, stop = redex.place
    node = line
    for step in path:
        node = node.children[step]
    taken = node.children[start:stop] if stop else (node,)
    bound: dict[str, Labelled] = {}
    if not redex.rule.ground:
        for pattern, part in zip(sides(redex.rule.left), taken):
            _bind(pattern, part, bound)
    moved: list[tuple[int, int]] = []
    made = _instance(redex.rule.right, redex, bound, fresh, moved)
    put = made.children if stop and isinstance(made.term, MatMul) else (made,)
    after = _put(line, redex.place, put)
    return Trace(after, tuple(part.id for part in taken), tuple(part.id for part in put), tuple(moved))


def _bind(pattern: Term, part: Labelled, bound: dict[str, Labelled]) -> None:
    """Which labelled part each variable stands for: the first, where it stands twice on the left."""
    if isinstance(pattern, Sym):
        bound.setdefault(pattern.name, part)
    for child, found in zip(pattern.children, part.children):
        _bind(child, found, bound)


def _instance(
    pattern: Term, redex: Redex, bound: dict[str, Labelled], fresh: Iterator[int], moved: list[tuple[int, int]]
) -> Labelled:
    """The right side of the rule with copies of what its variables stand for."""
    if isinstance(pattern, Sym) and pattern.name in bound:
        return _copied(bound[pattern.name], fresh, moved)
    own = next(fresh)
    children = tuple(_instance(child, redex, bound, fresh, moved) for child in pattern.children)
    return _node(own, instance(pattern, redex.binding), children)


def _copied(part: Labelled, fresh: Iterator[int], moved: list[tuple[int, int]]) -> Labelled:
    own = next(fresh)
    moved.append((part.id, own))
    return Labelled(own, part.term, tuple(_copied(child, fresh, moved) for child in part.children))


def _put(line: Labelled, place: Place, put: tuple[Labelled, ...]) -> Labelled:
    """The line with those parts in the place of what was taken; what stands around keeps its number."""
    path, start, stop = place
    if not path and not stop:
        return put[0]
    if path:
        put = (_put(line.children[path[0]], Place(path[1:], start, stop), put),)
        start, stop = path[0], path[0] + 1
    return _node(line.id, line.term, (*line.children[:start], *put, *line.children[stop:]))


def _node(own: int, term: Term, children: tuple[Labelled, ...]) -> Labelled:
    """The node with other children; products stay flat, and a product of one factor is that factor."""
    if isinstance(term, MatMul):
        children = tuple(f for c in children for f in (c.children if isinstance(c.term, MatMul) else (c,)))
        if len(children) == 1:
            return children[0]
    return Labelled(own, rebuilt(term, tuple(child.term for child in children)), children)
