"""The whole answer of POST /derivations, from a parsed request; what is too large is refused before it is made."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

import orjson

from backproof_core import Network
from backproof_core import loss as losses
from backproof_core.algebra.labels import Labelled
from backproof_core.algebra.show import Memory, dimension, latex, mathml, text
from backproof_core.algebra.sizes import Monomial, Sizes
from backproof_core.algebra.terms import Fn, Scale, Sym, Term, product
from backproof_core.backprop.architecture import architecture_of
from backproof_core.derivation import RESIDUAL, Derivation, Line, block_of, derive
from backproof_core.derivation.extent import nodes
from backproof_core.derivation.legend import legend
from backproof_core.errors import in_bytes
from backproof_core.loss import Loss
from backproof_core.vec import Array
from backproof_service import convert
from backproof_service.http.problems import invalid
from backproof_service.settings import Settings
from backproof_service.wire.derivations import DerivationRequest

NOT_FINITE = "some lines are not finite on these rows; there, nothing can be said about whether they are equal"

TURN = "turn-the-row"


def compute(request: DerivationRequest, load: convert.LoadDataset, settings: Settings) -> dict[str, Any]:
    """The answer; raises the core's errors and Problems."""
    outline, loss = convert.outline(request.network, "float64", request.layout), losses.named(request.loss)
    loss.check_last(outline.last)
    check_extent(outline, loss, request.parameter, settings)
    if request.data is None:
        return _answer(derive(outline, loss, request.parameter), [])
    _check_weights(outline, settings)
    X, Y = convert.data(request.data, load, outline, request.layout)
    net = convert.network(request.network, "float64", request.layout)
    _, notes = loss.prepare_targets(net.targets_of(Y, len(net.rows_of(X))))
    budget = min(settings.max_derivation_bytes, settings.memory_budget_bytes)
    found = derive(net, loss, request.parameter, X, Y, budget=budget)
    return _answer(found, [*convert.notes(notes, request.data, request.layout), *_notes(found, X)])


# ---------------------------------------------------------------- refusals


def check_extent(net: Network, loss: Loss, parameter: str, settings: Settings) -> None:
    """Refuses lines of more nodes than anybody would read; raises what block_of raises."""
    count, limit = _extent(net, loss, parameter), settings.max_derivation_nodes
    if count > limit:
        asked = f"The lines of this derivation would hold about {count:,} nodes"
        blocks = [path for path, _ in net.blocks()]
        nearer = blocks[blocks.index(parameter) + 1 :]
        fits = next((path for path in nearer if _extent(net, loss, path) <= limit), None)
        instead = "Send a network of fewer layers"
        if fits is not None:
            instead = f"Choose a parameter nearer to the output, such as {fits}, or send a network of fewer layers"
        need = f"the limit max_derivation_nodes is {limit:,}"
        raise invalid(f"{asked}; {need}. {instead}.", "parameter", code="limit_exceeded")


def _extent(net: Network, loss: Loss, parameter: str) -> int:
    return nodes(architecture_of(net.layers, loss), *block_of(net, parameter))


def _check_weights(net: Network, settings: Settings) -> None:
    """Refuses a network whose weights alone would not fit the memory."""
    needed = 3 * net.dtype.itemsize * net.parameters
    if needed > settings.memory_budget_bytes:
        asked = f"This network on data would need {in_bytes(needed)}"
        need = f"the limit memory_budget_bytes is {in_bytes(settings.memory_budget_bytes)}"
        raise invalid(f"{asked}; {need}. Leave out data.", "network", code="limit_exceeded")


def _notes(found: Derivation, X: Array) -> Iterator[str]:
    """Rows that were left out, facts that do not hold, lines that are no numbers."""
    if found.rows_used is not None and found.rows_used < len(X):
        rows = "row is" if found.rows_used == 1 else f"{found.rows_used} rows are"
        yield f"of {len(X)} rows the first {rows} used: of more, the factors of a line would not fit its memory"
    for fact, holds in found.facts:
        if holds is False:
            yield f"the fact that {fact.name} does not hold on these rows in float64, and the derivation rests on it"
            yield "residuals are counted from the first line, which is not defined where such a fact fails"
    largest = max(found.residuals or (0.0,))
    if found.equal and largest > RESIDUAL:
        yield f"residuals go up to {largest:.1e}: what cancels in this gradient leaves no more than rounding explains"
    if not all(isfinite(residual) for residual in found.residuals or ()):
        yield NOT_FINITE


# ---------------------------------------------------------------- the answer


def _answer(found: Derivation, notes: Sequence[str]) -> dict[str, Any]:
    proof, sizes, printer = found.proof, found.sizes, Printer(found.sizes)
    start = printer.all(proof.start)
    answer = {
        "object": "derivation",
        "parameter": found.parameter,
        "equal": found.equal,
        "rows_used": found.rows_used,
        "sizes": None if sizes is None else dict(sizes),
        "start": start | {"steps": list(_steps(found)), "definitions": list(_definitions(found))},
        "lines": list(_lines(found, printer)),
        "facts": [{"name": fact.name, "holds": holds} for fact, holds in found.facts],
        "result": printer.all(proof.result),
    }
    return answer | ({"notes": list(notes)} if notes else {})


def _steps(found: Derivation) -> Iterator[dict[str, Any]]:
    """The factors after the row of ones."""
    row = found.proof.start.children[0].children[0]
    for number, ((step, _), factor) in enumerate(zip(found.proof.steps, row.children[1:], strict=True), start=1):
        yield {
            "step": number,
            "differentiates": step.differentiates,
            "formula": step.formula,
            "factor": text(factor, sizes=found.sizes),
            "latex": latex(factor, sizes=found.sizes),
            "shape": _shape(factor.term, found.sizes),
            "id": factor.id,
        }


def _definitions(found: Derivation) -> Iterator[dict[str, Any]]:
    for name, told in legend(found.proof, found.sizes):
        yield {"name": name, "text": told}


def _lines(found: Derivation, printer: "Printer") -> Iterator[dict[str, Any]]:
    residuals = found.residuals or (None,) * len(found.proof.lines)
    before = _nodes(found.proof.start)
    numbers = zip(_groups(found.proof.lines), residuals, found.mismatches, strict=True)
    for line, (group, residual, mismatches) in zip(found.proof.lines, numbers, strict=True):
        after = _nodes(line.trace.line)
        told = _line(line, before, after, printer)
        yield told | {"group": group, "residual": residual, "mismatches_mod_p": mismatches}
        before = after


def _groups(lines: Sequence[Line]) -> Iterator[int]:
    """To which lemma, counted from 0, each line belongs: in the next one, the row is turned once more."""
    group, last, turned = -1, None, False
    for line in lines:
        turns = line.rule == TURN
        belongs = (line.stage, line.lemma, line.layer)
        if belongs != last or (turns and turned):
            group, last, turned = group + 1, belongs, False
        turned = turned or turns
        yield group


def _line(
    line: Line, before: Mapping[int, Labelled], after: Mapping[int, Labelled], printer: "Printer"
) -> dict[str, Any]:
    """One line without its numbers; the nodes of the line before and of this one by their ids."""
    trace = line.trace
    old, new = _joined(before, trace.before), _joined(after, trace.after)
    printed = printer.all(trace.line)
    changed = {
        "before": list(trace.before),
        "after": list(trace.after),
        "text_before": printer.text(old),
        "text_after": printer.text(new),
        "latex_before": printer.latex(old),
        "latex_after": printer.latex(new),
        "text": printer.text(trace.line, marked=trace.after),
        "latex": printer.latex(trace.line, marked=trace.after),
    }
    return {
        "rule": line.rule,
        "reason": line.reason,
        "phase": line.phase,
        "stage": line.stage,
        "lemma": line.lemma,
        "layer": line.layer,
        **printed,
        "changed": changed,
        "moved": [list(pair) for pair in trace.moved if pair[1] in after],
    }


def _nodes(line: Labelled) -> dict[int, Labelled]:
    """The printed nodes of a line by their ids."""
    found, waiting = {}, [line]
    while waiting:
        node = waiting.pop()
        found[node.id] = node
        waiting.extend(_printed_children(node))
    return found


def _printed_children(node: Labelled) -> tuple[Labelled, ...]:
    """The matrices within a function's value are not printed."""
    return () if isinstance(node.term, Fn) else node.children


def _joined(nodes: Mapping[int, Labelled], ids: Sequence[int]) -> Labelled:
    """One node, or the product of a run of factors."""
    parts = tuple(nodes[id_] for id_ in ids)
    return parts[0] if len(parts) == 1 else Labelled(0, product(*(part.term for part in parts)), parts)


class Printer:
    """Prints the lines of one derivation in every notation, each part that a line shares with the one before once."""

    def __init__(self, sizes: Sizes | None) -> None:
        self.sizes, self.trees = sizes, Trees(sizes)
        self._text, self._latex, self._mathml = self._memories = Memory(), Memory(), Memory()

    def text(self, line: Labelled, marked: Collection[int] = ()) -> str:
        return text(line, sizes=self.sizes, marked=marked, memory=self._text)

    def latex(self, line: Labelled, marked: Collection[int] = ()) -> str:
        return latex(line, sizes=self.sizes, marked=marked, memory=self._latex)

    def all(self, line: Labelled) -> dict[str, Any]:
        """The next line, in each notation and as a tree."""
        for memory in self._memories:
            memory.next_line()
        return {
            "text": self.text(line),
            "latex": self.latex(line),
            "mathml": mathml(line, sizes=self.sizes, memory=self._mathml),
            "term": orjson.Fragment(self.trees.tree(line)),
        }


class Trees:
    """Writes terms as JSON, once for each part that lines have in common, and as deep as they are.

    Of the parts, those of the last line are remembered: the next line shares most of them.
    """

    def __init__(self, sizes: Sizes | None) -> None:
        self.sizes = sizes
        self.known: dict[int, str] = {}  # by the identity of the node, which the proof keeps alive
        self.met: dict[int, str] = {}

    def tree(self, line: Labelled) -> str:
        """The term of a line."""
        self.known, self.met = self.met, {}
        return self._written(line)

    def _written(self, node: Labelled) -> str:
        found = self.known.get(id(node)) or self._new(node)
        self.met[id(node)] = found
        return found

    def _new(self, node: Labelled) -> str:
        about: dict[str, Any] = {"id": node.id, "op": type(node.term).__name__, "shape": _shape(node.term, self.sizes)}
        about["name"] = node.term.name if isinstance(node.term, Sym | Fn) else None
        if isinstance(node.term, Scale):
            about["factor"] = dimension(node.term.factor, self.sizes)
        args = ",".join(map(self._written, _printed_children(node)))
        return f'{orjson.dumps(about)[:-1].decode()},"args":[{args}]}}'


def _shape(term: Term, sizes: Sizes | None) -> list[int | str]:
    return [_size(term.rows, sizes), _size(term.cols, sizes)]


def _size(m: Monomial, sizes: Sizes | None) -> int | str:
    return dimension(m) if sizes is None and m.powers else m.count(sizes or {})
