// Which events somebody wants to see.
#ifndef PIPELINE_RUNTIME_EVENT_SELECTION_H_
#define PIPELINE_RUNTIME_EVENT_SELECTION_H_

#include <string>
#include <utility>
#include <vector>

#include "storage/event/event_view.h"

namespace sluice {

// What is empty does not restrict; all that is given has to hold.
struct EventSelection {
  std::vector<std::string> ids = {};
  std::vector<std::string> sources = {};
  std::vector<std::string> types = {};
  std::vector<std::string> subjects = {};
  // Each with its value.
  std::vector<std::pair<std::string, std::string>> labels = {};

  bool Matches(const EventView& event) const;
};

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_EVENT_SELECTION_H_
