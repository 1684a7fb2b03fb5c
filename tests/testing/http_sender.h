// Somebody who sends events over HTTP until they were taken.
#ifndef TESTS_TESTING_HTTP_SENDER_H_
#define TESTS_TESTING_HTTP_SENDER_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/http/http_client.h"
#include "pipeline/http/http_loop.h"

namespace sluice {

// Sends each event again and again until a request with it is answered 200; on
// while others wait for their answers, so nothing is said about order.
class HttpSender {
 public:
  // `make_request`: the request that brings the event with this id; called on
  // the sender's thread.
  explicit HttpSender(
      std::function<HttpRequest(const std::string& id)> make_request);
  ~HttpSender();

  // Instead of what is still to be sent.
  void Send(const std::vector<std::string>& ids);

 private:
  // On the loop.
  void SendNext();

  const std::function<HttpRequest(const std::string& id)> make_request_;
  const std::unique_ptr<HttpLoop> loop_;
  // The loop's.
  std::deque<std::string> waiting_;
  std::map<std::string, std::unique_ptr<HttpCall>> under_way_;
};

}  // namespace sluice

#endif  // TESTS_TESTING_HTTP_SENDER_H_
