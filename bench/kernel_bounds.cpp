// What the machine at hand takes for the steps that no basket kernel can do without, each alone, in nanoseconds:
//    add    one more in a byte counter, the item numbers read in order
//    line   a cache line read from a place in a long list that is known twelve lines ahead
//    turn   an entry written to where its item's last one was written, fetched ahead
//    scan   a byte counter compared
// kernel_bounds MEGABYTES ITEMS prints them: the size of the list, and the number of counters.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <numeric>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace {

uint64_t state = 88172645463325252u;

uint64_t draw() {  // xorshift64 (Marsaglia, Journal of Statistical Software 8(14), 2003)
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return state;
}

template <class T>
T* room(size_t n) {
  constexpr size_t huge = size_t{1} << 21;
  void* at = std::aligned_alloc(huge, (n * sizeof(T) + huge - 1) / huge * huge);
  if (!at) std::abort();
#if defined(MADV_HUGEPAGE)
  madvise(at, n * sizeof(T), MADV_HUGEPAGE);
#endif
  std::fill_n(static_cast<T*>(at), n, T{0});
  return static_cast<T*>(at);
}

template <class Work>
double least(int64_t steps, Work work) {
  double best = 1e9;
  for (int round = 0; round < 7; ++round) {
    const auto start = std::clock();  // of the processor: others may be busy too
    work();
    best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  return best * 1e9 / static_cast<double>(steps);
}

}  // namespace

int main(int, char** argument) {
  const int64_t lines = std::atoll(argument[1]) * (1 << 20) / 64, items = std::atoll(argument[2]), n = 1 << 22;
  std::vector<uint32_t> id(n), to(n), next(items);
  // Half of all draws are of the busiest hundredth, as in a shop.
  for (auto& one : id) one = static_cast<uint32_t>(draw() % (draw() & 1 ? static_cast<uint64_t>(items) : items / 100 + 1));
  for (auto& one : to) one = static_cast<uint32_t>(draw() % lines);
  uint8_t* counter = room<uint8_t>(items + 64);
  uint64_t* list = room<uint64_t>(lines * 8);
  uint32_t* place = room<uint32_t>(n);
  uint64_t sink = 0;
  const double add = least(n, [&] {
    for (int64_t e = 0; e < n; ++e) {
      uint8_t* at = counter + id[e];
      asm("" : "+r"(at));  // the address beforehand, as in the kernel
      ++*at;
    }
  });
  const double line = least(n - 12, [&] {
    for (int64_t e = 0; e + 12 < n; ++e) __builtin_prefetch(list + to[e + 12] * 8), sink += list[to[e] * 8];
  });
  const double turn = least(n - 32, [&] {
    std::vector<uint32_t> held(items + 1, 0);
    for (const uint32_t one : id) ++held[one + 1];
    std::partial_sum(held.begin(), held.end(), held.begin());
    std::copy_n(held.begin(), items, next.begin());
    for (int64_t e = 0; e + 32 < n; ++e) {
      __builtin_prefetch(place + next[id[e + 32]], 1);
      place[next[id[e]]++] = static_cast<uint32_t>(e);
    }
  });
  const double scan = least(items * 64, [&] {
    for (int round = 0; round < 64; ++round) {
      uint8_t reached = 0;
      for (int64_t j = 0; j < items; ++j) reached |= static_cast<uint8_t>(counter[j] >= 250 - round);
      sink += reached;
    }
  });
  std::printf("{\"add\": %.3f, \"line\": %.2f, \"turn\": %.2f, \"scan\": %.3f, \"sink\": %d}\n", add, line, turn, scan, static_cast<int>(sink & 1));
}
