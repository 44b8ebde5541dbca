// Keys that sort as rows do, and the choice of the smallest of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>

namespace {

// A key sorts by score down, then item up; its lowest bits keep the count, or all ones where it is too large for them.
struct Keys {
  int spare;  // bits below the item

  explicit Keys(int64_t n_items) : spare(32) {
    for (int64_t last = n_items - 1; last > 0; last >>= 1) --spare;
  }
  uint32_t most() const { return static_cast<uint32_t>((uint64_t{1} << spare) - 1); }
  uint64_t key(float score, int32_t item, uint64_t together) const {
    uint32_t bits;
    std::memcpy(&bits, &score, sizeof bits);
    const uint32_t rising = bits ^ ((0 - (bits >> 31)) | 0x80000000u);
    return uint64_t(~rising) << 32 | uint64_t(uint32_t(item)) << spare | std::min<uint64_t>(together, most());
  }
  uint64_t renamed(uint64_t key, const int32_t* name_of) const {
    return (key >> 32 << 32 | uint64_t(uint32_t(name_of[item(key)])) << spare) | (key & most());
  }
  int32_t item(uint64_t key) const { return static_cast<int32_t>(uint64_t(uint32_t(key)) >> spare); }
  uint32_t together(uint64_t key) const { return static_cast<uint32_t>(key) & most(); }
};

inline float score_of(uint64_t key) {
  const uint32_t rising = ~static_cast<uint32_t>(key >> 32);
  const uint32_t bits = rising ^ (((rising >> 31) - 1) | 0x80000000u);
  float score;
  std::memcpy(&score, &bits, sizeof score);
  return score;
}

// Keeps `least` of the smallest of n keys and few more, in any order, by a histogram of 64 steps; the bits of `grain`
// tell no keys apart. Returns how many are kept; `edge` is the largest key that would have been. No branch to mispredict.
inline int64_t narrow(uint64_t* keys, int64_t n, int64_t least, uint64_t grain, uint64_t& edge) {
  uint64_t low = keys[0], high = keys[0];
  for (int64_t e = 1; e < n; ++e) low = std::min(low, keys[e]), high = std::max(high, keys[e]);
  int shift = 0;
  while ((high - low) >> shift > 63) ++shift;
  int64_t tally[64] = {};
  for (int64_t e = 0; e < n; ++e) ++tally[(keys[e] - low) >> shift];
  int64_t kept = 0;
  uint64_t step = 0;
  while ((kept += tally[step]) < least) ++step;
  const uint64_t span = (step << shift) + ((uint64_t{1} << shift) - 1);
  edge = (low + std::min(span, high - low)) | grain;
  int64_t m = 0;
  for (int64_t e = 0; e < n; ++e) {
    const uint64_t key = keys[e];
    keys[m] = key, m += key <= edge;
  }
  return m;
}

// Merges [low, middle) and [middle, high) of equal length, from both ends at once: two chains without a branch.
template <class T>
inline void merge_equal(const T* low, int64_t half, T* to) {
  const T *a = low, *b = low + half, *y = b - 1, *z = b + half - 1;
  T *front = to, *back = to + 2 * half - 1;
  for (int64_t e = 0; e < half; ++e) {
    const bool from_a = *a <= *b, from_z = *y <= *z;
    *front++ = from_a ? *a : *b;
    *back-- = from_z ? *z : *y;
    a += from_a, b += !from_a, z -= from_z, y -= !from_z;
  }
}

template <class T>
inline void sort_four(T* k) {
  auto order = [](T& x, T& y) {
    const T low = std::min(x, y), high = std::max(x, y);
    x = low, y = high;
  };
  order(k[0], k[1]), order(k[2], k[3]), order(k[0], k[2]), order(k[1], k[3]), order(k[1], k[2]);
}

// Sorts few keys; `keys` and `other` have room for n + 3; returns which of the two holds the result.
template <class T>
inline T* sort_keys(T* keys, T* other, int64_t n) {
  const int64_t padded = (n + 3) / 4 * 4;
  std::fill(keys + n, keys + padded, std::numeric_limits<T>::max());
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

}  // namespace
