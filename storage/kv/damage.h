// What is told about damage to the files of a database or a log.
#ifndef STORAGE_KV_DAMAGE_H_
#define STORAGE_KV_DAMAGE_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace sluice {

// One thing that was found damaged, or was done about it.
struct Damage {
  enum class Loss {
    kNone,    // Nothing is lost by this, or what is lost is told elsewhere.
    kEvents,  // Events of a log, which it counts by their numbers.
    kOther,   // Anything else, or what can only be told by its place.
  };

  // For a person.
  std::string what;
  Loss loss = Loss::kNone;
  // The file that keeps the damaged bytes; empty: none.
  std::string kept_in;

  // A sentence, without the full stop.
  std::string ToString() const {
    return kept_in.empty() ? what
                           : absl::StrCat(what, "; the bytes are kept in \"",
                                          kept_in, "\"");
  }
};

inline std::ostream& operator<<(std::ostream& out, const Damage& damage) {
  return out << damage.ToString();
}

using DamageList = std::vector<Damage>;

}  // namespace sluice

#endif  // STORAGE_KV_DAMAGE_H_
