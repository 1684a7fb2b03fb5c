#include "tests/model/damage_trial.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "storage/event/event_batch.h"
#include "storage/kv/damage.h"
#include "storage/kv/fault_disk.h"
#include "storage/kv/fault_file_system.h"
#include "storage/log/cursor_progress.h"
#include "tests/model/event_data.h"
#include "tests/model/faulted_log.h"

namespace sluice {
namespace {

class Trial {
 public:
  Trial(const EventLogModel& model, const DiskFiles& files, FileFault fault,
        const RocksDbLogOptions& options, Clock* clock)
      : model_(model),
        may_cost_(MayCost(files, fault)),
        log_(/*seed=*/0, options, clock) {
    trial_.fault = std::move(fault);
    log_.disk().set_refused("/OPTIONS-");
    for (const auto& [path, bytes] : files) log_.disk().SetContent(path, bytes);
    Inflict(trial_.fault, &log_.disk());
    trial_.files = FilesOf(log_.disk());
    if (absl::EndsWith(trial_.fault.path, ".sst")) {
      family_ = FamilyOf(files.at(trial_.fault.path));
    }
  }

  DamageTrial Run() {
    Open("");
    if (ok()) ReadEvents();
    if (ok()) CompareEvents();
    if (ok()) CompareCursors();
    if (ok()) CompareDeadLetters();
    if (ok()) AppendOne();
    if (ok()) {
      // What is done for every cursor may have gone with the last write.
      found_.erase(found_.begin(),
                   found_.lower_bound(log_.log().stats().first_sequence));
      const std::map<Sequence, std::string> before = std::move(found_);
      Open("a second time ");
      if (ok() && trial_.told && !log_.log().damage().empty()) {
        Fail("the second opening finds: ",
             log_.log().damage().front().ToString());
      }
      if (ok()) ReadEvents();
      if (ok() && found_ != before) {
        Fail("the second opening gives ", found_.size(), " events, the first ",
             before.size());
      }
    }
    return std::move(trial_);
  }

 private:
  bool ok() const { return trial_.failure.empty(); }
  template <typename... Parts>
  void Fail(const Parts&... parts) {
    if (ok()) trial_.failure = absl::StrCat(parts...);
  }

  void Open(const char* when) {
    const absl::Status status = log_.Open();
    if (!status.ok()) return Fail("it does not open ", when, status.ToString());
    if (!log_.log().damage().empty()) trial_.told = true;
  }

  // All of them, by sequence.
  void ReadEvents() {
    found_.clear();
    for (Sequence from = 1;;) {
      const auto batches = log_.log().Read(from, 64 << 10);
      if (!batches.ok()) return Fail(batches.status().ToString());
      if (batches->empty()) return;
      for (const LogBatch& batch : *batches) {
        if (batch.first_sequence < from) {
          return Fail("reading from ", from, " gives ", batch.first_sequence);
        }
        from = batch.first_sequence + batch.events->size();
        for (size_t i = 0; i < batch.events->size(); ++i) {
          AddFound(batch.first_sequence + i, batch.events->event(i));
        }
      }
    }
  }
  void AddFound(Sequence sequence, const EventView& event) {
    std::string id(event.id());
    if (event.data() != EventData(id)) {
      Fail("event ", sequence, " does not have its data");
    }
    found_[sequence] = std::move(id);
  }

  // Events that are gone from the end of the write-ahead log cannot be told
  // from loss of power; all others are counted.
  void CompareEvents() {
    const LogStats stats = log_.log().stats();
    std::set<Sequence> counted;
    for (const ModelBatch& batch : model_.batches) {
      for (Sequence s = batch.first; s < batch.end(); ++s) {
        const auto found = found_.find(s);
        if (found != found_.end()) {
          const std::string& id = batch.ids[s - batch.first];
          if (found->second != id) {
            Fail("event ", s, " is ", found->second, ", and was ", id);
          }
          continue;
        }
        ++trial_.lost;
        if (!may_cost_.contains(s)) Fail("event ", s, " is lost");
        if (s < stats.next_sequence) counted.insert(s);
      }
    }
    if (stats.corrupt_events != counted.size()) {
      Fail(stats.corrupt_events, " events are counted as lost, and ",
           counted.size(), " are");
    }
    if (!counted.empty() && !trial_.told && family_ != "events") {
      Fail("opening says nothing of a loss");
    }
  }

  // Whether a table may be older than the model, or not whole: the write-ahead
  // log has the end of every table.
  bool Reached(const std::string& family) const {
    return family_ == family || absl::EndsWith(trial_.fault.path, ".log");
  }

  void CompareCursors() {
    const Sequence next = log_.log().stats().next_sequence;
    std::optional<std::string> difference;
    const auto infos = log_.log().Cursors();
    for (const CursorInfo& info : infos) {
      const uint64_t accounted =
          DoneEvents(info.state.counters()) + info.waiting;
      if (next - info.state.start_sequence() != accounted) {
        Fail("cursor ", info.name,
             " does not add up: ", info.state.ShortDebugString(), ", next ",
             next);
      }
      const auto cursor = model_.cursors.find(info.name);
      if (Reached("cursors") || cursor == model_.cursors.end()) continue;
      // Losses are counted with the cursors.
      if (trial_.lost == 0 &&
          info.state.next_sequence() != cursor->second.next()) {
        Fail("cursor ", info.name, " is at ", info.state.next_sequence(),
             ", and was at ", cursor->second.next());
      }
    }
    if (!Reached("cursors") && infos.size() != model_.cursors.size()) {
      Fail(infos.size(), " cursors are there of ", model_.cursors.size());
    }
  }

  void CompareDeadLetters() {
    if (Reached("dead_letters")) return;
    const auto letters = log_.log().ListDeadLetters(0, 1'000'000);
    if (!letters.ok()) return Fail(letters.status().ToString());
    if (letters->size() != model_.dead_letters.size()) {
      return Fail(letters->size(), " dead letters are there of ",
                  model_.dead_letters.size());
    }
    for (size_t i = 0; i < letters->size(); ++i) {
      if ((*letters)[i].message() != model_.dead_letters[i]) {
        Fail("dead letter ", i, " is another one");
      }
    }
  }

  void AppendOne() {
    const std::string id = "after the damage";
    const std::string data = EventData(id);
    EventBatchBuilder builder;
    EventFields fields;
    fields.id = id;
    fields.data = data;
    builder.Add(fields);
    AppendRequest request;
    request.batches.push_back(builder.Build());
    absl::StatusOr<AppendResult> appended;
    // RocksDB may come across the damage in the background, which is repaired
    // then, but fails what was to be written.
    for (int tries = 0; tries < 3; ++tries) {
      appended = log_.log().Append(request, Durability::kDurable);
      if (!absl::IsDataLoss(appended.status())) break;
    }
    // It may be as full as it was.
    if (absl::IsResourceExhausted(appended.status())) return;
    if (!appended.ok()) return Fail(appended.status().ToString());
    found_[appended->first_sequence] = id;
  }

  const EventLogModel& model_;
  const std::set<Sequence> may_cost_;
  std::string family_;  // Of the table file that was damaged.
  FaultedLog log_;
  DamageTrial trial_;
  std::map<Sequence, std::string> found_;
};

}  // namespace

DamageTrial TryDamage(const EventLogModel& model, const DiskFiles& files,
                      const RocksDbLogOptions& options, Clock* clock,
                      std::mt19937_64& random) {
  return Trial(model, files, RandomFault(files, random), options, clock).Run();
}

}  // namespace sluice
