#include "tools/sandbox/control_server.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/notification.h"
#include "pipeline/json/json_text.h"
#include "pipeline/json/json_value.h"
#include "storage/base/rfc3339.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/control_page.h"
#include "tools/sandbox/json_fields.h"

namespace sluice::sandbox {
namespace {

constexpr size_t kStandardIds = 20;
constexpr double kMaxAdvance = 10.0 * 365 * 86400;  // seconds

HttpResponse Json(int status, std::string body) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json"}},
          .body = std::move(body)};
}

HttpResponse ErrorAnswer(int status, std::string_view message) {
  std::string body = R"({"error":)";
  AppendJsonString(message, &body);
  return Json(status, body + "}");
}

HttpResponse ErrorAnswer(const absl::Status& status) {
  return ErrorAnswer(absl::IsNotFound(status) ? 404 : 400,
                     ToStd(status.message()));
}

absl::Status NoSuchPath(const HttpServerRequest& request) {
  return absl::NotFoundError(absl::StrCat("no control ", request.method, " ",
                                          request.path,
                                          "; docs/sandbox.md lists them"));
}

std::string QueryValue(const std::string& query, std::string_view name) {
  for (auto& [key, value] : ParseQuery(query)) {
    if (key == name) return value;
  }
  return "";
}

// {"a": texts[0], "b": texts[1]} without the braces; each text is JSON.
std::string Members(const std::vector<EmulatedService*>& services,
                    const std::vector<std::string>& texts) {
  std::string members;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) members += ',';
    AppendJsonString(services[i]->name(), &members);
    absl::StrAppend(&members, ":", texts[i]);
  }
  return members;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlServer>> ControlServer::Start(
    ControlServerOptions options) {
  HttpServerOptions server_options;
  server_options.port = options.port;
  server_options.error_answer = [](int status, std::string_view message) {
    return ErrorAnswer(status, message);
  };
  auto control =
      std::unique_ptr<ControlServer>(new ControlServer(std::move(options)));
  SLUICE_ASSIGN_OR_RETURN(
      control->server_,
      HttpServer::Start(
          std::move(server_options),
          [control = control.get()](HttpServerRequest request,
                                    std::shared_ptr<HttpResponder> responder) {
            control->Handle(std::move(request), std::move(responder));
          }));
  control->url_ = absl::StrCat("http://127.0.0.1:", control->server_->port());
  absl::Notification done;
  control->Gather([](Emulator& emulator) { return emulator.ReadyJson(); },
                  [&](const std::vector<std::string>& texts) {
                    control->ready_json_ = absl::StrCat(
                        R"({"ready":true,"control":")", control->url_, R"(",)",
                        Members(control->options_.services, texts), "}");
                    done.Notify();
                  });
  done.WaitForNotification();
  return control;
}

ControlServer::~ControlServer() {
  // No new requests; those under way go from service to service in order, so
  // that following behind meets the last of them.
  server_.reset();
  for (EmulatedService* service : options_.services) {
    absl::Notification done;
    service->Do([&done](Emulator&) { done.Notify(); });
    done.WaitForNotification();
  }
}

void ControlServer::Handle(HttpServerRequest request, Responder responder) {
  if (std::optional<Answer> answer = AnswerAtOnce(request)) {
    responder->Send(answer->ok() ? Json(200, **std::move(answer))
                                 : ErrorAnswer(answer->status()));
    // After the answer is on its way.
    if (request.path == "/shutdown" && options_.on_shutdown) {
      options_.on_shutdown();
    }
    return;
  }
  const bool get = request.method == "GET";
  if (get && request.path == "/") return SendPage(std::move(responder));
  if (get && request.path == "/status") {
    return SendStatus(std::move(responder));
  }
  AskServices(std::make_shared<const HttpServerRequest>(std::move(request)),
              std::move(responder), 0);
}

std::optional<ControlServer::Answer> ControlServer::AnswerAtOnce(
    const HttpServerRequest& request) {
  const std::string& method = request.method;
  absl::string_view path = request.path;
  if (path == "/faults") {
    if (method == "GET") return FaultsJson();
    if (method == "POST") return AddFault(request.body);
    if (method == "DELETE") return ClearFaults(request.query);
  }
  if (method == "DELETE" && absl::ConsumePrefix(&path, "/faults/")) {
    return RemoveFault(std::string_view(path.data(), path.size()));
  }
  if (method == "GET" && path == "/ready") return ready_json_;
  if (method == "GET" && path == "/ledger") return LedgerJson(request.query);
  if (method == "GET" && path == "/clock") return ClockJson();
  if (method != "POST") return std::nullopt;
  if (path == "/ledger/reset") {
    options_.ledger->Reset();
    return "{}";
  }
  if (path == "/connections/drop") return DropConnections(request.body);
  if (path == "/clock") return MoveClock(request.body);
  if (path == "/shutdown") return "{}";
  return std::nullopt;
}

ControlServer::Answer ControlServer::AddFault(const std::string& body) {
  Fault fault;
  SLUICE_ASSIGN_OR_RETURN(fault, FaultFromJson(body));
  bool known = false;
  for (EmulatedService* service : options_.services) {
    known |= service->name() == fault.service;
  }
  if (!known) {
    return absl::InvalidArgumentError(
        absl::StrCat("field \"service\": \"", fault.service,
                     "\" is not a service of this sandbox"));
  }
  return absl::StrCat(R"({"id":)", options_.faults->Add(std::move(fault)), "}");
}

ControlServer::Answer ControlServer::RemoveFault(std::string_view id) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(ToAbsl(id), &number) ||
      !options_.faults->Remove(number)) {
    return absl::NotFoundError(
        absl::StrCat("no fault \"", ToAbsl(id), "\" is on"));
  }
  return "{}";
}

ControlServer::Answer ControlServer::ClearFaults(const std::string& query) {
  const std::string service = QueryValue(query, "service");
  return absl::StrCat(R"({"cleared":)", options_.faults->Clear(service), "}");
}

std::string ControlServer::FaultsJson() const {
  std::string text = R"({"faults":[)";
  bool first = true;
  for (const FaultState& state : options_.faults->List()) {
    if (!std::exchange(first, false)) text += ',';
    text += FaultStateToJson(state);
  }
  absl::StrAppend(&text, R"(],"fired":)", options_.faults->fired(), "}");
  return text;
}

ControlServer::Answer ControlServer::LedgerJson(
    const std::string& query) const {
  size_t ids = kStandardIds;
  const std::string text = QueryValue(query, "ids");
  if (!text.empty() && !absl::SimpleAtoi(text, &ids)) {
    return absl::InvalidArgumentError("ids must be a whole number");
  }
  if (QueryValue(query, "totals") == "1") {
    return LedgerReportToJson(options_.ledger->Totals());
  }
  return LedgerReportToJson(options_.ledger->Report(ids));
}

ControlServer::Answer ControlServer::DropConnections(const std::string& body) {
  JsonFields fields(body, {"service", "reset"});
  const std::string name = fields.Text("service");
  const bool reset = fields.Flag("reset", false);
  SLUICE_RETURN_IF_ERROR(fields.status());
  for (EmulatedService* service : options_.services) {
    if (service->name() != name) continue;
    service->DropConnections(reset);
    return "{}";
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "field \"service\": \"", name, "\" is not a service of this sandbox"));
}

ControlServer::Answer ControlServer::MoveClock(const std::string& body) {
  JsonFields fields(body, {"advance", "set", "stopped"});
  const double advance = fields.Number("advance", 0, kMaxAdvance, 0);
  const std::optional<absl::Time> time = ParseRfc3339Time(fields.Text("set"));
  if (fields.Has("set") && !time.has_value()) {
    fields.Fail("set", "must be a time such as \"2026-01-01T00:00:00Z\"");
  }
  if (fields.Has("set") && fields.Has("advance")) {
    fields.Fail("set", "and \"advance\" exclude each other");
  }
  const bool stopped = fields.Flag("stopped", options_.clock->stopped());
  SLUICE_RETURN_IF_ERROR(fields.status());
  stopped ? options_.clock->Stop() : options_.clock->Run();
  if (time.has_value()) options_.clock->Set(*time);
  options_.clock->Advance(absl::Seconds(advance));
  return ClockJson();
}

std::string ControlServer::ClockJson() const {
  return absl::StrCat(R"({"now":")", Rfc3339Micros(options_.clock->Now()),
                      R"(","stopped":)",
                      options_.clock->stopped() ? "true" : "false", "}");
}

void ControlServer::SendStatus(Responder responder) {
  Gather([](Emulator& emulator) { return emulator.StatusJson(); },
         [this, responder](const std::vector<std::string>& texts) {
           const LedgerReport totals = options_.ledger->Totals();
           responder->Send(Json(
               200, absl::StrCat(
                        R"({"services":{)", Members(options_.services, texts),
                        R"(},"ledger":)", LedgerReportToJson(totals),
                        R"(,"faults_fired":)", options_.faults->fired(), "}")));
         });
}

void ControlServer::SendPage(Responder responder) {
  auto links = std::make_shared<std::vector<ServiceLinks>>();
  Gather(
      [this, links](Emulator& emulator) {
        const EmulatedService& service = *options_.services[links->size()];
        links->push_back(
            {std::string(service.name()), service.url(), emulator.Pages()});
        return std::string();
      },
      [responder, links](const std::vector<std::string>&) {
        responder->Send(
            {.status = 200,
             .headers = {{"Content-Type", "text/html; charset=utf-8"}},
             .body = ControlPage(*links)});
      });
}

void ControlServer::AskServices(
    std::shared_ptr<const HttpServerRequest> request, Responder responder,
    size_t next) {
  if (next == options_.services.size()) {
    return responder->Send(ErrorAnswer(NoSuchPath(*request)));
  }
  options_.services[next]->Do([this, request = std::move(request),
                               responder = std::move(responder),
                               next](Emulator& emulator) {
    if (emulator.Control(*request, responder)) return;
    AskServices(request, responder, next + 1);
  });
}

void ControlServer::Gather(TextOf text_of, Done done,
                           std::vector<std::string> texts) {
  if (texts.size() == options_.services.size()) {
    return done(std::move(texts));
  }
  EmulatedService* service = options_.services[texts.size()];
  service->Do([this, text_of = std::move(text_of), done = std::move(done),
               texts = std::move(texts)](Emulator& emulator) mutable {
    texts.push_back(text_of(emulator));
    Gather(std::move(text_of), std::move(done), std::move(texts));
  });
}

}  // namespace sluice::sandbox
