"""What was found, by its names: a factor has several, and explanations that give the same numbers are listed once."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from backproof_core.judgement.mistakes import MISTAKES
from backproof_core.judgement.report import Explanation, Named
from backproof_core.judgement.search import Found
from backproof_core.judgement.setting import Setting
from backproof_core.judgement.uses import FACTOR, Key, Use, Uses
from backproof_core.judgement.ways import SQUARES
from backproof_core.judgement.wording import words

ORDER = {id_: i for i, id_ in enumerate(MISTAKES)}
SHOWN = 16  # explanations of the same numbers
GENERAL = ("missing_derivative", "wrong_activation", "factor_missing", "factor_extra")  # after what says more
SHARES = {"1/N": "N", "1/(N·d)": "N·d"}

Name = tuple[str, str]  # an id and its detail


def explanations(at: Setting, found: Iterable[Found]) -> tuple[Explanation, ...]:
    """Every explanation by its names, fewest mistakes first, then fewest layers, then the likeliest."""
    made: dict[tuple[Name, ...], tuple[Sequence[Named], int, float]] = {}
    for one in sorted(found, key=lambda f: len(_places(f.uses))):
        for names, place in _named(at, one.uses):
            key = tuple(sorted((n.id, n.detail) for n in names))
            made.setdefault(key, (names, place, one.residual))
    ranked = sorted(made.values(), key=lambda m: _rank(m[0], m[1]))
    return tuple(Explanation(tuple(names), residual) for names, _, residual in ranked[:SHOWN])


def _places(uses: Uses) -> set[tuple[str, int | None]]:
    return {(use.site, use.layer) for use in uses}


def _rank(names: Sequence[Named], place: int) -> tuple[int, int, int, int, list[int]]:
    """Fewest mistakes, fewest layers, the names that say most, and of a factor the likeliest."""
    general = sum(n.id in GENERAL for n in names)
    return len(names), sum(len(n.layers) for n in names), general, place, sorted(ORDER[n.id] for n in names)


def _named(at: Setting, uses: Uses) -> Iterator[tuple[tuple[Named, ...], int]]:
    """The mistakes behind some uses, in every way to name them, and how far down the lists of names that is."""
    by_key: dict[Key, list[Use]] = {}
    for use in uses:
        by_key.setdefault(use.key, []).append(use)
    choices = [_choices(at, key[:2], group) for key, group in by_key.items()]
    for chosen in product(*(list(enumerate(names)) for names in choices)):
        if len({name for _, (name, _) in chosen}) == len(chosen):
            yield tuple(_one(at, name, group) for _, (name, group) in chosen), sum(place for place, _ in chosen)


def _choices(at: Setting, key: Name, group: list[Use]) -> list[tuple[Name, list[Use]]]:
    names = _of_factor(at, key[1], group) if key[0] == FACTOR else _of_mistake(at, key, group)
    return [(name, group) for name in names]


def _of_mistake(at: Setting, key: Name, group: list[Use]) -> list[Name]:
    if key[0] != "transposed_gradient":
        return [key]
    turnable = {l for l, g in enumerate(at.claim.layers("gradients")) if g.W is not None and g.W.size > 1}
    return [key, ("layout_weights", "")] if {use.layer for use in group} >= turnable else [key]


def _of_factor(at: Setting, name: str, group: list[Use]) -> list[Name]:
    """The names of a factor c = yours/ours, likeliest first."""
    sites = {use.site for use in group}
    if name == "-1":
        residual = at.folded or at.loss.name in SQUARES
        at_seed = any(use.site == "delta" and use.layer == at.last for use in group)
        return [("sign_flipped", ""), ("residual_reversed", "")] if residual and at_seed else [("sign_flipped", "")]
    if name == "rate":
        return [("rate_multiplied_in", ""), ("factor_extra", "rate")]
    if name == "1/rate":
        return [("factor_missing", "rate")]
    if name in SHARES:
        whole = SHARES[name]
        found = [] if at.loss.averages else [("averaged_not_summed", whole)]
        found = [("bias_averaged", "")] if sites == {"bias"} and name == "1/N" else found
        return [*found, ("factor_extra", name), ("factor_missing", whole)]
    if name in ("N", "N·d"):
        pair = [("factor_extra", name), ("factor_missing", f"1/{name}" if name == "N" else f"1/({name})")]
        return [("summed_not_averaged", name), *pair] if at.loss.averages else pair
    inverse = {"2": "1/2", "1/2": "2"}[name]
    pair = [("factor_extra", name), ("factor_missing", inverse)]
    return pair[::-1] if name == "1/2" and at.loss.name in ("sse", "mse") else pair  # whose slopes have a 2


def _one(at: Setting, name: Name, group: list[Use]) -> Named:
    id_, detail = name
    layers = tuple(sorted({use.layer for use in group if use.layer is not None}, reverse=True))
    value = next((use.value for use in group if use.value is not None), None)
    shown = TOLD.get(detail, detail) or _told_value(id_, value)
    title, cause, question, mend = words(at, id_, shown, group)
    return Named(id_, layers[0] if layers else None, layers, cause, question, mend, shown, value, title)


TOLD = {"1/2": "½", "rate": "the rate"}
FITTED = {
    "weight_decay_included": "λ = {:.6g}",
    "weight_decay_doubled": "λ = {:.6g}",
    "weights_already_updated": "rate {:.6g}",
    "momentum_as_gradient": "μ = {:.6g}",
}


def _told_value(id_: str, value: float | None) -> str:
    return FITTED[id_].format(value) if id_ in FITTED and value is not None else ""
