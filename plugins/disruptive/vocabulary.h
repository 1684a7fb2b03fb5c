// The words of the service: types of devices and events.
// Source: python-client 1.7.3, disruptive/resources/device.py and
// disruptive/events/events.py
// (https://github.com/disruptive-technologies/python-client).
#ifndef PLUGINS_DISRUPTIVE_VOCABULARY_H_
#define PLUGINS_DISRUPTIVE_VOCABULARY_H_

#include <string>
#include <string_view>

#include "absl/types/span.h"

namespace sluice::disruptive {

// The type of event that has no history, and whose data is not nested under its
// type.
inline constexpr std::string_view kLabelsChanged = "labelsChanged";

absl::Span<const std::string_view> DeviceTypes();
absl::Span<const std::string_view> EventTypes();

// True when `word` is one of `words`, in exactly this spelling.
bool IsOneOf(std::string_view word, absl::Span<const std::string_view> words);

// What to tell somebody who wrote `word` where one of `words` belongs: the
// nearest of them, or all.
std::string Suggestion(std::string_view word,
                       absl::Span<const std::string_view> words);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_VOCABULARY_H_
