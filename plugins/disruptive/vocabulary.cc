#include "plugins/disruptive/vocabulary.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice::disruptive {
namespace {

constexpr std::string_view kDeviceTypes[] = {
    "temperature",      "proximity",    "touch",         "humidity",
    "proximityCounter", "touchCounter", "co2",           "waterDetector",
    "motion",           "contact",      "deskOccupancy", "ccon",
};

constexpr std::string_view kEventTypes[] = {
    "touch",
    "temperature",
    "objectPresent",
    "humidity",
    "objectPresentCount",
    "touchCount",
    "waterPresent",
    "networkStatus",
    "batteryStatus",
    "labelsChanged",
    "connectionStatus",
    "ethernetStatus",
    "cellularStatus",
    "co2",
    "pressure",
    "motion",
    "deskOccupancy",
    "contact",
    "probeWireStatus",
};

// Letters only, without case: "object_present" is meant as "objectPresent".
std::string Folded(std::string_view word) {
  std::string folded;
  for (char c : word) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c))) {
      folded += absl::ascii_tolower(static_cast<unsigned char>(c));
    }
  }
  return folded;
}

// Levenshtein distance.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

absl::Span<const std::string_view> DeviceTypes() { return kDeviceTypes; }
absl::Span<const std::string_view> EventTypes() { return kEventTypes; }

bool IsOneOf(std::string_view word, absl::Span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string Suggestion(std::string_view word,
                       absl::Span<const std::string_view> words) {
  const std::string folded = Folded(word);
  std::string_view best;
  size_t best_distance = folded.size();
  for (std::string_view candidate : words) {
    const size_t distance = Distance(folded, Folded(candidate));
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  // A third of the letters wrong is a slip, more is another word.
  if (!best.empty() && best_distance * 3 <= folded.size()) {
    return absl::StrCat("did you mean \"",
                        absl::string_view(best.data(), best.size()), "\"?");
  }
  return absl::StrCat(
      "known are ",
      absl::StrJoin(words, ", ", [](std::string* out, std::string_view w) {
        out->append(w);
      }));
}

}  // namespace sluice::disruptive
