// The JSON of requests to the emulated API, and of answers to batches.
#ifndef TOOLS_SANDBOX_DISRUPTIVE_REQUEST_JSON_H_
#define TOOLS_SANDBOX_DISRUPTIVE_REQUEST_JSON_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "boost/json/object.hpp"

namespace sluice::sandbox {

// Of those that return a StatusOr: kInvalidArgument names what is wrong.

absl::StatusOr<boost::json::object> ParseObject(std::string_view body);

// A member that is a text; `fallback` when it is absent or null.
absl::StatusOr<std::string> TextOf(const boost::json::object& object,
                                   std::string_view name,
                                   std::string fallback = {});

// A member that maps texts to texts; absent or null is empty.
absl::StatusOr<std::map<std::string, std::string>> TextMap(
    const boost::json::object& object, std::string_view name);

// A member that lists texts; absent or null is empty.
absl::StatusOr<std::vector<std::string>> TextList(
    const boost::json::object& object, std::string_view name);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_DISRUPTIVE_REQUEST_JSON_H_
