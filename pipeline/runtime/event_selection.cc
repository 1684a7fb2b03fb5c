#include "pipeline/runtime/event_selection.h"

#include <algorithm>
#include <string_view>

namespace sluice {
namespace {

bool EmptyOrHolds(const std::vector<std::string>& values,
                  std::string_view value) {
  return values.empty() ||
         std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

bool EventSelection::Matches(const EventView& event) const {
  return EmptyOrHolds(ids, event.id()) &&
         EmptyOrHolds(sources, event.source()) &&
         EmptyOrHolds(types, event.type()) &&
         EmptyOrHolds(subjects, event.subject()) &&
         std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
           return event.label(label.first) == label.second;
         });
}

}  // namespace sluice
