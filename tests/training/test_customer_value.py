"""Customer value: the formulas against sums by simulation, and the order that merchants expect."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import beta

from models.strings import StringTable
from training import customer_value as cv
from training.records import Orders


def bought(rows: list[tuple[int, int, float]], customers: int) -> Orders:
    """One order of one piece per (customer, day, price)."""
    rows = sorted(rows, key=lambda row: row[1])
    n = len(rows)
    return Orders(
        items=StringTable.of(["tea"]),
        titles=StringTable.of([""]),
        customers=StringTable.of([f"c{i:05d}" for i in range(customers)]),
        time=np.array([day * 86_400 for _, day, _ in rows], dtype=np.int64),
        customer=np.array([customer for customer, _, _ in rows], dtype=np.int32),
        indptr=np.arange(n + 1, dtype=np.int64),
        item=np.zeros(n, dtype=np.int32),
        quantity=np.ones(n, dtype=np.float32),
        price=np.array([round(price * 10_000) for *_, price in rows], dtype=np.int64),
    )


def simulated(customers: int, until: int, seed: int) -> tuple[list[tuple[int, int, float]], np.ndarray]:
    """Customers with rates and drop-outs of their own; rows, and who is still alive at the end."""
    rng = np.random.default_rng(seed)
    rows, alive = [], np.zeros(customers, dtype=bool)
    for customer in range(customers):
        rate, leaves, mean = rng.gamma(1.2, 1 / 25), rng.beta(0.8, 4.0), rng.gamma(4.0, 10.0)
        day = rng.uniform(0, until / 3)
        while day < until:
            rows.append((customer, int(day), max(1.0, rng.gamma(3.0, mean / 3.0))))
            if rng.random() < leaves:
                break
            day += rng.exponential(1 / rate)
        else:
            alive[customer] = True
    return rows, alive


def test_visits_by_hand() -> None:
    """Two orders on one day are one visit; repeats, days between, age and mean spend."""
    of = cv.visits(bought([(0, 0, 2.0), (0, 0, 3.0), (0, 10, 5.0), (1, 40, 8.0)], 2))
    assert of.repeats.tolist() == [1.0, 0.0]
    assert of.active.tolist() == [10.0, 0.0]
    assert of.age.tolist() == [40.0, 0.0]
    assert of.spend.tolist() == [5.0, 8.0]


def test_the_likelihood_is_the_integral_it_stands_for() -> None:
    """MBG/NBD of one customer, integrated over the drop-out chance and the rate, numerically."""
    r, alpha, a, b, x, active, age = 1.3, 20.0, 0.7, 3.0, 2, 30.0, 50.0

    def of_rate(p: float) -> float:
        def inner(rate: float) -> float:
            prior = alpha**r * rate ** (r - 1) * np.exp(-rate * alpha)
            came = rate**x * ((1 - p) ** (x + 1) * np.exp(-rate * age) + p * (1 - p) ** x * np.exp(-rate * active))
            return prior * came

        return quad(inner, 0, np.inf)[0]

    gamma_r = quad(lambda t: t ** (r - 1) * np.exp(-t), 0, np.inf)[0]
    wanted = quad(lambda p: p ** (a - 1) * (1 - p) ** (b - 1) / beta(a, b) * of_rate(p), 0, 1)[0] / gamma_r
    of = cv.Visits(np.array([float(x)]), np.array([active]), np.array([age]), np.array([1.0]))
    assert cv._visit_likelihood(np.array([r, alpha, a, b]), of)[0] == pytest.approx(np.log(wanted), rel=1e-6)


def test_expected_visits_against_a_simulation() -> None:
    """With known parameters the closed form equals the mean over simulated futures of a new customer."""
    r, alpha, a, b, ahead = 1.5, 20.0, 1.6, 4.0, 100.0
    rng = np.random.default_rng(5)
    counted = []
    for _ in range(20_000):
        rate, leaves = rng.gamma(r, 1 / alpha), rng.beta(a, b)
        day, visits_made = 0.0, 0
        while rng.random() >= leaves and (day := day + rng.exponential(1 / rate)) < ahead:
            visits_made += 1
        counted.append(visits_made)
    new = cv.Visits(np.zeros(1), np.zeros(1), np.zeros(1), np.ones(1))
    _, coming = cv._visits_ahead(np.array([r, alpha, a, b]), new, ahead)
    assert coming[0] == pytest.approx(np.mean(counted), rel=0.05)


def test_who_left_and_who_spends_is_recovered() -> None:
    """In a simulated shop the expected total is near the real one, the living rank above the gone, money follows."""
    rows, alive = simulated(1_500, 500, seed=4)
    past = [row for row in rows if row[1] < 400]
    value = cv.customer_value(cv.visits(bought(past, 1_500)), 100)
    assert value is not None
    then = np.bincount(
        [c for c, day, _ in rows if day >= 400], weights=[p for _, day, p in rows if day >= 400], minlength=1_500
    )
    assert np.nansum(value.spend) == pytest.approx(then.sum(), rel=0.15)
    came_back = np.bincount([c for c, *_ in past], minlength=1_500) > 2
    assert value.alive[came_back & alive].mean() > value.alive[came_back & ~alive].mean() + 0.2
    top = np.argsort(-np.nan_to_num(value.spend))[:150]
    assert then[top].sum() > 0.3 * then.sum()


def test_without_repeats_or_prices() -> None:
    """Nobody came back: nothing to learn. Nobody told prices: visits are expected, money is not known."""
    assert cv.customer_value(cv.visits(bought([(c, c, 1.0) for c in range(50)], 50))) is None
    free = bought([(c, day, 1.0) for c in range(50) for day in (c, c + 20, c + 40)], 50)
    free.price[:] = -1
    value = cv.customer_value(cv.visits(free))
    assert value is not None
    assert np.isnan(value.spend).all()
    assert (value.visits > 0).all()
