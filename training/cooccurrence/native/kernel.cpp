// The basket kernel: for every item the K best neighbours under a statistic of the co-occurrence C = (B∘A)ᵀ W B.
//
// The plan:  1. items are renumbered by popularity, so that the busy counters share cache lines;
//            2. baskets are laid out afresh: by size, or by voter and then weight where voters vote;
//            3. for every item the places of its baskets are listed (the transpose).
// The rows:  4. an item's baskets are read, with one counter per neighbour: 8, 16 or 32 bits for counts (c_ij ≤ n_i);
//               with weights a 64-bit word, fixed-point sum above and count below, so that one addition does both;
//            5. a sample of the counters gives a guess at the score to beat. A score rises with c and falls with the
//               neighbour's total, so each level of totals has a least counter that can reach the guess; blocks of
//               counters below it are skipped, the rest is scored exactly, and a guess too high is taken back;
//            6. rows are handed over in the order of the items, whichever thread made them.
// No result depends on the number of threads, and threads live within a call only. The formulas are those of
// training/cooccurrence/formulas.py, step by step: compile without contraction of a·b + c.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <numeric>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif
#if defined(__SSE4_1__)
#include <nmmintrin.h>
#endif

extern "C" {

struct Baskets {  // as training.cooccurrence.problem.Problem; weight, anchored, voter, supporter may be null
  int64_t n_baskets, n_items;
  const int64_t* indptr;
  const int32_t* item;
  const float* weight;
  const float* anchored;
  const int32_t* voter;
  const int32_t* supporter;  // never with voter
  int32_t threads;
  int32_t wide;  // 1: 64-bit places even where 32 bits would do, for tests
};

struct Question {
  int32_t kind, threads;  // kind: 0 quotient, 1 Jaccard, 2 log-likelihood ratio
  int64_t k, min_support;
  const double* left;   // (n_items,) divisor of the anchor, or D_i
  const double* right;  // (n_items,) divisor of the neighbour, or D_j
  double total;         // N
};

struct Answer {
  int64_t* indptr;     // (n_items + 1,)
  int32_t* item;       // and score, together: room for basket_bound() entries
  float* score;
  uint32_t* together;
};

struct Control {              // shared with the caller while a call runs
  std::atomic<int64_t> stop;  // the caller sets 1: the call ends early
  std::atomic<int64_t> done;  // rows done
};

}  // extern "C"

namespace {

constexpr int64_t kBlock = 64;       // counters per block
constexpr int kLevels = 64;           // levels of neighbours' totals
constexpr int64_t kRowsAtOnce = 64;  // rows handed over together
constexpr int64_t kAhead = 12;       // baskets fetched ahead

struct Stopped {};

// Room that is written once, in huge pages where the system has them: it is read all over the place.
template <class T>
struct Room {
  T* at = nullptr;
  Room() = default;
  explicit Room(size_t n) {
    constexpr size_t huge = size_t{1} << 21;
    const size_t bytes = n * sizeof(T) + 64, align = bytes < huge ? 64 : huge;
    at = static_cast<T*>(std::aligned_alloc(align, (bytes + align - 1) / align * align));
    if (!at) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
    if (align == huge) madvise(at, bytes, MADV_HUGEPAGE);
#endif
  }
  Room(Room&& other) noexcept { std::swap(at, other.at); }
  Room& operator=(Room&& other) noexcept { return std::swap(at, other.at), *this; }
  ~Room() { std::free(at); }
  T& operator[](size_t i) const { return at[i]; }
};

// Runs work(0) … work(n − 1) at once; the first exception is thrown again when all have ended.
template <class Work>
void in_parallel(int n, Work work) {
  std::vector<std::thread> threads;
  std::exception_ptr failure;
  std::mutex lock;
  auto guarded = [&](int t) {
    try {
      work(t);
    } catch (...) {
      std::lock_guard<std::mutex> hold(lock);
      if (!failure) failure = std::current_exception();
    }
  };
  int started = 1;
  try {
    for (; started < n; ++started) threads.emplace_back(guarded, started);
  } catch (const std::exception&) {  // no more threads to be had: their share is done here
  }
  for (int t = started; t < n; ++t) guarded(t);
  guarded(0);
  for (auto& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

int thread_count(int asked) {
  return asked > 0 ? asked : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void heed(const Control& control) {
  if (control.stop.load(std::memory_order_relaxed)) throw Stopped();
}

// ---------------------------------------------------------------------------------------------------------- the plan

bool is_plain(const Baskets& b) { return !b.weight && !b.anchored && !b.voter && !b.supporter; }

// Whose basket it is: the voter or the supporter; null where nobody asks.
const int32_t* owner_of(const Baskets& b) { return b.voter ? b.voter : b.supporter; }

struct Plan {
  const bool plain, anchored, voting, supported;
  const int64_t n_items;
  std::vector<int32_t> item_of, rank;  // new number → item, item → new number
  std::vector<int64_t> first;          // (n_items + 1,) by new number: where the item's places begin
  std::vector<int64_t> updates;        // (n_items,) by new number: neighbours met, the item itself and repeats too
  std::vector<double> anchor_total, neighbour_total;  // (n_items,) by item; D_i, D_j

  explicit Plan(const Baskets& b)
      : plain(is_plain(b)), anchored(b.anchored), voting(b.voter), supported(b.supporter), n_items(b.n_items) {}
  virtual ~Plan() = default;
  virtual void answer(const Question& q, const Answer& a, Control& control) const = 0;
  int64_t bound(int64_t k) const;
};

int64_t Plan::bound(int64_t k) const {
  int64_t sum = 0;
  for (int64_t r = 0; r < n_items; ++r) {
    sum += std::min({k, n_items - 1, updates[r] - (first[r + 1] - first[r])});
  }
  return sum;
}

float weight_of(const Baskets& b, int64_t basket) { return b.weight ? b.weight[basket] : 1.0f; }

// Baskets of two items and more, by size, or by voter, then weight down, or by supporter. One item alone meets nobody.
std::vector<uint32_t> order_of_baskets(const Baskets& b) {
  std::vector<uint32_t> order;
  auto size = [&](int64_t basket) { return b.indptr[basket + 1] - b.indptr[basket]; };
  if (const int32_t* owner = owner_of(b)) {
    std::vector<uint64_t> keys;
    for (int64_t basket = 0; basket < b.n_baskets; ++basket) {
      if (size(basket) > 1) keys.push_back(uint64_t(uint32_t(owner[basket])) << 32 | uint64_t(basket));
    }
    std::sort(keys.begin(), keys.end());
    order.assign(keys.begin(), keys.end());  // keeps the lower half: the basket
    for (size_t low = 0, high = 0; b.voter && low < order.size(); low = high) {
      while (high < order.size() && b.voter[order[high]] == b.voter[order[low]]) ++high;
      std::stable_sort(order.begin() + low, order.begin() + high,
                       [&](uint32_t x, uint32_t y) { return weight_of(b, x) > weight_of(b, y); });
    }
    return order;
  }
  std::vector<int64_t> start(b.n_items + 2);
  for (int64_t basket = 0; basket < b.n_baskets; ++basket) ++start[size(basket) + 1];
  const int64_t small = start[1] + start[2 <= b.n_items + 1 ? 2 : 1] * (b.n_items >= 1);
  for (int64_t s = 1; s <= b.n_items + 1; ++s) start[s] += start[s - 1];
  order.resize(b.n_baskets - small);
  for (int64_t basket = 0; basket < b.n_baskets; ++basket) {
    if (size(basket) > 1) order[start[size(basket)]++ - small] = static_cast<uint32_t>(basket);
  }
  return order;
}

// Id: a renumbered item. Place: where a basket begins in the list.
template <class Id, class Place>
struct Lists final : Plan {
  // Before a basket that weighs or has an owner stand its size, weight and owner, 32 bits each.
  struct Head {
    uint32_t size;
    float weight;
    uint32_t owner;
  };
  static constexpr int64_t kHead = sizeof(Head) / sizeof(Id);

  Room<Id> list;
  Room<Place> place;          // by item: the places of its baskets, rising
  Room<float> anchor_weight;  // beside place
  std::vector<Place> size_end;  // plain baskets lie by size: those of sizes[s] items end before size_end[s]
  std::vector<int64_t> sizes;

  Lists(const Baskets& b, Control& control);
  std::vector<int64_t> count_items(const Baskets& b, int threads);
  void sum_weights(const Baskets& b);
  void sum_votes(const Baskets& b);
  void number_items(const std::vector<int64_t>& count);
  void answer(const Question& q, const Answer& a, Control& control) const override;
  Head head(const Id* basket) const {
    Head h;
    std::memcpy(&h, basket, sizeof h);
    return h;
  }
};

template <class Id, class Place>
Lists<Id, Place>::Lists(const Baskets& b, Control& control) : Plan(b) {
  const int threads = std::min(thread_count(b.threads), 16);
  const std::vector<int64_t> count = count_items(b, threads);
  number_items(count);
  if (voting) {
    sum_votes(b);
  } else if (!plain) {
    sum_weights(b);
  } else {
    anchor_total.assign(count.begin(), count.end());
    neighbour_total = anchor_total;
  }
  heed(control);

  const std::vector<uint32_t> order = order_of_baskets(b);
  const int64_t n = static_cast<int64_t>(order.size()), head_size = plain ? 0 : kHead;
  std::vector<int64_t> part(threads + 1, n), begin(threads + 1);  // parts of about equal size, and where they lie
  int64_t length = 0, entries = 0;
  for (const uint32_t basket : order) entries += b.indptr[basket + 1] - b.indptr[basket];
  part[0] = 0;
  for (int64_t at = 0, t = 1, seen = 0; at < n; ++at) {
    while (t < threads && seen >= entries * t / threads) begin[t] = length, part[t++] = at;
    const int64_t size = b.indptr[order[at] + 1] - b.indptr[order[at]];
    if (plain && (sizes.empty() || sizes.back() != size)) sizes.push_back(size), size_end.push_back(0);
    length += size + head_size, seen += size;
    if (plain) size_end.back() = static_cast<Place>(length);
  }
  for (int t = 1; t < threads; ++t) {
    if (part[t] == n) begin[t] = length;
  }

  list = Room<Id>(length);
  // Of an item in a part: its baskets (below) and their sizes (above) in one word, the sizes in steps of 2^coarse, that
  // one addition counts both; a basket counts once, so that neither half overflows. Then: where the part writes next.
  int coarse = 0;
  while ((entries >> coarse) + n > std::numeric_limits<uint32_t>::max()) ++coarse;
  std::vector<std::vector<uint64_t>> cursor(threads);
  const std::vector<Id> short_rank(rank.begin(), rank.end());
  const int32_t* owner = owner_of(b);
  in_parallel(threads, [&](int t) {
    cursor[t].assign(n_items, 0);
    uint64_t* tally = cursor[t].data();
    Id* to = list.at + begin[t];
    for (int64_t at = part[t]; at < part[t + 1]; ++at) {
      if (at % 65536 == 0) heed(control);
      if (at + 32 < part[t + 1]) __builtin_prefetch(b.indptr + order[at + 32]);
      if (at + 16 < part[t + 1]) __builtin_prefetch(b.item + b.indptr[order[at + 16]]);
      const int64_t basket = order[at], low = b.indptr[basket], size = b.indptr[basket + 1] - low;
      if (!plain) {
        const Head h{uint32_t(size), weight_of(b, basket), owner ? uint32_t(owner[basket]) : 0};
        std::memcpy(to, &h, sizeof h);
        to += kHead;
      }
      const uint64_t one = static_cast<uint64_t>((size >> coarse) + (coarse > 0)) << 32 | 1;
      for (int64_t e = 0; e < size; ++e) {
        const Id r = short_rank[b.item[low + e]];
        to[e] = r;
        tally[r] += one;
      }
      to += size;
    }
  });

  first.assign(n_items + 1, 0), updates.assign(n_items, 0);
  for (int64_t r = 0, sum = 0; r < n_items; ++r) {
    first[r] = sum;
    for (int t = 0; t < threads; ++t) {
      const uint64_t tally = std::exchange(cursor[t][r], static_cast<uint64_t>(sum));
      updates[r] += static_cast<int64_t>(tally >> 32 << coarse);
      sum += static_cast<int64_t>(tally & 0xffffffffu);
    }
    first[r + 1] = sum;
  }
  place = Room<Place>(entries + kAhead);
  std::fill(place.at + entries, place.at + entries + kAhead, 0);
  if (anchored) anchor_weight = Room<float>(entries);
  in_parallel(threads, [&](int t) {
    uint64_t* next = cursor[t].data();
    auto size_at = [&](int64_t at) { return b.indptr[order[at] + 1] - b.indptr[order[at]]; };
    int64_t from = begin[t], ahead = from, soon = part[t];
    for (int64_t at = part[t]; at < part[t + 1]; ++at) {
      if (at % 65536 == 0) heed(control);
      for (; soon < std::min(at + 6, part[t + 1]); ++soon) {  // where a later basket will write
        const Id *id = list.at + ahead + head_size, *end = id + size_at(soon);
        ahead = end - list.at;
        for (; id < end; ++id) __builtin_prefetch(place.at + next[*id], 1);
      }
      const Id* id = list.at + from + head_size;
      const int64_t size = size_at(at), low = anchored ? b.indptr[order[at]] : 0;
      for (int64_t e = 0; e < size; ++e) {
        const uint64_t to = next[id[e]]++;
        place[to] = static_cast<Place>(from);
        if (anchored) anchor_weight[to] = b.anchored[low + e];
      }
      from += size + head_size;
    }
  });
}

template <class Id, class Place>
std::vector<int64_t> Lists<Id, Place>::count_items(const Baskets& b, int threads) {
  std::vector<std::vector<int64_t>> count(threads);
  const int64_t nnz = b.indptr[b.n_baskets];
  in_parallel(threads, [&](int t) {
    count[t].assign(n_items, 0);
    for (int64_t e = nnz * t / threads; e < nnz * (t + 1) / threads; ++e) ++count[t][b.item[e]];
  });
  for (int t = 1; t < threads; ++t) {
    for (int64_t i = 0; i < n_items; ++i) count[0][i] += count[t][i];
  }
  return std::move(count[0]);
}

template <class Id, class Place>
void Lists<Id, Place>::number_items(const std::vector<int64_t>& count) {
  item_of.resize(n_items), rank.resize(n_items);
  std::iota(item_of.begin(), item_of.end(), 0);
  std::stable_sort(item_of.begin(), item_of.end(), [&](int32_t x, int32_t y) { return count[x] > count[y]; });
  for (int64_t r = 0; r < n_items; ++r) rank[item_of[r]] = static_cast<int32_t>(r);
}

// One thread and one order: sums of floating-point numbers must not depend on how many share the work.
template <class Id, class Place>
void Lists<Id, Place>::sum_weights(const Baskets& b) {
  anchor_total.assign(n_items, 0.0), neighbour_total.assign(n_items, 0.0);
  for (int64_t basket = 0; basket < b.n_baskets; ++basket) {
    const double w = weight_of(b, basket);
    for (int64_t e = b.indptr[basket]; e < b.indptr[basket + 1]; ++e) {
      neighbour_total[b.item[e]] += w;
      if (anchored) anchor_total[b.item[e]] += w * b.anchored[e];
    }
  }
  if (!anchored) anchor_total = neighbour_total;
}

template <class Id, class Place>
void Lists<Id, Place>::sum_votes(const Baskets& b) {
  anchor_total.assign(n_items, 0.0), neighbour_total.assign(n_items, 0.0);
  std::vector<uint64_t> keys(b.n_baskets);
  for (int64_t basket = 0; basket < b.n_baskets; ++basket) keys[basket] = uint64_t(b.voter[basket]) << 32 | basket;
  std::sort(keys.begin(), keys.end());
  std::vector<int64_t> last(n_items, -1);
  std::vector<double> vote(n_items, 0.0), anchored_vote(anchored ? n_items : 0, 0.0);
  for (const uint64_t key : keys) {
    const int64_t basket = static_cast<uint32_t>(key), voter = static_cast<int64_t>(key >> 32);
    const double w = weight_of(b, basket);
    for (int64_t e = b.indptr[basket]; e < b.indptr[basket + 1]; ++e) {
      const int32_t i = b.item[e];
      const bool again = last[i] == voter;
      if (!again) neighbour_total[i] += std::exchange(vote[i], 0.0);
      vote[i] = std::max(vote[i], w);
      if (anchored) {
        if (!again) anchor_total[i] += std::exchange(anchored_vote[i], 0.0);
        anchored_vote[i] = std::max(anchored_vote[i], w * b.anchored[e]);
      }
      last[i] = voter;
    }
  }
  for (int64_t i = 0; i < n_items; ++i) {
    neighbour_total[i] += vote[i];
    if (anchored) anchor_total[i] += anchored_vote[i];
  }
  if (!anchored) anchor_total = neighbour_total;
}

// -------------------------------------------------------------------------------------------------------- the scores

// As formulas.log, bit by bit, and without a branch, so that compilers vectorise it; of 0 some finite number.
inline double natural_log(double x) {
  uint64_t bits, exponent_bits;
  std::memcpy(&bits, &x, sizeof bits);
  exponent_bits = bits >> 52 | 0x4330000000000000u;  // 2^52 + the exponent: an integer made a double
  bits = (bits & 0x000fffffffffffffu) | 0x3fe0000000000000u;
  double m, exponent;
  std::memcpy(&m, &bits, sizeof m);
  std::memcpy(&exponent, &exponent_bits, sizeof exponent);
  exponent -= 4503599627370496.0 + 1022.0;
  const bool low = m < 0.7071067811865476;
  exponent = low ? exponent - 1.0 : exponent;
  m = low ? m * 2.0 : m;
  const double s = (m - 1.0) / (m + 1.0), z = s * s;
  double series = 1.0 / 21;
  for (int odd = 19; odd > 0; odd -= 2) series = series * z + 1.0 / odd;
  return exponent * 0.6931471805599453 + 2.0 * s * series;
}

// O ln(O / E), E = margins / n, for O ≥ 0; nothing where either is nothing.
inline double cell(double observed, double margins, double n) {
  const double o = margins > 0.0 ? observed : 0.0, below = margins > 0.0 ? margins : 1.0;
  return o * natural_log(o * n / below);
}

struct Scorer {
  int32_t kind;
  double left, n;  // the anchor's divisor or total, and N

  double ratio(double c, double right) const {
    const double rest_i = std::max(n - left, 0.0), rest_j = std::max(n - right, 0.0);
    const double sum = cell(c, left * right, n) + cell(std::max(left - c, 0.0), left * rest_j, n) +
                       cell(std::max(right - c, 0.0), rest_i * right, n) +
                       cell(std::max(rest_i - right + c, 0.0), rest_i * rest_j, n);
    const double expected = n > 0.0 ? left * right / n : 0.0;
    return c < expected ? -2.0 * sum : 2.0 * sum;
  }

  // Adding 0 makes −0 into 0.
  void score(const double* c, const double* right, int64_t size, float* to) const {
    if (kind == 2) {
      for (int64_t e = 0; e < size; ++e) to[e] = static_cast<float>(ratio(c[e], right[e])) + 0.0f;
    } else {
      for (int64_t e = 0; e < size; ++e) {
        const double below = kind == 0 ? left * right[e] : left + right[e] - c[e];
        to[e] = static_cast<float>(below > 0.0 ? c[e] / below : 0.0);
      }
    }
  }

  // No c below this scores `least` or more with a neighbour of `right` or more; `hint` is a lower bound.
  double least_c(double least, double right, double hint) const {
    if (!(least > 0.0)) return 0.0;
    if (kind == 0) return least * left * right;
    if (kind == 1) return least * (left + right) / (1.0 + least);
    if (!(n > 0.0)) return 0.0;
    double low = std::max(hint, left * right / n), high = low;
    const double most = std::min(left, right);
    for (double step = std::max(0.5, 0.05 * low); high < most && ratio(high, right) < least; step *= 2) {
      low = high, high += step;
    }
    for (int i = 0; i < 3 && high - low > std::max(0.5, 0.02 * low); ++i) {
      const double middle = 0.5 * (low + high);
      (middle < most && ratio(middle, right) < least ? low : high) = middle;
    }
    return low;
  }
};

// Keys sort by score down, then item up.
inline uint64_t key_of(float score, int32_t item) {
  uint32_t bits;
  std::memcpy(&bits, &score, sizeof bits);
  const uint32_t rising = bits ^ ((0 - (bits >> 31)) | 0x80000000u);
  return uint64_t(~rising) << 32 | static_cast<uint32_t>(item);
}

inline float score_of(uint64_t key) {
  const uint32_t rising = ~static_cast<uint32_t>(key >> 32);
  const uint32_t bits = rising ^ (((rising >> 31) - 1) | 0x80000000u);
  float score;
  std::memcpy(&score, &bits, sizeof score);
  return score;
}

// Keeps at least k of the smallest keys, and few more: one pass around a sampled pivot that never mispredicts.
inline int64_t cut(uint64_t* keys, int64_t n, int64_t k) {
  constexpr int64_t kSample = 32;
  while (n > k + k / 2 + kSample) {
    uint64_t sample[kSample];
    for (int64_t e = 0; e < kSample; ++e) sample[e] = keys[e * n / kSample];
    std::sort(sample, sample + kSample);
    const uint64_t pivot = sample[std::min(kSample - 1, k * kSample / n + 2)];
    if (pivot == sample[kSample - 1]) break;
    // Stable halves would cost a second array; only if the pivot is too small must the keys be seen again.
    const int64_t fit = std::count_if(keys, keys + n, [pivot](uint64_t key) { return key <= pivot; });
    if (fit < k) break;
    int64_t m = 0;
    for (int64_t e = 0; e < n; ++e) {
      const uint64_t key = keys[e];
      keys[m] = key, m += key <= pivot;
    }
    n = m;
  }
  if (n > 2 * k + kSample) std::nth_element(keys, keys + k, keys + n), n = k;
  return n;
}

// Merges [low, middle) and [middle, high) of equal length, from both ends at once: two chains without a branch.
inline void merge_equal(const uint64_t* low, int64_t half, uint64_t* to) {
  const uint64_t *a = low, *b = low + half, *y = b - 1, *z = b + half - 1;
  uint64_t *front = to, *back = to + 2 * half - 1;
  for (int64_t e = 0; e < half; ++e) {
    const bool from_a = *a <= *b, from_z = *y <= *z;
    *front++ = from_a ? *a : *b;
    *back-- = from_z ? *z : *y;
    a += from_a, b += !from_a, z -= from_z, y -= !from_z;
  }
}

inline void sort_four(uint64_t* k) {
  auto order = [](uint64_t& x, uint64_t& y) {
    const uint64_t low = std::min(x, y), high = std::max(x, y);
    x = low, y = high;
  };
  order(k[0], k[1]), order(k[2], k[3]), order(k[0], k[2]), order(k[1], k[3]), order(k[1], k[2]);
}

// Sorts few distinct keys; `keys` and `other` have room for n + 3; returns which of the two holds the result.
inline uint64_t* sort_keys(uint64_t* keys, uint64_t* other, int64_t n) {
  const int64_t padded = (n + 3) / 4 * 4;
  std::fill(keys + n, keys + padded, std::numeric_limits<uint64_t>::max());
  for (int64_t e = 0; e < padded; e += 4) sort_four(keys + e);
  for (int64_t width = 4; width < padded; width *= 2, std::swap(keys, other)) {
    for (int64_t low = 0; low < padded; low += 2 * width) {
      const int64_t rest = padded - low;
      if (rest >= 2 * width) {
        merge_equal(keys + low, width, other + low);
      } else if (rest > width) {
        std::merge(keys + low, keys + low + width, keys + low + width, keys + padded, other + low);
      } else {
        std::copy(keys + low, keys + padded, other + low);
      }
    }
  }
  return keys;
}

// ---------------------------------------------------------------------------------------------------------- the rows

struct Rows {  // some rows, one after another
  std::vector<int64_t> length;
  std::vector<int32_t> item;
  std::vector<float> score;
  std::vector<uint32_t> together;
};

// What all threads share about the neighbours: their totals, by new number, and the level of each block of them.
struct Neighbours {
  struct One {
    double right;
    int64_t item;
  };
  std::vector<One> one;
  std::vector<uint8_t> level;
  std::vector<double> least;  // (kLevels,) the smallest total of a level; infinite for none

  Neighbours(const Question& q, const Plan& plan) : least(kLevels, std::numeric_limits<double>::infinity()) {
    const int64_t n = plan.n_items, blocks = (n + kBlock - 1) / kBlock;
    one.resize(n);
    for (int64_t r = 0; r < n; ++r) one[r] = One{q.right[plan.item_of[r]], plan.item_of[r]};
    std::vector<double> low(blocks);
    double span = 0.0;
    for (int64_t b = 0; b < blocks; ++b) {
      low[b] = one[b * kBlock].right;
      for (int64_t r = b * kBlock; r < std::min(n, (b + 1) * kBlock); ++r) low[b] = std::min(low[b], one[r].right);
      span = std::max(span, low[b]);
    }
    level.resize(blocks);
    // Levels to a doubling; the lowest level takes the rest. A quotient's bar is as loose as its level is wide; the ratio
    // of large counts lives on their small difference from chance, and wants narrow levels.
    const double fine = q.kind == 2 ? 6.0 : 4.0;
    for (int64_t b = 0; b < blocks; ++b) {
      const double below = low[b] > 0.0 ? fine * std::log2(span / low[b]) : kLevels;
      level[b] = static_cast<uint8_t>(kLevels - 1 - static_cast<int>(std::min<double>(below, kLevels - 1)));
      least[level[b]] = std::min(least[level[b]], low[b]);
    }
  }
};

// Bit e: at[e] ≥ least, for a block of counters; least is not 0.
template <class Counter>
inline uint64_t reach(const Counter* at, Counter least) {
  uint64_t bits = 0;
#if defined(__SSE4_1__)
  auto load = [&](int64_t e) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + e)); };
  if constexpr (sizeof(Counter) == 1) {
    const __m128i bar = _mm_set1_epi8(static_cast<char>(least));
    for (int64_t e = 0; e < kBlock; e += 16) {
      const __m128i x = load(e);
      bits |= uint64_t(uint32_t(_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(x, bar), x)))) << e;
    }
    return bits;
  } else if constexpr (sizeof(Counter) == 2) {
    const __m128i bar = _mm_set1_epi16(static_cast<short>(least));
    for (int64_t e = 0; e < kBlock; e += 16) {
      const __m128i x = load(e), y = load(e + 8);
      const __m128i both = _mm_packs_epi16(_mm_cmpeq_epi16(_mm_max_epu16(x, bar), x), _mm_cmpeq_epi16(_mm_max_epu16(y, bar), y));
      bits |= uint64_t(uint32_t(_mm_movemask_epi8(both))) << e;
    }
    return bits;
  }
#endif
#if defined(__SSE4_2__)
  if constexpr (sizeof(Counter) == 8) {  // words stay below 2^63: signed comparison will do
    const __m128i below = _mm_set1_epi64x(static_cast<int64_t>(least - 1));
    for (int64_t e = 0; e < kBlock; e += 2) {
      const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + e));
      bits |= uint64_t(uint32_t(_mm_movemask_pd(_mm_castsi128_pd(_mm_cmpgt_epi64(x, below))))) << e;
    }
    return bits;
  }
#endif
  for (int64_t e = 0; e < kBlock; ++e) bits |= uint64_t(at[e] >= least) << e;
  return bits;
}

template <class Id, class Place>
class Worker {
 public:
  Worker(const Lists<Id, Place>& lists, const Question& question, const Neighbours& neighbours)
      : lists_(lists), q_(question), near_(neighbours) {}

  // Rows are few baskets long in a wide catalogue: what the rows to come will read is fetched in three steps.
  void fetch_first(int64_t r) const { __builtin_prefetch(&lists_.first[r]), __builtin_prefetch(&lists_.updates[r]); }
  void fetch_places(int64_t r) const { __builtin_prefetch(lists_.place.at + lists_.first[r]); }
  void fetch_baskets(int64_t r) const {
    const int64_t low = lists_.first[r], high = std::min(lists_.first[r + 1], low + kAhead);
    for (int64_t p = low; p < high; ++p) __builtin_prefetch(lists_.list.at + lists_.place[p]);
  }

  void row(int64_t r, Rows& out) {
    const int64_t n = lists_.first[r + 1] - lists_.first[r];
    if (n < q_.min_support) {
      out.length.push_back(0);
    } else if (!lists_.plain) {
      make<uint64_t>(r, n, words_, out);
    } else if (n <= 0xff) {
      make<uint8_t>(r, n, bytes_, out);
    } else if (n <= 0xffff) {
      make<uint16_t>(r, n, shorts_, out);
    } else {
      make<uint32_t>(r, n, ints_, out);
    }
  }

 private:
  static constexpr int64_t kBatch = 512;
  static constexpr float kNoBar = -std::numeric_limits<float>::infinity();

  const Lists<Id, Place>& lists_;
  const Question& q_;
  const Neighbours& near_;
  std::vector<uint8_t> bytes_;
  std::vector<uint16_t> shorts_;
  std::vector<uint32_t> ints_, stamp_;
  std::vector<uint64_t> words_;
  std::vector<Id> met_;  // neighbours of a sparse row, as they were met
  int64_t n_met_ = 0;
  std::vector<uint64_t> keys_, sorted_;
  int64_t n_keys_ = 0;
  std::vector<std::pair<double, Place>> vote_;
  struct Backers {
    uint32_t last = 0, count = 0;  // the last supporter by number, and how many they are
  };
  std::vector<Backers> backers_;
  uint32_t tick_ = 0;
  // Counters on their way to be scored.
  int32_t batch_[kBatch + kBlock];
  double batch_c_[kBatch + kBlock], batch_right_[kBatch + kBlock];
  float batch_score_[kBatch + kBlock];
  // The row at hand.
  Scorer scorer_{};
  bool sparse_ = false;
  int count_bits_ = 0;  // of a weighted counter
  double unit_ = 1.0;   // what 1 in a weighted counter's sum is worth
  int64_t longest_run_ = 1;  // most baskets of one owner
  bool filtered_ = false;    // whether neighbours need supporters

  template <class Counter>
  double sum_of(Counter c) const {
    // A sum has at most 63 bits: through int64, which every machine turns into a double at once.
    if constexpr (std::is_same_v<Counter, uint64_t>) return static_cast<double>(int64_t(c >> count_bits_)) * unit_;
    return static_cast<double>(static_cast<int64_t>(c));
  }
  template <class Counter>
  uint32_t together_of(Counter c) const {
    if constexpr (std::is_same_v<Counter, uint64_t>) return static_cast<uint32_t>(c & ((uint64_t{1} << count_bits_) - 1));
    return static_cast<uint32_t>(c);
  }

  template <class Counter>
  void make(int64_t r, int64_t n, std::vector<Counter>& store, Rows& out) {
    const int64_t n_items = lists_.n_items;
    if (store.empty()) store.assign((n_items + kBlock - 1) / kBlock * kBlock, 0);
    if (met_.empty()) met_.resize(n_items + 1);
    Counter* counter = store.data();
    const int32_t item = lists_.item_of[r];
    scorer_ = Scorer{q_.kind, q_.left[item], q_.total};
    sparse_ = lists_.updates[r] * 32 < n_items * static_cast<int64_t>(sizeof(Counter));
    n_met_ = 0;
    if constexpr (std::is_same_v<Counter, uint64_t>) {
      set_unit(n, lists_.anchor_total[item]);
      sparse_ ? weigh<true>(r, counter) : weigh<false>(r, counter);
    } else if (sparse_) {
      count<true>(counter, lists_.first[r], lists_.first[r + 1]);
    } else if (sizeof(Counter) > 1 && lists_.updates[r] / n * 0xff > n_items) {
      count_in_bytes(r, store);
    } else {
      count<false>(counter, lists_.first[r], lists_.first[r + 1]);
    }
    counter[r] = 0;
    select(r, counter, out);
    if (sparse_) {
      for (int64_t m = 0; m < n_met_; ++m) counter[met_[m]] = 0;
    } else {
      std::fill(store.begin(), store.end(), Counter{0});
    }
  }

  // ---- counting

  template <bool kSparse, class Counter>
  void add(Counter* counter, const Id* id, int64_t size, Counter much) {
    if constexpr (kSparse) {
      Id* met = met_.data();  // local copies: a byte counter might be anything's alias
      int64_t n_met = n_met_;
      for (int64_t e = 0; e < size; ++e) {
        const Id j = id[e];
        met[n_met] = j, n_met += counter[j] == 0;
        counter[j] = static_cast<Counter>(counter[j] + much);
      }
      n_met_ = n_met;
      return;
    }
    auto hit = [counter, much](uint64_t j) { counter[j] = static_cast<Counter>(counter[j] + much); };
    int64_t e = 0;
    if constexpr (sizeof(Id) == 2) {
      for (; e + 4 <= size; e += 4) {  // four items in one load
        uint64_t four;
        std::memcpy(&four, id + e, sizeof four);
        hit(four & 0xffff), hit(four >> 16 & 0xffff), hit(four >> 32 & 0xffff), hit(four >> 48);
      }
    }
    for (; e < size; ++e) hit(id[e]);
  }

  // Large baskets: 255 of them at a time in byte counters, which fit a nearer cache, are worth the extra sum.
  template <class Counter>
  void count_in_bytes(int64_t r, std::vector<Counter>& store) {
    bytes_.resize(store.size());
    for (int64_t low = lists_.first[r], high = lists_.first[r + 1]; low < high; low += 0xff) {
      count<false>(bytes_.data(), low, std::min(high, low + 0xff));
      Counter* to = store.data();
      uint8_t* from = bytes_.data();
      for (size_t j = 0; j < store.size(); ++j) to[j] = static_cast<Counter>(to[j] + from[j]), from[j] = 0;
    }
  }

  template <bool kSparse, class Counter>
  void count(Counter* counter, int64_t low, int64_t high) {
    const Place *at = lists_.place.at + low, *end = lists_.place.at + high;
    const Id* list = lists_.list.at;
    for (size_t s = 0; at < end;) {  // baskets come by size
      while (*at >= lists_.size_end[s]) ++s;
      const int64_t size = lists_.sizes[s];
      const int64_t fetched = std::min<int64_t>(size + 64 / sizeof(Id) / 2, 512);
      const Place limit = lists_.size_end[s];
      do {
        const Id* ahead = list + at[kAhead];  // of the next item's baskets, at the end
        for (int64_t e = 0; e < fetched; e += 64 / sizeof(Id)) __builtin_prefetch(ahead + e);
        add<kSparse>(counter, list + *at, size, Counter{1});
      } while (++at < end && *at < limit);
    }
  }

  // As many bits for the sum as the count leaves: total ≤ 2^(63 − bits) units, so that rounding up never overflows.
  void set_unit(int64_t n, double total) {
    count_bits_ = 1;
    while ((n >> count_bits_) != 0) ++count_bits_;
    int exponent = 0;
    std::frexp(total, &exponent);
    unit_ = total > 0.0 ? std::ldexp(1.0, exponent - (62 - count_bits_)) : 1.0;
  }

  uint64_t word(double weight) const { return static_cast<uint64_t>(int64_t(weight / unit_ + 0.5)) << count_bits_ | 1; }

  template <bool kSparse>
  void weigh(int64_t r, uint64_t* counter) {
    const int64_t low = lists_.first[r], high = lists_.first[r + 1];
    int64_t owner = -1, run = 0;
    longest_run_ = 1;
    for (int64_t p = low; p < high;) {
      __builtin_prefetch(lists_.list.at + lists_.place[p + kAhead]);
      const Id* basket = lists_.list.at + lists_.place[p];
      const auto head = lists_.head(basket);
      int64_t same = p + 1;
      run = head.owner == owner ? run + 1 : 1, owner = head.owner;
      longest_run_ = std::max(longest_run_, run);
      if (lists_.voting) {
        while (same < high && lists_.head(lists_.list.at + lists_.place[same]).owner == head.owner) ++same;
      }
      if (same == p + 1) {
        const double weight = lists_.anchored ? double(head.weight) * lists_.anchor_weight[p] : double(head.weight);
        add<kSparse>(counter, basket + lists_.kHead, head.size, word(weight));
      } else {
        vote<kSparse>(p, same, counter);
      }
      p = same;
    }
  }

  // Several baskets of one voter, the weightiest first: each neighbour is counted when it is first met.
  template <bool kSparse>
  void vote(int64_t low, int64_t high, uint64_t* counter) {
    if (stamp_.empty()) stamp_.assign(lists_.n_items, 0);
    if (++tick_ == 0) std::fill(stamp_.begin(), stamp_.end(), 0), tick_ = 1;
    vote_.clear();
    for (int64_t p = low; p < high; ++p) {
      const double weight = lists_.head(lists_.list.at + lists_.place[p]).weight;
      vote_.emplace_back(lists_.anchored ? weight * lists_.anchor_weight[p] : weight, lists_.place[p]);
    }
    if (lists_.anchored) {
      std::stable_sort(vote_.begin(), vote_.end(), [](const auto& x, const auto& y) { return x.first > y.first; });
    }
    for (const auto& [weight, place] : vote_) {
      const Id *id = lists_.list.at + place + lists_.kHead, *end = id + lists_.head(id - lists_.kHead).size;
      for (const uint64_t much = word(weight); id < end; ++id) {
        if constexpr (kSparse) {
          met_[n_met_] = *id;
          n_met_ += counter[*id] == 0;
        }
        counter[*id] += stamp_[*id] == tick_ ? 0 : much;
        stamp_[*id] = tick_;
      }
    }
  }

  // ---- choosing

  template <class Counter>
  void select(int64_t r, const Counter* counter, Rows& out) {
    const uint64_t* key = best(r, counter);
    if (lists_.supported && !all_sure(key, counter)) {
      count_backers(r);
      filtered_ = true;
      key = best(r, counter);
      filtered_ = false;
      std::fill(backers_.begin(), backers_.end(), Backers{});
    }
    const int64_t n = std::min(q_.k, n_keys_), from = static_cast<int64_t>(out.item.size());
    out.length.push_back(n);
    out.item.resize(from + n), out.score.resize(from + n), out.together.resize(from + n);
    for (int64_t m = 0; m < n; ++m) {
      const int32_t item = static_cast<int32_t>(key[m]);
      out.item[from + m] = item;
      out.score[from + m] = score_of(key[m]);
      out.together[from + m] = together_of(counter[lists_.rank[item]]);
    }
  }

  // Whether the winners have so many baskets that they cannot lack supporters.
  template <class Counter>
  bool all_sure(const uint64_t* key, const Counter* counter) const {
    const int64_t sure = (q_.min_support - 1) * longest_run_ + 1;
    return std::all_of(key, key + std::min(q_.k, n_keys_), [&](uint64_t one) {
      return together_of(counter[lists_.rank[static_cast<int32_t>(one)]]) >= sure;
    });
  }

  // The distinct supporters of every neighbour; the baskets of one lie together.
  void count_backers(int64_t r) {
    backers_.resize(lists_.n_items);
    uint32_t run = 0;
    int64_t owner = -1;
    for (int64_t p = lists_.first[r]; p < lists_.first[r + 1]; ++p) {
      const Id* basket = lists_.list.at + lists_.place[p];
      const auto head = lists_.head(basket);
      run += head.owner != owner, owner = head.owner;
      for (const Id *id = basket + lists_.kHead, *end = id + head.size; id < end; ++id) {
        Backers& one = backers_[*id];
        one.count += one.last != run, one.last = run;
      }
    }
  }

  // The keys of the best k neighbours, sorted, and maybe of some more.
  template <class Counter>
  const uint64_t* best(int64_t r, const Counter* counter) {
    float guess = lists_.updates[r] > 4 * q_.k ? guess_at(counter, lists_.updates[r]) : kNoBar;
    collect(counter, guess, 1);
    if (n_keys_ < q_.k && guess > 0.0f) collect(counter, guess *= 0.7f, 1);
    if (n_keys_ < q_.k && guess > kNoBar) collect(counter, kNoBar, 1);
    n_keys_ = cut(keys_.data(), n_keys_, q_.k);
    if (static_cast<int64_t>(sorted_.size()) < n_keys_ + 4) sorted_.resize(n_keys_ + 4), keys_.resize(std::max<size_t>(keys_.size(), n_keys_ + 4));
    return sort_keys(keys_.data(), sorted_.data(), n_keys_);
  }

  // A score that somewhat more than k neighbours reach, judged by a part of them: a small one where there are many.
  template <class Counter>
  float guess_at(const Counter* counter, int64_t updates) {
    const int64_t stride = std::clamp<int64_t>(updates / 256, 4, 32);
    collect(counter, kNoBar, stride);
    const double share = static_cast<double>(q_.k) / static_cast<double>(stride);
    const int64_t place = static_cast<int64_t>(share + 2.0 * std::sqrt(share) + 1.0);
    if (n_keys_ <= place) return kNoBar;
    std::nth_element(keys_.begin(), keys_.begin() + place, keys_.begin() + n_keys_);
    return score_of(keys_[place]);
  }

  // The keys of the neighbours that score `least` or more, of one neighbour in `stride`, popular or not.
  template <class Counter>
  void collect(const Counter* counter, float least, int64_t stride) {
    n_keys_ = 0;
    Counter bar[kLevels];
    set_bars(bar, least);
    int64_t n = 0;
    auto take = [&](int64_t j, Counter c, bool passes) {
      const Neighbours::One& one = near_.one[j];
      batch_[n] = static_cast<int32_t>(one.item);
      batch_c_[n] = sum_of(c);
      batch_right_[n] = one.right;
      passes = passes && (!filtered_ || backers_[j].count >= q_.min_support);
      n += std::is_same_v<Counter, uint64_t> ? passes && together_of(c) >= q_.min_support : passes;
    };
    if (sparse_) {
      for (int64_t m = 0; m < n_met_; m += stride) {
        const Counter c = counter[met_[m]];
        take(met_[m], c, c >= bar[near_.level[met_[m] / kBlock]]);
        if (n >= kBatch) flush(std::exchange(n, 0), least);
      }
    } else if (stride > 1) {
      for (int64_t j = stride / 2; j < lists_.n_items; j += stride) {
        take(j, counter[j], counter[j] >= bar[near_.level[j / kBlock]]);
        if (n >= kBatch) flush(std::exchange(n, 0), least);
      }
    } else {
      const int64_t blocks = static_cast<int64_t>(near_.level.size());
      for (int64_t block = 0; block < blocks; ++block) {
        const Counter* at = counter + block * kBlock;
        for (uint64_t bits = reach(at, bar[near_.level[block]]); bits != 0; bits &= bits - 1) {
          const int64_t e = __builtin_ctzll(bits);
          take(block * kBlock + e, at[e], true);
        }
        if (n >= kBatch) flush(std::exchange(n, 0), least);
      }
    }
    flush(n, least);
  }

  void flush(int64_t n, float least) {
    scorer_.score(batch_c_, batch_right_, n, batch_score_);
    if (static_cast<int64_t>(keys_.size()) < n_keys_ + n + 4) keys_.resize(2 * (n_keys_ + n + kBatch));
    uint64_t* keys = keys_.data();
    int64_t to = n_keys_;
    for (int64_t m = 0; m < n; ++m) {
      keys[to] = key_of(batch_score_[m], batch_[m]);
      to += batch_score_[m] >= least;
    }
    n_keys_ = to;
  }

  // bar[level]: the least counter that a neighbour of the level must have to score `least`; at least 1.
  template <class Counter>
  void set_bars(Counter* bar, float least) {
    constexpr bool weighted = std::is_same_v<Counter, uint64_t>;
    // The greatest counter, and what a bar may lose to rounding; rounding to float32 may lift a score by 2^-24 of it.
    const double most = weighted ? std::ldexp(1.0, 63 - count_bits_) : double(std::numeric_limits<Counter>::max());
    const double slack = weighted ? 2.0 + static_cast<double>(uint64_t{1} << std::min(count_bits_, 40)) : 0.0;
    const double below = static_cast<double>(least) * (1.0 - 3e-7);
    const Counter floor = weighted ? 1 : static_cast<Counter>(std::min<double>(static_cast<double>(q_.min_support), most));
    double c = 0.0;
    for (int level = 0; level < kLevels; ++level) {
      bar[level] = floor;
      const double right = near_.least[level];
      if (least == kNoBar || right == std::numeric_limits<double>::infinity()) continue;
      // Cells below 0 break the order that bars rest on.
      const bool ordered = q_.kind != 2 || (!lists_.anchored && scorer_.left + right * 1.2 < scorer_.n);
      c = ordered ? scorer_.least_c(below, right, c) : 0.0;
      const double units = std::ceil(c / (weighted ? unit_ : 1.0) * (1.0 - 1e-9)) - slack;
      const Counter units_here = static_cast<Counter>(std::max(0.0, std::min(units, most)));
      bar[level] = std::max(floor, weighted ? static_cast<Counter>(units_here << count_bits_) : units_here);
    }
  }
};

template <class Id, class Place>
void Lists<Id, Place>::answer(const Question& q, const Answer& a, Control& control) const {
  const Neighbours neighbours(q, *this);
  const int64_t chunks = (n_items + kRowsAtOnce - 1) / kRowsAtOnce;
  std::atomic<int64_t> next{0};
  std::mutex lock;
  std::map<int64_t, Rows> waiting;  // chunks that are done before their predecessors
  int64_t due = 0, written = 0, row = 0;
  a.indptr[0] = 0;
  in_parallel(static_cast<int>(std::min<int64_t>(thread_count(q.threads), std::max<int64_t>(chunks, 1))), [&](int) {
    Worker<Id, Place> worker(*this, q, neighbours);
    for (int64_t chunk; (chunk = next.fetch_add(1)) < chunks;) {
      Rows rows;
      const int64_t end = std::min(n_items, (chunk + 1) * kRowsAtOnce);
      for (int64_t i = chunk * kRowsAtOnce; i < end; ++i) {
        heed(control);
        if (i + 12 < n_items) worker.fetch_first(rank[i + 12]);
        if (i + 6 < n_items) worker.fetch_places(rank[i + 6]);
        if (i + 2 < n_items) worker.fetch_baskets(rank[i + 2]);
        worker.row(rank[i], rows);
      }
      control.done.fetch_add(end - chunk * kRowsAtOnce, std::memory_order_relaxed);
      std::lock_guard<std::mutex> hold(lock);
      waiting.emplace(chunk, std::move(rows));
      for (auto it = waiting.begin(); it != waiting.end() && it->first == due; it = waiting.erase(it), ++due) {
        const Rows& ready = it->second;
        for (const int64_t length : ready.length) a.indptr[row + 1] = a.indptr[row] + length, ++row;
        std::copy(ready.item.begin(), ready.item.end(), a.item + written);
        std::copy(ready.score.begin(), ready.score.end(), a.score + written);
        std::copy(ready.together.begin(), ready.together.end(), a.together + written);
        written += static_cast<int64_t>(ready.item.size());
      }
    }
  });
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
  const bool plain = is_plain(b);
  const int64_t nnz = b.indptr[b.n_baskets];
  const int64_t length = nnz + (plain ? 0 : b.n_baskets * static_cast<int64_t>(12 / sizeof(Id)));
  if (b.wide || length > static_cast<int64_t>(std::numeric_limits<uint32_t>::max())) return new Lists<Id, uint64_t>(b, control);
  return new Lists<Id, uint32_t>(b, control);
}

}  // namespace

extern "C" {

// Changes with the structures and calls: as in native.py.
int32_t basket_edition() { return 2; }

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
int64_t basket_bound(const Plan* plan, int64_t k) { return plan->bound(k); }

int32_t basket_rows(const Plan* plan, const Question* question, const Answer* answer, Control* control) {
  return outcome_of([&] { plan->answer(*question, *answer, *control); });
}

void basket_free(Plan* plan) { delete plan; }

}  // extern "C"
