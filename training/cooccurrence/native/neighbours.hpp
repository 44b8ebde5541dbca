// What all threads share about the neighbours of a question.
#pragma once

#include <array>
#include <cmath>
#include <limits>

#include "lists.hpp"

namespace {

constexpr int64_t kBlock = 64;  // counters per block
constexpr int kLevels = 64;     // levels of neighbours' totals

// What all threads share about the neighbours: their totals, by new number, and the level of each block of them.
struct Neighbours {
  // Totals that blocks share, then those of every item. Rare items have few different totals: a block that has only one
  // shares it, so that the totals of a million items fit into a near cache.
  static constexpr uint8_t kOwn = 0xff;
  Table<double> right;
  std::vector<uint8_t> shared;  // by block: which total is that of all its items; kOwn where they differ
  std::vector<uint8_t> level;
  std::vector<double> least;  // the smallest total of each level
  // From this new number on neighbours that met once stand in the order of rows when read backwards: the rarer scores more,
  // and of equally rare ones the lower item has the higher number. n_items where that is not sure, or holds for less than
  // half of what was ever bought.
  int64_t orderly;

  Neighbours(const Question& q, const Plan& plan) {
    const int64_t n = plan.n_items, blocks = (n + kBlock - 1) / kBlock;
    right.resize(kOwn + n), shared.assign(blocks, kOwn), level.resize(blocks);
    double* own = right.data() + kOwn;
    for (int64_t r = 0; r < n; ++r) own[r] = q.right[plan.item_of[r]];
    std::vector<double> low(blocks);
    double span = 0.0;
    int last = -1;
    for (int64_t b = 0; b < blocks; ++b) {
      const double *at = own + b * kBlock, *end = own + std::min(n, (b + 1) * kBlock);
      const auto [least_of, most_of] = std::minmax_element(at, end);
      low[b] = *least_of;
      span = std::max(span, low[b]);
      if (*least_of != *most_of) continue;
      if ((last < 0 || right[last] != *at) && last + 1 < kOwn) right[++last] = *at;
      if (last >= 0 && right[last] == *at) shared[b] = static_cast<uint8_t>(last);
    }
    // Levels to a doubling; the lowest level takes the rest. A quotient's bar is as loose as its level is wide; the ratio
    // of large counts lives on their small difference from chance, and wants narrow levels.
    const double fine = q.kind == 2 ? 6.0 : 4.0;
    std::array<double, kLevels> least_of;
    least_of.fill(std::numeric_limits<double>::infinity());
    for (int64_t b = 0; b < blocks; ++b) {
      const double below = low[b] > 0.0 ? fine * std::log2(span / low[b]) : kLevels;
      level[b] = static_cast<uint8_t>(kLevels - 1 - static_cast<int>(std::min<double>(below, kLevels - 1)));
      least_of[level[b]] = std::min(least_of[level[b]], low[b]);
    }
    std::array<uint8_t, kLevels> number{};  // of the levels that there are
    for (int of = 0; of < kLevels; ++of) {
      number[of] = static_cast<uint8_t>(least.size());
      if (least_of[of] < std::numeric_limits<double>::infinity()) least.push_back(least_of[of]);
    }
    for (uint8_t& of : level) of = number[of];
    orderly = plan.plain && q.min_support <= 1 && q.kind != 2 ? first_in_order(q, plan) : n;
  }
  double total(int64_t r) const {
    const int64_t one = shared[r / kBlock];  // which of both it is cannot be foreseen: no branch
    return right[one + (r & -int64_t{one == kOwn})];
  }

 private:
  // Scores 1 / (left · right) or 1 / (left + right − 1), later rounded to float32: those of different totals shall lie more
  // than one rounding apart, whatever the anchor.
  int64_t first_in_order(const Question& q, const Plan& plan) const {
    constexpr double apart = 0x1p-22, normal = 1e18;  // far from where float32 loses digits
    const int64_t n = plan.n_items;
    const double *own = right.data() + kOwn, *own_total = plan.neighbour_total.data();
    if (n == 0) return 0;
    const double left = *std::max_element(q.left, q.left + n), beside = q.kind == 1 ? left : 0.0;
    auto in_order = [&](int64_t r) {  // r − 1 and r
      if (own[r - 1] == own[r]) return plan.item_of[r - 1] > plan.item_of[r];
      return own[r - 1] - own[r] > apart * (own[r - 1] + beside) && own[r - 1] < normal;
    };
    int64_t first = n - 1;
    while (first > 0 && in_order(first)) --first;
    const int64_t bought = std::count_if(own_total, own_total + n, [](double total) { return total > 0.0; });
    return left < normal && first <= bought / 2 ? first : n;
  }
};

}  // namespace
