// The votes of a cart's lines added up; recsvc/votes_arrays.py says the same in NumPy, to the last bit: every sum runs
// over the rows in their order, and powers are the C library's, as Python's are. No state, no thread, no I/O.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

namespace {

struct Rows {
    int64_t n, plain;          // rows, at least one; so many of them count by their sum, the later ones by their power mean
    const int64_t *ends;       // (n,) where each row ends among the entries
    const int64_t *anchors;    // (n,) >= 0
    const double *weights;     // (n,)
    const int32_t *item;       // (entries,) >= 0, no item twice in a row
    const float *score;        // (entries,)
    const uint16_t *together;  // (entries,)
};

struct Vote {
    double value;
    int32_t row, next;  // next: of the same item, -1 for none
    uint16_t together;
};

struct Found {
    double score;
    int32_t item, anchor, together, first, last;
};

// Where an item stands among `found`; by score down, then item up.
struct Place {
    double score;
    int32_t item, at;
    bool operator<(const Place &other) const {
        return score > other.score || (score == other.score && item < other.item);
    }
};

// Item -> its place in `found`; open addressing (Knuth 6.4), twice as many slots as entries or more.
class Places {
  public:
    explicit Places(size_t entries) {
        while ((size_t(1) << bits_) < 2 * entries) ++bits_;
        slots_.assign(size_t(1) << bits_, -1);
    }
    int32_t &of(int32_t item, const std::vector<Found> &found) {
        size_t at = (uint32_t(item) * 2654435769u) >> (32 - bits_);  // Fibonacci hashing
        while (slots_[at] >= 0 && found[size_t(slots_[at])].item != item) at = (at + 1) & (slots_.size() - 1);
        return slots_[at];
    }

  private:
    int bits_ = 1;
    std::vector<int32_t> slots_;
};

// What each anchor says for one item.
struct Said {
    double share;
    int32_t anchor, together;
};

class Merge {
  public:
    Merge(const Rows &rows, double power) : rows_(rows), power_(power) {
        const size_t entries = size_t(rows.ends[rows.n - 1]);
        votes_.reserve(entries);
        found_.reserve(entries);
        said_.reserve(size_t(rows.n));
    }

    std::vector<Place> run() {
        gather();
        for (Found &one : found_) weigh(one);
        std::vector<Place> order;
        order.reserve(found_.size());
        for (const Found &one : found_) {
            if (one.score >= 0) order.push_back({one.score, one.item, int32_t(&one - found_.data())});
        }
        std::sort(order.begin(), order.end());
        return order;
    }
    const Found &at(int32_t place) const { return found_[size_t(place)]; }

  private:
    // Every entry, chained to those of the same item in the order of the rows.
    void gather() {
        Places places(votes_.capacity());
        int64_t at = 0;
        for (int64_t row = 0; row < rows_.n; ++row) {
            for (; at < rows_.ends[row]; ++at) {
                const int32_t here = int32_t(votes_.size());
                votes_.push_back({double(rows_.score[at]) * rows_.weights[row], int32_t(row), -1, rows_.together[at]});
                int32_t &place = places.of(rows_.item[at], found_);
                if (place < 0) {
                    place = int32_t(found_.size());
                    found_.push_back({0.0, rows_.item[at], 0, 0, here, here});
                } else {
                    Found &one = found_[size_t(place)];
                    votes_[size_t(one.last)].next = here;
                    one.last = here;
                }
            }
        }
    }

    // The score of one item, and who speaks loudest for it.
    void weigh(Found &one) {
        if (one.first == one.last) {  // what comes out below, too
            const Vote &only = votes_[size_t(one.first)];
            one.score = 0.0 + only.value;  // which is no -0
            one.anchor = int32_t(rows_.anchors[only.row]);
            one.together = only.together;
            return;
        }
        double sum = 0.0, peak = 0.0, raised = 0.0;
        for (int32_t at = one.first; at >= 0; at = votes_[size_t(at)].next) {
            const Vote &vote = votes_[size_t(at)];
            if (vote.row < rows_.plain) sum += vote.value;
            else peak = std::max(peak, vote.value);
        }
        if (peak > 0) {
            for (int32_t at = one.first; at >= 0; at = votes_[size_t(at)].next) {
                Vote &vote = votes_[size_t(at)];
                if (vote.row >= rows_.plain) raised += vote.value = std::pow(vote.value / peak, power_);
            }
        }
        const double mean = peak > 0 ? peak * std::pow(raised, 1 / power_) : 0.0;
        one.score = sum + mean;
        said_.clear();
        for (int32_t at = one.first; at >= 0; at = votes_[size_t(at)].next) {
            const Vote &vote = votes_[size_t(at)];
            hear(int32_t(rows_.anchors[vote.row]),
                 vote.row < rows_.plain || peak <= 0 ? vote.value : mean * (vote.value / raised), vote.together);
        }
        const Said *loudest = &said_[0];
        for (const Said &other : said_) {
            if (louder(other, *loudest)) loudest = &other;
        }
        one.anchor = loudest->anchor;
        one.together = loudest->together;
    }

    void hear(int32_t anchor, double share, uint16_t together) {
        for (Said &before : said_) {
            if (before.anchor == anchor) {
                before.share += share;
                before.together = std::max(before.together, int32_t(together));
                return;
            }
        }
        said_.push_back({share, anchor, together});
    }

    // With evidence before without, then the larger share, then the anchor that came first.
    static bool louder(const Said &a, const Said &b) {
        if ((a.together > 0) != (b.together > 0)) return a.together > 0;
        return a.share > b.share || (a.share == b.share && a.anchor < b.anchor);
    }

    const Rows &rows_;
    const double power_;
    std::vector<Vote> votes_;
    std::vector<Found> found_;
    std::vector<Said> said_;
};

}  // namespace

extern "C" {

// Counts on with every change of the calls below; recsvc/votes_native.py asks.
int32_t votes_edition() { return 1; }

// Adds up n rows; the first `plain` of them count by their sum. `of_rows` holds for each where it ends among the entries,
// then for each its anchor, then for each its weight; the other columns hold the entries. Writes score, item, anchor and
// together of every item, best first, each column with room for all entries. Returns how many items there are, -1 where
// memory does not suffice.
int64_t votes_merge(int64_t n, int64_t plain, double power, const int64_t *of_rows, const int32_t *item,
                    const float *score, const uint16_t *together, double *out) {
    try {
        const Rows rows{n, plain, of_rows, of_rows + n, reinterpret_cast<const double *>(of_rows + 2 * n),
                        item, score, together};
        const size_t room = size_t(of_rows[n - 1]);
        Merge merge(rows, power);
        const std::vector<Place> order = merge.run();
        int32_t *rest = reinterpret_cast<int32_t *>(out + room);
        for (size_t at = 0; at < order.size(); ++at) {
            const Found &one = merge.at(order[at].at);
            out[at] = one.score;
            rest[at] = one.item;
            rest[room + at] = one.anchor;
            rest[2 * room + at] = one.together;
        }
        return int64_t(order.size());
    } catch (const std::bad_alloc &) {
        return -1;
    }
}
}
