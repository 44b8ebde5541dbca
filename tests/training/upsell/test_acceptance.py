"""The choice model and what a step is worth."""

import numpy as np
import pytest

from training.settings import SettingsError, TrainSettings
from training.upsell.acceptance import Choice, fit_choice, step_rate
from training.upsell.margin import margins, with_objective
from training.upsell.purchases import Steps
from training.upsell.value import best_steps


def test_shares_by_hand() -> None:
    """Two steps of one item whose utilities differ by ln 3 share 1 : 3; a lone step takes all."""
    shares = Choice(np.array([np.log(3)])).shares(np.array([[0.0], [1.0], [5.0]]), np.array([0, 0, 4]))
    assert np.allclose(shares, [0.25, 0.75, 1.0])
    assert Choice(np.ones(1)).shares(np.zeros((0, 1)), np.zeros(0, dtype=np.int64)).tolist() == []


def test_weights_that_made_the_choices_are_found_again() -> None:
    """Choices drawn from known weights; a constant column gets none, an item nobody left says nothing."""
    rng = np.random.default_rng(3)
    item = np.repeat(np.arange(400), 5)
    matrix = np.column_stack([rng.normal(size=(2000, 2)), np.ones(2000)])
    truth = np.array([1.0, -0.5, 0.0])
    shares = Choice(truth).shares(matrix, item)
    taken = np.concatenate([rng.multinomial(50 * (n != 7), shares[item == n]) for n in range(400)]).astype(float)
    found = fit_choice(matrix, item, taken, 1e-3)
    assert np.allclose(found.weight, truth, atol=0.05)


def test_nothing_taken_nothing_learnt() -> None:
    """Without a choice all weights are 0."""
    assert fit_choice(np.ones((2, 2)), np.array([0, 0]), np.zeros(2), 1.0).weight.tolist() == [0, 0]


def test_rates_lean_on_the_group() -> None:
    """A group all of whose 80 buyers moved has a rate near 1; an item of it without buyers gets that rate."""
    taken, item = np.array([80.0, 0.0, 0.0]), np.array([0, 1, 3])
    rate = step_rate(taken, item, np.array([80, 0, 0, 80]), np.array([0, 0, 0, 1]))
    overall = 80 / 160
    of_group = (80 + 20 * overall) / (80 + 20)
    assert np.isclose(rate[1], of_group)
    assert np.isclose(rate[0], (80 + 20 * of_group) / 100)
    assert rate[3] < 0.1


def test_value_by_hand() -> None:
    """By acceptance the cheaper step leads, by revenue the dearer one; what loses more than it wins is left out."""
    steps = Steps(np.array([0, 0, 0]), np.array([1, 2, 3]), 4)
    accepted, later = np.array([0.3, 0.2, 0.01]), np.array([30.0, 20.0, 1.0])
    price = np.array([10, 11, 20, 30]) * 10_000

    def shown(lost: float, power: float) -> list[int]:
        return best_steps(steps, accepted, later, price, 2, lost, power).item.tolist()

    assert shown(0.0, 0.0) == [1, 2]
    assert shown(0.0, 1.0) == [2, 1]
    assert shown(0.25, 1.0) == [1]
    vectors = best_steps(steps, accepted, later, price, 3, 0.0, 1.0)
    assert np.allclose(vectors.score, [2.0, 0.3, 0.2])
    assert vectors.together.tolist() == [20, 30, 1]


def test_margin_by_hand() -> None:
    """The third thing brings most, the second less than the item itself; a lost sale costs the item's margin."""
    steps = Steps(np.array([0, 0]), np.array([1, 2]), 3)
    accepted, later = np.array([0.3, 0.2]), np.zeros(2)
    price, worth = np.array([10, 11, 20]) * 10_000, np.array([4, 3, 12]) * 10_000

    def shown(lost: float) -> tuple[list[int], list[float]]:
        vectors = best_steps(steps, accepted, later, price, 2, lost, 1.0, worth)
        return vectors.item.tolist(), vectors.score.tolist()

    assert shown(0.0) == ([2], [np.float32(0.2 * 8)])
    # Twice as dear: a tenth of the sales are lost, each worth 4: 0.2 · 8 − 0.1 · 4.
    assert np.allclose(shown(0.1)[1], [1.2])
    assert shown(0.5) == ([], [])


def test_unknown_costs_take_the_median_share() -> None:
    """Margins of 40 and 60 per cent: an item of unknown cost has 50; without any cost it is an error that says so."""
    price = np.array([10, 10, 8, -1]) * 10_000
    cost = np.array([6, 4, -1, 2]) * 10_000
    assert margins(price, cost).tolist()[:3] == [40_000, 60_000, 40_000]
    with pytest.raises(SettingsError, match="column `cost`"):
        margins(price, np.full(4, -1))


def test_objectives_are_settings() -> None:
    """Each names the settings that it stands for; none leaves them."""
    base = TrainSettings(upsell_gain_power=0.3)
    assert with_objective(base, None) is base
    assert with_objective(base, "conversion").upsell_gain_power == 0
    margin = with_objective(base, "margin")
    assert (margin.upsell_gain_power, margin.upsell_margin) == (1.0, 1)
