// A local Disruptive Technologies: token endpoint, REST API, event stream, Data
// Connectors and emulator API, with simulated devices that report recorded
// weather.
//
// Wire facts: the vendor's Python client `disruptive` 1.7.3
// (https://github.com/disruptive-technologies/python-client) and
// https://docs.developer.disruptive-technologies.com.
#ifndef TOOLS_SANDBOX_DISRUPTIVE_DISRUPTIVE_EMULATOR_H_
#define TOOLS_SANDBOX_DISRUPTIVE_DISRUPTIVE_EMULATOR_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/http_server.h"
#include "tools/sandbox/disruptive/administration.h"
#include "tools/sandbox/disruptive/device_cloud.h"
#include "tools/sandbox/disruptive/disruptive_access.h"
#include "tools/sandbox/disruptive/disruptive_http.h"
#include "tools/sandbox/disruptive/project_registry.h"
#include "tools/sandbox/disruptive/push_transport.h"
#include "tools/sandbox/disruptive/reading_publisher.h"
#include "tools/sandbox/disruptive/simulated_fleet.h"
#include "tools/sandbox/emulator.h"
#include "tools/sandbox/ledger.h"

namespace sluice::sandbox {

struct DisruptiveOptions {
  size_t devices = 20;
  // Decides ids, credentials and which device says what.
  uint64_t seed = 1;
  // Readings per second of all devices together, from the start on; 0: none
  // until a control asks for them.
  double rate = 0;
  // Readings until the devices fall silent; nullopt: never.
  std::optional<int64_t> count;

  // Empty key id, secret and email are made from the seed.
  DisruptiveAccessOptions access;
  DeviceCloudOptions cloud;
  // Events per page of the history at most, and by default.
  size_t history_page_size = 1000;

  // A Data Connector that is there from the start; no URL: none. Without a
  // secret one is made from the seed. It forwards all events, with the labels
  // of the simulated devices.
  std::string push_url;
  std::string push_secret;
  // Carries pushes out in place of the network, in tests.
  std::function<void(HttpRequest, ConnectorPusher::Done)> send_push;
};

// Paths on its port: /oauth2/token, /v2/... (REST and stream), /emulator/v2/...
class DisruptiveEmulator final : public Emulator {
 public:
  // `ledger` outlives it.
  DisruptiveEmulator(DisruptiveOptions options, Ledger* ledger);

  std::string_view name() const override { return "disruptive"; }
  void Start(std::string base_url, Executor* executor) override;
  void Stop() override;
  void Handle(HttpServerRequest request,
              std::shared_ptr<HttpResponder> responder) override;
  HttpResponse FaultAnswer(const Fault& fault) override;
  HttpResponse ErrorAnswer(int status, std::string_view message) override {
    return DisruptiveError(status, message);
  }
  std::string ReadyJson() override;
  std::string StatusJson() override;
  std::vector<Page> Pages() override { return {}; }
  // Devices, what is published to them over the emulator API, their labels,
  // projects and Data Connectors; not tokens, nor what simulated devices say.
  bool Changes(const HttpServerRequest& request) const override;
  // Settings, and events of any kind.
  bool ControlChanges(const HttpServerRequest& request) const override;
  void set_replaying(bool on) override;
  // /devices, /devices/{start,stop,publish}, /streams/{cut,stall,send},
  // /tokens/revoke, /disruptive/{settings,events}: see docs/sandbox.md.
  bool Control(const HttpServerRequest& request,
               const std::shared_ptr<HttpResponder>& responder) override;

  // The project that is there from the start, and the fleet that lives in it.
  const std::string& project() const { return project_; }
  const SimulatedFleet& fleet() const { return fleet_; }
  const DisruptiveAccessOptions& credentials() const {
    return access_.options();
  }

 private:
  // A JSON body, or the error to answer.
  using Answer = absl::StatusOr<std::string>;

  // The refusal of a request without valid credentials or over the rate; the
  // emulator API counts no rate.
  std::optional<HttpResponse> Refuse(const HttpServerRequest& request,
                                     bool rest);
  // REST API: /v2 is taken off `path`.
  void HandleRest(const HttpServerRequest& request, const DisruptivePath& path,
                  const std::shared_ptr<HttpResponder>& responder);
  Answer AnswerRest(const HttpServerRequest& request,
                    const DisruptivePath& path);
  // Projects, and moving devices between them.
  Answer AnswerProjects(const HttpServerRequest& request);
  Answer AnswerProject(const HttpServerRequest& request, Project& project);
  Answer TransferDevices(const HttpServerRequest& request,
                         const Project& target);
  // Data Connectors.
  Answer AnswerConnectors(const HttpServerRequest& request,
                          const std::string& project);
  Answer AnswerConnector(const HttpServerRequest& request,
                         std::string_view verb, DataConnector& connector);
  Answer UpdateConnector(const HttpServerRequest& request,
                         DataConnector& connector);
  void AddFirstConnector();
  void AddFirstAccount();
  void AddKit();
  // Devices.
  Answer AnswerDevices(const HttpServerRequest& request,
                       const DisruptivePath& path);
  Answer GetDevice(std::string_view project, std::string_view device);
  Answer ListEvents(const HttpServerRequest& request, std::string_view project,
                    std::string_view device);
  Answer UpdateLabels(const HttpServerRequest& request,
                      std::string_view project);
  // Emulator API: /emulator/v2 is taken off `path`.
  Answer AnswerEmulatorApi(const HttpServerRequest& request,
                           const DisruptivePath& path);
  Answer CreateDevice(const HttpServerRequest& request,
                      std::string_view project);
  Answer ReplaceDevice(const HttpServerRequest& request, Device& device);

  DisruptiveQuery QueryOf(const HttpServerRequest& request) const {
    return DisruptiveQuery(request.query, list_page_size_);
  }
  absl::Status CheckProject(std::string_view project, bool wildcard = false);
  std::string DevicesJson() const;

  // Controls: a JSON body, or what is wrong; nullopt: no such control.
  std::optional<Answer> AnswerControl(const HttpServerRequest& request);
  Answer StartReadings(std::string_view body);
  Answer PublishReadings(std::string_view body);
  Answer CutStreams(std::string_view body);
  Answer StallStreams(std::string_view body);
  Answer SendToStreams(std::string_view body);
  Answer ChangeSettings(std::string_view body);
  Answer PublishAnything(std::string_view body);

  const DisruptiveOptions options_;
  const SimulatedFleet fleet_;
  const std::string project_;
  DisruptiveAccess access_;
  DeviceCloud cloud_;
  ProjectRegistry projects_;
  Administration administration_;
  ReadingPublisher publisher_;
  std::unique_ptr<PushTransport> transport_;
  size_t history_page_size_;
  size_t list_page_size_ = kListPageSize;
  std::string first_connector_;
  std::string base_url_;
  bool replaying_ = false;
  int64_t history_requests_ = 0;
  int64_t history_events_ = 0;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_DISRUPTIVE_DISRUPTIVE_EMULATOR_H_
