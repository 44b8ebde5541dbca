// The plan: items renumbered by popularity, baskets laid out afresh, and for every item the places of its baskets.
#pragma once

#include <limits>
#include <memory>
#include <numeric>

#include "base.hpp"
#include "leaders.hpp"

namespace {

struct Neighbours;

// Whose basket it is: the voter or the supporter; null where nobody asks.
const int32_t* owner_of(const Baskets& b) { return b.voter ? b.voter : b.supporter; }

float weight_of(const Baskets& b, int64_t basket) { return b.weight ? b.weight[basket] : 1.0f; }

struct Plan {
  const bool plain, anchored, voting, supported;
  const bool wide;  // take the ways of large problems, for tests
  const int64_t n_items;
  Table<int32_t> item_of, rank;  // new number → item, item → new number
  Table<int64_t> first;          // (n_items + 1,) by new number: where the item's places begin; leaders have none
  Table<int64_t> updates;        // (n_items,) by new number: neighbours met, repeats too, and but for leaders the item itself
  std::vector<double> anchor_total, neighbour_total;  // (n_items,) by item; D_i, D_j

  explicit Plan(const Baskets& b)
      : plain(!b.weight && !b.anchored && !owner_of(b)),
        anchored(b.anchored),
        voting(b.voter),
        supported(b.supporter),
        wide(b.wide),
        n_items(b.n_items) {}
  virtual ~Plan() = default;
  virtual void answer(const Question& q, const Answer& a, Control& control) const = 0;

  // Neighbours that row r may list for k.
  int64_t bound(int64_t r, int64_t k) const {
    return std::min({k, n_items - 1, updates[r] - (first[r + 1] - first[r])});
  }
};

// Id: a renumbered item. Place: where a basket begins in the list.
template <class Id, class Place>
struct Lists final : Plan {
  // Before the items of a basket stands nothing, or its weight, or, where baskets have owners, a head.
  struct Head {
    uint32_t size;
    float weight;
    uint32_t owner;
  };

  bool owned;
  int64_t head_size;  // in ids
  Room<Id> list;
  Room<Place> place;          // by item: the places of its baskets
  Room<float> anchor_weight;  // beside place
  Leaders leaders;
  // Without owners baskets lie by size: those of sizes[s] items end before size_end[s].
  std::vector<int64_t> sizes;
  std::vector<Place> size_end;

  Lists(const Baskets& b, Control& control);
  void answer(const Question& q, const Answer& a, Control& control) const override;
  void add_leaders(const Question& q, const Answer& a, const Neighbours& neighbours, Control& control) const;

  Head head(const Id* basket) const {
    Head h;
    std::memcpy(&h, basket, sizeof h);
    return h;
  }
  float weight(const Id* basket) const {
    float w;
    std::memcpy(&w, basket, sizeof w);
    return w;
  }

 private:
  struct Cursor {
    Place next, updates;  // where the item's next place goes; the sizes of its baskets
  };
  // What one thread sees in its share of the baskets.
  struct Share {
    int64_t low, high;            // baskets
    Table<Place> many, lone;  // (n_items,) by item: baskets of two and more items, of one
    std::vector<int64_t> of_size;   // baskets by size
    std::vector<int64_t> begin;     // where those of a size go in the list
    Table<Cursor> cursor;     // (n_items,) by new number
    std::vector<uint32_t> among;    // (leaders, leaders): in how many baskets one stands before the other
  };

  std::vector<Share> count(const Baskets& b, int threads);
  void number_items(const std::vector<Share>& shares);
  void sum_weights(const Baskets& b);
  void sum_votes(const Baskets& b);
  int64_t place_by_size(std::vector<Share>& shares);
  int64_t place_by_owner(const Baskets& b, Room<Place>& where) const;
  void aim(std::vector<Share>& shares, bool together);
  void choose_leaders(const Baskets& b, const std::vector<Share>& shares);
  void copy(const Baskets& b, Share& share, const Room<Place>& where, const Room<float>& beside, Control& control);
  void lead(Share& share, const Table<Id>& number, const int32_t* item, int64_t size, Id* basket) const;
  // Turns the baskets of list[from, end) round, but for the leaders, which stand first. Each write goes somewhere else: what it touches is fetched beforehand,
  // first the cursors of a basket, then the places they point at.
  template <class SizeAt>
  void turn(int64_t from, int64_t end, SizeAt size_at, const Room<float>& beside, Cursor* cursor) {
    for (int64_t near = from, far = from; from < end;) {
      for (; far < end && far < from + 64; far += head_size + size_at(far)) {
        const Id* id = list.at + far + head_size;
        for (int64_t e = size_at(far); e-- > 0;) __builtin_prefetch(cursor + id[e], 1);
      }
      for (; near < end && near < from + 32; near += head_size + size_at(near)) {
        const Id* id = list.at + near + head_size;
        for (int64_t e = size_at(near); e-- > 0;) __builtin_prefetch(place.at + cursor[id[e]].next, 1);
      }
      const int64_t size = size_at(from), end_of = from + head_size + size;
      int64_t low = from + head_size;
      while (low < end_of && static_cast<int64_t>(list[low]) < leaders.n) ++low;
      for (int64_t e = low; e < end_of; ++e) {
        Cursor& at = cursor[list[e]];
        place[at.next] = static_cast<Place>(from);
        if (anchored) anchor_weight[at.next] = beside[e];
        ++at.next;
        at.updates += static_cast<Place>(size);
      }
      from = end_of;
    }
  }
};

template <class Id, class Place>
Lists<Id, Place>::Lists(const Baskets& b, Control& control)
    : Plan(b), owned(owner_of(b)), head_size((owned ? sizeof(Head) : plain ? 0 : sizeof(float)) / sizeof(Id)) {
  std::vector<Share> shares = count(b, std::min(thread_count(b.threads), 16));
  const int threads = static_cast<int>(shares.size());
  number_items(shares);
  if (voting) {
    sum_votes(b);
  } else {
    sum_weights(b);
  }
  heed(control);

  Room<Place> where;  // of baskets with owners: places in the list
  const int64_t length = owned ? place_by_owner(b, where) : place_by_size(shares);
  choose_leaders(b, shares);
  aim(shares, owned);
  list = Room<Id>(length);
  Room<float> beside;  // the list's anchor weights, until places know them
  if (anchored) beside = Room<float>(length);
  in_parallel(threads, [&](int t) { copy(b, shares[t], where, beside, control); });
  for (const Share& share : shares) {
    for (int64_t x = 0; x < leaders.n; ++x) {
      for (int64_t y = 0; y < leaders.n; ++y) leaders.among[x * leaders.n + y] += share.among[x * leaders.n + y] + share.among[y * leaders.n + x];
    }
  }
  place = Room<Place>(first[n_items]);
  if (anchored) anchor_weight = Room<float>(first[n_items]);
  if (owned) {  // in one go: sizes are only known on the way
    turn(0, length, [&](int64_t at) { return head(list.at + at).size; }, beside, shares[0].cursor.data());
  } else {
    in_parallel(threads, [&](int t) {
      const Share& share = shares[t];
      for (int64_t size = 2; size < static_cast<int64_t>(share.of_size.size()); ++size) {
        heed(control);
        const int64_t from = share.begin[size], end = from + share.of_size[size] * (size + head_size);
        turn(from, end, [size](int64_t) { return size; }, beside, shares[t].cursor.data());
      }
    });
  }
  updates.assign(n_items, 0);
  for (const Share& share : shares) {
    for (int64_t r = 0; r < n_items; ++r) updates[r] += static_cast<int64_t>(share.cursor[r].updates);
  }
}

template <class Id, class Place>
std::vector<typename Lists<Id, Place>::Share> Lists<Id, Place>::count(const Baskets& b, int threads) {
  std::vector<Share> shares(threads);
  in_parallel(threads, [&](int t) {
    Share& share = shares[t];
    share.low = b.n_baskets * t / threads, share.high = b.n_baskets * (t + 1) / threads;
    share.many.assign(n_items, 0), share.lone.assign(n_items, 0);
    for (int64_t basket = share.low; basket < share.high; ++basket) {
      const int64_t low = b.indptr[basket], high = b.indptr[basket + 1];
      const size_t size = high - low;
      if (size >= share.of_size.size()) share.of_size.resize(size + 1, 0);
      ++share.of_size[size];
      Place* tally = size == 1 ? share.lone.data() : share.many.data();
      for (int64_t e = low; e < high; ++e) ++tally[b.item[e]];
    }
  });
  return shares;
}

template <class Id, class Place>
void Lists<Id, Place>::number_items(const std::vector<Share>& shares) {
  std::vector<int64_t> held(n_items, 0);
  for (const Share& share : shares) {
    for (int64_t i = 0; i < n_items; ++i) held[i] += static_cast<int64_t>(share.many[i] + share.lone[i]);
  }
  if (plain) anchor_total.assign(held.begin(), held.end()), neighbour_total = anchor_total;
  std::vector<uint64_t> keys(n_items);  // most held first, then item down: see Neighbours::orderly
  for (int64_t i = 0; i < n_items; ++i) keys[i] = uint64_t(std::min<int64_t>(held[i], 0xffffffff) ^ 0xffffffff) << 32 | uint32_t(~i);
  std::sort(keys.begin(), keys.end());
  item_of.resize(n_items);
  for (int64_t r = 0; r < n_items; ++r) item_of[r] = static_cast<int32_t>(~static_cast<uint32_t>(keys[r]));
  rank.resize(n_items);
  for (int64_t r = 0; r < n_items; ++r) rank[item_of[r]] = static_cast<int32_t>(r);
}

// One thread and one order: sums of floating-point numbers must not depend on how many share the work.
template <class Id, class Place>
void Lists<Id, Place>::sum_weights(const Baskets& b) {
  if (plain) return;
  anchor_total.assign(n_items, 0.0), neighbour_total.assign(n_items, 0.0);
  for (int64_t basket = 0; basket < b.n_baskets; ++basket) {
    const double w = weight_of(b, basket);
    for (int64_t e = b.indptr[basket]; e < b.indptr[basket + 1]; ++e) {
      neighbour_total[b.item[e]] += w;
      if (anchored) anchor_total[b.item[e]] += w * b.anchored[e];
    }
  }
  if (!anchored) anchor_total = neighbour_total;
}

template <class Id, class Place>
void Lists<Id, Place>::sum_votes(const Baskets& b) {
  anchor_total.assign(n_items, 0.0), neighbour_total.assign(n_items, 0.0);
  std::vector<uint64_t> keys(b.n_baskets);
  for (int64_t basket = 0; basket < b.n_baskets; ++basket) keys[basket] = uint64_t(b.voter[basket]) << 32 | basket;
  std::sort(keys.begin(), keys.end());
  std::vector<int64_t> last(n_items, -1);
  std::vector<double> vote(n_items, 0.0), anchored_vote(anchored ? n_items : 0, 0.0);
  for (const uint64_t key : keys) {
    const int64_t basket = static_cast<uint32_t>(key), voter = static_cast<int64_t>(key >> 32);
    const double w = weight_of(b, basket);
    for (int64_t e = b.indptr[basket]; e < b.indptr[basket + 1]; ++e) {
      const int32_t i = b.item[e];
      const bool again = last[i] == voter;
      if (!again) neighbour_total[i] += std::exchange(vote[i], 0.0);
      vote[i] = std::max(vote[i], w);
      if (anchored) {
        if (!again) anchor_total[i] += std::exchange(anchored_vote[i], 0.0);
        anchored_vote[i] = std::max(anchored_vote[i], w * b.anchored[e]);
      }
      last[i] = voter;
    }
  }
  for (int64_t i = 0; i < n_items; ++i) {
    neighbour_total[i] += vote[i];
    if (anchored) anchor_total[i] += anchored_vote[i];
  }
  if (!anchored) anchor_total = neighbour_total;
}

// Baskets of two items and more, by size; one item alone meets nobody. Returns the length of the list.
template <class Id, class Place>
int64_t Lists<Id, Place>::place_by_size(std::vector<Share>& shares) {
  size_t sizes_seen = 0;
  for (const Share& share : shares) sizes_seen = std::max(sizes_seen, share.of_size.size());
  for (Share& share : shares) share.of_size.resize(sizes_seen, 0), share.begin.resize(sizes_seen, 0);
  int64_t length = 0;
  for (size_t size = 2; size < sizes_seen; ++size) {
    const int64_t before = length;
    for (Share& share : shares) {
      share.begin[size] = length;
      length += share.of_size[size] * (static_cast<int64_t>(size) + head_size);
    }
    if (length > before) sizes.push_back(static_cast<int64_t>(size)), size_end.push_back(static_cast<Place>(length));
  }
  return length;
}

// The same by owner; a voter's baskets by weight down, then by number.
template <class Id, class Place>
int64_t Lists<Id, Place>::place_by_owner(const Baskets& b, Room<Place>& where) const {
  const int32_t* owner = owner_of(b);
  std::vector<uint64_t> order;
  for (int64_t basket = 0; basket < b.n_baskets; ++basket) {
    if (b.indptr[basket + 1] - b.indptr[basket] > 1) order.push_back(uint64_t(uint32_t(owner[basket])) << 32 | basket);
  }
  std::sort(order.begin(), order.end());
  for (size_t low = 0, high = 0; voting && low < order.size(); low = high) {
    while (high < order.size() && order[high] >> 32 == order[low] >> 32) ++high;
    std::stable_sort(order.begin() + low, order.begin() + high, [&](uint64_t x, uint64_t y) {
      return weight_of(b, static_cast<uint32_t>(x)) > weight_of(b, static_cast<uint32_t>(y));
    });
  }
  where = Room<Place>(b.n_baskets);
  int64_t length = 0;
  for (const uint64_t key : order) {
    const int64_t basket = static_cast<uint32_t>(key);
    where[basket] = static_cast<Place>(length);
    length += b.indptr[basket + 1] - b.indptr[basket] + head_size;
  }
  return length;
}

// Where each share writes its places of an item: one after another, or, `together`, the first share all of them.
template <class Id, class Place>
void Lists<Id, Place>::aim(std::vector<Share>& shares, bool together) {
  first.assign(n_items + 1, 0);
  if (together) {
    for (size_t t = 1; t < shares.size(); ++t) {
      for (int64_t i = 0; i < n_items; ++i) shares[0].many[i] += std::exchange(shares[t].many[i], 0);
    }
  }
  for (Share& share : shares) share.cursor.resize(n_items);
  for (int64_t r = 0, sum = 0; r < n_items; ++r) {
    for (Share& share : shares) {
      share.cursor[r] = Cursor{static_cast<Place>(sum), 0};
      if (r >= leaders.n) sum += static_cast<int64_t>(share.many[item_of[r]]);
    }
    first[r + 1] = sum;
  }
  for (Share& share : shares) share.many = {}, share.lone = {};
}

template <class Id, class Place>
void Lists<Id, Place>::choose_leaders(const Baskets& b, const std::vector<Share>& shares) {
  if (!plain || wide) return;
  std::vector<int64_t> visits(n_items, 0);
  for (const Share& share : shares) {
    for (int64_t r = 0; r < n_items; ++r) visits[r] += static_cast<int64_t>(share.many[item_of[r]]);
  }
  double entries = 0.0, met = 0.0;
  for (const Share& share : shares) {
    for (size_t size = 2; size < share.of_size.size(); ++size) {
      const double baskets = static_cast<double>(share.of_size[size]), items = static_cast<double>(size);
      entries += baskets * items, met += baskets * items * items;
    }
  }
  leaders.n_items = n_items;
  leaders.n = b.leaders < 0 ? Leaders::how_many(visits, met / std::max(entries, 1.0)) : std::min(b.leaders, n_items);
  leaders.met = Room<uint16_t>(n_items * leaders.n);
  leaders.among.assign(leaders.n * leaders.n, 0);
}

// Writes a basket, its leaders first, and counts their pairs.
template <class Id, class Place>
void Lists<Id, Place>::lead(Share& share, const Table<Id>& number, const int32_t* item, int64_t size, Id* basket) const {
  Id *front = basket, *back = basket + size - 1;
  for (int64_t e = 0; e < size; ++e) {
    const Id id = number[item[e]];
    const int64_t leads = static_cast<int64_t>(id) < leaders.n;
    *front = *back = id, front += leads, back -= 1 - leads;
  }
  const int64_t leading = front - basket;
  uint32_t* among = share.among.data();
  for (int64_t x = 0; x < leading; ++x) {
    uint32_t* row = among + basket[x] * leaders.n;
    for (int64_t y = x + 1; y < leading; ++y) ++row[basket[y]];
    share.cursor[basket[x]].updates += static_cast<Place>(size - 1);
  }
}

template <class Id, class Place>
void Lists<Id, Place>::copy(const Baskets& b, Share& share, const Room<Place>& where, const Room<float>& beside,
                            Control& control) {
  const int32_t* owner = owner_of(b);
  const Table<Id> number(rank.begin(), rank.end());
  share.among.assign(leaders.n * leaders.n, 0);
  std::vector<int64_t> next = share.begin;
  for (int64_t basket = share.low; basket < share.high; ++basket) {
    if (basket % 65536 == 0) heed(control);
    const int64_t low = b.indptr[basket], size = b.indptr[basket + 1] - low;
    if (size < 2) continue;
    const int64_t from = owned ? static_cast<int64_t>(where[basket]) : next[size];
    Id* to = list.at + from;
    if (owned) {
      const Head h{static_cast<uint32_t>(size), weight_of(b, basket), static_cast<uint32_t>(owner[basket])};
      std::memcpy(to, &h, sizeof h);
    } else {
      next[size] += size + head_size;
      const float weight = weight_of(b, basket);
      if (!plain) std::memcpy(to, &weight, sizeof weight);
    }
    to += head_size;
    if (leaders.n > 0) {
      lead(share, number, b.item + low, size, to);
    } else {
      for (int64_t e = 0; e < size; ++e) to[e] = number[b.item[low + e]];
    }
    if (anchored) std::memcpy(beside.at + from + head_size, b.anchored + low, size * sizeof(float));
  }
}

}  // namespace
