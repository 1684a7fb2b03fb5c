// Events over HTTP, from a sender that sends again what is not answered 200.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/kit/source_fixture.h"
#include "tests/testing/free_port.h"
#include "tests/testing/http_sender.h"

namespace sluice::lines {
namespace {

constexpr char kToken[] = "t0ken-of-the-sender";

HttpRequest Post(uint16_t port, const std::string& id) {
  return {.method = "POST",
          .url = absl::StrCat("http://127.0.0.1:", port, "/"),
          .headers = {{"Authorization", absl::StrCat("Bearer ", kToken)},
                      {"Content-Type", "application/x-ndjson"}},
          .body = absl::StrCat("{\"id\":\"", id, "\"}\n")};
}

class HttpFixture final : public kit::SourceFixture {
 public:
  HttpFixture() { setenv("CONFORMANCE_LINES_TOKEN", kToken, 1); }

  std::vector<std::string> Provide(size_t count) override {
    std::vector<std::string> ids;
    for (size_t i = 0; i < count; ++i) ids.push_back(absl::StrCat("event-", i));
    sender_.Send(ids);
    return ids;
  }
  std::string Config() override {
    return absl::StrCat("lines:\n  http: {listen: \"", port_,
                        "\", token: {env: CONFORMANCE_LINES_TOKEN}}\n"
                        "  fields: {id: id}\n");
  }
  std::vector<kit::BadConfig> BadConfigs() override {
    return {
        {"lines: {}", ""},
        {"lines: {http: {}}", "http.listen"},
        {"lines: {http: {listen: \"0.0.0.0:1\"}}", "http.certificate_file"},
        {"lines: {http: {listen: \"1\", token: {env: NOT_SET}}}", "http.token"},
        {"lines: {http: {listen: \"1\"}, fields: {id: a..b}}", "fields.id"},
        {"lines: {http: {listen: \"1\"}, max_line_bytes: 1}", "max_line_bytes"},
    };
  }
  bool KeepsOrder() override { return false; }
  std::string Secret() override { return kToken; }

 private:
  const uint16_t port_ = FreePort();
  HttpSender sender_{
      [port = port_](const std::string& id) { return Post(port, id); }};
};

}  // namespace
}  // namespace sluice::lines

SLUICE_SOURCE_FIXTURE(sluice::lines::HttpFixture);
