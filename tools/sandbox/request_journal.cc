#include "tools/sandbox/request_journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/json/json_text.h"
#include "storage/base/to_absl.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

absl::Status SystemError(std::string_view what, const std::string& path) {
  return absl::UnavailableError(absl::StrCat("cannot ", ToAbsl(what), " ", path,
                                             ": ", std::strerror(errno)));
}

const json::string* Text(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_string();
}

bool ReadHeaders(const json::value* list, HttpHeaders& headers) {
  if (list == nullptr || !list->is_array()) return false;
  for (const json::value& each : list->get_array()) {
    const json::array* pair = each.if_array();
    if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_string() ||
        !(*pair)[1].is_string()) {
      return false;
    }
    headers.emplace_back(std::string_view((*pair)[0].get_string()),
                         std::string_view((*pair)[1].get_string()));
  }
  return true;
}

// Reads the whole lines of a file; returns how many bytes they are.
absl::StatusOr<int64_t> ReadLines(const std::string& path,
                                  std::vector<JournaledRequest>& requests) {
  std::ifstream in(path, std::ios::binary);
  int64_t size = 0;
  int64_t number = 0;
  for (std::string line; std::getline(in, line) && !in.eof();) {
    ++number;
    auto request = ParseJournalLine(line);
    if (!request.has_value()) {
      return absl::DataLossError(absl::StrCat(
          path, ", line ", number,
          ": no request; remove the file to start "
          "with nothing, or the lines from there on to keep the others"));
    }
    requests.push_back(*std::move(request));
    size += static_cast<int64_t>(line.size()) + 1;
  }
  if (in.bad()) return SystemError("read", path);
  return size;
}

}  // namespace

std::string JournalLine(absl::Time time, const HttpServerRequest& request) {
  std::string line =
      absl::StrCat("{\"unix_nanos\":", absl::ToUnixNanos(time), ",\"method\":");
  AppendJsonString(request.method, &line);
  line += ",\"target\":";
  AppendJsonString(request.target, &line);
  line += ",\"headers\":[";
  for (const auto& [name, value] : request.headers) {
    if (!IsUtf8(name) || !IsUtf8(value)) continue;
    line += line.back() == '[' ? "[" : ",[";
    AppendJsonString(name, &line);
    line += ',';
    AppendJsonString(value, &line);
    line += ']';
  }
  if (IsUtf8(request.body)) {
    line += "],\"body\":";
    AppendJsonString(request.body, &line);
  } else {
    absl::StrAppend(&line, "],\"body_base64\":\"",
                    absl::Base64Escape(request.body), "\"");
  }
  return line + "}";
}

std::optional<JournaledRequest> ParseJournalLine(std::string_view line) {
  boost::system::error_code error;
  const json::value value = json::parse(line, error);
  if (error || !value.is_object()) return std::nullopt;
  const json::object& object = value.get_object();
  const json::value* nanos = object.if_contains("unix_nanos");
  const json::string* method = Text(object, "method");
  const json::string* target = Text(object, "target");
  const json::string* body = Text(object, "body");
  const json::string* base64 = Text(object, "body_base64");
  JournaledRequest kept;
  HttpServerRequest& request = kept.request;
  if (nanos == nullptr || !nanos->is_int64() || method == nullptr ||
      target == nullptr || (body == nullptr) == (base64 == nullptr) ||
      !ReadHeaders(object.if_contains("headers"), request.headers)) {
    return std::nullopt;
  }
  kept.time = absl::FromUnixNanos(nanos->get_int64());
  request.method = std::string_view(*method);
  request.target = std::string_view(*target);
  const size_t question = request.target.find('?');
  request.path = request.target.substr(0, question);
  if (question != std::string::npos) {
    request.query = request.target.substr(question + 1);
  }
  if (body != nullptr) {
    request.body = std::string_view(*body);
  } else if (!absl::Base64Unescape(ToAbsl(std::string_view(*base64)),
                                   &request.body)) {
    return std::nullopt;
  }
  return kept;
}

absl::StatusOr<std::unique_ptr<RequestJournal>> RequestJournal::Open(
    const std::string& folder, std::string_view service,
    std::vector<JournaledRequest>& requests) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::string path =
      absl::StrCat(folder, "/", ToAbsl(service), ".journal");
  const int file =
      open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return SystemError("open", path);
  auto journal =
      std::unique_ptr<RequestJournal>(new RequestJournal(path, file, 0));
  const absl::StatusOr<int64_t> size = ReadLines(path, requests);
  if (!size.ok()) return size.status();
  journal->size_ = *size;
  if (ftruncate(file, *size) != 0) return SystemError("shorten", path);
  return journal;
}

RequestJournal::~RequestJournal() { close(file_); }

absl::Status RequestJournal::Append(absl::Time time,
                                    const HttpServerRequest& request) {
  std::string line = JournalLine(time, request);
  line += '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = write(file_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const absl::Status status = SystemError("write", path_);
      // Half a line would spoil the next one. If even that fails, opening the
      // file again will say where.
      static_cast<void>(ftruncate(file_, size_));
      return status;
    }
    rest.remove_prefix(static_cast<size_t>(written));
  }
  size_ += static_cast<int64_t>(line.size());
  return absl::OkStatus();
}

}  // namespace sluice::sandbox
