#include "plugins/inthing/inthing_error.h"

#include "absl/strings/cord.h"

namespace sluice::inthing {
namespace {

constexpr char kPayloadUrl[] = "type.googleapis.com/sluice.inthing.v1.Error";

}  // namespace

absl::Status MakeError(absl::StatusCode code, std::string message,
                       const v1::Error& error) {
  absl::Status status(code, message);
  status.SetPayload(kPayloadUrl, absl::Cord(error.SerializeAsString()));
  return status;
}

absl::Status MakeError(absl::StatusCode code, std::string message,
                       v1::Error::Class error_class) {
  v1::Error error;
  error.set_error_class(error_class);
  return MakeError(code, std::move(message), error);
}

std::optional<v1::Error> ErrorOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayloadUrl);
  v1::Error error;
  if (!payload.has_value() || !error.ParseFromString(std::string(*payload))) {
    return std::nullopt;
  }
  return error;
}

v1::Error::Class ErrorClassOf(const absl::Status& status) {
  const std::optional<v1::Error> error = ErrorOf(status);
  return error.has_value() ? error->error_class()
                           : v1::Error::CLASS_UNSPECIFIED;
}

absl::Status AsConfigError(const absl::Status& status) {
  if (status.ok() || ErrorOf(status).has_value()) return status;
  return MakeError(absl::StatusCode::kInvalidArgument,
                   std::string(status.message()), v1::Error::CONFIG);
}

}  // namespace sluice::inthing
