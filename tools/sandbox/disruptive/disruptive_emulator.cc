#include "tools/sandbox/disruptive/disruptive_emulator.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "boost/json.hpp"
#include "glog/logging.h"
#include "pipeline/json/json_value.h"
#include "storage/base/rfc3339.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/disruptive/device_events.h"
#include "tools/sandbox/disruptive/request_json.h"
#include "tools/sandbox/xid.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr absl::string_view kTokenPath = "/oauth2/token";
constexpr absl::string_view kRestPath = "/v2/";
constexpr absl::string_view kEmulatorPath = "/emulator/v2/";
// Where clients look for the service that were not told of this one.
constexpr absl::string_view kIdentity =
    "https://identity.disruptive-technologies.com";
constexpr absl::string_view kEmulatorHost = "emulator.";
// Pushes what is there once more and changes nothing.
constexpr absl::string_view kSync = ":sync";
constexpr absl::Duration kDefaultWindow = absl::Hours(24);
// What the simulated devices are labelled with.
constexpr const char* kFleetLabels[] = {"name", "room-number", "group",
                                        "building"};

// The upper half of the makers: readings have the lower one.
constexpr uint32_t kServiceMaker = 0x800000;
constexpr uint32_t kFixedIds = 1704067200;  // 2024-01-01, for ids that stay

std::string FixedId(const SimulatedFleet& fleet, uint64_t number) {
  return Xid{kFixedIds, fleet.maker() | kServiceMaker, number}.ToString();
}

DisruptiveAccessOptions WithCredentials(DisruptiveAccessOptions access,
                                        const SimulatedFleet& fleet,
                                        const std::string& project) {
  if (access.key_id.empty()) access.key_id = FixedId(fleet, 2);
  if (access.secret.empty()) {
    access.secret =
        absl::StrCat(absl::Hex(fleet.maker() * uint64_t{0x9e3779b97f4a7c15},
                               absl::kZeroPad16),
                     absl::Hex(fleet.maker() * uint64_t{0xbf58476d1ce4e5b9},
                               absl::kZeroPad16));
  }
  if (access.email.empty()) {
    access.email = absl::StrCat(FixedId(fleet, 3), "@", project,
                                ".serviceaccount.d21s.com");
  }
  return access;
}

// The token endpoint under the names of this machine. Over HTTPS it can stand
// in for the service under the service's own name, too.
std::vector<std::string> AudiencesOf(const std::string& base_url) {
  const absl::string_view url = base_url;
  const absl::string_view scheme = url.substr(0, url.find(':'));
  const absl::string_view port = url.substr(url.rfind(':'));
  std::vector<std::string> audiences = {absl::StrCat(url, kTokenPath)};
  for (const char* host : {"127.0.0.1", "localhost", "[::1]"}) {
    audiences.push_back(absl::StrCat(scheme, "://", host, port, kTokenPath));
  }
  if (scheme == "https") {
    audiences.push_back(absl::StrCat(kIdentity, kTokenPath));
  }
  return audiences;
}

// Its paths are those of the REST API, at another host.
bool IsForEmulatorHost(const HttpServerRequest& request) {
  return absl::StartsWith(
      ToAbsl(FindHeader(request.headers, "Host").value_or("")), kEmulatorHost);
}

absl::StatusOr<absl::Time> TimeParameter(const DisruptiveQuery& query,
                                         std::string_view name,
                                         absl::Time fallback) {
  const std::optional<std::string> text = query.One(name);
  if (!text.has_value()) return fallback;
  const std::optional<absl::Time> time = ParseRfc3339Time(*text);
  if (time.has_value()) return *time;
  return absl::InvalidArgumentError(
      absl::StrCat("invalid ", ToAbsl(name), " \"", *text, "\""));
}

}  // namespace

DisruptiveEmulator::DisruptiveEmulator(DisruptiveOptions options,
                                       Ledger* ledger)
    : options_(std::move(options)),
      fleet_(options_.devices, options_.seed),
      project_(FixedId(fleet_, 1)),
      access_(WithCredentials(options_.access, fleet_, project_)),
      cloud_(options_.cloud, fleet_.maker() | kServiceMaker, ledger),
      projects_(absl::StrCat("organizations/", FixedId(fleet_, 4)),
                &cloud_.registry()),
      administration_({.projects = &projects_,
                       .devices = &cloud_.registry(),
                       .now = [this] { return cloud_.Now(); },
                       .new_id = [this] { return cloud_.NewId(); }}),
      publisher_(&fleet_, &cloud_),
      history_page_size_(options_.history_page_size) {
  projects_.Add(project_, "Sluice sandbox");
  AddFirstAccount();
  AddKit();
  for (const SimulatedDevice& device : fleet_.devices()) {
    cloud_.registry().Add(
        {.id = device.id,
         .project = project_,
         .type = device.type,
         .product_number = device.product_number,
         .labels = {device.labels.begin(), device.labels.end()},
         .reported = {}});
  }
  if (!options_.push_url.empty()) AddFirstConnector();
}

void DisruptiveEmulator::AddFirstAccount() {
  const DisruptiveAccessOptions& access = access_.options();
  ServiceAccount account;
  account.id = access.email.substr(0, access.email.find('@'));
  account.project = project_;
  account.email = access.email;
  account.display_name = "Sluice sandbox";
  account.basic_auth = access.basic;
  account.created = absl::FromUnixSeconds(kFixedIds);
  account.updated = account.created;
  account.keys.push_back({access.key_id, access.secret, account.created});
  administration_.AddFirstAccount(std::move(account));
  access_.set_find_key(
      [this](std::string_view id) -> std::optional<DisruptiveKey> {
        const auto found = administration_.accounts().FindKey(id);
        if (!found.has_value()) return std::nullopt;
        return DisruptiveKey{found->key->secret, found->account->email,
                             found->account->basic_auth};
      });
}

// A box with devices that nobody has claimed.
void DisruptiveEmulator::AddKit() {
  Kit kit;
  kit.id = FixedId(fleet_, 7);
  kit.display_name = "Sluice sandbox kit";
  uint64_t number = 8;
  for (const char* type : {"temperature", "touch", "proximity"}) {
    Device device;
    device.id = FixedId(fleet_, number++);
    device.type = type;
    device.labels = {{"kit", kit.id}};
    kit.devices.push_back(std::move(device));
  }
  administration_.claim_desk().Add(std::move(kit));
}

void DisruptiveEmulator::AddFirstConnector() {
  json::array labels;
  for (const char* label : kFleetLabels) labels.emplace_back(label);
  const absl::StatusOr<DataConnector*> added = cloud_.connectors().Create(
      FixedId(fleet_, 5), project_,
      {{"displayName", "Sluice sandbox"},
       {"type", "HTTP_PUSH"},
       {"labels", std::move(labels)},
       {"httpConfig",
        {{"url", options_.push_url},
         {"signatureSecret", options_.push_secret.empty()
                                 ? FixedId(fleet_, 6)
                                 : options_.push_secret}}}});
  LOG_IF(ERROR, !added.ok())
      << "nothing is pushed: " << added.status().message();
  if (added.ok()) first_connector_ = (*added)->id;
}

void DisruptiveEmulator::Start(std::string base_url, Executor* executor) {
  base_url_ = std::move(base_url);
  access_.set_audiences(AudiencesOf(base_url_));
  if (options_.send_push != nullptr) {
    cloud_.Start(executor, options_.send_push);
  } else {
    transport_ = std::make_unique<PushTransport>(executor);
    cloud_.Start(executor,
                 [this](HttpRequest request, ConnectorPusher::Done done) {
                   transport_->Send(std::move(request), std::move(done));
                 });
  }
  publisher_.Start(executor);
  if (options_.rate > 0) publisher_.Run(options_.rate, options_.count);
}

void DisruptiveEmulator::Stop() {
  publisher_.Stop();
  cloud_.streams().Cut(StreamEnd::kClean);
  cloud_.pusher().Stop();
  transport_.reset();
}

void DisruptiveEmulator::Handle(HttpServerRequest request,
                                std::shared_ptr<HttpResponder> responder) {
  const absl::Time now = cloud_.Now();
  absl::string_view path = request.path;
  if (path == kTokenPath) {
    responder->Send(request.method == "POST"
                        ? access_.IssueToken(request, now)
                        : DisruptiveError(405, "method not allowed"));
    return;
  }
  bool rest = absl::ConsumePrefix(&path, kRestPath);
  if (!rest && !absl::ConsumePrefix(&path, kEmulatorPath)) {
    responder->Send(DisruptiveError(404, "not found"));
    return;
  }
  if (IsForEmulatorHost(request)) rest = false;
  if (auto refusal = Refuse(request, rest)) {
    responder->Send(*std::move(refusal));
    return;
  }
  const DisruptivePath parsed = DisruptivePath::Parse(ToStd(path));
  if (rest) return HandleRest(request, parsed, responder);
  Answer answer = AnswerEmulatorApi(request, parsed);
  responder->Send(answer.ok() ? JsonAnswer(200, *std::move(answer))
                              : DisruptiveError(answer.status()));
}

std::optional<HttpResponse> DisruptiveEmulator::Refuse(
    const HttpServerRequest& request, bool rest) {
  if (replaying_) return std::nullopt;
  const absl::Time now = cloud_.Now();
  if (auto refusal = access_.CheckCredentials(request, now)) return refusal;
  return rest ? access_.CheckRate(now) : std::nullopt;
}

bool DisruptiveEmulator::Changes(const HttpServerRequest& request) const {
  if (request.method == "GET" || request.method == "HEAD") return false;
  const bool api = absl::StartsWith(request.path, kRestPath) ||
                   absl::StartsWith(request.path, kEmulatorPath);
  return api && !absl::EndsWith(request.path, kSync);
}

void DisruptiveEmulator::set_replaying(bool on) {
  replaying_ = on;
  cloud_.set_silent(on);
}

HttpResponse DisruptiveEmulator::FaultAnswer(const Fault& fault) {
  return DisruptiveError(fault.status, "the sandbox was asked to fail");
}

void DisruptiveEmulator::HandleRest(
    const HttpServerRequest& request, const DisruptivePath& path,
    const std::shared_ptr<HttpResponder>& responder) {
  if (path.verb == "stream" && path.parts.size() == 3 &&
      request.method == "GET") {
    absl::Status status = CheckProject(path.parts[1]);
    if (status.ok()) {
      status = cloud_.streams().Open(path.parts[1], request, responder);
    }
    if (!status.ok()) responder->Send(DisruptiveError(status));
    return;
  }
  Answer answer = AnswerRest(request, path);
  responder->Send(answer.ok() ? JsonAnswer(200, *std::move(answer))
                              : DisruptiveError(answer.status()));
}

DisruptiveEmulator::Answer DisruptiveEmulator::AnswerRest(
    const HttpServerRequest& request, const DisruptivePath& path) {
  if (auto answer = administration_.Handle({request, path, QueryOf(request)})) {
    return *std::move(answer);
  }
  const std::vector<std::string>& parts = path.parts;
  if (parts.empty() || parts[0] != "projects") return NoSuch("path");
  if (parts.size() == 1 && path.verb.empty()) return AnswerProjects(request);
  if (parts.size() >= 3 && parts[2] == "devices") {
    return AnswerDevices(request, path);
  }
  Project* project = parts.size() > 1 ? projects_.Find(parts[1]) : nullptr;
  if (project == nullptr) return NoSuch("project");
  if (parts.size() == 2 && path.verb.empty()) {
    return AnswerProject(request, *project);
  }
  if (parts.size() < 3 || parts[2] != "dataconnectors") return NoSuch("path");
  if (parts.size() == 3 && path.verb.empty()) {
    return AnswerConnectors(request, project->id);
  }
  if (parts.size() != 4) return NoSuch("path");
  DataConnector* connector = cloud_.connectors().Find(project->id, parts[3]);
  if (connector == nullptr) return NoSuch("data connector");
  return AnswerConnector(request, path.verb, *connector);
}

DisruptiveEmulator::Answer DisruptiveEmulator::AnswerDevices(
    const HttpServerRequest& request, const DisruptivePath& path) {
  const std::vector<std::string>& parts = path.parts;
  const bool get = request.method == "GET" && path.verb.empty();
  const bool post = request.method == "POST" && parts.size() == 3;
  if (get && parts.size() == 3) {
    SLUICE_RETURN_IF_ERROR(CheckProject(parts[1], /*wildcard=*/true));
    return cloud_.registry().List(parts[1], QueryOf(request));
  }
  if (get && parts.size() == 4) return GetDevice(parts[1], parts[3]);
  if (get && parts.size() == 5 && parts[4] == "events") {
    return ListEvents(request, parts[1], parts[3]);
  }
  if (post && path.verb == "batchUpdate") {
    return UpdateLabels(request, parts[1]);
  }
  if (post && path.verb == "transfer") {
    const Project* target = projects_.Find(parts[1]);
    if (target == nullptr) return NoSuch("project");
    return TransferDevices(request, *target);
  }
  return NoSuch("path");
}

DisruptiveEmulator::Answer DisruptiveEmulator::GetDevice(
    std::string_view project, std::string_view device) {
  const Device* found = cloud_.registry().Find(project, device);
  if (found == nullptr) return NoSuch("device");
  return found->ToJson();
}

DisruptiveEmulator::Answer DisruptiveEmulator::ListEvents(
    const HttpServerRequest& request, std::string_view project,
    std::string_view device) {
  SLUICE_RETURN_IF_ERROR(CheckProject(project));
  if (cloud_.registry().Find(project, device) == nullptr) {
    return NoSuch("device");
  }
  const DisruptiveQuery parameters(request.query);
  const absl::Time now = cloud_.Now();
  HistoryQuery query;
  SLUICE_ASSIGN_OR_RETURN(query.start, TimeParameter(parameters, "start_time",
                                                     now - kDefaultWindow));
  SLUICE_ASSIGN_OR_RETURN(query.end,
                          TimeParameter(parameters, "end_time", now));
  if (query.start > query.end) {
    return absl::InvalidArgumentError("start_time lies after end_time");
  }
  for (std::string& type : parameters.All("event_types")) {
    query.event_types.insert(std::move(type));
  }
  SLUICE_ASSIGN_OR_RETURN(
      query.page_size,
      parameters.PageSize(history_page_size_, history_page_size_));
  query.page_token = parameters.One("page_token").value_or("");
  ++history_requests_;
  return cloud_.history().Page(device, query, now, &history_events_);
}

DisruptiveEmulator::Answer DisruptiveEmulator::UpdateLabels(
    const HttpServerRequest& request, std::string_view project) {
  SLUICE_RETURN_IF_ERROR(CheckProject(project, /*wildcard=*/true));
  json::object body;
  SLUICE_ASSIGN_OR_RETURN(body, ParseObject(request.body));
  std::vector<std::string> names;
  SLUICE_ASSIGN_OR_RETURN(names, TextList(body, "devices"));
  std::map<std::string, std::string> set;
  SLUICE_ASSIGN_OR_RETURN(set, TextMap(body, "addLabels"));
  std::vector<std::string> remove;
  SLUICE_ASSIGN_OR_RETURN(remove, TextList(body, "removeLabels"));
  if (set.empty() && remove.empty()) {
    return absl::InvalidArgumentError("addLabels or removeLabels is needed");
  }
  json::array errors;
  for (const std::string& name : names) {
    Device* device = FindNamedDevice(cloud_.registry(), name, &errors);
    if (device == nullptr) continue;
    cloud_.ChangeLabels(*device, set, remove);
  }
  return JsonText(json::object{{"batchErrors", std::move(errors)}});
}

DisruptiveEmulator::Answer DisruptiveEmulator::AnswerEmulatorApi(
    const HttpServerRequest& request, const DisruptivePath& path) {
  const std::vector<std::string>& parts = path.parts;
  if (parts.size() < 3 || parts[0] != "projects" || parts[2] != "devices") {
    return NoSuch("path");
  }
  SLUICE_RETURN_IF_ERROR(CheckProject(parts[1]));
  if (parts.size() == 3 && path.verb.empty()) {
    if (request.method == "POST") return CreateDevice(request, parts[1]);
    if (request.method == "GET") {
      return cloud_.registry().List(parts[1], QueryOf(request));
    }
  }
  if (parts.size() != 4) return NoSuch("path");
  Device* device = cloud_.registry().Find(parts[1], parts[3]);
  if (device == nullptr) return NoSuch("device");
  if (path.verb == "publish" && request.method == "POST") {
    SLUICE_RETURN_IF_ERROR(cloud_.PublishBody(*device, request.body));
    return "{}";
  }
  if (!path.verb.empty()) return NoSuch("path");
  if (request.method == "GET") return device->ToJson();
  if (request.method == "PUT") return ReplaceDevice(request, *device);
  if (request.method == "DELETE") {
    const std::string id = device->id;
    cloud_.history().Forget(id);
    cloud_.registry().Remove(id);
    return "{}";
  }
  return NoSuch("path");
}

DisruptiveEmulator::Answer DisruptiveEmulator::CreateDevice(
    const HttpServerRequest& request, std::string_view project) {
  json::object body;
  SLUICE_ASSIGN_OR_RETURN(body, ParseObject(request.body));
  const json::value* type = body.if_contains("type");
  if (type == nullptr || !type->is_string() ||
      FindDeviceType(type->get_string()) == nullptr) {
    return absl::InvalidArgumentError("type must be a device type");
  }
  Device device;
  SLUICE_ASSIGN_OR_RETURN(device.labels, TextMap(body, "labels"));
  device.labels["virtual-sensor"] = "";
  device.id = absl::StrCat("emu", cloud_.NewId());
  device.project = project;
  device.type = std::string(type->get_string());
  return cloud_.registry().Add(std::move(device))->ToJson();
}

DisruptiveEmulator::Answer DisruptiveEmulator::ReplaceDevice(
    const HttpServerRequest& request, Device& device) {
  json::object body;
  SLUICE_ASSIGN_OR_RETURN(body, ParseObject(request.body));
  const json::value* type = body.if_contains("type");
  if (type != nullptr && !IsText(type, device.type)) {
    return absl::InvalidArgumentError("the type of a device cannot change");
  }
  std::map<std::string, std::string> labels;
  SLUICE_ASSIGN_OR_RETURN(labels, TextMap(body, "labels"));
  labels["virtual-sensor"] = "";
  std::vector<std::string> removed;
  for (const auto& [key, value] : device.labels) {
    if (!labels.contains(key)) removed.push_back(key);
  }
  cloud_.ChangeLabels(device, labels, removed);
  return device.ToJson();
}

absl::Status DisruptiveEmulator::CheckProject(std::string_view project,
                                              bool wildcard) {
  if ((wildcard && project == "-") || projects_.Find(project) != nullptr) {
    return absl::OkStatus();
  }
  return NoSuch("project");
}

}  // namespace sluice::sandbox
