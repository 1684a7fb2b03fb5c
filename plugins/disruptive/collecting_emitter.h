// An emitter for tests.
#ifndef PLUGINS_DISRUPTIVE_COLLECTING_EMITTER_H_
#define PLUGINS_DISRUPTIVE_COLLECTING_EMITTER_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/api/source.h"

namespace sluice::disruptive {

// Keeps what it is given, and is full when the test says so.
class CollectingEmitter final : public Emitter {
 public:
  struct Seen {
    std::string id;
    std::string subject;
    int64_t time_unix_nanos;
    std::string data;
    // "key=value" of each label, with commas.
    std::string labels;
  };

  bool TryEmit(Emission& emission) override {
    if (full_) return false;
    ++emissions_;
    if (emission.events != nullptr) {
      for (size_t i = 0; i < emission.events->size(); ++i) {
        const EventView event = emission.events->event(i);
        std::string labels;
        event.ForEachLabel([&](LabelView label) {
          if (!labels.empty()) labels += ',';
          labels.append(label.key).append("=").append(label.value);
        });
        seen_.push_back({std::string(event.id()), std::string(event.subject()),
                         event.time_unix_nanos(), std::string(event.data()),
                         std::move(labels)});
      }
    }
    for (MalformedInput& input : emission.malformed) {
      malformed_.push_back(std::move(input));
    }
    if (emission.checkpoint.has_value()) {
      checkpoints_.push_back(*emission.checkpoint);
    }
    return true;
  }

  void NotifyWhenReady(absl::AnyInvocable<void()> ready) override {
    ready_ = std::move(ready);
  }

  void set_full(bool full) {
    full_ = full;
    if (!full && ready_) std::exchange(ready_, nullptr)();
  }

  const std::vector<Seen>& seen() const { return seen_; }
  std::vector<std::string> ids() const {
    std::vector<std::string> ids;
    for (const Seen& event : seen_) ids.push_back(event.id);
    return ids;
  }
  const std::vector<MalformedInput>& malformed() const { return malformed_; }
  const std::vector<std::string>& checkpoints() const { return checkpoints_; }
  std::optional<std::string> last_checkpoint() const {
    if (checkpoints_.empty()) return std::nullopt;
    return checkpoints_.back();
  }
  int emissions() const { return emissions_; }

 private:
  bool full_ = false;
  int emissions_ = 0;
  std::vector<Seen> seen_;
  std::vector<MalformedInput> malformed_;
  std::vector<std::string> checkpoints_;
  absl::AnyInvocable<void()> ready_;
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_COLLECTING_EMITTER_H_
