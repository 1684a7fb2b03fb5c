// What the configuration says of the statuses of answers.
#ifndef PLUGINS_HTTP_STATUS_MEANINGS_H_
#define PLUGINS_HTTP_STATUS_MEANINGS_H_

#include <map>
#include <optional>

#include "absl/status/statusor.h"
#include "plugins/http/config.pb.h"

namespace sluice::http {

// Meanings by code and by class. Thread-safety: immutable once made.
class StatusMeanings {
 public:
  // None.
  StatusMeanings() = default;

  // Reads HttpSinkConfig::statuses.
  //   kInvalidArgument: a ConfigError at `statuses`, or at its member with the
  //   mistake.
  static absl::StatusOr<StatusMeanings> Create(
      const v1::HttpSinkConfig& config);

  // What is said of `status`, else of its class. Nullopt: nothing.
  std::optional<v1::StatusMeaning> Find(int status) const;

 private:
  std::map<int, v1::StatusMeaning> codes_;
  // By first digit.
  std::map<int, v1::StatusMeaning> classes_;
};

}  // namespace sluice::http

#endif  // PLUGINS_HTTP_STATUS_MEANINGS_H_
