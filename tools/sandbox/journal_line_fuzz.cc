// A line of a request journal.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "glog/logging.h"
#include "tools/sandbox/request_journal.h"

namespace sluice::sandbox {
namespace {

// Whatever a line says, what is written of it is read as the same again.
void CheckRoundTrip(const JournalEntry& entry) {
  const std::string line = JournalLine(entry);
  CHECK_EQ(line.find('\n'), std::string::npos);
  const std::optional<JournalEntry> again = ParseJournalLine(line);
  CHECK(again.has_value()) << line;
  CHECK(again->kind == entry.kind);
  CHECK(again->time == entry.time);
  CHECK_EQ(again->request.method, entry.request.method);
  CHECK_EQ(again->request.target, entry.request.target);
  CHECK(again->request.headers == entry.request.headers);
  CHECK_EQ(again->request.body, entry.request.body);
}

// Any bytes can be the body of a request.
JournalEntry WithBody(std::string_view body) {
  JournalEntry entry;
  entry.time = absl::UnixEpoch();
  entry.request.body = std::string(body);
  return entry;
}

}  // namespace
}  // namespace sluice::sandbox

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::sandbox;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::optional<JournalEntry> entry = ParseJournalLine(input);
  if (entry.has_value()) CheckRoundTrip(*entry);
  CheckRoundTrip(WithBody(input));
  return 0;
}
