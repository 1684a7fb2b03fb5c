#include "tools/sandbox/sample_config.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "boost/json.hpp"
#include "storage/base/status_macros.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

// $0 directory, $1 base URL and $2 token URL of the device cloud, $3 project,
// $4 URL and $5 key of the feed, $6 URL and $7 id of the stream, $8 requests
// per second.
constexpr char kConfig[] =
    R"(# Everything in it talks to a local sandbox, which wrote it.
data_dir: "$0/data"
pipelines:
  demo:
    sources:
      sensors:
        disruptive:
          project: $3
          credentials: {file: "$0/credentials.json"}
          base_url: $1
          token_url: $2
          stream: {ping_interval: 1s, reconnect_initial: 200ms, reconnect_max: 2s}
          backfill: {settle: 3s, overlap: 2s, parallel: 8}
          rate: {requests_per_second: $8}
    sinks:
      room-feed:
        retry: {initial: 100ms, max: 1s}
        feed:
          base_url: $4
          api_key: $5
          api_secret: {file: "$0/feed_secret"}
          feed: "device:{{ subject }}"
          to: ["building:hq"]
      ops:
        inthing:
          url: $6
          stream: $7
          password: {file: "$0/stream_password"}
          digest: {max_events: 5000}
)";

absl::StatusOr<std::string> Text(const json::value& ready,
                                 std::string_view service,
                                 std::string_view name) {
  const json::value* object =
      ready.is_object() ? ready.get_object().if_contains(service) : nullptr;
  const json::value* value = object != nullptr && object->is_object()
                                 ? object->get_object().if_contains(name)
                                 : nullptr;
  if (value == nullptr || !value->is_string()) {
    return absl::InternalError(absl::StrCat("the sandbox's ready line lacks ",
                                            std::string(service), ".",
                                            std::string(name)));
  }
  return std::string(value->get_string());
}

absl::Status WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  // Credentials are in one of them, if only the sandbox's.
  if (!file || ::chmod(path.c_str(), 0600) != 0) {
    return absl::UnavailableError(absl::StrCat("cannot write ", path));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> WriteSampleConfig(std::string_view ready_json,
                                              const std::string& folder,
                                              int requests_per_second) {
  // The configuration is good from wherever it is run.
  const std::string directory = std::filesystem::absolute(folder).string();
  std::error_code made;
  std::filesystem::create_directories(directory, made);
  if (made) {
    return absl::UnavailableError(
        absl::StrCat("cannot make ", directory, ": ", made.message()));
  }
  json::error_code error;
  const json::value ready = json::parse(
      json::string_view(ready_json.data(), ready_json.size()), error);
  if (error) return absl::InternalError("the sandbox's ready line is no JSON");
  SLUICE_ASSIGN_OR_RETURN(const std::string cloud_url,
                          Text(ready, "disruptive", "base_url"));
  SLUICE_ASSIGN_OR_RETURN(const std::string token_url,
                          Text(ready, "disruptive", "token_url"));
  SLUICE_ASSIGN_OR_RETURN(const std::string project,
                          Text(ready, "disruptive", "project"));
  SLUICE_ASSIGN_OR_RETURN(const std::string feed_url,
                          Text(ready, "feed", "base_url"));
  SLUICE_ASSIGN_OR_RETURN(const std::string api_key,
                          Text(ready, "feed", "api_key"));
  SLUICE_ASSIGN_OR_RETURN(const std::string api_secret,
                          Text(ready, "feed", "api_secret"));
  SLUICE_ASSIGN_OR_RETURN(const std::string stream_url,
                          Text(ready, "inthing", "base_url"));
  SLUICE_ASSIGN_OR_RETURN(const std::string stream,
                          Text(ready, "inthing", "stream"));
  SLUICE_ASSIGN_OR_RETURN(const std::string password,
                          Text(ready, "inthing", "password"));
  SLUICE_RETURN_IF_ERROR(
      WriteFile(absl::StrCat(directory, "/credentials.json"),
                json::serialize(ready.at("disruptive").at("credentials"))));
  SLUICE_RETURN_IF_ERROR(
      WriteFile(absl::StrCat(directory, "/feed_secret"), api_secret));
  SLUICE_RETURN_IF_ERROR(
      WriteFile(absl::StrCat(directory, "/stream_password"), password));
  std::string path = absl::StrCat(directory, "/sluice.yaml");
  SLUICE_RETURN_IF_ERROR(
      WriteFile(path, absl::Substitute(kConfig, directory, cloud_url, token_url,
                                       project, feed_url, api_key, stream_url,
                                       stream, requests_per_second)));
  return path;
}

}  // namespace sluice::sandbox
