// The service in miniature, for tests.
#ifndef PLUGINS_DISRUPTIVE_FAKE_DISRUPTIVE_H_
#define PLUGINS_DISRUPTIVE_FAKE_DISRUPTIVE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "pipeline/http/http_client.h"
#include "tests/testing/fake_http_client.h"
#include "tests/testing/manual_executor.h"

namespace sluice::disruptive {

// Tokens, the list of devices, history and streams of one project "p", served
// to whoever uses it as HttpClient. Events come into history a while after they
// were published; streams get what is published while they stand, and pings.
class FakeDisruptive final : public HttpClient {
 public:
  using Exchange = FakeHttpClient::Exchange;

  struct Event {
    std::string id;
    std::string device;
    absl::Time time;
    absl::Time indexed;
    // The envelope.
    std::string json;
  };

  explicit FakeDisruptive(ManualExecutor* executor);

  std::unique_ptr<HttpCall> Stream(HttpRequest request,
                                   HttpStreamHandler* handler) override;

  // Behaviour; may be changed at any time.
  absl::Duration ping_interval = absl::Seconds(10);
  // From the opening of a stream to its first ping.
  std::function<absl::Duration()> first_ping = [this] { return ping_interval; };
  absl::Duration token_lifetime = absl::Hours(1);
  // From publishing to being in history.
  std::function<absl::Duration()> index_delay = [] { return absl::Seconds(2); };
  // What the service's clock is ahead of ours.
  absl::Duration clock_offset;
  size_t history_page = 100;
  size_t device_page = 100;
  // Sees each request first; true: it has answered it.
  std::function<bool(Exchange&)> intercept;
  bool sse = false;

  void AddDevice(const std::string& device) { devices_.insert(device); }
  // Publishes an event of `device` now and returns its id.
  std::string Publish(const std::string& device);
  // The same, of the past.
  std::string PublishLate(const std::string& device, absl::Time time);
  // Sets a label of `device`, and says so on the streams unless `quietly`.
  void SetLabel(const std::string& device, const std::string& key,
                const std::string& value, bool quietly = false);
  // Puts bytes on every stream.
  void Send(const std::string& bytes);
  // Ends every stream: properly, or not.
  void EndStreams();
  void BreakStreams();
  // Every stream stands on but brings nothing more, ever, as when a router on
  // the way forgot the connection.
  void StallStreams();

  // Streams that stand and that the client still reads.
  int streams() const;
  const std::vector<Event>& events() const { return events_; }
  const std::vector<std::string>& stream_requests() const {
    return stream_requests_;
  }
  int history_requests() const { return history_requests_; }
  int device_requests() const { return device_requests_; }
  int token_requests() const { return token_requests_; }
  // Every request so far.
  const FakeHttpClient& http() const { return http_; }

 private:
  absl::Time Now() const { return executor_->Now() + clock_offset; }

  using Query = std::multimap<std::string, std::string>;

  void Handle(const std::shared_ptr<Exchange>& exchange);
  void GiveToken(Exchange& exchange);
  bool Authorized(const Exchange& exchange) const;
  void OpenStream(const std::shared_ptr<Exchange>& exchange);
  void Ping(const std::shared_ptr<Exchange>& exchange);
  void ListDevices(Exchange& exchange, const Query& query);
  std::string DeviceJson(const std::string& device) const;
  void GiveHistory(Exchange& exchange, const std::string& device,
                   const Query& query);
  std::string Frame(const std::string& envelope) const;
  std::string NewId();

  ManualExecutor* executor_;
  FakeHttpClient http_;
  std::set<std::string> devices_;
  std::map<std::string, std::map<std::string, std::string>> labels_;
  std::vector<Event> events_;
  std::map<std::string, absl::Time> tokens_;
  std::vector<std::shared_ptr<Exchange>> streams_;
  std::vector<std::string> stream_requests_;
  int history_requests_ = 0;
  int device_requests_ = 0;
  int token_requests_ = 0;
  uint64_t next_id_ = 0;
  std::map<std::string, absl::Time> last_time_;
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_FAKE_DISRUPTIVE_H_
