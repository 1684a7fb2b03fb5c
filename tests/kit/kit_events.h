// The events that plugins are tried with.
#ifndef TESTS_KIT_KIT_EVENTS_H_
#define TESTS_KIT_KIT_EVENTS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "proto/event/v1/event.pb.h"

namespace sluice::kit {

using Events = std::vector<event::v1::Event>;

// `count` temperature readings, with the ids "kit-FIRST" and on, of `subjects`
// devices "device-0" and on in turn. Complete, the same at every call.
Events MakeEvents(size_t first, size_t count, size_t subjects);

std::vector<std::string> IdsOf(const Events& events);

}  // namespace sluice::kit

#endif  // TESTS_KIT_KIT_EVENTS_H_
