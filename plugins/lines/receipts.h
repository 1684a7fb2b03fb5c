// Which lines of a connection are safe.
#ifndef PLUGINS_LINES_RECEIPTS_H_
#define PLUGINS_LINES_RECEIPTS_H_

#include <cstdint>
#include <deque>

namespace sluice::lines {

// Counts lines that were handed over in pieces, and become safe in any order:
// safe() are those from the first on without a gap.
//
// Thread-safety: none.
class Receipts {
 public:
  // The next `lines` are on their way. Gives the number to say Acknowledge()
  // with.
  uint64_t Add(uint64_t lines);
  // Of lines that need no acknowledgement: they are safe once those before are.
  void AddSafe(uint64_t lines) { Acknowledge(Add(lines)); }
  void Acknowledge(uint64_t number);

  uint64_t safe() const { return safe_; }
  // Nothing is on its way.
  bool all_safe() const { return pieces_.empty(); }

 private:
  struct Piece {
    uint64_t lines = 0;
    bool is_safe = false;
  };

  // Those from first_ on.
  std::deque<Piece> pieces_;
  uint64_t first_ = 0;
  uint64_t safe_ = 0;
};

}  // namespace sluice::lines

#endif  // PLUGINS_LINES_RECEIPTS_H_
