// The basket kernel: for every item the K best neighbours under a statistic of the co-occurrence C = (B∘A)ᵀ W B.
//
// The plan (lists.hpp): items are renumbered by popularity, so that the busy counters share cache lines; baskets are laid
//    out afresh, by size, or by owner where there are voters or supporters; for every item the places of its baskets are
//    listed (the transpose).
// The rows (rows.hpp): an item's baskets are read, with one counter per neighbour: 8, 16 or 32 bits for counts
//    (c_ij ≤ n_i); with weights a 64-bit word, fixed-point sum above and count below, so that one addition does both.
//    Few updates are sorted instead (sort.hpp). Of plain counts the rows of the most popular items are
//    not counted but read off all others (leaders.hpp): C is symmetric. The rows before tell about which score the k-th best will have.
//    A score rises with c and falls with the neighbour's total, so each level of totals has a least counter that can
//    reach it; the counters that do are scored exactly (scores.hpp), and where they prove too few the bar is lowered.
//    The best keys are kept and sorted (choose.hpp). Most neighbours of plain counts met once, and score by their totals
//    alone: sorted by number they are in order (neighbours.hpp), and only merged with the others.
// Below: rows are handed over in the order of the items, whichever thread made them.
// No result depends on the number of threads, and threads live within a call only. The formulas are those of
// training/cooccurrence/formulas.py, step by step: compile without contraction of a·b + c.

#include <map>

#include "rows.hpp"
#include "sound.hpp"

namespace {

template <class Id, class Place>
void Lists<Id, Place>::answer(const Question& q, const Answer& a, Control& control) const {
  const Neighbours neighbours(q, *this);
  constexpr int64_t kRowsAtOnce = 64;  // rows handed over together
  const int64_t chunks = (n_items + kRowsAtOnce - 1) / kRowsAtOnce;
  std::atomic<int64_t> next{0};
  std::mutex lock;
  std::map<int64_t, Rows> waiting;  // chunks that are done before their predecessors
  int64_t due = 0, written = 0, row = 0;
  a.indptr[0] = 0;
  auto hand_over = [&](const Rows& ready) {
    for (const int64_t length : ready.length) a.indptr[row + 1] = a.indptr[row] + length, ++row;
    std::copy_n(ready.item.get(), ready.size, a.item + written);
    std::copy_n(ready.score.get(), ready.size, a.score + written);
    std::copy_n(ready.together.get(), ready.size, a.together + written);
    written += ready.size, ++due;
  };
  in_parallel(static_cast<int>(std::min<int64_t>(thread_count(q.threads), std::max<int64_t>(chunks, 1))), [&](int) {
    Worker<Id, Place> worker(*this, q, neighbours, wide);
    Rows rows;
    for (int64_t chunk; (chunk = next.fetch_add(1)) < chunks;) {
      const int64_t end = std::min(n_items, (chunk + 1) * kRowsAtOnce);
      int64_t room = 0;
      for (int64_t i = chunk * kRowsAtOnce; i < end; ++i) room += bound(rank[i], q.k);
      rows.empty(room);
      for (int64_t i = chunk * kRowsAtOnce; i < end; ++i) {
        heed(control);
        if (i + 12 < n_items) worker.fetch_first(rank[i + 12]);
        if (i + 6 < n_items) worker.fetch_places(rank[i + 6]);
        if (i + 2 < n_items) worker.fetch_baskets(rank[i + 2]);
        if (rank[i] < leaders.n) {
          rows.leave(bound(rank[i], q.k));
        } else {
          worker.row(rank[i], rows);
        }
      }
      control.done.fetch_add(end - chunk * kRowsAtOnce, std::memory_order_relaxed);
      std::lock_guard<std::mutex> hold(lock);
      if (chunk != due) {
        waiting.emplace(chunk, std::exchange(rows, Rows{}));
        continue;
      }
      hand_over(rows);
      for (auto it = waiting.begin(); it != waiting.end() && it->first == due; it = waiting.erase(it)) hand_over(it->second);
    }
  });
  add_leaders(q, a, neighbours, control);
}

// Makes the rows of leaders, for which `answer` has left room, and closes what they leave of it.
template <class Id, class Place>
void Lists<Id, Place>::add_leaders(const Question& q, const Answer& a, const Neighbours& neighbours, Control& control) const {
  const int64_t groups = (leaders.n + Leaders::kAtOnce - 1) / Leaders::kAtOnce;
  std::vector<int64_t> length(leaders.n);
  std::atomic<int64_t> next{0};
  in_parallel(static_cast<int>(std::min<int64_t>(thread_count(q.threads), groups)), [&](int) {
    Worker<Id, Place> worker(*this, q, neighbours, wide);
    Rows rows;
    for (int64_t group; (group = next.fetch_add(1)) < groups;) {
      heed(control);
      const int64_t low = group * Leaders::kAtOnce, high = std::min(leaders.n, low + Leaders::kAtOnce);
      rows.empty((high - low) * std::min(q.k, n_items));
      worker.leaders(low, high, rows);
      for (int64_t r = low, from = 0; r < high; from += length[r], ++r) {
        const int64_t to = a.indptr[item_of[r]], n = length[r] = rows.length[r - low];
        std::copy_n(rows.item.get() + from, n, a.item + to);
        std::copy_n(rows.score.get() + from, n, a.score + to);
        std::copy_n(rows.together.get() + from, n, a.together + to);
      }
    }
  });
  for (int64_t i = 0, to = 0; leaders.n > 0 && i < n_items; ++i) {
    const int64_t from = a.indptr[i], n = rank[i] < leaders.n ? length[rank[i]] : a.indptr[i + 1] - from;
    if (to < from) {
      std::copy(a.item + from, a.item + from + n, a.item + to);
      std::copy(a.score + from, a.score + from + n, a.score + to);
      std::copy(a.together + from, a.together + from + n, a.together + to);
    }
    a.indptr[i] = to, to += n;
    if (i + 1 == n_items) a.indptr[n_items] = to;
  }
}

enum Outcome : int32_t { kDone = 0, kStopped = 1, kNoMemory = 2, kFailed = 3 };

template <class Work>
int32_t outcome_of(Work work) {
  try {
    work();
    return kDone;
  } catch (const Stopped&) {
    return kStopped;
  } catch (const std::bad_alloc&) {
    return kNoMemory;
  } catch (...) {
    return kFailed;
  }
}

template <class Id>
Plan* new_plan(const Baskets& b, Control& control) {
  const bool plain = !b.weight && !b.anchored && !owner_of(b);
  const int64_t nnz = b.indptr[b.n_baskets];
  const int64_t length = nnz + (plain ? 0 : b.n_baskets * static_cast<int64_t>(12 / sizeof(Id)));
  if (b.wide || length > static_cast<int64_t>(std::numeric_limits<uint32_t>::max())) return new Lists<Id, uint64_t>(b, control);
  return new Lists<Id, uint32_t>(b, control);
}

}  // namespace

extern "C" {

// Changes with the structures and calls: as in native.py.
int32_t basket_edition() { return 4; }

// 1: the baskets are sound and their n values of `size` bytes alike; see sound.hpp.
int32_t basket_sound(int64_t n_baskets, int64_t n_items, int64_t nnz, const int64_t* indptr, const int32_t* item,
                     const char* values, int64_t size) {
  return sound(n_baskets, n_items, nnz, indptr, item) && all_alike(values, nnz, size);
}

// A plan of the baskets, to be freed by basket_free; totals: (n_items,) D_i and D_j are written.
int32_t basket_plan(const Baskets* b, Control* control, Plan** plan, double* anchor_total, double* neighbour_total) {
  return outcome_of([&] {
    std::unique_ptr<Plan> made(b->n_items <= 0x10000 ? new_plan<uint16_t>(*b, *control) : new_plan<uint32_t>(*b, *control));
    std::copy(made->anchor_total.begin(), made->anchor_total.end(), anchor_total);
    std::copy(made->neighbour_total.begin(), made->neighbour_total.end(), neighbour_total);
    *plan = made.release();
  });
}

// How many entries the answer for k may have at most.
int64_t basket_bound(const Plan* plan, int64_t k) {
  int64_t sum = 0;
  for (int64_t r = 0; r < plan->n_items; ++r) sum += plan->bound(r, k);
  return sum;
}

int32_t basket_rows(const Plan* plan, const Question* question, const Answer* answer, Control* control) {
  return outcome_of([&] { plan->answer(*question, *answer, *control); });
}

void basket_free(Plan* plan) { delete plan; }

}  // extern "C"
