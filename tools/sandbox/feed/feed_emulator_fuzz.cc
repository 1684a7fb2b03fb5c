// Requests to the emulated feed service, one per line: method, path with its
// query, and body, with spaces between. Whatever they are, each is answered
// with JSON.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "glog/logging.h"
#include "pipeline/auth/jwt.h"
#include "storage/base/to_absl.h"
#include "tests/testing/manual_executor.h"
#include "tools/sandbox/emulator_testing.h"
#include "tools/sandbox/feed/feed_emulator.h"

namespace {

using namespace sluice;
using namespace sluice::sandbox;

std::string_view TakeWord(std::string_view& line) {
  const size_t end = line.find(' ');
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  return word;
}

// As a server, or as the user 1.
std::string Token(bool server, const std::string& secret) {
  return SignJwt(R"({"alg":"HS256","typ":"JWT"})",
                 server ? R"({"resource":"*","action":"*","feed_id":"*"})"
                        : R"({"user_id":"1"})",
                 secret);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const FeedOptions options;
  static const std::string* const tokens[] = {
      new std::string(Token(true, options.api_secret)),
      new std::string(Token(false, options.api_secret))};
  ManualExecutor executor;
  Ledger ledger;
  FeedEmulator emulator(options, &ledger);
  emulator.Start("http://127.0.0.1:8082", &executor);
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::string method(TakeWord(line));
    const std::string_view path = TakeWord(line);
    const std::string target = absl::StrCat(
        ToAbsl(path), path.find('?') == std::string_view::npos ? "?" : "&",
        "api_key=sandbox_key");
    auto responder = std::make_shared<FakeResponder>();
    emulator.Handle(
        MakeRequest(method, target, {{"Authorization", *tokens[data[0] % 2]}},
                    std::string(line)),
        responder);
    CHECK(responder->answer.has_value());
    const HttpResponse& answer = *responder->answer;
    if (answer.body.starts_with("<!doctype")) continue;
    boost::system::error_code error;
    const boost::json::value body =
        boost::json::parse(answer.body, error, {}, {.max_depth = 64});
    CHECK(!error && body.is_object() && body.get_object().contains("duration"))
        << answer.body;
  }
  return 0;
}
