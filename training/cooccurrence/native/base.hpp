// What every part of the kernel needs: the structures shared with Python, room, threads, the caller's wish to stop.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

extern "C" {

struct Baskets {  // as training.cooccurrence.problem.Problem; weight, anchored, voter, supporter may be null
  int64_t n_baskets, n_items;
  const int64_t* indptr;
  const int32_t* item;
  const float* weight;
  const float* anchored;
  const int32_t* voter;
  const int32_t* supporter;  // never with voter
  int32_t threads;
  int32_t wide;     // 1: 64-bit places and the ways of large catalogues even where small ones would do, for tests
  int64_t leaders;  // how many, see leaders.hpp; −1: as many as pay
};

struct Question {
  int32_t kind, threads;  // kind: 0 quotient, 1 Jaccard, 2 log-likelihood ratio
  int64_t k, min_support;
  const double* left;   // (n_items,) divisor of the anchor, or D_i
  const double* right;  // (n_items,) divisor of the neighbour, or D_j
  double total;         // N
};

struct Answer {
  int64_t* indptr;     // (n_items + 1,)
  int32_t* item;       // and score, together: room for basket_bound() entries
  float* score;
  uint32_t* together;
};

struct Control {              // shared with the caller while a call runs
  std::atomic<int64_t> stop;  // the caller sets 1: the call ends early
  std::atomic<int64_t> done;  // rows done
};

}  // extern "C"

namespace {

constexpr int64_t kAhead = 12;  // baskets fetched ahead

struct Stopped {};

// Memory that is read all over the place, in huge pages where the system has them; the last one too is asked for whole.
inline void* spread_memory(size_t bytes) {
  constexpr size_t huge = size_t{1} << 21;
  const size_t align = bytes < huge / 4 ? 64 : huge, room = (bytes + 64 + align - 1) / align * align;
  void* at = std::aligned_alloc(align, room);
  if (!at) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
  if (align == huge) madvise(at, room, MADV_HUGEPAGE);
#endif
  return at;
}

template <class T>
struct SpreadMemory {
  using value_type = T;
  SpreadMemory() = default;
  template <class Other>
  SpreadMemory(const SpreadMemory<Other>&) {}
  T* allocate(size_t n) { return static_cast<T*>(spread_memory(n * sizeof(T))); }
  void deallocate(T* at, size_t) { std::free(at); }
  template <class Other>
  bool operator==(const SpreadMemory<Other>&) const { return true; }
  template <class Other>
  bool operator!=(const SpreadMemory<Other>&) const { return false; }
};
template <class T>
using Table = std::vector<T, SpreadMemory<T>>;

// The same, written once: it begins without contents.
template <class T>
struct Room {
  T* at = nullptr;
  Room() = default;
  explicit Room(size_t n) : at(static_cast<T*>(spread_memory(n * sizeof(T)))) {}
  Room(Room&& other) noexcept { std::swap(at, other.at); }
  Room& operator=(Room&& other) noexcept { return std::swap(at, other.at), *this; }
  ~Room() { std::free(at); }
  T& operator[](size_t i) const { return at[i]; }
};

// Runs work(0) … work(n − 1) at once; the first exception is thrown again when all have ended.
template <class Work>
void in_parallel(int n, Work work) {
  std::vector<std::thread> threads;
  std::exception_ptr failure;
  std::mutex lock;
  auto guarded = [&](int t) {
    try {
      work(t);
    } catch (...) {
      std::lock_guard<std::mutex> hold(lock);
      if (!failure) failure = std::current_exception();
    }
  };
  int started = 1;
  try {
    for (; started < n; ++started) threads.emplace_back(guarded, started);
  } catch (const std::exception&) {  // no more threads to be had: their share is done here
  }
  for (int t = started; t < n; ++t) guarded(t);
  guarded(0);
  for (auto& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

int thread_count(int asked) {
  return asked > 0 ? asked : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void heed(const Control& control) {
  if (control.stop.load(std::memory_order_relaxed)) throw Stopped();
}

}  // namespace
