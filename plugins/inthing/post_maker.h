// From an event to the post that tells of it.
#ifndef PLUGINS_INTHING_POST_MAKER_H_
#define PLUGINS_INTHING_POST_MAKER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/template/condition.h"
#include "pipeline/template/template.h"
#include "plugins/inthing/inthing_client.h"
#include "plugins/inthing/reading.h"
#include "storage/event/event_view.h"

namespace sluice::inthing {

struct PostRules {
  // Nullopt: the default of config.proto.
  std::optional<Template> title;
  std::optional<Template> description;
  std::optional<Template> code;
  std::string code_language;
  std::string markup = "markdown";
  std::vector<Template> hashtags;
  std::optional<Template> generator;
  // Who makes the events when `generator` is not set.
  std::string host_name;
  int priority = 0;
  struct PriorityRule {
    Condition when;
    int priority;
  };
  // The first that holds counts.
  std::vector<PriorityRule> priority_rules;
  // Cut what is too long instead of refusing it.
  bool truncate = true;
};

// Makes valid posts (ValidatePost).
//
// Thread-safety: none; parsers are reused.
class PostMaker {
 public:
  explicit PostMaker(PostRules rules) : rules_(std::move(rules)) {}

  // `now` is the wall clock: an event that claims to be of more than five
  // minutes later is posted without a time.
  //   kOutOfRange: description or code is too long and not to be cut.
  //   any other error: a template cannot be rendered from this event.
  absl::StatusOr<Post> Make(const EventView& event, absl::Time now);

 private:
  absl::Status SetTitle(const EventView& event, Post* post);
  absl::Status SetDescription(const EventView& event, Post* post);
  // What was reported when, and the payload in a code block of at most
  // `max_code_points` in all.
  std::string DefaultDescription(const EventView& event,
                                 size_t max_code_points) const;
  absl::StatusOr<std::string> Hashtags();
  absl::Status Fit(const char* field, size_t max_code_points,
                   std::string* text) const;

  const PostRules rules_;
  TemplateInput input_;
  ReadingFinder readings_;
};

}  // namespace sluice::inthing

#endif  // PLUGINS_INTHING_POST_MAKER_H_
