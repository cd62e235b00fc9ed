"""A training run: state that advances step by step and can be looked at between steps."""

import math
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from backproof_core.backprop.cost import choose_route
from backproof_core.errors import InvalidValue, NonFiniteLoss, UnknownName
from backproof_core.loss import Loss
from backproof_core.network import Network, run_forward
from backproof_core.train.batches import Batch, Batches, held_out
from backproof_core.train.curve import Curve, Row, TwinComparison
from backproof_core.train.parameters import freeze
from backproof_core.train.plan import Plan
from backproof_core.train.twins import Tally, Twin, compare_gradients, weight_distance
from backproof_core.vec import Array


class Run:
    """Training of a network on rows X with targets Y as a plan says; `advance` trains for a while.

    Everything random comes from one Generator(PCG64(plan.seed)): first the validation split, then each epoch's order.
    Raises, when it is built, whatever is wrong with the plan for this network and data.
    """

    def __init__(
        self,
        net: Network,
        X: npt.ArrayLike,
        Y: npt.ArrayLike,
        plan: Plan,
        *,
        validation: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    ) -> None:
        plan.loss.check_last(net.last)
        self.plan, self._initial = plan, net
        self._rng = np.random.Generator(np.random.PCG64(plan.seed))
        training, self._validation = self._split(*_data(net, X, Y, plan.loss), validation)
        self._batches = Batches.of(*training, plan.batch_size)
        self._per_epoch = self._batches.per_epoch
        rows = self._batches.largest
        if "vectorized" in plan.forms:
            plan = replace(plan, route=choose_route(net, rows, loss=plan.loss, route=plan.route, budget=plan.budget))
        self.twins = tuple(Twin.of(net, form, plan, rows) for form in plan.forms)
        self._pending: Iterator[Batch] = iter(())
        self._tally, self._rate = Tally(), 0.0
        self._curve: Curve[Row] = Curve()
        self._comparisons: Curve[TwinComparison] = Curve()
        self._best_value = math.inf
        self._best_row: Row | None = None
        self.epoch, self.step = 0, 0
        self.stopped_early = False
        self.twin_distance: float | None = 0.0 if len(self.twins) == 2 else None

    # ---- what can be looked at

    @property
    def epochs(self) -> int:
        """The epochs that were asked for."""
        return self.plan.epochs

    @property
    def steps(self) -> int:
        """The steps of all epochs that were asked for."""
        return self.plan.epochs * self._per_epoch

    @property
    def finished(self) -> bool:
        """Whether all epochs are done, or early stopping ended them."""
        return self.stopped_early or self.epoch >= self.plan.epochs

    @property
    def last(self) -> Row | None:
        """The metrics of the last finished epoch."""
        return self._curve.last

    @property
    def best_epoch(self) -> int | None:
        """The epoch with the lowest validation loss, else the lowest loss; the first on ties."""
        return None if self._best_row is None else self._best_row.epoch

    @property
    def rows(self) -> list[Row]:
        """The curve: a row per epoch, thinned above 20,000; first, last and best are always there."""
        rows = self._curve.rows()
        if self._best_row is None or any(row.epoch == self._best_row.epoch for row in rows):
            return rows
        return sorted([*rows, self._best_row])

    @property
    def comparisons(self) -> list[TwinComparison]:
        """The twins' gradients compared at each recorded epoch; empty for a run by one form."""
        return self._comparisons.rows()

    def network(self, at: str = "latest", form: str | None = None) -> Network:
        """The network at "initial", "latest" or "best", of one form's twin (default: the first)."""
        if at == "initial":
            return self._initial
        found = [twin for twin in self.twins if form in (None, twin.form)]
        if not found:
            raise UnknownName("form of this run", str(form), self.plan.forms, where=("form",))
        if at not in ("latest", "best"):
            raise UnknownName("moment", at, ("initial", "latest", "best"), where=("at",))
        twin = found[0]
        return freeze(twin.parameters.layers, twin.best if at == "best" else twin.parameters.flat)

    def final_loss(self) -> float:
        """The loss of the latest weights on all training rows: one more forward pass; raises NonFiniteLoss."""
        return self._measure(self._batches.X, self._batches.Y)[0]

    # ---- training

    def advance(self, seconds: float = math.inf) -> None:
        """Trains until finished, or until that many seconds are over at a step's end; raises NonFiniteLoss."""
        deadline = time.monotonic() + seconds
        with np.errstate(all="ignore"):
            while not self.finished:
                self._one_step()
                if time.monotonic() >= deadline:
                    break

    def _one_step(self) -> None:
        """One update of each twin by the next batch, and the epoch's end where that was its last."""
        if self.step % self._per_epoch == 0:
            self._begin_epoch()
        X, Y = next(self._pending)
        for twin in self.twins:
            value, H = twin.gradient(X, Y)
            if not math.isfinite(value):
                raise self._ran_away(value, self.epoch + 1)
            if twin is self.twins[0]:
                self._tally.add(self.plan.loss, value, H, Y)
        self.step += 1
        ends = self.step % self._per_epoch == 0
        if ends and len(self.twins) == 2:
            self._comparisons.append(compare_gradients(self.twins, X, Y, self.plan.loss, self.epoch + 1))
        for twin in self.twins:
            twin.update(self.plan.optimizer, self._rate, self.step)
        if ends:
            self._end_epoch()

    def _begin_epoch(self) -> None:
        """Orders the rows anew, asks the schedule for the rate, and counts from zero."""
        optimizer = self.plan.optimizer
        self._pending = self._batches.epoch(self._rng)
        self._rate = optimizer.schedule.rate(optimizer.learning_rate, self.epoch, self.epochs)
        self._tally = Tally()

    def _end_epoch(self) -> None:
        """Records the epoch, keeps the weights if they are the best, and stops if patience is over."""
        self.epoch += 1
        if self.twin_distance is not None:
            self.twin_distance = max(self.twin_distance, weight_distance(self.twins))
        row = self._recorded()
        watched = row.loss if row.validation_loss is None else row.validation_loss
        if watched < self._best_value:
            self._best_value, self._best_row = watched, row
            for twin in self.twins:
                np.copyto(twin.best, twin.parameters.flat)
        elif self.plan.patience is not None and self.epoch - (self.best_epoch or 0) >= self.plan.patience:
            self.stopped_early = True

    def _recorded(self) -> Row:
        """The finished epoch's row, appended to the curve."""
        loss, accuracy = self._tally.totals(self.plan.loss)
        validation: tuple[float | None, float | None] = (None, None)
        if self._validation is not None:
            validation = self._measure(*self._validation)
        row = Row(self.epoch, self.step, loss, validation[0], accuracy, validation[1], self._rate)
        self._curve.append(row)
        return row

    def _measure(self, X: Array, Y: Array) -> tuple[float, float | None]:
        """The loss and accuracy of the first twin's weights on rows X; raises NonFiniteLoss."""
        tally = Tally()
        layers = self.twins[0].parameters.layers
        with np.errstate(all="ignore"):
            run = run_forward(layers, X)
            value = float(self.plan.loss.value(layers[-1].activation, run.Z[-1], run.H, Y))
        if not math.isfinite(value):
            raise self._ran_away(value, self.epoch)
        tally.add(self.plan.loss, value, run.H, Y)
        return tally.totals(self.plan.loss)

    def _ran_away(self, value: float, epoch: int) -> NonFiniteLoss:
        rate = self._rate
        hint = f"the learning rate was {rate:g}; try {rate / 10:g}, smaller weights, or inputs scaled to about 1"
        if self.step == 0:
            hint = "no update was made yet: scale inputs and targets to about 1, or draw smaller initial weights"
        return NonFiniteLoss(value, epoch=epoch, hint=hint)

    def _split(
        self, X: Array, Y: Array, validation: tuple[npt.ArrayLike, npt.ArrayLike] | None
    ) -> tuple[Batch, Batch | None]:
        """(training rows, validation rows or None) by the plan's share or as sent."""
        if validation is not None:
            if self.plan.validation_share is not None:
                raise InvalidValue("validation is either a share or data, not both", where=("validation",))
            return (X, Y), _data(self._initial, *validation, self.plan.loss)
        if self.plan.validation_share is None:
            return (X, Y), None
        train, held = held_out(len(X), self.plan.validation_share, self._rng)
        return (X[train], Y[train]), (X[held], Y[held])


def _data(net: Network, X: npt.ArrayLike, Y: npt.ArrayLike, loss: Loss) -> Batch:
    """X and Y as the network and the loss need them, of the network's type."""
    rows = net.rows_of(X)
    targets, _ = loss.prepare_targets(net.targets_of(Y, len(rows)))
    return np.ascontiguousarray(rows), np.ascontiguousarray(targets.astype(net.dtype))
