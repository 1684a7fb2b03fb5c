#include "tests/simulation/simulation.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "pipeline/api/plugin_registry.h"
#include "plugins/disruptive/config.pb.h"
#include "plugins/disruptive/plugin.h"
#include "plugins/feed/config.pb.h"
#include "plugins/feed/plugin.h"
#include "plugins/inthing/config.pb.h"
#include "plugins/inthing/plugin.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/network.h"
#include "tests/simulation/pusher.h"
#include "tests/simulation/services.h"
#include "tests/simulation/sim_process.h"
#include "tests/simulation/trace.h"
#include "tests/testing/seeded_scheduler.h"

namespace sluice::simulation {
namespace {

constexpr char kApiHost[] = "api";
constexpr char kIdentityHost[] = "identity";
constexpr char kFeedHost[] = "feed";
constexpr char kInthingHost[] = "inthing";
constexpr const char* kHosts[] = {kApiHost, kIdentityHost, kFeedHost,
                                  kInthingHost};
constexpr char kSecretVariable[] = "SLUICE_SIMULATION_SECRET";
// A digest of so many events lists each of them.
constexpr int kDigestEvents = 150;
constexpr int kDevices = 6;
// After everything has healed, nothing may take longer.
constexpr absl::Duration kLongestRecovery = absl::Hours(6);

constexpr config::v1::AcknowledgementLevel kLevels[] = {
    config::v1::RECEIVED, config::v1::BUFFERED, config::v1::DURABLE,
    config::v1::DELIVERED};

google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration proto;
  proto.set_seconds(absl::ToInt64Seconds(duration));
  proto.set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(duration % absl::Seconds(1))));
  return proto;
}

class Simulation {
 public:
  Simulation(uint64_t seed, bool print);

  Result Run();

 private:
  // ---- What there is.
  void MakePlugins();
  void AddCloudSource();
  void AddSinks();
  template <typename Component>
  ComponentFactory<Component> Factory(
      const PluginEntry<Component>* entry,
      std::shared_ptr<google::protobuf::Message> config);

  // ---- What happens.
  void PublishSometimes();
  void ChangeWeatherSometimes(const std::string& host);
  void TroubleSometimes();
  void Trouble();
  void StartProcess();
  void Crash(bool power_loss);
  void Restart();
  void OnStopped();
  void BuryProcess(bool power_loss);
  void EndLife();
  void Heal();
  bool Settled();

  // ---- What must be true.
  void Problem(const std::string& text);
  void OnAcknowledged(const Pusher& pusher,
                      const std::vector<std::string>& ids);
  void CheckDelivered(const std::string& id, const std::string& feed,
                      bool excused);
  void CheckOrder(const std::string& feed,
                  const std::vector<std::string>& published);
  void CheckDeadLetters();
  void CheckLedger();
  void CheckEverything();

  bool AllDead() const {
    return std::all_of(graves_.begin(), graves_.end(),
                       [](const auto& process) { return process->dead(); });
  }
  bool Chance(double probability) { return scheduler_.Chance(probability); }

  SeededScheduler scheduler_;
  Trace trace_;
  const std::unique_ptr<SeededScheduler::SimExecutor> world_;
  Network network_;
  DeviceCloud cloud_;
  FeedService feed_;
  InthingService inthing_;
  Disk disk_;
  std::vector<std::unique_ptr<Pusher>> pushers_;
  PluginRegistry plugins_;
  PipelineSpec spec_;
  SimProcess::Limits limits_;
  // The one at work, and those that died but are not quite gone.
  std::unique_ptr<SimProcess> process_;
  bool stopping_ = false;
  int64_t disk_errors_before_stop_ = 0;
  std::vector<std::unique_ptr<SimProcess>> graves_;
  absl::Duration wall_offset_;
  bool chaos_ = true;
  size_t data_bytes_ = 0;
  // Those that were looked at, by id.
  std::set<std::string> dead_in_feed_;
  Result result_;
};

DeviceCloud::Options CloudOptions(SeededScheduler& scheduler) {
  DeviceCloud::Options options;
  options.sse = scheduler.Chance(0.5);
  options.token_lifetime = scheduler.Between(absl::Minutes(10), absl::Hours(1));
  options.longest_stream = scheduler.Between(absl::Minutes(20), absl::Hours(1));
  options.history_page = 1 + scheduler.Below(20);
  options.device_page = 1 + scheduler.Below(8);
  return options;
}

Simulation::Simulation(uint64_t seed, bool print)
    : scheduler_(seed),
      trace_(&scheduler_, print),
      world_(scheduler_.NewExecutor()),
      network_(&scheduler_, world_.get(), &trace_),
      cloud_(&scheduler_, world_.get(), &trace_, CloudOptions(scheduler_)),
      feed_(&scheduler_, &trace_,
            RateWindows({{.span = absl::Minutes(1), .max = 60},
                         {.span = absl::Minutes(15), .max = 600},
                         {.span = absl::Hours(1), .max = 2000}})),
      inthing_(&scheduler_, &trace_,
               RateWindows({{.span = absl::Minutes(1), .max = 20},
                            {.span = absl::Minutes(15), .max = 100}})),
      disk_(&scheduler_) {
  network_.AddHost(kApiHost, &cloud_);
  network_.AddHost(kIdentityHost, &cloud_);
  network_.AddHost(kFeedHost, &feed_);
  network_.AddHost(kInthingHost, &inthing_);
  setenv(kSecretVariable, "secret", 1);
  MakePlugins();
  data_bytes_ = 1 + scheduler_.Below(Chance(0.2) ? 4000 : 100);
  if (Chance(0.3)) limits_.queue_bytes = 4 << 10;
  if (Chance(0.3)) limits_.window_bytes = 8 << 10;
  spec_.log.max_bytes = 1 << 20;
  spec_.log.dedupe_window = absl::Hours(26);
}

template <typename Component>
ComponentFactory<Component> Simulation::Factory(
    const PluginEntry<Component>* entry,
    std::shared_ptr<google::protobuf::Message> config) {
  return [entry, config] { return entry->create(*config); };
}

void Simulation::MakePlugins() {
  CHECK(disruptive::RegisterDisruptive(plugins_).ok());
  CHECK(feed::RegisterFeed(plugins_).ok());
  CHECK(inthing::RegisterInthing(plugins_).ok());
  spec_.name = "office";
  AddCloudSource();
  for (const auto level : kLevels) {
    const std::string name =
        absl::AsciiStrToLower(config::v1::AcknowledgementLevel_Name(level));
    auto pusher = std::make_unique<Pusher>(name, level, &scheduler_, &trace_);
    pusher->on_acknowledged =
        [this, sender = pusher.get()](const std::vector<std::string>& ids) {
          OnAcknowledged(*sender, ids);
        };
    SourceSpec source;
    source.name = name;
    source.plugin = "push";
    source.acknowledge = level;
    source.create = [sender = pusher.get()] { return sender->MakeSource(); };
    spec_.sources.push_back(std::move(source));
    pushers_.push_back(std::move(pusher));
  }
  AddSinks();
}

void Simulation::AddCloudSource() {
  auto config = std::make_shared<disruptive::v1::DisruptiveConfig>();
  config->set_project("p");
  config->mutable_credentials()->set_key_id("key");
  config->mutable_credentials()->mutable_secret()->set_env(kSecretVariable);
  config->mutable_credentials()->set_email("sa@p");
  config->set_base_url("http://api/v2");
  config->set_token_url("http://identity/oauth2/token");
  // The cloud was made with the same coin.
  config->set_format(cloud_.sse() ? disruptive::v1::SSE : disruptive::v1::JSON);
  *config->mutable_backfill()->mutable_first_start() = ToProto(absl::Hours(24));
  SourceSpec source;
  source.name = "cloud";
  source.plugin = "disruptive";
  source.create = Factory(plugins_.source("disruptive"), config);
  spec_.sources.push_back(std::move(source));
}

void Simulation::AddSinks() {
  auto feed_config = std::make_shared<feed::v1::FeedSinkConfig>();
  feed_config->set_api_key("key");
  feed_config->mutable_api_secret()->set_env(kSecretVariable);
  feed_config->set_feed("device:{{ subject }}");
  feed_config->set_base_url("http://feed");
  SinkSpec feed_sink;
  feed_sink.name = "feed";
  feed_sink.plugin = "feed";
  feed_sink.create = Factory(plugins_.sink("feed"), feed_config);
  spec_.sinks.push_back(std::move(feed_sink));

  auto inthing_config = std::make_shared<inthing::v1::InthingSinkConfig>();
  inthing_config->set_stream("/office/test/");
  inthing_config->mutable_password()->set_env(kSecretVariable);
  inthing_config->set_url("http://inthing");
  inthing_config->set_title("ev {{ id }}");
  inthing_config->set_description("-");
  inthing_config->set_generator("sluice");
  inthing_config->mutable_digest()->set_max_events(kDigestEvents);
  SinkSpec inthing_sink;
  inthing_sink.name = "inthing";
  inthing_sink.plugin = "inthing";
  inthing_sink.create = Factory(plugins_.sink("inthing"), inthing_config);
  spec_.sinks.push_back(std::move(inthing_sink));
}

// ---- What happens.

void Simulation::PublishSometimes() {
  const absl::Duration wait =
      Chance(0.05)
          ? scheduler_.Between(absl::Seconds(30), absl::Minutes(10))
          : scheduler_.Between(absl::ZeroDuration(), absl::Seconds(30));
  world_->PostAfter(wait, [this] {
    if (!chaos_) return;
    const int burst = Chance(0.05) ? 40 : 1;
    for (int i = 0; i < burst; ++i) {
      if (Chance(0.5)) {
        cloud_.Publish(absl::StrCat("d", scheduler_.Below(kDevices)));
      } else {
        pushers_[scheduler_.Below(pushers_.size())]->Publish(data_bytes_);
      }
    }
    PublishSometimes();
  });
}

void Simulation::ChangeWeatherSometimes(const std::string& host) {
  world_->PostAfter(
      scheduler_.Between(absl::Seconds(10), absl::Minutes(12)), [this, host] {
        if (!chaos_) return;
        Weather weather;
        weather.latency =
            scheduler_.Between(absl::Milliseconds(1), absl::Milliseconds(200));
        const uint64_t kind = scheduler_.Below(10);
        if (kind < 5) {
          weather.fault_rate = 0.02;
        } else if (kind < 8) {
          weather.fault_rate = 0.3;
          weather.latency =
              scheduler_.Between(absl::Milliseconds(50), absl::Seconds(4));
          weather.stream_life = absl::Minutes(10);
        } else {
          weather.down = true;
        }
        trace_.Add("weather of ", host, ": ", weather.fault_rate,
                   weather.down ? " down" : "");
        network_.weather(host) = weather;
        ChangeWeatherSometimes(host);
      });
}

void Simulation::TroubleSometimes() {
  world_->PostAfter(scheduler_.Between(absl::Seconds(1), absl::Minutes(8)),
                    [this] {
                      if (!chaos_) return;
                      Trouble();
                      TroubleSometimes();
                    });
}

void Simulation::Trouble() {
  switch (scheduler_.Below(8)) {
    case 0:
      return Crash(/*power_loss=*/false);
    case 1:
      return Crash(/*power_loss=*/true);
    case 2:
      return Restart();
    case 3:
      trace_.Add("streams are cut");
      return cloud_.CutStreams();
    case 4: {
      const absl::Duration by =
          scheduler_.Between(-absl::Hours(2), absl::Hours(2));
      trace_.Add("the wall clock jumps by ", absl::FormatDuration(by));
      wall_offset_ += by;
      if (process_ != nullptr) process_->JumpWallClock(by);
      return;
    }
    case 5:
      disk_.error_rate = Chance(0.3) ? 1 : 0.3;
      trace_.Add("the disk fails: ", disk_.error_rate);
      world_->PostAfter(scheduler_.Between(absl::Seconds(1), absl::Minutes(5)),
                        [this] { disk_.error_rate = 0; });
      return;
    case 6:
      trace_.Add("others use the feed's limits");
      return feed_.windows().Burn(scheduler_.Now(), 50);
    default:
      disk_.sync_time =
          scheduler_.Between(absl::ZeroDuration(), absl::Seconds(2));
      return;
  }
}

void Simulation::StartProcess() {
  trace_.Add("a process starts");
  stopping_ = false;
  ++result_.restarts;
  process_ = std::make_unique<SimProcess>(&scheduler_, &network_, &disk_);
  const absl::Status status = process_->Start(spec_, limits_, wall_offset_);
  if (status.ok()) return;
  trace_.Add("it ends at once: ", status.ToString());
  process_.reset();
  world_->PostAfter(absl::Seconds(10), [this] { StartProcess(); });
}

void Simulation::EndLife() {
  result_.gaps += process_->Metric("disruptive_gaps_total");
  result_.backfilled += process_->Metric("disruptive_backfilled_events_total");
  const int64_t unclosed = process_->Metric("disruptive_gaps_unclosed_total");
  if (unclosed != 0) Problem(absl::StrCat(unclosed, " gaps were not closed"));
}

void Simulation::Crash(bool power_loss) {
  if (process_ == nullptr) return;
  trace_.Add(power_loss ? "the power fails" : "the process is killed");
  ++(power_loss ? result_.power_losses : result_.crashes);
  EndLife();
  for (const auto& pusher : pushers_) pusher->NoteCrash(power_loss);
  BuryProcess(power_loss);
  world_->PostAfter(scheduler_.Between(absl::Seconds(1), absl::Minutes(5)),
                    [this] { StartProcess(); });
}

void Simulation::Restart() {
  if (process_ == nullptr || stopping_) return;
  trace_.Add("the process is asked to stop");
  stopping_ = true;
  disk_errors_before_stop_ = disk_.errors();
  process_->Stop(scheduler_.Between(absl::ZeroDuration(), absl::Seconds(20)),
                 [this, life = result_.restarts] {
                   // It cannot be destroyed on its own executor.
                   world_->Post([this, life] {
                     if (life == result_.restarts) OnStopped();
                   });
                 });
}

void Simulation::OnStopped() {
  if (process_ == nullptr) return;  // Killed in the meantime.
  trace_.Add("the process has stopped");
  EndLife();
  // What was only received is lost when the disk does not take it in time.
  if (disk_.errors() != disk_errors_before_stop_) {
    for (const auto& pusher : pushers_) pusher->NoteCrash(false);
  }
  CheckLedger();
  for (const auto& pusher : pushers_) {
    if (pusher->unanswered() == 0) continue;
    Problem(absl::StrCat(pusher->unanswered(), " emissions of ", pusher->name(),
                         " got no answer before the pipeline stopped"));
  }
  process_.reset();
  StartProcess();
}

void Simulation::BuryProcess(bool power_loss) {
  process_->Crash(power_loss);
  graves_.push_back(std::move(process_));
  std::erase_if(graves_, [](const auto& process) { return process->dead(); });
}

void Simulation::Heal() {
  trace_.Add("everything heals");
  chaos_ = false;
  disk_.error_rate = 0;
  disk_.sync_time = absl::Milliseconds(5);
  for (const char* host : kHosts) network_.weather(host) = Weather();
}

bool Simulation::Settled() {
  if (process_ == nullptr || stopping_) return false;
  if (process_->Metric("disruptive_open_gaps") != 0) return false;
  for (const auto& pusher : pushers_) {
    if (!std::all_of(pusher->events().begin(), pusher->events().end(),
                     [](const Pusher::Event& e) { return e.acknowledged; })) {
      return false;
    }
  }
  for (const CursorInfo& cursor : process_->pipeline().log()->Cursors()) {
    if (cursor.waiting != 0) return false;
  }
  // What the cloud has published and nobody has asked for since.
  if (!std::all_of(cloud_.events().begin(), cloud_.events().end(),
                   [&](const DeviceCloud::Event& event) {
                     return inthing_.told().contains(event.id);
                   })) {
    return false;
  }
  // What is acknowledged when received may be before the log still. All other
  // events have a cursor that waits for them.
  return std::all_of(pushers_.begin(), pushers_.end(), [&](const auto& pusher) {
    return std::all_of(pusher->events().begin(), pusher->events().end(),
                       [&](const Pusher::Event& event) {
                         return event.excused ||
                                inthing_.told().contains(event.id);
                       });
  });
}

// ---- What must be true.

void Simulation::Problem(const std::string& text) {
  trace_.Add("PROBLEM: ", text);
  result_.problems.push_back(text);
}

void Simulation::OnAcknowledged(const Pusher& pusher,
                                const std::vector<std::string>& ids) {
  if (pusher.level() != config::v1::DELIVERED) return;
  for (const std::string& id : ids) {
    ++result_.acknowledged_when_delivered;
    // A dead letter counts as done; those are looked at in the end.
    if (!absl::EndsWith(id, kPoison) && !feed_.activities().contains(id)) {
      Problem(absl::StrCat(id, " was acknowledged before the feed had it"));
    }
    if (!inthing_.told().contains(id)) {
      Problem(absl::StrCat(id, " was acknowledged before inthing had it"));
    }
  }
}

void Simulation::CheckDelivered(const std::string& id, const std::string& feed,
                                bool excused) {
  ++result_.events;
  if (excused) ++result_.excused;
  const auto activity = feed_.activities().find(id);
  const bool told = inthing_.told().contains(id);
  if (absl::EndsWith(id, kPoison)) {
    // With an excuse it may be lost even after inthing has told of it.
    if (!dead_in_feed_.contains(id) && !excused) {
      Problem(absl::StrCat(id, " is refused and no dead letter"));
    }
  } else if (activity == feed_.activities().end()) {
    if (!excused) Problem(absl::StrCat(id, " is not in the feed"));
    if (excused) ++result_.lost_with_excuse;
  } else if (activity->second.feed != feed) {
    Problem(absl::StrCat(id, " is in ", activity->second.feed));
  }
  if (!told && !excused) {
    Problem(absl::StrCat(id, " was never told of by inthing"));
  }
}

void Simulation::CheckOrder(const std::string& feed,
                            const std::vector<std::string>& published) {
  const auto arrived = feed_.feeds().find(feed);
  if (arrived == feed_.feeds().end()) return;
  std::map<std::string, size_t> places;
  for (size_t i = 0; i < published.size(); ++i) places[published[i]] = i;
  size_t last = 0;
  for (const std::string& id : arrived->second) {
    const auto place = places.find(id);
    if (place == places.end()) {
      Problem(absl::StrCat(feed, " has ", id, ", which is not of it"));
      continue;
    }
    if (place->second < last) {
      Problem(absl::StrCat(feed, ": ", id, " arrived after ", published[last]));
    }
    last = std::max(last, place->second);
  }
}

void Simulation::CheckDeadLetters() {
  const auto letters =
      process_->pipeline().log()->ListDeadLetters(0, 1'000'000);
  CHECK(letters.ok()) << letters.status();
  for (const storage::v1::DeadLetter& letter : *letters) {
    ++result_.dead_letters;
    if (letter.component() == "cloud") continue;  // Pages instead of a stream.
    const auto event = EventView::Parse(letter.event());
    CHECK(event.ok()) << event.status();
    const std::string id(event->id());
    if (letter.component() != "feed" || !absl::EndsWith(id, kPoison)) {
      Problem(absl::StrCat(id, " is a dead letter of ", letter.component(),
                           ": ", letter.message()));
    } else if (!dead_in_feed_.insert(id).second) {
      Problem(absl::StrCat(id, " is a dead letter twice"));
    }
  }
}

void Simulation::CheckLedger() {
  const admin::v1::PipelineStatus status = process_->pipeline().Status();
  for (const std::string& imbalance : status.imbalances()) {
    Problem(absl::StrCat("the ledger: ", imbalance));
  }
  for (const admin::v1::SourceStatus& source : status.sources()) {
    if (source.dropped() != 0) {
      Problem(absl::StrCat(source.dropped(), " events of ", source.name(),
                           " were dropped"));
    }
  }
  for (const admin::v1::SinkStatus& sink : status.sinks()) {
    if (sink.dropped() != 0 || sink.corrupt() != 0) {
      Problem(absl::StrCat("events were dropped for ", sink.name()));
    }
  }
}

void Simulation::CheckEverything() {
  CheckDeadLetters();
  CheckLedger();
  std::map<std::string, std::vector<std::string>> published;
  for (const DeviceCloud::Event& event : cloud_.events()) {
    const std::string feed = absl::StrCat("device:", event.device);
    published[feed].push_back(event.id);
    CheckDelivered(event.id, feed, false);
  }
  for (const auto& pusher : pushers_) {
    for (const Pusher::Event& event : pusher->events()) {
      const std::string feed = absl::StrCat("device:", event.subject);
      published[feed].push_back(event.id);
      CheckDelivered(event.id, feed, event.excused);
    }
  }
  for (const auto& [feed, ids] : published) CheckOrder(feed, ids);
  for (const std::string& violation : feed_.violations()) Problem(violation);
}

Result Simulation::Run() {
  PublishSometimes();
  for (const char* host : kHosts) ChangeWeatherSometimes(host);
  TroubleSometimes();
  // Starting and stopping belong to one thread.
  world_->Post([this] { StartProcess(); });
  const absl::Duration start = scheduler_.MonotonicNow();
  scheduler_.RunFor(scheduler_.Between(absl::Minutes(30), absl::Hours(2)));
  Heal();
  if (!scheduler_.RunUntil([this] { return Settled(); }, kLongestRecovery)) {
    Problem(absl::StrCat("not everything was delivered ",
                         absl::FormatDuration(kLongestRecovery),
                         " after all faults were gone"));
  }
  if (process_ == nullptr || stopping_) {
    Problem("no process runs");
  } else {
    admin::v1::PipelineStatus status = process_->pipeline().Status();
    status.mutable_log()->clear_sync_time();  // Of the real clock.
    trace_.Add(status.ShortDebugString());
    EndLife();
    CheckEverything();
  }
  world_->Post([this] {
    if (process_ != nullptr) BuryProcess(/*power_loss=*/false);
  });
  scheduler_.RunUntil([this] { return process_ == nullptr && AllDead(); },
                      absl::Minutes(10));
  CHECK(AllDead()) << "a pipeline does not stop without disk and network";
  result_.disk_errors = disk_.errors();
  for (int fault = 1; fault < kFaultKinds; ++fault) {
    result_.network_faults += network_.count(static_cast<Fault>(fault));
  }
  result_.feed_repeats = feed_.repeats();
  result_.inthing_posts = inthing_.posts();
  result_.inthing_duplicates = inthing_.duplicates();
  result_.virtual_hours =
      absl::ToDoubleHours(scheduler_.MonotonicNow() - start);
  result_.steps = scheduler_.steps();
  result_.trace_hash = scheduler_.trace_hash();
  return std::move(result_);
}

}  // namespace

void Result::Add(const Result& other) {
  problems.insert(problems.end(), other.problems.begin(), other.problems.end());
  events += other.events;
  excused += other.excused;
  lost_with_excuse += other.lost_with_excuse;
  dead_letters += other.dead_letters;
  crashes += other.crashes;
  power_losses += other.power_losses;
  restarts += other.restarts;
  disk_errors += other.disk_errors;
  network_faults += other.network_faults;
  gaps += other.gaps;
  backfilled += other.backfilled;
  feed_repeats += other.feed_repeats;
  inthing_posts += other.inthing_posts;
  inthing_duplicates += other.inthing_duplicates;
  acknowledged_when_delivered += other.acknowledged_when_delivered;
  virtual_hours += other.virtual_hours;
  steps += other.steps;
}

Result Simulate(uint64_t seed, bool print) {
  return Simulation(seed, print).Run();
}

}  // namespace sluice::simulation
