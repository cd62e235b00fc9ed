"""Every derivation ends in the matched form, line by line equal, whatever the order of the rules."""

import dataclasses
import itertools

import numpy as np
import pytest

from backproof_core import ACTIVATIONS, LOSSES, Layer, Network, backprop
from backproof_core.algebra.meaning import dense
from backproof_core.algebra.measures import MEASURES
from backproof_core.algebra.rules import RULES, STAGES, TIDY
from backproof_core.algebra.sizes import ONE, size
from backproof_core.algebra.terms import Eye, Ones, Scale, Transpose, Vec, subterms
from backproof_core.backprop.architecture import N, architecture
from backproof_core.check.rounding import rounding_scale
from backproof_core.derivation import derive, prove
from backproof_core.derivation import proof as proofs
from backproof_core.derivation.numbers import mismatches, values
from backproof_core.derivation.proof import prove_by, steps_of, top_delta
from backproof_core.derivation.unfolded import UNFOLDED, unfolded
from backproof_core.errors import InadmissiblePair, TooLargeForForm, UnknownName
from backproof_core.loss import admissible_pairs
from derivations import CHUNK, case, cases
from specimens import build, numbers

MEASURE_OF = {rule.name: rule.measure for rule in RULES}
ORDER = list(MEASURES)


def form_of(*names, loss="half_sse"):
    return architecture(tuple(ACTIVATIONS[name] for name in names), (True,) * len(names), LOSSES[loss])


def at_random(rng):
    """One of all places, each as likely as the other."""

    def choose(rewriter, term):
        places = list(rewriter.all(term))
        return places[rng.integers(len(places))] if places else None

    return choose


# ---------------------------------------------------------------- all of them


@pytest.mark.parametrize("chunk", numbers(4000 // CHUNK))
def test_derivations_end_in_the_matched_form_and_every_line_equals_the_first(chunk):
    judged = 0
    for one in cases(chunk):
        point = one.point()
        if point is None:
            continue
        found = derive(point.net, point.loss, one.parameter, point.X, point.Y)
        assert found.proof.complete, one
        assert not any(found.mismatches), one
        assert all(holds for _, holds in found.facts), (one, found.facts)
        assert found.equal, (one, max(found.residuals))
        assert_lines_close(point, one.parameter, found)
        judged += 1
    assert judged > CHUNK // 2


def assert_lines_close(point, parameter, found):
    """Each line within 1e-12 of the first, relative to the largest entry, or within the bound of rounding."""
    run = point.net.forward(point.X)
    S = dict(rounding_scale(point.net, run, point.Y, loss=point.loss).blocks())[parameter].max()
    g = np.abs(dict(point.gradient(form="matched").blocks())[parameter]).max()
    allowed = max(1e-12, (64 + len(point.X)) * 2.0**-53 * S / g if g > 0 else np.inf)
    assert max(found.residuals) <= allowed


@pytest.mark.parametrize("chunk", numbers(1200 // CHUNK))
def test_the_end_does_not_depend_on_the_order_of_the_rules(chunk):
    for one in cases(chunk):
        found = prove_by(one.form, one.layer, one.block, at_random(one.rng))
        assert found.complete, (one, found.result.term)


@pytest.mark.parametrize("chunk", numbers(1200 // CHUNK))
@pytest.mark.parametrize("order", ["first", "random"])
def test_every_application_lowers_the_measure_of_its_rule_and_raises_none_before_it(chunk, order):
    """So the measures, read from the top of their table, go down like numbers in a dictionary: no proof is endless."""
    for one in cases(chunk):
        by_random = order == "random"
        found = prove_by(one.form, one.layer, one.block, at_random(one.rng)) if by_random else proof_of(one)
        before = found.start.term
        for line in found.lines:
            measure = line_measure(found, line)
            assert MEASURES[measure](line.term) < MEASURES[measure](before), (one, line.rule)
            for above in ORDER[: ORDER.index(measure)]:
                assert MEASURES[above](line.term) <= MEASURES[above](before), (one, line.rule, above)
            before = line.term


def proof_of(one):
    return prove(one.form, one.layer, one.block)


def line_measure(found, line):
    facts = {fact.name: fact.measure for fact in found.facts}
    return facts[line.reason] if line.rule == "fact" else MEASURE_OF[line.rule]


@pytest.mark.parametrize(("loss", "last"), admissible_pairs())
@pytest.mark.parametrize("hidden", ["", "tanh", "softmax"])
def test_every_parameter_of_every_pair_is_derived(loss, last, hidden):
    form = form_of(*([hidden] if hidden else []), last, loss=loss)
    for layer, block in itertools.product(range(1, form.depth + 1), ("weights", "bias")):
        found = prove(form, layer, block)
        assert found.complete
        assert not any(mismatches(found))
        assert not any(mismatches(found, seed=1))


# ---------------------------------------------------------------- both ends are what they say


@pytest.mark.parametrize(("loss", "last"), admissible_pairs())
def test_the_ends_are_the_gradients_of_the_two_forms(loss, last):
    point = build([3, 4, 2], ["tanh", last], LOSSES[loss], rows=5, seed=2)
    form = form_of("tanh", last, loss=loss)
    env = values(form, point.net, point.net.forward(point.X), point.Y)
    for path, g in point.gradient(form="matched").blocks():
        _, l, block = path.split(".")
        found = prove(form, int(l) + 1, block)
        for term in (found.start.term, found.matched, found.result.term):
            np.testing.assert_allclose(dense(term, env).reshape(g.shape), g, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize(("loss", "last"), admissible_pairs())
def test_the_unfolded_slope_and_delta_are_those_of_the_loss(loss, last):
    point = build([3, 4], [last], LOSSES[loss], rows=5, seed=2)
    form = form_of(last, loss=loss)
    run = point.net.forward(point.X)
    env = values(form, point.net, run, point.Y)
    slope = dense(unfolded(form).slope, env)
    np.testing.assert_allclose(slope, point.loss.slope(run.H, point.Y), rtol=1e-13)
    delta = point.loss.delta(point.net.last, run.Z[-1], run.H, point.Y)
    np.testing.assert_allclose(dense(top_delta(form), env), delta, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(("loss", "last"), [("cross_entropy", "softmax"), ("binary_cross_entropy", "sigmoid")])
def test_the_unfolded_cross_entropies_become_the_stable_seeds(loss, last):
    form = form_of("tanh", last, loss=loss)
    found = prove(form, 1, "weights")
    seeded = [line for line in found.lines if line.stage == "seed"][-1].term
    row = seeded.children[0].children[0]
    entries = N * form.width(form.depth)
    assert row.factors[:3] == (Ones(ONE, entries), Scale(ONE / N, Eye(entries)), form.unscaled_seed)
    assert form.seed == Scale(ONE / N, form.unscaled_seed)
    assert {fact.name for fact in found.facts} >= {
        "cross_entropy": {"H ≠ 0", "rows of Y sum to 1", "rows of P sum to 1"},
        "binary_cross_entropy": {"H ∉ {0,1}", "S = H∘(1−H)"},
    }[loss]


def test_losses_have_a_chain_each():
    assert set(UNFOLDED) == set(LOSSES)


# ---------------------------------------------------------------- as a reader sees it


def test_two_layers_take_the_steps_and_the_lemmas_of_the_article():
    form = form_of("sigmoid", "sigmoid")
    steps = steps_of(form, 1, "weights")
    assert len(steps) == 7
    assert [str(step.factor.rows) + " × " + str(step.factor.cols) for step in steps] == [
        *["N·o × N·o"] * 4,
        "N·o × N·h",
        "N·h × N·h",
        "N·h × d·h",
    ]
    found = prove(form, 1, "weights")
    groups = [key for key, _ in itertools.groupby((line.lemma, line.layer) for line in found.lines)]
    assert groups == [(None, 1), ("D", 1), ("K", 1), ("D", 0), ("K", 0), (None, 0)]
    assert 30 <= len(found.lines) < 40
    assert {line.phase for line in found.lines} == {"transpose", "act", TIDY}


@pytest.mark.parametrize("depth", range(2, 7))
def test_each_layer_takes_two_lemmas(depth):
    found = prove(form_of(*["tanh"] * depth), 1, "weights")
    groups = [key for key, _ in itertools.groupby((line.lemma, line.layer) for line in found.lines) if key[0]]
    assert groups == [(lemma, layer) for layer in range(depth - 1, -1, -1) for lemma in "DK"]


def test_after_each_lemma_the_row_is_a_vec_of_what_the_matched_form_computes():
    form = form_of("tanh", "sigmoid", "tanh")
    found = prove(form, 1, "weights")
    ends = [line.term for line, after in itertools.pairwise(found.lines) if line.lemma == "D" != after.lemma]
    deltas = [form.delta(l, top_delta(form)) for l in (3, 2, 1)]
    for end, delta in zip(ends, deltas, strict=True):
        assert Transpose(Vec(delta)) in subterms(end)


# ---------------------------------------------------------------- numbers, facts, limits


def test_only_the_first_rows_that_fit_are_used():
    net = Network.create([40, 30, 10], activation="tanh")
    X, Y = np.ones((500, 40)), np.ones((500, 10))
    found = derive(net, "half_sse", "layers.0.weights", X, Y)
    assert 1 <= found.rows_used < 500
    assert found.sizes["N"] == found.rows_used
    assert found.equal


def test_a_line_of_one_row_that_exceeds_the_budget_is_refused_in_words():
    net = Network.create([784, 64, 10], activation="tanh")
    with pytest.raises(TooLargeForForm, match="derivation without data") as caught:
        derive(net, "mse", "layers.0.weights", np.ones((2, 784)), np.ones((2, 10)), budget=10_000_000)
    assert caught.value.where == ("data",)


def test_a_fact_that_fails_on_the_data_is_reported():
    """A sure softmax: P is 0 in float64, so ln P and the unfolded chain are not defined there."""
    net = Network.make([Layer.make(np.eye(3), None, "softmax")])
    found = derive(net, "cross_entropy", "layers.0.weights", [[800.0, 0, 0]], [[0.0, 1, 0]])
    assert {fact.name: holds for fact, holds in found.facts}["H ≠ 0"] is False
    assert not found.equal
    assert found.proof.complete
    assert not any(found.mismatches)


def test_without_data_nothing_is_said_about_numbers():
    found = derive(Network.create([2, 2, 1]), "half_sse", "layers.1.bias")
    assert found.equal
    assert (found.residuals, found.rows_used, found.sizes) == (None, None, None)


def test_bad_requests_are_refused_in_words():
    net = Network.create([2, 2, 1], activation="tanh", bias=False)
    with pytest.raises(UnknownName, match=r"layers\.1\.weights"):
        derive(net, "half_sse", "layers.2.weights")
    with pytest.raises(UnknownName, match=r"did you mean 'layers\.0\.weights'"):
        derive(net, "half_sse", "layers.0.weight")
    with pytest.raises(InadmissiblePair):
        derive(net, "cross_entropy", "layers.0.weights")


# ---------------------------------------------------------------- it can fail


@pytest.mark.parametrize("name", ["kron-acts-on-vec", "diag-acts-on-vec", "row-times-multiple", "unvec-of-vec"])
def test_a_derivation_with_a_wrong_rule_is_not_equal(name, monkeypatch):
    def spoilt(rule):
        return dataclasses.replace(rule, right=tripled(rule.right)) if rule.name == name else rule

    wrong = {stage: tuple(spoilt(rule) for rule in table) for stage, table in STAGES.items()}
    monkeypatch.setattr(proofs, "STAGES", wrong)
    found = prove_by(form_of("tanh", "tanh"), 1, "weights", at_most(200))
    assert not found.complete
    assert any(mismatches(found))


def tripled(term):
    """The term with the matrix inside a vec three times as large, or else all of it."""
    return Vec(tripled(term.of)) if isinstance(term, Vec) else Scale(size(3), term)


def test_a_derivation_with_a_wrong_fact_does_not_hold_modulo_p(monkeypatch):
    """Were the rows of Y to sum to 2, as the fact then says, the residues that sum to 1 would object."""
    right = proofs.facts_of

    def wrong(form):
        return tuple(
            dataclasses.replace(fact, right=Scale(ONE / N, fact.right)) if fact.name == "rows of Y sum to 1" else fact
            for fact in right(form)
        )

    monkeypatch.setattr(proofs, "facts_of", wrong)
    found = prove_by(form_of("softmax", loss="cross_entropy"), 1, "weights", at_most(200))
    assert any(mismatches(found))


def test_a_missing_rule_leaves_the_proof_unfinished(monkeypatch):
    tables = {stage: tuple(r for r in table if r.name != "hadamard-commutes") for stage, table in STAGES.items()}
    monkeypatch.setattr(proofs, "STAGES", tables)
    found = prove_by(form_of("tanh", "tanh"), 1, "weights", at_most(200))
    assert not any(mismatches(found))
    assert not found.complete


def at_most(limit):
    """The usual choice, which gives up after some lines: a wrong rule may never end."""
    count = itertools.count()
    return lambda rewriter, term: rewriter.first(term) if next(count) < limit else None


def test_the_two_forms_of_the_last_line_and_of_backprop_are_the_same_bits():
    """The result is what matched computes: evaluated as it stands, it differs from it by rounding at most."""
    point = build([3, 4, 2], ["tanh", "sigmoid"], LOSSES["half_sse"], rows=5, seed=3)
    found = derive(point.net, "half_sse", "layers.0.weights", point.X, point.Y)
    env = values(found.proof.form, point.net, point.net.forward(point.X), point.Y)
    g = backprop.gradient(point.net, point.X, point.Y, loss="half_sse").layers[0].W
    assert np.array_equal(dense(found.proof.result.term, env), g)


def test_cases_come_in_every_depth_and_pair():
    pairs = admissible_pairs()
    some = [case(number).form for number in range(6 * len(pairs))]
    found = {(form.loss.name, form.activations[-1].name, form.depth) for form in some}
    assert len(found) == 6 * len(pairs)
