// The leaders: the most popular items, whose rows are the longest to count. C is symmetric: what an item's own row tells of
// the leaders is kept, and the leaders' rows are read off it; how leaders meet each other is counted basket by basket
// while baskets are laid out. So no leader's baskets are ever looked for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "base.hpp"

namespace {

constexpr int64_t kWideCatalogue = int64_t{1} << 18;  // items; from here on most rows are of few updates

struct Leaders {
  static constexpr int64_t kAtOnce = 16;  // leaders whose rows are read off together
  int64_t n = 0, n_items = 0;             // leaders are the items 0 … n − 1, by new number
  Room<uint16_t> met;                     // (n_items, n): counts of an item that is none with each leader, by its row
  std::vector<uint32_t> among;            // (n, n): counts of two leaders

  // How many leaders pay. A gain in about nanoseconds: updates and visits of baskets spared, less what the table costs.
  // `visits`: (n_items,) baskets by new number; `mean`: neighbours that a visit meets, on average.
  static int64_t how_many(const std::vector<int64_t>& visits, double mean) {
    constexpr double update = 0.6, visit = 6.0, byte = 0.5;
    constexpr int64_t most = 512, least_room = int64_t{1} << 25;
    const int64_t n_items = static_cast<int64_t>(visits.size());
    if (n_items >= kWideCatalogue) return 0;
    double total = 0.0, spared = 0.0, best = 0.0;
    for (const int64_t of_item : visits) total += static_cast<double>(of_item);
    int64_t wanted = 0;
    for (int64_t n = 64, r = 0; n <= std::min(most, n_items / 4); n *= 2) {
      for (; r < n; ++r) spared += static_cast<double>(visits[r]);
      const double bytes = 2.0 * static_cast<double>(n) * static_cast<double>(n_items);
      // The table takes no more room than the leaders' places would have.
      if (bytes > std::max(4.0 * spared, static_cast<double>(least_room))) break;
      if (visits[n] > std::numeric_limits<uint16_t>::max()) continue;
      const double gain = spared * (mean * update * (1.0 - spared / total) + visit) - bytes * byte;
      if (gain > best) best = gain, wanted = n;
    }
    return wanted;
  }

  // Item r ≥ n meets no leader often enough to be listed.
  void forget(int64_t r) const { std::fill_n(met.at + r * n, n, uint16_t{0}); }

  // The row of item r ≥ n is counted.
  template <class Counter>
  void note(int64_t r, const Counter* counter) const {
    uint16_t* to = met.at + r * n;
    for (int64_t h = 0; h < n; ++h) to[h] = static_cast<uint16_t>(counter[h]);
  }

  // The neighbours of item r ≥ n are sorted, repeats and all: leaders come first.
  void note_sorted(int64_t r, const uint32_t* id, int64_t n_met) const {
    forget(r);
    for (int64_t e = 0; e < n_met && id[e] < n; ++e) ++met[r * n + id[e]];
  }

  // The counters of leaders low … high − 1, one row of `length` after another; those beyond n_items are left alone.
  void read_off(int64_t low, int64_t high, uint32_t* to, int64_t length) const {
    for (int64_t h = low; h < high; ++h) std::copy_n(among.data() + h * n, n, to + (h - low) * length);
    for (int64_t r = n; r < n_items; ++r) {
      const uint16_t* from = met.at + r * n;
      for (int64_t h = low; h < high; ++h) to[(h - low) * length + r] = from[h];
    }
  }
};

}  // namespace
