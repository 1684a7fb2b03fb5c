// Calls of the REST and emulator API as values: checked, not sent yet.
#ifndef PLUGINS_DISRUPTIVE_API_CALL_H_
#define PLUGINS_DISRUPTIVE_API_CALL_H_

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "boost/json/fwd.hpp"

namespace sluice::disruptive {

// Which of the service's hosts.
enum class ApiHost { kRest, kEmulator };

// A call whose answer is one object. Answer: a message of proto/disruptive/v1,
// or google::protobuf::Empty.
template <typename Answer>
struct ApiCall {
  ApiHost host = ApiHost::kRest;
  std::string method = "GET";
  // With its query, encoded.
  std::string path = {};
  // JSON; empty: none.
  std::string body = {};
  // Doing it twice is as good as once.
  bool repeatable = true;
  // The answer is this member of the object that comes; empty: all of it.
  std::string member = {};
};

// A call whose answer is a list that comes in pages. Item: a message, or
// std::string.
template <typename Item>
struct ApiList {
  ApiHost host = ApiHost::kRest;
  std::string path = {};
  // The member with the items.
  std::string key = {};
};

// A device's, project's or other resource's id that becomes a part of a path.
// `argument` is its name in the error.
absl::Status CheckId(std::string_view argument, std::string_view id);
absl::Status CheckIds(std::string_view argument,
                      const std::vector<std::string>& ids);
// One of `words` of vocabulary.h, each of `given`.
absl::Status CheckDeviceTypes(const std::vector<std::string>& given);
absl::Status CheckEventTypes(const std::vector<std::string>& given);
// Labels have keys without '='.
absl::Status CheckLabelKey(std::string_view argument, std::string_view key);
// Text in UTF-8, as JSON wants it.
absl::Status CheckText(std::string_view argument, std::string_view text);

// The parts of a path, each behind a slash and encoded.
std::string ApiPath(std::initializer_list<std::string_view> parts);

boost::json::array JsonList(const std::vector<std::string>& texts);
// "prefix" before each of `texts`.
boost::json::array JsonList(std::string_view prefix,
                            const std::vector<std::string>& texts);
boost::json::object JsonMap(
    const std::vector<std::pair<std::string, std::string>>& entries);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_API_CALL_H_
