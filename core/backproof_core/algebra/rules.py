"""The rules by which the vectorised gradient becomes the matched one: equations between terms, as data.

In a rule every matrix symbol is a variable that stands for any term, every name of a size for any size, and every name
in a factor for any factor. Reading a rule needs no program: `left = right`, because. To add one: one entry of a table.
Tests prove each on random matrices whose sizes are all different, in floating point and exactly modulo a prime, and see
to it that each application lowers the measure that the rule names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from backproof_core.algebra.sizes import size
from backproof_core.algebra.terms import (
    Diag,
    Eye,
    Fn,
    Hadamard,
    Kron,
    MatMul,
    Quotient,
    Scale,
    Sym,
    Term,
    Transpose,
    Unvec,
    Vec,
    eye,
    ones,
    scale,
    sym,
)

Kinds = tuple[type[Term], ...]
TRANSPOSE, ACT, TIDY = PHASES = ("transpose", "act", "tidy")


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """left = right, applied from left to right.

    kinds restricts a variable to some nodes, negative a factor to negative numbers. nonzero lists what must have no
    zero entry: a fact must say so wherever the rule is applied. A ground rule has no variables: it is a fact, about
    the very terms that it names.
    """

    name: str
    left: Term
    right: Term
    because: str
    phase: str
    measure: str
    kinds: Mapping[str, Kinds] = field(default_factory=dict)
    negative: tuple[str, ...] = ()
    nonzero: tuple[Term, ...] = ()
    ground: bool = False


# Variables: matrices of sizes that are all different, and factors.
A, B, C, D = (sym(name, "m", "n") for name in "ABCD")
M, N = sym("M", "m", "n"), sym("N", "m", "n")
P = sym("P", "p", "q")
ROW = sym("R", 1, "n")
F, G = sym("F", "n", "q"), sym("G", "n", "q")  # operators that a row meets
TURNED = sym("F", size("m") * size("n"), "q")  # an operator that a vec meets
c, k = size("c"), size("k")
one = ones("m", "n")
ALL = ones(1, size("m") * size("n"))  # 1ᵀ of m·n entries

OPERATORS: Kinds = (Diag, Kron)
PRODUCTS: Kinds = (Diag, MatMul)
VALUES: Kinds = (Sym, Scale, MatMul, Hadamard, Quotient)  # what a row carries on its way

# ---------------------------------------------------------------- tidy: identities, ones, multiples

TIMES_ONES = Rule("times-ones", A * one, A, "A∘1 = A", TIDY, "nodes")
TIMES_RECIPROCAL = Rule("times-reciprocal", A * (one / B), A / B, "A∘(1⊘B) = A⊘B", TIDY, "nodes", nonzero=(B,))
TIDYING = (
    Rule("times-identity", P @ eye("q"), P, "A I = A", TIDY, "nodes"),
    Rule("identity-times", eye("p") @ P, P, "I A = A", TIDY, "nodes"),
    TIMES_ONES,
    Rule("ones-times", one * A, A, "1∘A = A", TIDY, "nodes"),
    Rule("times-multiple-of-ones", A * scale(c, one), scale(c, A), "A∘(c·1) = c·A", TIDY, "nodes"),
    Rule("multiple-of-ones-times", scale(c, one) * A, scale(c, A), "(c·1)∘A = c·A", TIDY, "nodes"),
    Rule("multiple-of-multiple", scale(c, scale(k, P)), scale(c * k, P), "c(k·A) = (ck)·A", TIDY, "nodes"),
    Rule("one-times", scale(1, P), P, "1·A = A", TIDY, "nodes"),
    Rule(
        "row-times-multiple",
        ROW @ scale(c, F),
        scale(c, ROW) @ F,
        "r(c·F) = (c·r)F",
        TIDY,
        "multiples_in_products",
        kinds={"F": (Eye, Diag)},
    ),
    Rule(
        "multiple-of-row",
        scale(c, Vec(A).T),
        Transpose(scale(c, Vec(A))),
        "c·Aᵀ = (c·A)ᵀ",
        TIDY,
        "reach_of_multiples",
    ),
    Rule("multiple-of-vec", scale(c, Vec(A)), Vec(scale(c, A)), "c·vec A = vec(c·A)", TIDY, "reach_of_multiples"),
    Rule(
        "sum-of-multiple",
        scale(c, A) @ ones("n", "n"),
        scale(c, A @ ones("n", "n")),
        "(c·A)B = c·(A B)",
        TIDY,
        "multiples_before_ones",
    ),
    Rule(
        "quotient-of-multiple",
        scale(c, A) / B,
        scale(c, A / B),
        "(c·A)⊘B = c·(A⊘B)",
        TIDY,
        "multiples_over_quotients",
        nonzero=(B,),
    ),
    Rule("difference-of-multiples", scale(c, A) - scale(c, B), scale(c, A - B), "c·A − c·B = c·(A−B)", TIDY, "nodes"),
    TIMES_RECIPROCAL,
    Rule("reciprocal-times", (one / B) * A, A / B, "(1⊘B)∘A = A⊘B", TIDY, "nodes", nonzero=(B,)),
    Rule(
        "hadamard-commutes",
        N * M,
        M * N,
        "∘ commutes",
        TIDY,
        "slopes_on_the_left",
        kinds={"N": (Fn,), "M": VALUES},
    ),
    Rule("difference-of-rows", Vec(A).T - Vec(B).T, Transpose(Vec(A) - Vec(B)), "Aᵀ − Bᵀ = (A−B)ᵀ", TIDY, "nodes"),
    Rule("difference-of-vecs", Vec(A) - Vec(B), Vec(A - B), "vec A − vec B = vec(A−B)", TIDY, "nodes"),
    Rule("common-factor", A * C - B * C, C * (A - B), "A∘C − B∘C = C∘(A−B), since ∘ commutes", TIDY, "nodes"),
)

# ---------------------------------------------------------------- transpose

TRANSPOSING = (
    Rule("transpose-of-transpose", P.T.T, P, "(Aᵀ)ᵀ = A", TRANSPOSE, "nodes", kinds={"P": (Sym, Fn)}),
    Rule("transpose-of-identity", eye("n").T, eye("n"), "Iᵀ = I", TRANSPOSE, "nodes"),
    Rule("transpose-of-ones", one.T, ones("n", "m"), "(1_m 1_nᵀ)ᵀ = 1_n 1_mᵀ", TRANSPOSE, "nodes"),
    Rule("transpose-of-diag", Diag(Vec(A)).T, Diag(Vec(A)), "Diag(v)ᵀ = Diag(v)", TRANSPOSE, "nodes"),
    Rule(
        "transpose-of-kron",
        Kron(A, P).T,
        Kron(A.T, P.T),
        "(B⊗A)ᵀ = Bᵀ⊗Aᵀ",
        TRANSPOSE,
        "transposed_krons",
    ),
)

# ---------------------------------------------------------------- act: an operator meets a vec

ACTING = (
    Rule(
        "diag-acts-on-vec",
        Diag(Vec(N)) @ Vec(M),
        Vec(N * M),
        "Diag(vec A) vec B = vec(A∘B)",
        ACT,
        "nodes",
    ),
    Rule(
        "kron-acts-on-vec",
        Kron(sym("B", "r", "n"), sym("A", "p", "m")) @ Vec(M),
        Vec(sym("A", "p", "m") @ M @ sym("B", "r", "n").T),
        "(Cᵀ⊗A) vec B = vec(A B C)",
        ACT,
        "krons",
    ),
)

# ---------------------------------------------------------------- opening the next lemma

OPENING = (
    Rule(
        "ones-are-a-vec",
        ALL @ Diag(Vec(A)),
        Transpose(Vec(one)) @ Diag(Vec(A)),
        "1 = vec(1 1ᵀ)",
        TIDY,
        "ones_outside_vec",
    ),
    Rule(
        "multiple-of-ones-is-a-vec",
        scale(c, ALL) @ Diag(Vec(A)),
        scale(c, Transpose(Vec(one))) @ Diag(Vec(A)),
        "1 = vec(1 1ᵀ)",
        TIDY,
        "ones_outside_vec",
    ),
    Rule(
        "row-distributes",
        ROW @ (F - G),
        ROW @ F - ROW @ G,
        "r(F − G) = r F − r G",
        ACT,
        "differences_to_distribute",
        kinds={"F": PRODUCTS, "G": PRODUCTS},
    ),
    Rule(
        "turn-the-row",
        Vec(M).T @ TURNED,
        Transpose(TURNED.T @ Vec(M)),
        "vᵀ F = (Fᵀ v)ᵀ, the transpose of a product",
        TRANSPOSE,
        "operators_to_turn",
        kinds={"F": OPERATORS},
    ),
)

# ---------------------------------------------------------------- at the end

CLOSING = (
    Rule("row-stands-up", Vec(A).T.T, Vec(A), "(Aᵀ)ᵀ = A", TRANSPOSE, "nodes"),
    Rule("unvec-of-vec", Unvec(Vec(A), size("m"), size("n")), A, "unvec(vec A) = A", TIDY, "unvecs"),
)

# ---------------------------------------------------------------- the unfolded seeds of the cross-entropies

V = sym("V", "n", 1)
SEEDING = (
    TIMES_RECIPROCAL,
    Rule("quotient-cancels", (A / B) * B, A, "(A⊘B)∘B = A", TIDY, "nodes", nonzero=(B,)),
    TIMES_ONES,
    Rule(
        "common-denominator",
        (A / B - C / D) * (D * B),
        A * D - C * B,
        "(A⊘B − C⊘D)∘(D∘B) = A∘D − C∘B",
        TIDY,
        "nodes",
        nonzero=(B, D),
    ),
    Rule(
        "mixed-products-cancel",
        (one - A) * B - A * (one - B),
        B - A,
        "(1−A)∘B − A∘(1−B) = B − A, since A∘B cancels",
        TIDY,
        "nodes",
    ),
    Rule(
        "sign-of-difference",
        scale(c, eye("n")) @ (F - G),
        scale(-c, eye("n")) @ (G - F),
        "(−c)(A − B) = c(B − A)",
        TIDY,
        "negative_multiples_of_differences",
        negative=("c",),
    ),
    Rule(
        "diag-times-diag",
        Diag(Vec(A)) @ Diag(Vec(B)),
        Diag(Vec(A * B)),
        "Diag(vec A) Diag(vec B) = Diag(vec(A∘B))",
        ACT,
        "nodes",
    ),
    Rule(
        "difference-of-diags",
        Diag(Vec(A)) - Diag(Vec(B)),
        Diag(Vec(A - B)),
        "Diag(vec A) − Diag(vec B) = Diag(vec(A−B))",
        ACT,
        "nodes",
    ),
    Rule(
        "diag-distributes",
        Diag(V) @ (F - G),
        Diag(V) @ F - Diag(V) @ G,
        "D(F − G) = D F − D G",
        ACT,
        "differences_to_distribute",
    ),
)

CHAIN = (*TIDYING, *TRANSPOSING, *ACTING, *OPENING, *CLOSING)
STAGES: dict[str, tuple[Rule, ...]] = {"seed": SEEDING, "chain": CHAIN}
RULES: tuple[Rule, ...] = tuple({rule.name: rule for stage in STAGES.values() for rule in stage}.values())
