#include "tests/kit/transform_cases.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"
#include "storage/event/event_batch.h"

namespace sluice::kit {
namespace {

// Keeps what a transform puts out.
class Output final : public TransformOutput {
 public:
  explicit Output(Applied* applied) : applied_(applied) {}
  void Pass(const EventView& event) override {
    applied_->out.push_back(event.ToProto());
    applied_->passed.push_back(true);
  }
  void Emit(const EventFields& fields) override {
    EventBatchBuilder builder;
    builder.Add(fields);
    applied_->out.push_back(builder.Build()->event(0).ToProto());
    applied_->passed.push_back(false);
  }

 private:
  Applied* const applied_;
};

// Events as nobody expects them; none of them may do harm.
Events OddEvents() {
  Events events = MakeEvents(1000, 8, 1);
  events[0].clear_data();
  events[1].set_data("no json: {\"a\":");
  events[2].set_data(std::string("\0\xff\xfe", 3));
  events[3].clear_subject();
  events[3].clear_labels();
  events[4].clear_type();
  events[4].clear_time_unix_nanos();
  events[5].set_data(
      absl::StrCat("{\"text\":\"", std::string(1 << 20, 'x'), "\"}"));
  events[6].set_data(std::string(2000, '['));
  event::v1::Label& label = *events[7].add_labels();
  label.set_key(std::string(1000, 'k'));
  label.set_value("{{ data }} ${HOME} \"'\\\n");
  return events;
}

Events AllEvents(TransformTrial& trial) {
  Events events = trial.fixture().Good();
  for (const event::v1::Event& event : trial.fixture().Bad()) {
    events.push_back(event);
  }
  for (const event::v1::Event& event : OddEvents()) events.push_back(event);
  return events;
}

absl::StatusOr<std::vector<Applied>> ApplyAll(Transform& transform,
                                              const Events& events) {
  std::vector<Applied> all;
  for (const event::v1::Event& event : events) {
    SLUICE_ASSIGN_OR_RETURN(Applied applied,
                            TransformTrial::Apply(transform, event));
    all.push_back(std::move(applied));
  }
  return all;
}

// What is different, or OK.
absl::Status Compare(const event::v1::Event& event, const Applied& first,
                     const Applied& second, const std::string& situation) {
  bool same = first.status.code() == second.status.code() &&
              first.out.size() == second.out.size();
  for (size_t i = 0; same && i < first.out.size(); ++i) {
    same =
        first.out[i].SerializeAsString() == second.out[i].SerializeAsString();
  }
  if (same) return absl::OkStatus();
  return Broken(event.id(), " becomes something else ", situation);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Transform>> TransformTrial::Make() {
  SLUICE_ASSIGN_OR_RETURN(ComponentFactory<Transform> make,
                          LoadTransform(register_plugin_, fixture_->Config()));
  return make();
}

absl::StatusOr<Applied> TransformTrial::Apply(Transform& transform,
                                              const event::v1::Event& event) {
  EventBatchBuilder builder;
  builder.Add(event);
  const EventBatchPtr batch = builder.Build();
  Applied applied;
  Output output(&applied);
  applied.status = transform.Apply(batch->event(0), output);
  if (!applied.status.ok()) {
    if (applied.status.message().empty()) {
      return Broken(event.id(), " is refused, and the error does not say why");
    }
    // The pipeline takes back what was put out.
    applied.out.clear();
    applied.passed.clear();
  }
  std::set<std::string> ids;
  for (size_t i = 0; i < applied.out.size(); ++i) {
    const event::v1::Event& out = applied.out[i];
    if (out.id().empty() || out.source().empty()) {
      return Broken("what ", event.id(), " becomes has no id or no source");
    }
    if (!ids.insert(absl::StrCat(out.source(), "\n", out.id())).second) {
      return Broken(event.id(),
                    " becomes two events of the same source and id, "
                    "so one of them counts as a repeat");
    }
  }
  return applied;
}

namespace {

// From here on each function is a case.

absl::Status NamesTheFieldOfABadConfiguration(TransformTrial& trial) {
  return CheckRefusals(trial.register_plugin(), PluginKind::kTransform,
                       trial.fixture().BadConfigs());
}

absl::Status LetsEventsThrough(TransformTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto transform, trial.Make());
  const Events events = trial.fixture().Good();
  SLUICE_ASSIGN_OR_RETURN(std::vector<Applied> all,
                          ApplyAll(*transform, events));
  size_t out = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    if (!all[i].status.ok()) {
      return Broken(events[i].id(),
                    " is refused, and nothing is wrong with it: ",
                    std::string(all[i].status.message()));
    }
    out += all[i].out.size();
  }
  if (out == 0) return Broken("of ", events.size(), " events none comes out");
  return absl::OkStatus();
}

absl::Status PassesEventsOnUnchanged(TransformTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto transform, trial.Make());
  for (const event::v1::Event& event : AllEvents(trial)) {
    SLUICE_ASSIGN_OR_RETURN(Applied applied,
                            TransformTrial::Apply(*transform, event));
    for (size_t i = 0; i < applied.out.size(); ++i) {
      if (applied.passed[i] &&
          applied.out[i].SerializeAsString() != event.SerializeAsString()) {
        return Broken("Pass() is called with another event than ", event.id());
      }
    }
  }
  return absl::OkStatus();
}

absl::Status MakesTheSameOfTheSameEvents(TransformTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto first, trial.Make());
  SLUICE_ASSIGN_OR_RETURN(auto second, trial.Make());
  const Events events = AllEvents(trial);
  SLUICE_ASSIGN_OR_RETURN(std::vector<Applied> of_first,
                          ApplyAll(*first, events));
  SLUICE_ASSIGN_OR_RETURN(std::vector<Applied> of_second,
                          ApplyAll(*second, events));
  for (size_t i = 0; i < events.size(); ++i) {
    SLUICE_RETURN_IF_ERROR(
        Compare(events[i], of_first[i], of_second[i],
                "in a second instance with the same configuration; after a "
                "crash events are transformed again"));
  }
  return absl::OkStatus();
}

absl::Status LetsInstancesLiveSideBySide(TransformTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto alone, trial.Make());
  const Events events = AllEvents(trial);
  SLUICE_ASSIGN_OR_RETURN(std::vector<Applied> expected,
                          ApplyAll(*alone, events));
  alone = nullptr;
  SLUICE_ASSIGN_OR_RETURN(auto first, trial.Make());
  SLUICE_ASSIGN_OR_RETURN(auto second, trial.Make());
  for (size_t i = 0; i < events.size(); ++i) {
    for (Transform* transform : {first.get(), second.get()}) {
      SLUICE_ASSIGN_OR_RETURN(Applied applied,
                              TransformTrial::Apply(*transform, events[i]));
      SLUICE_RETURN_IF_ERROR(Compare(events[i], expected[i], applied,
                                     "while another instance is at work"));
    }
  }
  return absl::OkStatus();
}

absl::Status RefusesTheEventAlone(TransformTrial& trial) {
  const Events bad = trial.fixture().Bad();
  if (bad.empty()) {
    return absl::UnimplementedError(
        "the fixture names no event that the transform cannot work on");
  }
  SLUICE_ASSIGN_OR_RETURN(auto undisturbed, trial.Make());
  SLUICE_ASSIGN_OR_RETURN(auto disturbed, trial.Make());
  for (const event::v1::Event& event : trial.fixture().Good()) {
    for (const event::v1::Event& disturbance : bad) {
      SLUICE_ASSIGN_OR_RETURN(Applied refused,
                              TransformTrial::Apply(*disturbed, disturbance));
      if (refused.status.ok()) {
        return Broken(disturbance.id(),
                      " should be refused, so that it becomes "
                      "a dead letter");
      }
    }
    SLUICE_ASSIGN_OR_RETURN(Applied expected,
                            TransformTrial::Apply(*undisturbed, event));
    SLUICE_ASSIGN_OR_RETURN(Applied applied,
                            TransformTrial::Apply(*disturbed, event));
    SLUICE_RETURN_IF_ERROR(
        Compare(event, expected, applied, "behind one that was refused"));
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<TransformCase> TransformCases() {
  return {
      {"NamesTheFieldOfABadConfiguration", NamesTheFieldOfABadConfiguration},
      {"LetsEventsThrough", LetsEventsThrough},
      {"PassesEventsOnUnchanged", PassesEventsOnUnchanged},
      {"MakesTheSameOfTheSameEvents", MakesTheSameOfTheSameEvents},
      {"LetsInstancesLiveSideBySide", LetsInstancesLiveSideBySide},
      {"RefusesTheEventAlone", RefusesTheEventAlone},
  };
}

}  // namespace sluice::kit
