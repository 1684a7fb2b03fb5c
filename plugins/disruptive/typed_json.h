// Between the service's JSON and the messages of proto/disruptive/v1.
#ifndef PLUGINS_DISRUPTIVE_TYPED_JSON_H_
#define PLUGINS_DISRUPTIVE_TYPED_JSON_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace sluice::disruptive {

// A field `relative_humidity` is the member "relativeHumidity"; an enum value
// is its name, that of Device.Type in lowerCamelCase; a Timestamp is RFC 3339.
// What no field takes goes into `other` (see JsonMember), so ToJson() gives
// back every member that FromJson() was given: known ones first, in the order
// of the fields. Values come back equal, not byte for byte: 27.0 is 27, an
// offset is Z, moments have six decimals, nine where they need them.

// Fills `message` from a JSON object; what it held before is cleared.
//   kInvalidArgument: `json` is no JSON object, or not UTF-8.
absl::Status FromJson(std::string_view json,
                      google::protobuf::Message* message);

// What becomes of lists and maps that are empty: the service writes them, those
// who ask it for something leave them out.
enum class EmptyLists { kWrite, kOmit };

// Compact, on one line.
std::string ToJson(const google::protobuf::Message& message,
                   EmptyLists empty_lists = EmptyLists::kWrite);

// Calls `take(name, value)` for each member of the object `json`; `value` is
// its JSON text as it stands.
//   kInvalidArgument: as FromJson(). What `take` returns, if that is not OK.
absl::Status ForEachMember(
    std::string_view json,
    const std::function<absl::Status(std::string_view name,
                                     std::string_view value)>& take);

// The same for the elements of an array.
absl::Status ForEachElement(
    std::string_view json,
    const std::function<absl::Status(std::string_view value)>& take);

// The text of a JSON string; nullopt: `json` is none.
std::optional<std::string> ReadJsonText(std::string_view json);

// Appends `"name":`, behind a comma unless `out` ends with "{".
void AppendMemberName(std::string_view name, std::string* out);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_TYPED_JSON_H_
