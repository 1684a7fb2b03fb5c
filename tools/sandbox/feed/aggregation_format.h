// Formats that decide which activities of an aggregated feed stand together.
//
// Facts: https://getstream.io/activity-feeds/docs/ "Flat feeds", on
// aggregation.
#ifndef TOOLS_SANDBOX_FEED_AGGREGATION_FORMAT_H_
#define TOOLS_SANDBOX_FEED_AGGREGATION_FORMAT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pipeline/json/json_view.h"

namespace sluice::sandbox {

// What of the service's template language (Jinja) such formats use:
//
//   {{ verb }}                      a field, nested ones with dots
//   {{ time.strftime("%Y-%m-%d") }} %Y %m %d %H %M
//   {% if verb == 'follow' %}..{% else %}..{% endif %}    also !=
//
// Thread-safety: immutable.
class AggregationFormat {
 public:
  static constexpr std::string_view kStandard =
      "{{ verb }}_{{ time.strftime(\"%Y-%m-%d\") }}";

  //   kInvalidArgument: says what is wrong and where.
  static absl::StatusOr<AggregationFormat> Parse(std::string_view text);

  // The key of the group of `activity`, whose time is `unix_micros`. Fields
  // that it does not have are empty.
  std::string Render(const JsonView& activity, int64_t unix_micros) const;

 private:
  friend class AggregationFormatParser;
  struct Node {
    enum class Kind { kText, kField, kTime, kIf };
    Kind kind = Kind::kText;
    std::string text;  // text; field; pattern of a time
    // Of kIf, which compares the field `text`.
    std::string value;
    bool equal = true;
    std::vector<Node> then;
    std::vector<Node> otherwise;
  };

  static void Append(const std::vector<Node>& nodes, const JsonView& activity,
                     int64_t unix_micros, std::string& out);

  std::vector<Node> nodes_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FEED_AGGREGATION_FORMAT_H_
