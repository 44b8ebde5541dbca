// Keys that sort as rows do, and the choice of the smallest of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

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
template <class Key>
inline int64_t narrow(Key* keys, int64_t n, int64_t least, Key grain, Key& edge) {
  Key low = keys[0], high = keys[0];
  for (int64_t e = 1; e < n; ++e) low = std::min(low, keys[e]), high = std::max(high, keys[e]);
  int shift = 0;
  while ((high - low) >> shift > 63) ++shift;
  int64_t tally[64] = {};
  for (int64_t e = 0; e < n; ++e) ++tally[(keys[e] - low) >> shift];
  int64_t kept = 0;
  Key step = 0;
  while ((kept += tally[step]) < least) ++step;
  const Key span = (step << shift) + ((Key{1} << shift) - 1);
  edge = (low + std::min<Key>(span, high - low)) | grain;
  int64_t m = 0;
  for (int64_t e = 0; e < n; ++e) {
    const Key key = keys[e];
    keys[m] = key, m += key <= edge;
  }
  return m;
}

}  // namespace
