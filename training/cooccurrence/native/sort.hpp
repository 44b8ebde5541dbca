// Sorting some hundred keys: which of two comes first is not to be foreseen, so nothing here branches on it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#if defined(__SSE4_1__)
#include <smmintrin.h>
#endif

namespace {

constexpr int64_t kSortRoom = 15;  // keys beyond their number that sort_keys wants room for

// Merges [low, low + half) and [low + half, low + 2 half), from both ends at once.
template <class T>
inline void merge_equal(const T* low, int64_t half, T* to) {
  const T *high = low + half, *low_end = high - 1, *high_end = high + half - 1;
  for (int64_t e = 0, a = 0, y = 0; e < half; ++e) {
    const T x = low[a], z = high[e - a], v = low_end[-y], w = high_end[y - e];
    to[e] = std::min(x, z), a += x <= z;
    to[2 * half - 1 - e] = std::max(v, w), y += w < v;
  }
}

// Merges any two runs.
template <class T>
inline void merge_unequal(const T* a, const T* a_end, const T* b, const T* b_end, T* to) {
  while (a < a_end && b < b_end) {
    const T x = *a, y = *b;
    const int64_t from_a = x <= y;
    *to++ = std::min(x, y), a += from_a, b += 1 - from_a;
  }
  std::copy(b, b_end, std::copy(a, a_end, to));
}

template <class T>
inline void sort_four(T* k) {
  auto order = [](T& x, T& y) {
    const T low = std::min(x, y), high = std::max(x, y);
    x = low, y = high;
  };
  order(k[0], k[1]), order(k[2], k[3]), order(k[0], k[2]), order(k[1], k[3]), order(k[1], k[2]);
}

template <class T>
inline void sort_runs(T* keys, int64_t n) {
  for (int64_t e = 0; e < n; e += 4) sort_four(keys + e);
}

template <class T>
constexpr int64_t kRun = 4;  // keys that sort_runs puts in order

template <class T>
inline void merge_runs(const T* low, const T* middle, const T* end, T* to) {
  if (middle - low == end - middle) {
    merge_equal(low, middle - low, to);
  } else {
    merge_unequal(low, middle, middle, end, to);
  }
}

#if defined(__SSE4_1__)

// Four 32-bit keys to a vector: sorting networks within, merges of four at a time between (after Chhugani et al.,
// "Efficient Implementation of Sorting on Multi-Core SIMD CPU Architecture", VLDB 2008).
inline void order(__m128i& x, __m128i& y) {
  const __m128i low = _mm_min_epu32(x, y);
  y = _mm_max_epu32(x, y), x = low;
}

// Two sorted vectors become the lower and the upper half of both.
inline void merge_vectors(__m128i& x, __m128i& y) {
  y = _mm_shuffle_epi32(y, _MM_SHUFFLE(0, 1, 2, 3));
  order(x, y);
  __m128i a = _mm_unpacklo_epi64(x, y), b = _mm_unpackhi_epi64(x, y);
  order(a, b);
  const __m128 p = _mm_castsi128_ps(a), q = _mm_castsi128_ps(b);
  a = _mm_castps_si128(_mm_shuffle_ps(p, q, _MM_SHUFFLE(2, 0, 2, 0)));
  b = _mm_castps_si128(_mm_shuffle_ps(p, q, _MM_SHUFFLE(3, 1, 3, 1)));
  order(a, b);
  const __m128i low = _mm_unpacklo_epi32(a, b), high = _mm_unpackhi_epi32(a, b);
  x = _mm_unpacklo_epi64(low, high), y = _mm_unpackhi_epi64(low, high);
}

inline __m128i load(const uint32_t* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }
inline void store(uint32_t* at, __m128i x) { _mm_storeu_si128(reinterpret_cast<__m128i*>(at), x); }

template <>
constexpr int64_t kRun<uint32_t> = 16;

template <>
inline void sort_runs(uint32_t* keys, int64_t n) {
  for (int64_t e = 0; e < n; e += 16) {
    __m128i a = load(keys + e), b = load(keys + e + 4), c = load(keys + e + 8), d = load(keys + e + 12);
    order(a, b), order(c, d), order(a, c), order(b, d), order(b, c);  // columns; then they become rows
    const __m128i p = _mm_unpacklo_epi32(a, b), q = _mm_unpacklo_epi32(c, d);
    const __m128i r = _mm_unpackhi_epi32(a, b), s = _mm_unpackhi_epi32(c, d);
    a = _mm_unpacklo_epi64(p, q), b = _mm_unpackhi_epi64(p, q);
    c = _mm_unpacklo_epi64(r, s), d = _mm_unpackhi_epi64(r, s);
    merge_vectors(a, b), merge_vectors(c, d), merge_vectors(a, c);
    const __m128i b_first = _mm_set1_epi32(_mm_cvtsi128_si32(_mm_min_epu32(b, d)) == _mm_cvtsi128_si32(b) ? -1 : 0);
    __m128i next = _mm_blendv_epi8(d, b, b_first), last = _mm_blendv_epi8(b, d, b_first);
    merge_vectors(next, c), merge_vectors(last, c);
    store(keys + e, a), store(keys + e + 4, next), store(keys + e + 8, last), store(keys + e + 12, c);
  }
}

template <>
inline void merge_runs(const uint32_t* low, const uint32_t* middle, const uint32_t* end, uint32_t* to) {
  const uint32_t *x = low + 4, *y = middle + 4;
  __m128i a = load(low), b = load(middle);
  merge_vectors(a, b);
  for (; x < middle && y < end; to += 4) {
    store(to, a);
    const bool x_first = *x <= *y;
    a = load(x_first ? x : y);
    x += x_first ? 4 : 0, y += x_first ? 0 : 4;
    merge_vectors(a, b);
  }
  if (x == middle) x = y, middle = end;
  for (; x < middle; x += 4, to += 4) {
    store(to, a);
    a = load(x);
    merge_vectors(a, b);
  }
  store(to, a), store(to + 4, b);
}

#endif

// Sorts few keys; `keys` and `other` have room for kSortRoom more; returns which of the two holds the result.
template <class T>
inline T* sort_keys(T* keys, T* other, int64_t n) {
  constexpr int64_t run = kRun<T>;
  const int64_t padded = (n + run - 1) / run * run;
  std::fill(keys + n, keys + padded, std::numeric_limits<T>::max());
  sort_runs(keys, padded);
  for (int64_t width = run; width < padded; width *= 2, std::swap(keys, other)) {
    for (int64_t low = 0; low < padded; low += 2 * width) {
      const T *middle = keys + std::min(padded, low + width), *end = keys + std::min(padded, low + 2 * width);
      if (middle < end) {
        merge_runs(static_cast<const T*>(keys + low), middle, end, other + low);
      } else {
        std::copy(static_cast<const T*>(keys + low), end, other + low);
      }
    }
  }
  return keys;
}

// The same of many numbers below 2^bits, digit by digit, the last first.
template <class T>
inline T* sort_numbers(T* keys, T* other, int64_t n, int bits) {
  constexpr int digit = 10;
  constexpr int64_t steps = int64_t{1} << digit;
  for (int low = 0; low < bits; low += digit, std::swap(keys, other)) {
    uint32_t next[steps] = {};
    for (int64_t e = 0; e < n; ++e) ++next[keys[e] >> low & (steps - 1)];
    for (uint32_t step = 0, sum = 0; step < steps; ++step) sum += std::exchange(next[step], sum);
    for (int64_t e = 0; e < n; ++e) other[next[keys[e] >> low & (steps - 1)]++] = keys[e];
  }
  return keys;
}

}  // namespace
