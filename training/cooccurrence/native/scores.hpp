// The formulas of training/cooccurrence/formulas.py, step by step, and what counter a score takes at least.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace {

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

}  // namespace
