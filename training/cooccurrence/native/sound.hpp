// The door's verdict in one pass: whether baskets are as promised. What is wrong with others, checks.py finds out.
#pragma once

#include "base.hpp"

namespace {

// How many of n neighbouring entries do not rise; `most` takes the largest, a negative one being larger than any.
inline int64_t falls(const int32_t* item, int64_t n, uint32_t& most) {
  uint32_t count = 0, largest = most;  // local copies, so that the loop becomes vectors; n is small enough
  for (int64_t e = 0; e < n; ++e) {
    count += item[e + 1] <= item[e];
    largest = std::max(largest, static_cast<uint32_t>(item[e + 1]));
  }
  most = largest;
  return count;
}

inline bool starts_rise(const int64_t* indptr, int64_t n_baskets, int64_t nnz) {
  bool rising = indptr[0] == 0 && indptr[n_baskets] == nnz;
  for (int64_t b = 0; b < n_baskets; ++b) rising &= indptr[b] <= indptr[b + 1];
  return rising;
}

// Whether places rise from 0 to nnz, and items lie within the catalogue and rise within each basket: where one basket
// meets the next they need not, so as many falls are counted there as anywhere.
inline bool sound(int64_t n_baskets, int64_t n_items, int64_t nnz, const int64_t* indptr, const int32_t* item) {
  constexpr int64_t kEntries = 1 << 14;  // at a time: they stay in the nearest cache for the second look
  if (!starts_rise(indptr, n_baskets, nnz)) return false;
  if (nnz == 0) return true;
  uint32_t most = static_cast<uint32_t>(item[0]);
  int64_t surplus = 0, basket = 1;
  for (int64_t low = 0; low < nnz - 1; low += kEntries) {
    const int64_t high = std::min(low + kEntries, nnz - 1);
    surplus += falls(item + low, high - low, most);
    for (; basket < n_baskets && indptr[basket] <= high; ++basket) {
      const int64_t start = indptr[basket];
      if (start > indptr[basket - 1]) surplus -= item[start] <= item[start - 1];
    }
  }
  return surplus == 0 && most < static_cast<uint64_t>(n_items);
}

// Whether n values of `size` bytes are all the one that stands first.
inline bool all_alike(const char* values, int64_t n, int64_t size) {
  return n < 2 || std::memcmp(values, values + size, (n - 1) * size) == 0;
}

}  // namespace
