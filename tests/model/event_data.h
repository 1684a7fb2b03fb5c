// What events of the model tests carry.
#ifndef TESTS_MODEL_EVENT_DATA_H_
#define TESTS_MODEL_EVENT_DATA_H_

#include <string>

namespace sluice {

// Data of an event, which follows from its id. Most are small, some are large,
// and none can be compressed.
std::string EventData(const std::string& id);

}  // namespace sluice

#endif  // TESTS_MODEL_EVENT_DATA_H_
