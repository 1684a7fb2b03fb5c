// Requests and answers for tests of emulators, without a network.
#ifndef TOOLS_SANDBOX_EMULATOR_TESTING_H_
#define TOOLS_SANDBOX_EMULATOR_TESTING_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/http/http_server.h"

namespace sluice::sandbox {

// Keeps what an emulator says.
class FakeResponder final : public HttpResponder {
 public:
  void Send(HttpResponse response) override { answer = std::move(response); }
  void Begin(int status, HttpHeaders headers) override {
    answer = HttpResponse{.status = status, .headers = std::move(headers)};
    streaming = true;
  }
  void Write(std::string bytes) override {
    if (!is_connected) return;
    written += bytes;
    ++writes;
  }
  void End() override { ended = true; }
  size_t pending_bytes() const override { return pending; }
  bool connected() const override {
    return is_connected && !ended && !aborted.has_value();
  }
  void Abort(bool reset) override { aborted = reset; }
  void SendRaw(std::string bytes) override { written += bytes; }

  // The lines written since the last call, without their ends.
  std::vector<std::string> TakeLines() {
    std::vector<std::string> lines;
    size_t begin = 0;
    for (size_t end; (end = written.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      lines.push_back(written.substr(begin, end - begin));
    }
    written.erase(0, begin);
    return lines;
  }

  // What was said.
  std::optional<HttpResponse> answer;
  std::string written;
  int writes = 0;
  bool streaming = false;
  bool ended = false;
  std::optional<bool> aborted;  // by reset?

  // What the test plays.
  bool is_connected = true;
  size_t pending = 0;
};

inline HttpServerRequest MakeRequest(std::string method, std::string target,
                                     HttpHeaders headers = {},
                                     std::string body = {}) {
  HttpServerRequest request;
  request.method = std::move(method);
  request.headers = std::move(headers);
  request.body = std::move(body);
  const size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string::npos) {
    request.query = target.substr(question + 1);
  }
  request.target = std::move(target);
  return request;
}

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_EMULATOR_TESTING_H_
