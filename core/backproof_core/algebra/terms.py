"""The terms: one closed set of frozen nodes, whose shapes are checked when they are built.

    Sym   a matrix by its name           Eye        I_n                    Kron       B ⊗ A
    Ones  1_m 1_nᵀ                       Scale      c·A                    Diag       Diag(v), v a column
    Fn    a function's value             Transpose  Aᵀ                     Vec        vec A, the columns stacked
    Add, Sub  A + B, A − B               MatMul     A B C …                Unvec      undoes Vec, to m×n
    Hadamard, Quotient  A∘B, A⊘B

A term says nothing about what is done with it: evaluation, cost, printing, rewriting are functions elsewhere.
Dimensions may be symbols (see sizes). A product has any number of factors, so that it is associative by construction;
`product` keeps it flat.
"""

from dataclasses import dataclass, field

from backproof_core.algebra.sizes import ONE, Monomial, SizeLike, size
from backproof_core.errors import ShapeMismatch


@dataclass(frozen=True, slots=True)
class Term:
    """A matrix, as an expression. Its shape is rows×cols."""

    rows: Monomial = field(init=False, compare=False, repr=False)
    cols: Monomial = field(init=False, compare=False, repr=False)

    @property
    def children(self) -> "tuple[Term, ...]":
        """The terms that it is made of, in order."""
        return ()

    @property
    def T(self) -> "Transpose":
        return Transpose(self)

    def __matmul__(self, other: "Term") -> "Term":
        return product(self, other)

    def __mul__(self, other: "Term") -> "Hadamard":
        return Hadamard(self, other)

    def __truediv__(self, other: "Term") -> "Quotient":
        return Quotient(self, other)

    def __add__(self, other: "Term") -> "Add":
        return Add(self, other)

    def __sub__(self, other: "Term") -> "Sub":
        return Sub(self, other)

    def _shaped(self, rows: Monomial, cols: Monomial) -> None:
        object.__setattr__(self, "rows", rows)
        object.__setattr__(self, "cols", cols)


@dataclass(frozen=True, slots=True)
class Sym(Term):
    """The matrix of that name, height×width."""

    name: str
    height: Monomial
    width: Monomial

    def __post_init__(self) -> None:
        self._shaped(self.height, self.width)


@dataclass(frozen=True, slots=True)
class Eye(Term):
    """I_n."""

    n: Monomial

    def __post_init__(self) -> None:
        self._shaped(self.n, self.n)


@dataclass(frozen=True, slots=True)
class Ones(Term):
    """1_m 1_nᵀ: the m×n matrix of ones; 1_m where n = 1 and 1_nᵀ where m = 1."""

    m: Monomial
    n: Monomial

    def __post_init__(self) -> None:
        self._shaped(self.m, self.n)


@dataclass(frozen=True, slots=True)
class Fn(Term):
    """The value of a function of matrices of one shape, which has that shape, as S₁ = σ′(Z₁).

    name is what is written for it; function(args) is what it is where an evaluation is not given it by name.
    """

    name: str
    function: str
    args: tuple[Term, ...]

    def __post_init__(self) -> None:
        for arg in self.args[1:]:
            _same_shape(f"{self.function} of several matrices", self.args[0], arg)
        self._shaped(self.args[0].rows, self.args[0].cols)

    @property
    def children(self) -> tuple[Term, ...]:
        return self.args


@dataclass(frozen=True, slots=True)
class Scale(Term):
    """c·A."""

    factor: Monomial
    of: Term

    def __post_init__(self) -> None:
        self._shaped(self.of.rows, self.of.cols)

    @property
    def children(self) -> tuple[Term, ...]:
        return (self.of,)


@dataclass(frozen=True, slots=True)
class Transpose(Term):
    """Aᵀ."""

    of: Term

    def __post_init__(self) -> None:
        self._shaped(self.of.cols, self.of.rows)

    @property
    def children(self) -> tuple[Term, ...]:
        return (self.of,)


@dataclass(frozen=True, slots=True)
class MatMul(Term):
    """The matrix product of two or more factors, evaluated from left to right."""

    factors: tuple[Term, ...]

    def __post_init__(self) -> None:
        if len(self.factors) < 2:
            raise ShapeMismatch(f"a product needs at least two factors, {len(self.factors)} were given")
        for left, right in zip(self.factors, self.factors[1:]):
            if left.cols != right.rows:
                raise ShapeMismatch(
                    f"a product needs as many columns on the left as rows on the right: "
                    f"{_shape(left)} meets {_shape(right)}"
                )
        self._shaped(self.factors[0].rows, self.factors[-1].cols)

    @property
    def children(self) -> tuple[Term, ...]:
        return self.factors


@dataclass(frozen=True, slots=True)
class _Pair(Term):
    """Two matrices of one shape, entry by entry."""

    left: Term
    right: Term

    def __post_init__(self) -> None:
        _same_shape(type(self).__name__, self.left, self.right)
        self._shaped(self.left.rows, self.left.cols)

    @property
    def children(self) -> tuple[Term, ...]:
        return (self.left, self.right)


class Add(_Pair):
    """A + B."""

    __slots__ = ()


class Sub(_Pair):
    """A − B."""

    __slots__ = ()


class Hadamard(_Pair):
    """A∘B, the product entry by entry."""

    __slots__ = ()


class Quotient(_Pair):
    """A⊘B, the quotient entry by entry."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Kron(Term):
    """B ⊗ A: a multiple of A in the place of each entry of B."""

    left: Term
    right: Term

    def __post_init__(self) -> None:
        self._shaped(self.left.rows * self.right.rows, self.left.cols * self.right.cols)

    @property
    def children(self) -> tuple[Term, ...]:
        return (self.left, self.right)


@dataclass(frozen=True, slots=True)
class Diag(Term):
    """Diag(v): the square matrix with the column v on its diagonal and zeros elsewhere."""

    of: Term

    def __post_init__(self) -> None:
        if self.of.cols != ONE:
            raise ShapeMismatch(f"Diag needs a column, {_shape(self.of)} was given")
        self._shaped(self.of.rows, self.of.rows)

    @property
    def children(self) -> tuple[Term, ...]:
        return (self.of,)


@dataclass(frozen=True, slots=True)
class Vec(Term):
    """vec A: the columns of A, stacked into one."""

    of: Term

    def __post_init__(self) -> None:
        self._shaped(self.of.rows * self.of.cols, ONE)

    @property
    def children(self) -> tuple[Term, ...]:
        return (self.of,)


@dataclass(frozen=True, slots=True)
class Unvec(Term):
    """unvec_{m,n}(v): the m×n matrix A with vec A = v."""

    of: Term
    m: Monomial
    n: Monomial

    def __post_init__(self) -> None:
        if self.of.cols != ONE or self.of.rows != self.m * self.n:
            raise ShapeMismatch(
                f"unvec to {self.m}×{self.n} needs a column of {self.m * self.n}, not {_shape(self.of)}"
            )
        self._shaped(self.m, self.n)

    @property
    def children(self) -> tuple[Term, ...]:
        return (self.of,)


# ---------------------------------------------------------------- building terms


def sym(name: str, rows: SizeLike, cols: SizeLike) -> Sym:
    """The matrix of that name and shape."""
    return Sym(name, size(rows), size(cols))


def eye(n: SizeLike) -> Eye:
    """I_n."""
    return Eye(size(n))


def ones(m: SizeLike, n: SizeLike) -> Ones:
    """1_m 1_nᵀ."""
    return Ones(size(m), size(n))


def scale(factor: SizeLike, of: Term) -> Scale:
    """The multiple factor·of."""
    return Scale(size(factor), of)


def product(*terms: Term) -> Term:
    """The product of the terms with the factors of products among them side by side; one term is itself."""
    factors = tuple(f for term in terms for f in (term.factors if isinstance(term, MatMul) else (term,)))
    return MatMul(factors) if len(factors) > 1 else factors[0]


def rebuilt(term: Term, children: tuple[Term, ...]) -> Term:
    """The same node with other children; its shape is checked again. Products stay flat."""
    match term:
        case MatMul():
            return product(*children)
        case Scale():
            return Scale(term.factor, children[0])
        case Fn():
            return Fn(term.name, term.function, children)
        case Unvec():
            return Unvec(children[0], term.m, term.n)
        case Sym() | Eye() | Ones():
            return term
        case _:
            return type(term)(*children)


def subterms(term: Term) -> list[Term]:
    """The term and all that it is made of, a node before its children."""
    return [term, *(part for child in term.children for part in subterms(child))]


def _shape(term: Term) -> str:
    return f"{term.rows}×{term.cols}"


def _same_shape(what: str, one: Term, two: Term) -> None:
    if (one.rows, one.cols) != (two.rows, two.cols):
        raise ShapeMismatch(f"{what} needs two matrices of one shape: {_shape(one)} meets {_shape(two)}")
