import itertools
import os
import platform
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from models.records import ItemVectors
from training.cooccurrence import STATISTICS, asymmetric, blocked, checks, native
from training.cooccurrence.problem import Job, Problem

REPOSITORY = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(native.library() is None, reason="the native kernel was not built here")


def shop(seed: int, n_baskets: int, n_items: int, size: float, tail: float = 1.0) -> Problem:
    """Baskets with a popular head and a long tail, as shops have."""
    rng = np.random.default_rng(seed)
    chance = (np.arange(n_items) + 3.0) ** -tail
    sizes = np.minimum(rng.geometric(1 / size, n_baskets), n_items // 2)
    basket = np.repeat(np.arange(n_baskets), sizes)
    item = rng.permutation(n_items)[rng.choice(n_items, len(basket), p=chance / chance.sum())]
    held = sparse.csr_array((np.ones(len(basket)), (basket, item)), shape=(n_baskets, n_items))
    held.sum_duplicates()
    return Problem(held.indptr.astype(np.int64), held.indices.astype(np.int32), n_items)


def dressed(bare: Problem, seed: int, weights: bool, anchored: bool, people: str = "") -> Problem:
    """The same with weights in 1/64, whose sums are exact, and `people`: voters or supporters, some of them busy."""
    rng = np.random.default_rng(seed)
    n, nnz = bare.n_baskets, len(bare.item)
    owners = (max(n // 5, 1) * rng.random(n) ** 2).astype(np.int32)
    return Problem(
        bare.indptr,
        bare.item,
        bare.n_items,
        (rng.integers(0, 65, n) / 64).astype(np.float32) if weights else None,
        (rng.integers(0, 9, nnz) / 8).astype(np.float32) if anchored else None,
        owners if people == "voters" else None,
        owners if people == "supporters" else None,
    )


def assert_same(left: ItemVectors, right: ItemVectors) -> None:
    """Equal to the last bit."""
    for name in ("indptr", "item", "score", "together"):
        np.testing.assert_array_equal(getattr(left, name), getattr(right, name), err_msg=name)


SHOPS = {
    "dense": (4000, 300, 8.0),
    "sparse": (3000, 20_000, 4.0),
    "large baskets": (600, 700, 40.0),
    "more than 2^16 items": (1500, 70_000, 5.0),
}
# Of the last, many neighbours of different totals score the same once they are rounded to float32.
STATISTIC = {**STATISTICS, "asymmetric": asymmetric(0.3), "nearly conditional": asymmetric(1 - 1e-7)}


@pytest.mark.parametrize("name", STATISTIC)
@pytest.mark.parametrize("sizes", SHOPS.values(), ids=SHOPS.keys())
def test_plain_counts_of_shops(sizes: tuple[int, int, float], name: str) -> None:
    """Byte and word counters, sparse, dense, sorted and read-off rows: the SciPy engine's bits, with any threads."""
    problem = shop(1, *sizes)
    for k, min_support, threads in ((5, 1, 1), (40, 2, 2), (400, 1, 3), (400, 3, 3)):
        job = Job(problem, k, STATISTIC[name], min_support, threads)
        expected = blocked.neighbours(job)
        assert_same(native.neighbours(job), expected)
        assert_same(native.neighbours(job, wide=True), expected)
        for leaders in (0, 100, 299):
            assert_same(native.neighbours(job, leaders=leaders), expected)


@pytest.mark.parametrize("name", STATISTIC)
@pytest.mark.parametrize(
    "kind", list(itertools.product([False, True], [False, True], ["", "voters", "supporters"]))[1:]
)
def test_weighted_shops(kind: tuple[bool, bool, str], name: str) -> None:
    """With weights, anchor weights, voters or supporters and any mixture: the SciPy engine's bits."""
    for number, sizes in enumerate(((1500, 200, 6.0), (700, 6000, 4.0))):
        problem = dressed(shop(2, *sizes), number, *kind)
        for k, min_support, threads in ((5, 1, 1), (30, 3, 2)):
            job = Job(problem, k, STATISTIC[name], min_support, threads)
            assert_same(native.neighbours(job), blocked.neighbours(job))


def test_busy_items_outgrow_sixteen_bits() -> None:
    """Two items in 70,000 common baskets are counted as 70,000, not as what is left of it in 16 bits."""
    n = 70_000
    problem = Problem(np.arange(0, 2 * n + 1, 2, dtype=np.int64), np.tile(np.array([0, 1], np.int32), n), 2)
    found = native.neighbours(Job(problem, 3, STATISTICS["count"]))
    assert found.together.tolist() == [n, n]
    assert found.score.tolist() == [n, n]


def test_weights_of_any_size() -> None:
    """Weights of 1e-30 and 1e30 keep their seven digits: the fixed point moves with the row."""
    held = np.array([[1, 1, 0], [1, 1, 0], [0, 1, 1]], dtype=np.int64)
    baskets = sparse.csr_array(held)
    for scale in (1e-30, 1.0, 1e30):
        weights = (np.array([0.1, 0.7, 0.2]) * scale).astype(np.float32)
        problem = Problem(baskets.indptr.astype(np.int64), baskets.indices.astype(np.int32), 3, weights)
        found = native.neighbours(Job(problem, 2, STATISTICS["count"]))
        w = weights.astype(np.float64)
        np.testing.assert_allclose(found.score, [w[0] + w[1], w[0] + w[1], w[2], w[2]], rtol=1e-7)


def test_one_huge_basket() -> None:
    """A basket of 4,000 items among small ones is counted like any other."""
    sizes = [4_000, 2, 3]
    indptr = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    problem = Problem(indptr, np.concatenate([np.arange(size, dtype=np.int32) for size in sizes]), 4_001)
    found = native.neighbours(Job(problem, 2, STATISTICS["count"]))
    assert found.item[found.row(0)].tolist() == [1, 2]
    assert found.together[found.row(0)].tolist() == [3, 2]
    assert found.item[found.row(3_999)].tolist() == [0, 1]
    assert found.item[found.row(4_000)].tolist() == []


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
def test_a_library_out_of_date_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library built from another source is not called: its structures may differ, and the engines choose another."""
    source, path = tmp_path / "old.cpp", tmp_path / "basket_kernel.so"
    source.write_text('extern "C" int basket_edition() { return 1; }')
    subprocess.run(["g++", "-shared", "-fPIC", str(source), "-o", str(path)], check=True)
    monkeypatch.setattr(native, "find", lambda: path)
    with pytest.warns(RuntimeWarning, match="install recsvc again"):
        assert native.library.__wrapped__() is None


def test_progress_is_told() -> None:
    """The last thing that progress hears is that all rows are done."""
    told: list[tuple[int, int]] = []
    native.neighbours(Job(shop(3, 500, 300, 4.0), 5, STATISTICS["cosine"]), lambda done, n: told.append((done, n)))
    assert told[-1] == (300, 300)


def test_an_interrupt_is_answered() -> None:
    """Ctrl-C during a long run ends it with KeyboardInterrupt, and the next run answers as if nothing had been."""
    if threading.current_thread() is not threading.main_thread():
        pytest.skip("signals reach the main thread only")
    long = Job(dressed(shop(4, 60_000, 3000, 60.0), 4, True, True, "voters"), 100, STATISTICS["llr"], threads=1)
    told: list[tuple[int, int]] = []

    def interrupt(done: int, n: int) -> None:
        told.append((done, n))
        if len(told) == 1:
            signal.raise_signal(signal.SIGINT)  # to this thread, at once

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may have another
    try:
        with pytest.raises(KeyboardInterrupt):
            native.neighbours(long, interrupt)
    finally:
        signal.signal(signal.SIGINT, before)
    assert all(done < n for done, n in told)
    small = Job(shop(5, 300, 100, 5.0), 5, STATISTICS["cosine"])
    assert_same(native.neighbours(small), blocked.neighbours(small))


FORKING = """
import os, numpy as np
from training.cooccurrence import STATISTICS, native
from training.cooccurrence.problem import Job, Problem
problem = Problem(np.arange(0, 301, 3), np.tile(np.arange(3, dtype=np.int32), 100), 3)
job = Job(problem, 2, STATISTICS["cosine"], threads=2)
before = native.neighbours(job)
child = os.fork()
if child == 0:
    os._exit(0 if np.array_equal(native.neighbours(job).item, before.item) else 1)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_fork_after_a_run_can_run() -> None:
    """No thread outlives a call, so that a forked child counts like its parent."""
    subprocess.run([sys.executable, "-c", FORKING], check=True, timeout=60, cwd=REPOSITORY)


MEASURING = """
import numpy as np
from pathlib import Path
from training.cooccurrence import STATISTICS, estimate_memory, native
from training.cooccurrence.problem import Job, Problem
rng = np.random.default_rng(1)
n, n_items, size = 300_000, 30_000, 8
item = np.sort((rng.random((n, size)) ** 2 * n_items / size).astype(np.int32) + np.arange(size) * (n_items // size))
weights = rng.random(n).astype(np.float32) if WEIGHTED else None
problem = Problem(np.arange(n + 1) * size, item.ravel().astype(np.int32), n_items, weights)
def status(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))
native.neighbours(Job(Problem(np.array([0, 2]), np.array([0, 1], np.int32), 2), 1, STATISTICS["cosine"]))
before = status("VmRSS")
Path("/proc/self/clear_refs").write_text("5")
native.neighbours(Job(problem, 50, STATISTICS["cosine"], threads=2))
taken, told = status("VmHWM") - before, estimate_memory(problem, 50, "native", 2)
assert taken <= told, (taken, told)
"""


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="needs Linux's /proc/self/clear_refs")
@pytest.mark.parametrize("weighted", [False, True])
def test_the_estimate_is_an_upper_bound(weighted: bool) -> None:
    """The peak memory of a run over 2.4 million entries stays below what `estimate_memory` said."""
    script = MEASURING.replace("WEIGHTED", str(weighted))
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120, cwd=REPOSITORY)


SANITIZED = """
import sys
from pathlib import Path
import pytest
from training.cooccurrence import native
native.find = lambda: Path(sys.argv[1])
native.library.cache_clear()
assert native.library() is not None
raise SystemExit(pytest.main(["-q", "-p", "no:cacheprovider", "-x", *sys.argv[2:]]))
"""


@pytest.mark.deep
@pytest.mark.parametrize(("sanitizer", "runtime"), [("address,undefined", "libasan.so"), ("thread", "libtsan.so")])
def test_sanitizers_find_nothing(tmp_path: Path, sanitizer: str, runtime: str) -> None:
    """Every small shape and the shops above, counted by a library that watches its memory, arithmetic and threads."""
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("needs g++")
    library = tmp_path / "basket_kernel.so"
    source = REPOSITORY / "training/cooccurrence/native/kernel.cpp"
    flags = [
        "-std=c++17",
        "-O1",
        "-g",
        "-ffp-contract=off",
        "-fPIC",
        "-shared",
        "-pthread",
        "-fno-sanitize-recover=all",
        "-D_GLIBCXX_ASSERTIONS",
        *(["-march=x86-64-v2"] if platform.machine() in {"x86_64", "AMD64"} else []),  # as CMakeLists.txt
    ]
    subprocess.run([compiler, *flags, f"-fsanitize={sanitizer}", str(source), "-o", str(library)], check=True)
    preload = subprocess.run([compiler, f"-print-file-name={runtime}"], check=True, capture_output=True, text=True)
    environment = {
        **os.environ,
        "LD_PRELOAD": preload.stdout.strip(),
        "ASAN_OPTIONS": "detect_leaks=0",  # Python itself leaks at exit
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    wanted = "shops and not large or huge or sixteen or any_size or native_engine_is or any_weights"
    files = [str(Path(__file__)), str(Path(__file__).with_name("test_cooccurrence.py"))]
    command = [sys.executable, "-c", SANITIZED, str(library), "-k", wanted, *files]
    subprocess.run(command, check=True, timeout=1500, cwd=REPOSITORY, env=environment)


def spoilt(seed: int) -> tuple[Problem, np.ndarray]:
    """Baskets, some of them empty, and their ones; from every second seed on, with one fault somewhere."""
    rng = np.random.default_rng(seed)
    held = sparse.csr_array(rng.random((int(rng.integers(1, 40)), 9)) < 0.3)
    indptr, item = held.indptr.astype(np.int64), held.indices.astype(np.int32)
    data: np.ndarray = np.ones(len(item), [np.float32, np.float64, np.int8, np.bool_][seed // 2 % 4])
    if seed % 2 and len(item):
        place = int(rng.integers(len(item)))
        fault = seed // 8 % 4
        if fault == 0:
            item[place] = rng.choice([-1, 9, 2**31 - 1])
        elif fault == 1:
            item[place] = item[max(place - 1, 0)]
        elif fault == 2:
            data[place] = 0
        else:
            indptr[int(rng.integers(len(indptr)))] += rng.choice([-1, 1])
    return Problem(indptr, item, 9), data


def test_the_verdict_in_one_pass() -> None:
    """It passes what the slow look at every basket passes, and nothing else."""
    verdicts = []
    for seed in range(800):
        problem, data = spoilt(seed)
        indptr, item = problem.indptr, problem.item
        rising = indptr[0] == 0 and indptr[-1] == len(item) and bool((np.diff(indptr) >= 0).all())
        baskets = np.split(item, indptr[1:-1]) if rising else []
        expected = rising and all((np.diff(b) > 0).all() and (b >= 0).all() and (b < 9).all() for b in baskets)
        expected = expected and bool((data == 1).all())
        assert native.sound(indptr, item, data, 9) == expected, seed
        verdicts.append(expected)
    assert 400 <= sum(verdicts) < 600


def test_the_verdict_reaches_across_its_steps() -> None:
    """A fall between two of the pieces that are looked at together is found; where two baskets meet there is none."""
    n = 3 << 14
    item = np.arange(n, dtype=np.int32)
    ones = np.ones(n, np.float32)
    for place in (1, (1 << 14) - 1, 1 << 14, (1 << 14) + 1, 2 << 14, n - 1):
        fallen = item.copy()
        fallen[place:] -= 1
        assert not native.sound(np.array([0, n], np.int64), fallen, ones, n)
        assert native.sound(np.array([0, 0, place, place, n, n], np.int64), fallen, ones, n)


def test_what_is_not_sure_is_looked_at_closely() -> None:
    """Wide indices, strided and unusual numbers get no quick verdict, and are none the worse for it."""
    indptr, item = np.array([0, 2], np.int64), np.array([0, 1], np.int32)
    assert native.sound(indptr, item, np.ones(2, np.float32), 2)
    assert not native.sound(indptr, item.astype(np.int64), np.ones(2, np.float32), 2)
    assert not native.sound(indptr, item, np.ones(4, np.float32)[::2], 2)
    assert not native.sound(indptr, item, np.ones(2, np.longdouble), 2)
    assert not native.sound(indptr, item, np.ones(1, np.float32), 2)
    wide: Any = sparse.csr_array((1, 2), dtype=np.longdouble)
    wide.indptr, wide.indices, wide.data = indptr, item.astype(np.int64), np.ones(2, np.longdouble)
    assert checks.problem(wide).item.tolist() == [0, 1]
