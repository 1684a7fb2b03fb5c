// The log whose damaged copies are in the folder `museum`, and what is known of
// each copy.
#ifndef TESTS_DAMAGE_MUSEUM_LOG_H_
#define TESTS_DAMAGE_MUSEUM_LOG_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "storage/event/event_batch.h"
#include "storage/log/event_log.h"

namespace sluice {

// The log has these events, two to a batch, of which those up to
// kMuseumDelivered are delivered to the sink `out`, and one dead letter for
// each of its rounds, written by the source `in` with its checkpoint.
inline constexpr Sequence kMuseumEvents = 60;
inline constexpr Sequence kMuseumDelivered = 5;
// The first that is still held: batches that are delivered are gone.
inline constexpr Sequence kMuseumFirst = 5;
inline constexpr int kMuseumRounds = 3;
inline constexpr int kMuseumBatchEvents = 2;

// The batch that begins with event `first`.
EventBatchPtr MuseumBatch(Sequence first);

// Makes the log in `folder`: two thirds in table files, the rest in the
// write-ahead log.
void MakeMuseumLog(const std::string& folder);

// One damaged log, as its text file has it.
struct Exhibit {
  std::string name;
  std::string done;               // What was done to the log.
  std::set<Sequence> lost;        // Events; no others are.
  std::vector<std::string> says;  // What opening it says, in parts.
  std::string also_lost;          // A table that loses entries; empty: none.
};

std::string ExhibitText(const Exhibit& exhibit);
// REQUIRES: `text` is of ExhibitText().
Exhibit ParseExhibit(const std::string& name, const std::string& text);

}  // namespace sluice

#endif  // TESTS_DAMAGE_MUSEUM_LOG_H_
