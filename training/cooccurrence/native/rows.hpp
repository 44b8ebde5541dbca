// The rows: an item's neighbours counted, the best of them chosen.
#pragma once

#include <array>
#include <cmath>
#include <limits>
#include <type_traits>

#if defined(__SSE4_1__)
#include <nmmintrin.h>
#endif

#include "choose.hpp"
#include "neighbours.hpp"
#include "scores.hpp"
#include "sort.hpp"

namespace {

struct Rows {  // some rows, one after another; room is kept between uses
  std::vector<int64_t> length;
  std::unique_ptr<int32_t[]> item;
  std::unique_ptr<float[]> score;
  std::unique_ptr<uint32_t[]> together;
  int64_t size = 0, room = 0;

  // A row that is written later, of `bound` entries at most.
  void leave(int64_t bound) { length.push_back(bound), size += bound; }
  void empty(int64_t bound) {
    length.clear(), size = 0;
    if (bound <= room) return;
    item.reset(new int32_t[bound]), score.reset(new float[bound]), together.reset(new uint32_t[bound]);
    room = bound;
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
  } else if constexpr (sizeof(Counter) == 4) {
    const __m128i bar = _mm_set1_epi32(static_cast<int>(least));
    auto reached = [&](int64_t e) { return _mm_cmpeq_epi32(_mm_max_epu32(load(e), bar), load(e)); };
    for (int64_t e = 0; e < kBlock; e += 16) {
      const __m128i low = _mm_packs_epi32(reached(e), reached(e + 4)), high = _mm_packs_epi32(reached(e + 8), reached(e + 12));
      bits |= uint64_t(uint32_t(_mm_movemask_epi8(_mm_packs_epi16(low, high)))) << e;
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
  Worker(const Lists<Id, Place>& lists, const Question& question, const Neighbours& neighbours, bool wide)
      : lists_(lists),
        q_(question),
        near_(neighbours),
        keys_of_(lists.n_items),
        ordered_(near_.orderly < lists.n_items),
        few_(wide || lists.n_items >= kWideCatalogue ? kFew : ordered_ ? kShort : 0) {}

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
      lists_.leaders.forget(r);
    } else if (!lists_.plain) {
      make<uint64_t>(r, n, words_, out);
    } else if (lists_.updates[r] <= few_ && n < keys_of_.most()) {
      make_few(r, out);
    } else if (n <= 0xff) {
      make<uint8_t>(r, n, bytes_, out);
    } else if (n <= 0xffff) {
      make<uint16_t>(r, n, shorts_, out);
    } else {
      make<uint32_t>(r, n, ints_, out);
    }
  }

  // The rows of leaders low … high − 1, once all others are made.
  void leaders(int64_t low, int64_t high, Rows& out) {
    const int64_t length = static_cast<int64_t>(near_.level.size()) * kBlock;
    if (led_.empty()) led_.assign(Leaders::kAtOnce * length, 0);
    lists_.leaders.read_off(low, high, led_.data(), length);
    sparse_ = false;
    for (int64_t r = low; r < high; ++r) {
      const int32_t item = lists_.item_of[r];
      scorer_ = Scorer{q_.kind, q_.left[item], q_.total};
      choose(r, led_.data() + (r - low) * length, out);
    }
  }

 private:
  static constexpr int64_t kBatch = 128, kBlocksAtOnce = 16;
  // Updates that are sooner sorted than counted: where counters outgrow the nearer caches; anywhere, where most neighbours
  // met once and stand in order when sorted. Many are sorted digit by digit.
  static constexpr int64_t kFew = 1 << 14, kShort = 128, kMany = 1024;
  static constexpr float kNoBar = -std::numeric_limits<float>::infinity();
  struct Backers {
    uint32_t last = 0, count = 0;  // the last supporter by number, and how many they are
  };

  const Lists<Id, Place>& lists_;
  const Question& q_;
  const Neighbours& near_;
  const Keys keys_of_;
  const bool ordered_;  // whether neighbours that met once are told apart
  const int64_t few_;   // updates that a row which is sorted has at most
  Table<uint8_t> bytes_;
  Table<uint16_t> shorts_;
  Table<uint32_t> ints_, stamp_, led_;
  Table<uint64_t> words_;
  Table<Id> met_;  // neighbours of a sparse row, as they were met
  int64_t n_met_ = 0;
  std::vector<uint32_t> noted_, noted_sorted_;          // the neighbours of a row of few updates
  std::vector<std::pair<uint32_t, uint32_t>> counted_;  // the others, and how often they met
  std::vector<uint64_t> keys_, sorted_, merged_;
  int64_t n_keys_ = 0;
  // Neighbours from near_.orderly on that met once, as ~number: so the rarest is the least. Then their keys.
  std::vector<uint32_t> once_, once_sorted_;
  std::vector<uint64_t> once_keys_;
  int64_t n_once_ = 0;
  std::vector<std::pair<double, Place>> vote_;
  Table<Backers> backers_;
  uint32_t tick_ = 0;
  // Counters on their way to be scored.
  static constexpr int64_t kBatchRoom = 2 * kBatch + kBlock;
  int32_t batch_[kBatchRoom];
  uint64_t batch_count_[kBatchRoom];
  double batch_c_[kBatchRoom], batch_right_[kBatchRoom];
  float batch_score_[kBatchRoom];
  // The row at hand.
  Scorer scorer_{};
  bool sparse_ = false;
  int count_bits_ = 0;       // of a weighted counter
  double unit_ = 1.0;        // what 1 in a weighted counter's sum is worth
  double units_ = 1.0;       // 1 / unit
  int64_t longest_run_ = 1;  // most baskets of one owner
  std::vector<float> guess_ = std::vector<float>(257, kNoBar);  // by step_of: a score that the k-th best will likely reach
  bool filtered_ = false;    // whether neighbours need supporters

  template <class Counter>
  static constexpr bool kWeighted = std::is_same_v<Counter, uint64_t>;
  // What becomes of a basket's items: counted; counted and, when first met, noted; only noted.
  enum Way { kDense, kSparse, kNoted };
  // Where the counts are then found: in all counters, in those of the neighbours met, beside neighbours that were sorted.
  enum How { kAll, kMet, kSorted };

  // ---- counting

  template <class Counter>
  void make(int64_t r, int64_t n, Table<Counter>& store, Rows& out) {
    const int64_t n_items = lists_.n_items;
    if (store.empty()) store.assign((n_items + kBlock - 1) / kBlock * kBlock, 0);
    if (met_.empty()) met_.resize(n_items + 1);
    Counter* counter = store.data();
    const int32_t item = lists_.item_of[r];
    scorer_ = Scorer{q_.kind, q_.left[item], q_.total};
    sparse_ = lists_.updates[r] * 16 < n_items * static_cast<int64_t>(sizeof(Counter));
    n_met_ = 0;
    if constexpr (kWeighted<Counter>) set_unit(n, lists_.anchor_total[item]);
    const int64_t low = lists_.first[r], high = lists_.first[r + 1];
    if (sparse_) {
      count<kSparse>(counter, low, high);
    } else if (sizeof(Counter) > 1 && sizeof(Counter) < 8 && lists_.updates[r] / n * 0xff > n_items) {
      count_in_bytes(store, low, high);
    } else {
      count<kDense>(counter, low, high);
    }
    counter[r] = 0;
    if constexpr (!kWeighted<Counter>) lists_.leaders.note(r, counter);
    choose(r, counter, out);
    if (sparse_) {
      for (int64_t m = 0; m < n_met_; ++m) counter[met_[m]] = 0;
    } else {
      std::fill(store.begin(), store.end(), Counter{0});
    }
  }

  // A row of few updates is sorted. In a wide catalogue a million counters would be slower to reach than its neighbours are
  // to order; anywhere else most of these need to be sorted in the end.
  void make_few(int64_t r, Rows& out) {
    constexpr int64_t before = 4;  // room before the first, of which one is used
    const int32_t item = lists_.item_of[r];
    scorer_ = Scorer{q_.kind, q_.left[item], q_.total};
    if (noted_.empty()) {
      noted_.resize(before + few_ + kSortRoom), noted_sorted_.resize(noted_.size());
      counted_.resize(few_), once_.resize(std::max<size_t>(once_.size(), few_));
    }
    n_met_ = 0;
    uint32_t *noted = noted_.data() + before, *other = noted_sorted_.data() + before;
    count<kNoted>(noted, lists_.first[r], lists_.first[r + 1]);
    uint32_t* id = n_met_ < kMany ? sort_keys(noted, other, n_met_) : sort_numbers(noted, other, n_met_, 32 - keys_of_.spare);
    lists_.leaders.note_sorted(r, id, n_met_);
    count_sorted(r, id);
    gather<kSorted>(r, id);
    hand_in(best(r), [](uint64_t) { return uint32_t{0}; }, out);
  }

  // Takes orderly neighbours that met once out of the sorted ones, and counts the others. id[−1] is written.
  void count_sorted(int64_t r, uint32_t* id) {
    constexpr uint32_t none = std::numeric_limits<uint32_t>::max();
    id[-1] = none;
    const uint32_t orderly = static_cast<uint32_t>(near_.orderly), self = static_cast<uint32_t>(r);
    uint32_t* const once = once_.data();
    std::pair<uint32_t, uint32_t>* const counted = counted_.data();
    int64_t n_once = 0, n_counted = 0;
    uint32_t after = none, j = id[n_met_ - 1];
    for (int64_t e = n_met_ - 1, last = e; e >= 0; --e) {
      const uint32_t before = id[e - 1];
      last = j == after ? last : e;
      const bool first = (j != before) & (j != self), alone = (e == last) & (j >= orderly);
      once[n_once] = ~j, n_once += first & alone;
      counted[n_counted] = {j, static_cast<uint32_t>(last - e + 1)}, n_counted += first & !alone;
      after = j, j = before;
    }
    n_once_ = n_once, n_met_ = n_counted;
    make_once_keys(once);
  }

  // Large baskets: 255 of them at a time in byte counters, which fit a nearer cache, are worth the extra sum.
  template <class Counter>
  void count_in_bytes(Table<Counter>& store, int64_t low, int64_t high) {
    bytes_.resize(store.size());
    for (; low < high; low += 0xff) {
      count<kDense>(bytes_.data(), low, std::min(high, low + 0xff));
      Counter* __restrict to = store.data();  // local copies again, so that the loop becomes vectors
      const uint8_t* __restrict from = bytes_.data();
      const size_t n = store.size();
      for (size_t j = 0; j < n; ++j) to[j] = static_cast<Counter>(to[j] + from[j]);
      std::fill(bytes_.begin(), bytes_.end(), uint8_t{0});
    }
  }

  template <Way way, class Counter>
  void count(Counter* counter, int64_t low, int64_t high) {
    if constexpr (kWeighted<Counter>) {
      if (lists_.owned) return count_owned<way>(counter, low, high);
    }
    const Place *at = lists_.place.at + low, *end = lists_.place.at + high, *last = end - 1;
    const Id* list = lists_.list.at;
    const int64_t skip = kWeighted<Counter> ? lists_.head_size : 0;
    const float* anchored = lists_.anchored ? lists_.anchor_weight.at + low : nullptr;
    for (size_t s = 0; at < end;) {  // baskets come by size, share by share
      if (s > 0 && *at < lists_.size_end[s - 1]) s = 0;
      while (*at >= lists_.size_end[s]) ++s;
      const int64_t size = lists_.sizes[s], fetched = std::min<int64_t>(size + skip, 512);
      const Place begin = s > 0 ? lists_.size_end[s - 1] : 0, span = lists_.size_end[s] - begin;
      do {
        const Id* ahead = list + *std::min(at + kAhead, last);
        __builtin_prefetch(ahead + fetched - 1);
        for (int64_t e = 0; e < fetched; e += 64 / sizeof(Id)) __builtin_prefetch(ahead + e);
        const Id* basket = list + *at;
        Counter much = 1;
        if constexpr (kWeighted<Counter>) {
          const double weight = lists_.weight(basket);
          much = word(anchored ? weight * *anchored++ : weight);
        }
        add<way>(counter, basket + skip, size, much);
      } while (++at < end && *at - begin < span);
    }
  }

  template <Way way, class Counter>
  void add(Counter* counter, const Id* id, int64_t size, Counter much) {
    if constexpr (way == kSparse) {
      Id* met = met_.data();  // local copies: a byte counter might be anything's alias
      int64_t n_met = n_met_;
      for (int64_t e = 0; e < size; ++e) {
        const Id j = id[e];
        const Counter before = counter[j];
        met[n_met] = j, n_met += before == 0;
        counter[j] = static_cast<Counter>(before + much);
      }
      n_met_ = n_met;
      return;
    }
    if constexpr (way == kNoted) {
      for (int64_t e = 0; e < size; e += 4) {  // maybe beyond its end: most are of less than four
        for (int64_t f = e; f < e + 4; ++f) counter[n_met_ + f] = id[f];
      }
      n_met_ += size;
      return;
    }
    int64_t e = 0;
    for (; e + 4 <= size; e += 4) {
      increase(counter + id[e], much), increase(counter + id[e + 1], much);
      increase(counter + id[e + 2], much), increase(counter + id[e + 3], much);
    }
    for (; e < size; ++e) increase(counter + id[e], much);
  }

  // The address is made beforehand: Intel's processors store to an indexed one less often than each cycle.
  template <class Counter>
  static void increase(Counter* counter, Counter much) {
    asm("" : "+r"(counter));
    *counter = static_cast<Counter>(*counter + much);
  }

  // As many bits for the sum as the count leaves: total ≤ 2^(63 − bits) units, so that rounding up never overflows.
  void set_unit(int64_t n, double total) {
    count_bits_ = 1;
    while ((n >> count_bits_) != 0) ++count_bits_;
    int exponent = 0;
    std::frexp(total, &exponent);
    unit_ = total > 0.0 ? std::ldexp(1.0, exponent - (62 - count_bits_)) : 1.0;
    units_ = 1.0 / unit_;
  }

  uint64_t word(double weight) const { return static_cast<uint64_t>(int64_t(weight * units_ + 0.5)) << count_bits_ | 1; }

  template <class Counter>
  double sum_of(Counter c) const {
    // A sum has at most 63 bits: through int64, which every machine turns into a double at once.
    if constexpr (kWeighted<Counter>) return static_cast<double>(int64_t(c >> count_bits_)) * unit_;
    return static_cast<double>(static_cast<int64_t>(c));
  }
  template <class Counter>
  uint64_t together_of(Counter c) const {
    if constexpr (kWeighted<Counter>) return c & ((uint64_t{1} << count_bits_) - 1);
    return c;
  }

  // Baskets come by owner; several of one voter are one vote.
  template <Way way>
  void count_owned(uint64_t* counter, int64_t low, int64_t high) {
    int64_t owner = -1, run = 0;
    longest_run_ = 1;
    const Id* list = lists_.list.at;
    for (int64_t p = low; p < high;) {
      __builtin_prefetch(list + lists_.place[std::min(p + kAhead, high - 1)]);
      const Id* basket = list + lists_.place[p];
      const auto head = lists_.head(basket);
      run = head.owner == owner ? run + 1 : 1, owner = head.owner;
      longest_run_ = std::max(longest_run_, run);
      int64_t same = p + 1;
      if (lists_.voting) {
        while (same < high && lists_.head(list + lists_.place[same]).owner == head.owner) ++same;
      }
      if (same == p + 1) {
        const double weight = lists_.anchored ? double(head.weight) * lists_.anchor_weight[p] : double(head.weight);
        add<way>(counter, basket + lists_.head_size, head.size, word(weight));
      } else {
        vote<way>(p, same, counter);
      }
      p = same;
    }
  }

  // Several baskets of one voter, the weightiest first: each neighbour is counted when it is first met.
  template <Way way>
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
      const Id* basket = lists_.list.at + place;
      const Id *id = basket + lists_.head_size, *end = id + lists_.head(basket).size;
      for (const uint64_t much = word(weight); id < end; ++id) {
        if constexpr (way == kSparse) {
          met_[n_met_] = *id;
          n_met_ += counter[*id] == 0;
        }
        counter[*id] += stamp_[*id] == tick_ ? 0 : much;
        stamp_[*id] = tick_;
      }
    }
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
      for (const Id *id = basket + lists_.head_size, *end = id + head.size; id < end; ++id) {
        Backers& one = backers_[*id];
        one.count += one.last != run, one.last = run;
      }
    }
  }

  // ---- choosing

  template <class Counter>
  void choose(int64_t r, const Counter* counter, Rows& out) {
    auto gather_all = [&] { sparse_ ? gather<kMet>(r, counter) : gather<kAll>(r, counter); };
    gather_all();
    const uint64_t* key = best(r);
    if (lists_.supported && !all_sure(key, counter)) {
      count_backers(r);
      filtered_ = true;
      gather_all();
      key = best(r);
      filtered_ = false;
      std::fill(backers_.begin(), backers_.end(), Backers{});
    }
    hand_in(key, [&](uint64_t one) { return together(one, counter); }, out);
  }

  // `counted` is asked for a count too large for its key.
  template <class Counted>
  void hand_in(const uint64_t* key, Counted counted, Rows& out) const {
    const int64_t n = std::min(q_.k, n_keys_);
    out.length.push_back(n);
    for (int64_t m = 0; m < n; ++m, ++out.size) {
      const uint32_t kept = keys_of_.together(key[m]);
      out.item[out.size] = keys_of_.item(key[m]);
      out.score[out.size] = score_of(key[m]);
      out.together[out.size] = kept < keys_of_.most() ? kept : counted(key[m]);
    }
  }

  template <class Counter>
  uint32_t together(uint64_t key, const Counter* counter) const {
    const uint32_t kept = keys_of_.together(key);
    if (kept < keys_of_.most()) return kept;
    return static_cast<uint32_t>(together_of(counter[lists_.rank[keys_of_.item(key)]]));
  }

  // Whether the winners have so many baskets that they cannot lack supporters.
  template <class Counter>
  bool all_sure(const uint64_t* key, const Counter* counter) const {
    const int64_t sure = (q_.min_support - 1) * longest_run_ + 1;
    return std::all_of(key, key + std::min(q_.k, n_keys_), [&](uint64_t one) { return together(one, counter) >= sure; });
  }

  // Gathers the keys of all neighbours that may be among the best k, by new numbers. The score to beat is guessed from
  // the rows before of about as many updates; where too few reach it, it was too bold. The answer does not depend on it.
  // Orderly neighbours that met once are sorted by number: then their keys are sorted too.
  template <How how, class Counter>
  void gather(int64_t r, const Counter* counter) {
    float& guess = guess_.at(step_of(lists_.updates[r]));
    const bool scarce = how != kAll && n_met_ <= 2 * q_.k;
    if (how == kSorted && n_once_ == q_.k) return collect<how>(counter, score_of(once_keys_[q_.k - 1]), scarce);
    int64_t found = 0;
    for (float least : {guess, 0.5f * guess, kNoBar}) {
      if (scarce) least = kNoBar;
      collect<how>(counter, least, scarce);
      if constexpr (how != kSorted) sort_once();
      const uint64_t *once = once_keys_.data(), *end = once + n_once_;
      found = n_keys_ + (std::partition_point(once, end, [&](uint64_t key) { return score_of(key) >= least; }) - once);
      if (found >= q_.k || least == kNoBar) break;
      guess *= 0.8f;
    }
    if (found < q_.k && !scarce) guess = kNoBar;
  }

  // The next guess after the k-th best score of a row: it creeps up, so that about one row in ten finds it too bold.
  void learn(int64_t r, float last) {
    float& guess = guess_.at(step_of(lists_.updates[r]));
    guess = last > 0.0f ? std::max(guess * 1.02f, 0.6f * last) : kNoBar;
  }

  // Four steps to a doubling; a leader that nobody bought has no updates.
  static int step_of(int64_t updates) {
    int exponent;
    const double m = std::frexp(static_cast<double>(std::max<int64_t>(updates, 1)), &exponent);
    return exponent * 4 + static_cast<int>(8.0 * m) - 4;
  }

  // The best k, sorted, and maybe some more; the guess learns from them. Items are looked up for those alone that may be among them.
  const uint64_t* best(int64_t r) {
    shrink(keys_.data(), n_keys_, uint64_t{0xffffffffu});
    for (int64_t m = 0; m < n_keys_; ++m) keys_[m] = keys_of_.renamed(keys_[m], lists_.item_of.data());
    shrink(keys_.data(), n_keys_, uint64_t{0});
    const size_t room = n_keys_ + kSortRoom;
    if (sorted_.size() < room) sorted_.resize(room);
    if (keys_.size() < room) keys_.resize(room);
    const uint64_t* key = sort_keys(keys_.data(), sorted_.data(), n_keys_);
    if (n_once_ > 0) {
      const uint64_t* once = once_keys_.data();
      if (merged_.size() < static_cast<size_t>(n_keys_ + n_once_)) merged_.resize(n_keys_ + n_once_);
      merge_unequal(key, key + n_keys_, once, once + n_once_, merged_.data());
      key = merged_.data(), n_keys_ += n_once_;
    }
    if (n_keys_ >= q_.k && !filtered_) learn(r, score_of(key[q_.k - 1]));
    return key;
  }

  void sort_once() {
    shrink(once_.data(), n_once_, uint32_t{0});
    const size_t room = n_once_ + kSortRoom;
    if (once_.size() < room) once_.resize(room);
    if (once_sorted_.size() < room) once_sorted_.resize(room);
    make_once_keys(sort_keys(once_.data(), once_sorted_.data(), n_once_));
  }

  void make_once_keys(const uint32_t* once) {
    n_once_ = std::min(n_once_, q_.k);
    if (static_cast<int64_t>(once_keys_.size()) < n_once_) once_keys_.resize(n_once_);
    const Keys keys_of = keys_of_;
    const int32_t* item_of = lists_.item_of.data();
    std::fill_n(batch_c_, std::min(n_once_, kBatch), 1.0);
    for (int64_t low = 0; low < n_once_; low += kBatch, once += kBatch) {
      const int64_t n = std::min(kBatch, n_once_ - low);
      uint64_t* keys = once_keys_.data() + low;
      for (int64_t m = 0; m < n; ++m) {
        batch_right_[m] = near_.total(~once[m]);
        if constexpr (sizeof(Id) > 2) __builtin_prefetch(item_of + ~once[m]);  // of many items
      }
      scorer_.score(batch_c_, batch_right_, n, batch_score_);
      for (int64_t m = 0; m < n; ++m) keys[m] = keys_of.key(batch_score_[m], item_of[~once[m]], 1);
    }
  }

  template <class Key>
  void shrink(Key* keys, int64_t& n, Key grain) const {
    for (int64_t before = n + 1; n > q_.k + q_.k / 4 + 8 && n < before;) {
      Key edge;
      before = n;
      n = narrow(keys, n, q_.k, grain, edge);
    }
  }

  // The keys of neighbours that score `least` or more; once they are many, of those that reach the k-th best so far.
  template <How how, class Counter>
  void collect(const Counter* counter, float least, bool scarce) {
    n_keys_ = 0;
    if (how != kSorted) n_once_ = 0;
    Counter bar[kLevels];
    set_bars(bar, scarce ? kNoBar : least);
    const int64_t end = how == kAll ? static_cast<int64_t>(near_.level.size()) : n_met_;
    const int64_t step = how == kAll ? kBlocksAtOnce : kBatch, much = 2 * q_.k + kBatch;
    for (int64_t low = 0, n = 0; low < end; low += step) {
      const int64_t high = std::min(end, low + step);
      if constexpr (how == kAll) n = take_blocks(counter, bar, low, high, n, least);
      if constexpr (how == kMet) n = take_met(counter, bar, low, high, n);
      if constexpr (how == kSorted) n = take_sorted(bar, low, high, n);
      if (n >= kBatch || high == end) {
        if (how == kMet && ordered_) n = part(n);
        flush<Counter>(std::exchange(n, 0), least);
      }
      if (uint32_t edge; how == kMet && n_once_ >= much) n_once_ = narrow(once_.data(), n_once_, q_.k, uint32_t{0}, edge);
      if (n_keys_ < much || high == end) continue;
      uint64_t edge;
      n_keys_ = narrow(keys_.data(), n_keys_, q_.k, uint64_t{0xffffffffu}, edge);
      if (score_of(edge) > least) set_bars(bar, least = score_of(edge));
    }
  }

  template <class Counter>
  bool counts(int64_t r, Counter c) const {
    if (kWeighted<Counter> && static_cast<int64_t>(together_of(c)) < q_.min_support) return false;
    return !filtered_ || backers_[r].count >= q_.min_support;
  }

  // First all comparisons, then what they found: the processor foresees neither's branches together.
  template <class Counter>
  int64_t take_blocks(const Counter* counter, const Counter* bar, int64_t low, int64_t high, int64_t n, float least) {
    uint64_t reached[kBlocksAtOnce];
    for (int64_t b = low; b < high; ++b) reached[b - low] = reach(counter + b * kBlock, bar[near_.level[b]]);
    for (int64_t b = low; b < high; ++b) {
      for (uint64_t bits = reached[b - low]; bits != 0; bits &= bits - 1) {
        const int64_t e = __builtin_ctzll(bits), j = b * kBlock + e;
        batch_[n] = static_cast<int32_t>(j);
        batch_count_[n] = counter[j];
        n += counts(j, counter[j]);
      }
      if (n >= kBatch) flush<Counter>(std::exchange(n, 0), least);
    }
    return n;
  }

  template <class Counter>
  int64_t take_met(const Counter* counter, const Counter* bar, int64_t low, int64_t high, int64_t n) {
    const Id* met = met_.data();
    const uint8_t* level = near_.level.data();
    const bool any = !kWeighted<Counter> && !filtered_;
    for (int64_t m = low; m < high; ++m) {
      const Id j = met[m];
      const Counter c = counter[j];
      batch_[n] = static_cast<int32_t>(j);
      batch_count_[n] = c;
      n += (c >= bar[level[j / kBlock]]) & (any || counts(j, c));
    }
    return n;
  }

  int64_t take_sorted(const uint32_t* bar, int64_t low, int64_t high, int64_t n) {
    const uint8_t* level = near_.level.data();
    const auto* counted = counted_.data();
    for (int64_t m = low; m < high; ++m) {
      const auto [j, c] = counted[m];
      batch_[n] = static_cast<int32_t>(j);
      batch_count_[n] = c;
      n += c >= bar[level[j / kBlock]];
    }
    return n;
  }

  // Takes orderly neighbours that met once out of a batch; returns how many are left.
  int64_t part(int64_t n) {
    if (static_cast<int64_t>(once_.size()) < n_once_ + n) once_.resize(2 * (n_once_ + n));
    uint32_t* const once = once_.data();
    const int32_t orderly = static_cast<int32_t>(near_.orderly);
    int64_t n_once = n_once_, left = 0;
    for (int64_t m = 0; m < n; ++m) {
      const int32_t j = batch_[m];
      const uint64_t c = batch_count_[m];
      const bool alone = (c == 1) & (j >= orderly);
      once[n_once] = ~static_cast<uint32_t>(j), n_once += alone;
      batch_[left] = j, batch_count_[left] = c, left += !alone;
    }
    n_once_ = n_once;
    return left;
  }

  template <class Counter>
  void flush(int64_t n, float least) {
    for (int64_t m = 0; m < n; ++m) {
      batch_c_[m] = sum_of(static_cast<Counter>(batch_count_[m]));
      batch_right_[m] = near_.total(batch_[m]);
      if constexpr (sizeof(Id) > 2) __builtin_prefetch(lists_.item_of.data() + batch_[m]);  // of many items
    }
    scorer_.score(batch_c_, batch_right_, n, batch_score_);
    if (static_cast<int64_t>(keys_.size()) < n_keys_ + n + 4) keys_.resize(2 * (n_keys_ + n + kBatch));
    uint64_t* keys = keys_.data();
    const Keys keys_of = keys_of_;
    int64_t to = n_keys_;
    for (int64_t m = 0; m < n; ++m) {
      const uint64_t together = together_of(static_cast<Counter>(batch_count_[m]));
      keys[to] = keys_of.key(batch_score_[m], batch_[m], together);
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
    std::fill(bar, bar + kLevels, floor);
    if (least == kNoBar) return;
    double least_c[kLevels];
    const int64_t levels = static_cast<int64_t>(near_.least.size());
    scorer_.least_c(below, near_.least.data(), levels, least_c);
    for (int64_t level = 0; level < levels; ++level) {
      const double right = near_.least[level];
      // Cells below 0 break the order that bars rest on.
      const bool ordered = q_.kind != 2 || (!lists_.anchored && scorer_.left + right * 1.2 < scorer_.n);
      const double c = ordered ? least_c[level] : 0.0;
      const double units = std::ceil(c / (weighted ? unit_ : 1.0) * (1.0 - 1e-9)) - slack;
      const Counter units_here = static_cast<Counter>(std::max(0.0, std::min(units, most)));
      bar[level] = std::max(floor, weighted ? static_cast<Counter>(units_here << count_bits_) : units_here);
    }
  }
};

}  // namespace
