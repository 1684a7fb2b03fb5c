#include "tests/fault/file_oracle.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "boost/json.hpp"

namespace sluice::fault {
namespace {

namespace json = boost::json;

constexpr size_t kMostFaults = 10;

class Judge {
 public:
  Judge(uint64_t count, FileOrder order) : order_(order), seen_(count, false) {}

  void Look(const std::string& line, const Expectation& expectation);
  FileVerdict Finish();

 private:
  void Fault(std::string text) {
    if (verdict_.faults.size() < kMostFaults) {
      verdict_.faults.push_back(std::move(text));
    }
  }

  const FileOrder order_;
  FileVerdict verdict_;
  std::vector<bool> seen_;
  absl::flat_hash_map<std::string, uint64_t> latest_;  // Number, by device.
};

void Judge::Look(const std::string& line, const Expectation& expectation) {
  ++verdict_.lines;
  const auto where = absl::StrCat("line ", verdict_.lines, ": ");
  const std::optional<WrittenEvent> event = ParseWrittenEvent(line);
  if (!event) return Fault(absl::StrCat(where, "no event: ", line));
  const std::optional<ExpectedEvent> expected = expectation(*event);
  if (!expected || expected->number >= seen_.size()) {
    return Fault(absl::StrCat(where, "never published: ", line));
  }
  if (event->subject != expected->subject || event->data != expected->data) {
    Fault(absl::StrCat(where, "is ", line, " but was ", expected->subject, " ",
                       expected->data));
  }
  if (seen_[expected->number]) {
    ++verdict_.repeated;
    return;
  }
  seen_[expected->number] = true;
  const auto [latest, first] =
      latest_.try_emplace(event->subject, expected->number);
  if (first) return;
  if (expected->number < latest->second) {
    ++verdict_.misplaced;
    if (order_ == FileOrder::kAny) return;
    Fault(absl::StrCat(where, "event ", expected->number, " of ",
                       event->subject, " came after event ", latest->second));
  } else {
    latest->second = expected->number;
  }
}

FileVerdict Judge::Finish() {
  for (uint64_t number = 0; number < seen_.size(); ++number) {
    if (seen_[number]) continue;
    ++verdict_.missing;
    Fault(absl::StrCat("event ", number, " is missing"));
  }
  return std::move(verdict_);
}

}  // namespace

std::optional<WrittenEvent> ParseWrittenEvent(std::string_view line) {
  json::error_code error;
  const json::value value =
      json::parse(json::string_view(line.data(), line.size()), error);
  if (error || !value.is_object()) return std::nullopt;
  WrittenEvent event;
  for (const auto& [name, field] :
       {std::pair{"id", &event.id}, std::pair{"subject", &event.subject},
        std::pair{"time", &event.time}}) {
    const json::value* member = value.get_object().if_contains(name);
    if (member == nullptr || !member->is_string()) return std::nullopt;
    field->assign(member->get_string().begin(), member->get_string().end());
  }
  // Behind `data` come `labels`, if there are any, and `ingesttime`.
  constexpr std::string_view kData = ",\"data\":";
  const size_t begin = line.find(kData);
  if (begin == std::string_view::npos) return std::nullopt;
  event.data = line.substr(begin + kData.size());
  for (const std::string_view next : {",\"ingesttime\":", ",\"labels\":"}) {
    event.data = event.data.substr(0, event.data.rfind(next));
  }
  return event;
}

std::vector<std::string> ReadWrittenLines(const std::string& path) {
  // PATH.1 is the newest of the rotated files.
  std::vector<std::string> paths = {path};
  for (int i = 1;; ++i) {
    std::string rotated = absl::StrCat(path, ".", i);
    if (!std::filesystem::exists(rotated)) break;
    paths.push_back(std::move(rotated));
  }
  std::vector<std::string> lines;
  for (auto it = paths.rbegin(); it != paths.rend(); ++it) {
    std::ifstream file(*it);
    for (std::string line; std::getline(file, line);) {
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

uint64_t WrittenMark(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return 0;
  return (static_cast<uint64_t>(status.st_ino) << 32) +
         static_cast<uint64_t>(status.st_size);
}

FileVerdict JudgeFile(const std::vector<std::string>& lines, uint64_t count,
                      const Expectation& expectation, FileOrder order) {
  Judge judge(count, order);
  for (const std::string& line : lines) judge.Look(line, expectation);
  return judge.Finish();
}

}  // namespace sluice::fault
