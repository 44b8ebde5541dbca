"""The basket kernel beside its peers: CPU, wall clock and peak memory, in rounds that take turns.

    python bench/kernel.py --shapes small,grocer --engines native,implicit --rounds 3 --json kernel.json
    python bench/kernel.py --shapes grocer --engines native --bounds      beside what this machine's steps add up to
    python bench/kernel.py --growth                                       cost by baskets, their size, items and K

Every measurement is a process of its own: it loads the baskets, touches about as much memory as the hungriest engine
takes, then is timed from CSR to sorted rows (implicit: to rows by item; implicit_triplets: to triplets), then reports.
Peers that are not installed (`pip install '.[peers,train]'`) are left out and named. `native` compares 40 of its rows
with the obvious product.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from kernel_shapes import GROWTH, SHAPES, build, real_sets
from scipy import sparse

DATA = Path(__file__).parents[2] / "shared" / "data"
_TOUCHED = 250  # bytes an entry: about what the hungriest engine takes at K = 100


def native(baskets: sparse.csr_array, options: argparse.Namespace) -> Callable[[], Any]:
    """Our own, through the door, its checks included."""
    from training.cooccurrence import neighbours  # noqa: PLC0415 - measured apart

    rng = np.random.default_rng(0)
    n = baskets.shape[0]
    weights = rng.random(n).astype(np.float32) if "weights" in options.extras else None
    voters = rng.integers(0, max(n // 8, 1), n).astype(np.int32) if "voters" in options.extras else None
    return lambda: neighbours(
        baskets, options.k, options.statistic, weights=weights, voters=voters, threads=options.threads, engine="native"
    )


def _by_root(baskets: sparse.csr_array, dtype: type[np.floating[Any]]) -> sparse.csr_matrix:
    held = np.bincount(baskets.indices, minlength=baskets.shape[1])
    data = (1.0 / np.sqrt(held[baskets.indices])).astype(dtype)
    return sparse.csr_matrix((data, baskets.indices, baskets.indptr), shape=baskets.shape)


def implicit(baskets: sparse.csr_array, options: argparse.Namespace) -> Callable[[], Any]:
    """Implicit's cosine as its ItemItemRecommender keeps it: the triplets made into rows (by item, not by score)."""
    triplets = implicit_triplets(baskets, options)
    return lambda: triplets().tocsr()


def implicit_triplets(baskets: sparse.csr_array, options: argparse.Namespace) -> Callable[[], Any]:
    """Implicit's all_pairs_knn over B / √D: K triplets an item, itself among them, (0, 0, 0.0) for those missing."""
    from implicit.nearest_neighbours import all_pairs_knn  # noqa: PLC0415 - optional

    return lambda: all_pairs_knn(
        _by_root(baskets, np.float64), K=options.k + 1, num_threads=options.threads, show_progress=False
    )


def similaripy(baskets: sparse.csr_array, options: argparse.Namespace) -> Callable[[], Any]:
    """Similaripy's cosine over Bᵀ."""
    import similaripy as peer  # noqa: PLC0415 - optional

    return lambda: peer.cosine(
        sparse.csr_matrix(baskets.T.astype(np.float32)), k=options.k + 1, num_threads=options.threads, verbose=False
    )


def sparse_dot_topn(baskets: sparse.csr_array, options: argparse.Namespace) -> Callable[[], Any]:
    """sparse_dot_topn's product Xᵀ X of X = B / √D, sorted."""
    from sparse_dot_topn import sp_matmul_topn  # noqa: PLC0415 - optional

    def run() -> object:
        scaled = _by_root(baskets, np.float32)
        return sp_matmul_topn(scaled.T.tocsr(), scaled, options.k + 1, n_threads=options.threads, sort=True)

    return run


ENGINES = {
    "native": native,
    "implicit": implicit,
    "implicit_triplets": implicit_triplets,
    "similaripy": similaripy,
    "sparse_dot_topn": sparse_dot_topn,
}


def status(field: str) -> float:
    """A field of this process's status, in MB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1000


def touch(size: int) -> None:
    """Use `size` bytes and give them back: the host of a virtual machine backs them at first use, at seconds a GB.

    At least 64 MB, which leave no trace in the allocator; at most half of what is free.
    """
    from training.cooccurrence.memory import available_memory  # noqa: PLC0415 - found by the path of `in_process`

    wanted, free = max(size, 64 << 20), available_memory()
    room = np.empty(wanted if free is None else min(wanted, free // 2), np.uint8)
    room[:: os.sysconf("SC_PAGE_SIZE")] = 1


def measure(engine: str, path: str, options: argparse.Namespace) -> dict[str, float | str | bool]:
    """One run, in this process."""
    with np.load(path) as file:
        data = np.ones(len(file["indices"]), np.float32)
        baskets = sparse.csr_array((data, file["indices"], file["indptr"]), shape=tuple(file["shape"]))
    run = ENGINES[engine](baskets, options)
    touch(_TOUCHED * baskets.nnz)
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark begins here
    cpu, wall = time.process_time(), time.perf_counter()
    result = run()
    found: dict[str, float | str | bool] = {
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - wall,
        "peak_mb": status("VmHWM") - before,
    }
    if engine == "native" and options.statistic == "cosine" and not options.extras:
        found["equal"] = agrees(baskets, result, options.k)
    return found


def agrees(baskets: sparse.csr_array, found: Any, k: int) -> bool:  # noqa: ANN401 - ItemVectors, imported by none
    """Whether 40 rows are those of Bᵀ B, scored and sorted whole."""
    n_items = baskets.shape[1]
    held = np.bincount(baskets.indices, minlength=n_items).astype(np.float64)
    columns = baskets.tocsc()
    for i in np.random.default_rng(0).choice(n_items, min(40, n_items), replace=False):
        mine = baskets[columns.indices[columns.indptr[i] : columns.indptr[i + 1]]]
        c = np.bincount(mine.indices, minlength=n_items).astype(np.float64)
        c[i] = 0
        some = np.flatnonzero(c)
        score = (c[some] / (np.sqrt(held[i]) * np.sqrt(held[some]))).astype(np.float32)
        best = np.lexsort((some, -score))[:k]
        row = found.row(int(i))
        if not (np.array_equal(found.item[row], some[best]) and np.array_equal(found.score[row], score[best])):
            return False
    return True


def in_process(engine: str, path: str, options: argparse.Namespace) -> dict[str, Any] | None:
    """One run in a process of its own; None where the engine is not installed."""
    command = [
        sys.executable,
        __file__,
        "--one",
        engine,
        path,
        "--k",
        str(options.k),
        "--threads",
        str(options.threads),
    ]
    command += ["--statistic", options.statistic, "--extras", ",".join(options.extras)]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]),
    }
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        if "ModuleNotFoundError" in done.stderr:
            return None
        raise RuntimeError(done.stderr)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def bounds(baskets: sparse.csr_array) -> dict[str, float]:
    """What the steps of a kernel without symmetry take on this machine, each alone, in seconds.

    Additions Σ b²; lines of the baskets' list, as each item visits each of its baskets; entries turned round; counters
    scanned once, in rows that meet more than a thirty-second of the items.
    """
    size = np.diff(baskets.indptr).astype(np.float64)
    bytes_of_id = 2 if baskets.shape[1] <= 1 << 16 else 4
    met = baskets.T @ size
    with tempfile.TemporaryDirectory() as folder:
        program, source = str(Path(folder, "bounds")), str(Path(__file__).with_name("kernel_bounds.cpp"))
        march = ["-march=x86-64-v2"] if os.uname().machine == "x86_64" else []
        subprocess.run(["g++", "-std=c++17", "-O3", *march, source, "-o", program], check=True)
        list_mb = max(1, int(baskets.nnz * bytes_of_id / (1 << 20)))
        told = subprocess.run(
            [program, str(list_mb), str(baskets.shape[1])], check=True, capture_output=True, text=True
        ).stdout
    step = json.loads(told)
    return {
        "additions": float((size**2).sum()) * step["add"] * 1e-9,
        "lines": float((size * (1 + bytes_of_id * size / 64)).sum()) * step["line"] * 1e-9,
        "turning": baskets.nnz * step["turn"] * 1e-9,
        "scans": float((met * 32 > baskets.shape[1]).sum()) * baskets.shape[1] * step["scan"] * 1e-9,
    }


def tell_bounds(name: str, baskets: sparse.csr_array, entry: dict[str, Any]) -> None:
    """Print, and add to a report's entry, what bounds the first engine."""
    if shutil.which("g++") is None:
        print(f"{name:16s} bounds need g++")
        return
    entry["bounds"] = bounds(baskets)
    total = sum(entry["bounds"].values())
    parts = ", ".join(f"{what} {seconds:.2f}" for what, seconds in entry["bounds"].items())
    print(f"{name:16s} bound {total:.2f} s ({parts}): {total / entry['cpu']:.0%} of it reached", flush=True)


def growth(options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """How the native engine's cost grows, one thing doubled at a time: CPU seconds, and their exponent."""
    report: dict[str, dict[str, float]] = {}
    for what, shapes in GROWTH.items():
        cpu = {}
        for label, (shape, k) in shapes.items():
            baskets = build(shape, options.seed)
            asked = argparse.Namespace(**{**vars(options), "k": k})
            with tempfile.TemporaryDirectory() as folder:
                path = str(Path(folder, "baskets.npz"))
                np.savez(path, indptr=baskets.indptr, indices=baskets.indices, shape=baskets.shape)
                runs = [in_process("native", path, asked) for _ in range(options.rounds)]
            cpu[label] = statistics.median(run["cpu"] for run in runs if run is not None)
        report[what] = cpu
        first, *_, last = cpu.values()
        steps = "  ".join(f"{label}: {seconds:.2f} s" for label, seconds in cpu.items())
        exponent = np.log2(last / first) / (len(cpu) - 1)
        print(f"{what:32s} {steps}  exponent {exponent:.2f}", flush=True)
    return report


def compare(name: str, baskets: sparse.csr_array, options: argparse.Namespace) -> dict[str, Any]:
    """All engines over one set of baskets, taking turns."""
    sizes = np.diff(baskets.indptr).astype(np.float64)
    report: dict[str, Any] = {
        "baskets": baskets.shape[0],
        "items": baskets.shape[1],
        "nnz": baskets.nnz,
        "updates": float((sizes**2).sum()),
        "engines": {},
    }
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "baskets.npz"))
        np.savez(path, indptr=baskets.indptr, indices=baskets.indices, shape=baskets.shape)
        runs: dict[str, list[dict[str, Any]]] = {engine: [] for engine in options.engines}
        for _ in range(options.rounds):
            for engine in options.engines:
                run = in_process(engine, path, options)
                if run is not None:
                    runs[engine].append(run)
    for engine, all_runs in runs.items():
        if not all_runs:
            print(f"{name:16s} {engine:16s} not installed")
            continue
        cpu, wall = [run["cpu"] for run in all_runs], [run["wall"] for run in all_runs]
        entry = {
            "cpu": statistics.median(cpu),
            "cpu_range": [min(cpu), max(cpu)],
            "wall": statistics.median(wall),
            "peak_mb": statistics.median(run["peak_mb"] for run in all_runs),
            "equal": all(run.get("equal", True) for run in all_runs),
        }
        report["engines"][engine] = entry
        first = report["engines"].get(options.engines[0], entry)
        print(
            f"{name:16s} {engine:16s} cpu {entry['cpu']:8.2f} s ({min(cpu):.2f}–{max(cpu):.2f})"
            f" wall {entry['wall']:7.2f} s peak {entry['peak_mb']:6.0f} MB  {entry['cpu'] / first['cpu']:5.1f}×"
            + ("" if entry["equal"] else "  ROWS DIFFER"),
            flush=True,
        )
    return report


def main() -> int:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", default="small", help=f"of {', '.join(SHAPES)}, real")
    parser.add_argument("--engines", default="native,implicit", help=f"of {', '.join(ENGINES)}; the first is 1×")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--k", type=int, default=100)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--statistic", default="cosine", help="of the native engine; peers do cosine")
    parser.add_argument("--extras", default="", help="weights, voters: of the native engine")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, default=DATA, help="where the real sets lie")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--bounds", action="store_true", help="what this machine's steps add up to; needs g++")
    parser.add_argument("--growth", action="store_true", help="how the cost grows, and nothing else")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.extras = [extra for extra in options.extras.split(",") if extra]
    options.engines = options.engines.split(",")
    if options.one:
        print(json.dumps(measure(options.one[0], options.one[1], options)))
        return 0
    report: dict[str, Any] = {}
    if options.growth:
        report["growth"] = growth(options)
        options.shapes = ""
    for shape in filter(None, options.shapes.split(",")):
        sets = real_sets(options.data) if shape == "real" else {shape: build(SHAPES[shape], options.seed)}
        for name, baskets in sets.items():
            report[name] = compare(name, baskets, options)
            if options.bounds and options.engines[0] in report[name]["engines"]:
                tell_bounds(name, baskets, report[name]["engines"][options.engines[0]])
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))
    return 0 if all(e["equal"] for r in report.values() for e in r.get("engines", {}).values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
