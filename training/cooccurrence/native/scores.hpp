// The formulas of training/cooccurrence/formulas.py, step by step, and what counter a score takes at least.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace {

// As formulas.log, bit by bit; of 0 some finite number. Neither this nor what uses it branches or loops, for only so do
// compilers make vectors of a loop around it: what decides is a number.
__attribute__((always_inline)) inline double natural_log(double x) {
  constexpr uint64_t fraction = 0x000fffffffffffffu, root_of_half = 0x0006a09e667f3bcdu;
  uint64_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  const uint64_t low = (bits & fraction) < root_of_half;  // m below √½ is doubled
  const uint64_t exponent_bits = (bits >> 52 | 0x4330000000000000u) - low;  // 2^52 + the exponent: an integer made a double
  const uint64_t m_bits = (bits & fraction) | (0x3feu + low) << 52;
  double m, exponent;
  std::memcpy(&m, &m_bits, sizeof m);
  std::memcpy(&exponent, &exponent_bits, sizeof exponent);
  exponent -= 4503599627370496.0 + 1022.0;
  const double s = (m - 1.0) / (m + 1.0), z = s * s;
  double series = 1.0 / 21;
#pragma GCC unroll 10
  for (int odd = 19; odd > 0; odd -= 2) series = series * z + 1.0 / odd;
  return exponent * 0.6931471805599453 + 2.0 * s * series;
}

// O ln(O / E), E = margins / n, for O ≥ 0; nothing where either is nothing. Its last factor is added to `slope`, `sign` times.
__attribute__((always_inline)) inline double cell(double observed, double margins, double n, double sign, double& slope) {
  const double any = margins > 0.0 ? 1.0 : 0.0, o = observed * any;
  const double log = natural_log(o * n / (margins + (1.0 - any)));
  slope += sign * log;
  return o * log;
}

struct Scorer {
  int32_t kind;
  double left, n;  // the anchor's divisor or total, and N

  // The likelihood ratio, without its sign, and its slope in c, which is right where no cell is empty.
  __attribute__((always_inline)) double ratio(double c, double right, double& slope) const {
    auto positive = [](double x) { return x > 0.0 ? x : 0.0; };
    const double rest_i = positive(n - left), rest_j = positive(n - right);
    slope = 0.0;
    const double sum = cell(c, left * right, n, 2.0, slope) + cell(positive(left - c), left * rest_j, n, -2.0, slope) +
                       cell(positive(right - c), rest_i * right, n, -2.0, slope) +
                       cell(positive(rest_i - right + c), rest_i * rest_j, n, 2.0, slope);
    return 2.0 * sum;
  }
  double expected(double right) const { return left * right / (n > 0.0 ? n : 1.0); }

  // Adding 0 makes −0 into 0.
  void score(const double* c, const double* right, int64_t size, float* to) const {
    if (kind == 2) {
      for (int64_t e = 0; e < size; ++e) {
        double slope;
        const double g = ratio(c[e], right[e], slope);
        to[e] = static_cast<float>(c[e] < expected(right[e]) ? -g : g) + 0.0f;
      }
    } else {
      for (int64_t e = 0; e < size; ++e) {
        const double below = kind == 0 ? left * right[e] : left + right[e] - c[e];
        to[e] = static_cast<float>(below > 0.0 ? c[e] / below : 0.0);
      }
    }
  }

  // No c below to[e] scores `least` or more with a neighbour of right[e] or more.
  void least_c(double least, const double* right, int64_t size, double* to) const {
    if (!(least > 0.0)) {
      std::fill_n(to, size, 0.0);
    } else if (kind == 0) {
      for (int64_t e = 0; e < size; ++e) to[e] = least * left * right[e];
    } else if (kind == 1) {
      for (int64_t e = 0; e < size; ++e) to[e] = least * (left + right[e]) / (1.0 + least);
    } else {
      for (int64_t e = 0; e < size; ++e) to[e] = least_of_ratio(least, right[e]);
    }
  }

 private:
  // The ratio is convex in c and at most twice Pearson's χ² (D ≤ χ²; Gibbs & Su, "On Choosing and Bounding Probability
  // Metrics", 2002): where that one comes to it, c = a, `least` is not yet reached. Where the tangent there says that it
  // is, c = b, it is; and the chord between says too little.
  __attribute__((always_inline)) double least_of_ratio(double least, double right) const {
    const double most = left < right ? left : right, total = n > 0.0 ? n : 1.0;
    const double spread = left / total * right / total * (n - left) / total * (n - right);
    const double start = expected(right) + std::sqrt(0.5 * least * (spread > 0.0 ? spread : 0.0));
    const double a = start < most ? start : most;
    double slope, unused;
    const double at_a = ratio(a, right, slope);
    const double step = (least - at_a) / (slope > 1e-300 ? slope : 1e-300);
    const double b = a + step < most ? a + step : most;
    const double rise = ratio(b, right, unused) - at_a;
    return a + (rise > 0.0 ? (b - a) / rise * (least - at_a) : 0.0);
  }
};

}  // namespace
