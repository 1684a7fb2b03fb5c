// Reads the JSON object of a control request, field by field.
#ifndef TOOLS_SANDBOX_JSON_FIELDS_H_
#define TOOLS_SANDBOX_JSON_FIELDS_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "boost/json/object.hpp"
#include "pipeline/http/http_client.h"

namespace sluice::sandbox {

// Each getter gives the field's value, or the fallback when the field is
// absent, null or wrong; the first thing that is wrong is kept in status(), as
// kInvalidArgument naming the field and what is allowed.
class JsonFields {
 public:
  // `text` is one JSON object with no other fields than `names`; an empty text
  // is an object without fields.
  JsonFields(std::string_view text,
             std::initializer_list<std::string_view> names);

  bool Has(std::string_view name) const { return Find(name) != nullptr; }

  std::string Text(std::string_view name, std::string fallback = {});
  int64_t Whole(std::string_view name, int64_t least, int64_t most,
                int64_t fallback);
  double Number(std::string_view name, double least, double most,
                double fallback);
  // A number of seconds from 0 to 30 days.
  absl::Duration Seconds(std::string_view name, absl::Duration fallback);
  bool Flag(std::string_view name, bool fallback);
  HttpHeaders Headers(std::string_view name);

  void Fail(std::string_view name, std::string_view allowed);
  const absl::Status& status() const { return status_; }

 private:
  const boost::json::value* Find(std::string_view name) const;

  boost::json::object object_;
  absl::Status status_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_JSON_FIELDS_H_
