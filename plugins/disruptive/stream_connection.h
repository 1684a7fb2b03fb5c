// One connection to the event stream.
#ifndef PLUGINS_DISRUPTIVE_STREAM_CONNECTION_H_
#define PLUGINS_DISRUPTIVE_STREAM_CONNECTION_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/api/source.h"
#include "pipeline/executor/executor.h"
#include "pipeline/executor/scoped_timer.h"
#include "pipeline/http/http_client.h"
#include "plugins/disruptive/authorizer.h"
#include "plugins/disruptive/event_decoder.h"
#include "plugins/disruptive/frame_splitter.h"
#include "plugins/disruptive/settings.h"

namespace sluice::disruptive {

// Why a stream is over.
struct StreamEnd {
  enum class Kind {
    // It may work again at once: connection lost, silence, the server's regular
    // cut, 5xx.
    kLost,
    // 429: not before `retry_after`.
    kThrottled,
    // The token is refused.
    kUnauthorized,
    // The rest needs a person: the key is refused (kNoCredentials), no access
    // to the project or no such project (kProject), the filters are not
    // understood (kRefused), a certificate is not trusted (kCertificate).
    kNoCredentials,
    kProject,
    kRefused,
    kCertificate,
  };
  Kind kind = Kind::kLost;
  // For a person; no secrets.
  std::string message;
  std::optional<absl::Duration> retry_after;
};

// GET /projects/<project>/devices:stream, decoded. Bytes, pings and ends of the
// wire: python-client 1.7.3, disruptive/requests.py; errors in the stream: the
// same and the Swift client's DeviceEventStreamTests.swift.
//
// Used on the executor only.
class StreamConnection final : private HttpStreamHandler, private FrameHandler {
 public:
  // Told what happens, later than Open(). May Close() the connection but not
  // destroy it inside a call.
  class Listener {
   public:
    virtual ~Listener() = default;
    // The server accepted: what is published from now on arrives here.
    virtual void OnStreamOpen(StreamConnection* stream,
                              const HttpHeaders& headers) = 0;
    // `time`: the server's, if it says it.
    virtual void OnStreamPing(StreamConnection* stream,
                              std::optional<absl::Time> time) = 0;
    virtual void OnStreamEvent(StreamConnection* stream,
                               const EventFields& event) = 0;
    virtual void OnStreamMalformed(StreamConnection* stream,
                                   MalformedInput malformed) = 0;
    // All that has arrived is handed over for now.
    virtual void OnStreamIdle(StreamConnection* stream) = 0;
    // The last call.
    virtual void OnStreamEnd(StreamConnection* stream, StreamEnd end) = 0;
  };

  // Everything given outlives the connection.
  StreamConnection(const Settings* settings, Executor* executor,
                   HttpClient* http, Authorizer* authorizer,
                   EventDecoder* decoder, Listener* listener);
  ~StreamConnection() override;

  void Open();
  // Ends it without another call to the listener.
  void Close();
  // Stops and restarts reading.
  void SetPaused(bool paused);

  bool open() const { return open_; }
  // What it was opened with.
  const Grant& grant() const { return grant_; }

 private:
  void Send(const Grant& grant);
  void End(StreamEnd end);
  void EndAfterAnswer();
  void OnErrorFrame(const Frame& frame);

  // HttpStreamHandler:
  void OnResponse(int status, const HttpHeaders& headers) override;
  void OnBody(std::string_view piece) override;
  void OnDone(const HttpFailure& failure) override;
  // FrameHandler:
  void OnFrame(std::string_view frame) override;
  void OnOversizedFrame(std::string_view beginning) override;

  const Settings* settings_;
  Executor* executor_;
  HttpClient* http_;
  Authorizer* authorizer_;
  EventDecoder* decoder_;
  Listener* listener_;

  FrameSplitter splitter_;
  Grant grant_;
  bool open_ = false;
  bool closed_ = false;
  bool paused_ = false;
  // An answer that is no stream.
  int status_ = 0;
  std::optional<absl::Duration> retry_after_;
  std::string error_body_;
  ScopedTimer head_timer_;
  std::unique_ptr<HttpCall> call_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// The address of the stream with all filters of `settings`.
std::string StreamUrl(const Settings& settings);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_STREAM_CONNECTION_H_
