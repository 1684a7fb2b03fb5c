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
#include "plugins/inthing/image.h"
#include "plugins/inthing/post.h"
#include "plugins/inthing/reading.h"
#include "storage/event/event_view.h"

namespace sluice::inthing {

// Where the picture of an event comes from.
struct ImageRule {
  // One of the two is set.
  std::optional<Template> base64;
  std::optional<Template> path;
  // What `path` is relative to, with all links resolved; no file outside of it
  // is read.
  std::string folder;
  size_t max_bytes = kDefaultMaxImageBytes;
  // An event without a usable picture is posted as text.
  bool post_without = false;
};

struct PostRules {
  // text, code, image or screenshot.
  std::string type = "text";
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
  // Needed by types image and screenshot.
  std::optional<ImageRule> image;
};

// Makes valid posts (ValidatePost). Pictures in files are read at once, which
// blocks.
//
// Thread-safety: none; parsers are reused.
class PostMaker {
 public:
  explicit PostMaker(PostRules rules) : rules_(std::move(rules)) {}

  // `now` is the wall clock: an event that claims to be of more than five
  // minutes later is posted without a time.
  //   kOutOfRange: description or code is too long and not to be cut.
  //   kDataLoss: there is no usable picture and the post is not wanted without.
  //   any other error: a template cannot be rendered from this event.
  absl::StatusOr<Post> Make(const EventView& event, absl::Time now);

 private:
  absl::Status Render(const Template& rule, std::string* text);
  absl::Status SetTitle(const EventView& event, Post* post);
  absl::Status SetDescription(const EventView& event, Post* post);
  absl::Status SetCode(Post* post);
  absl::Status SetImage(Post* post);
  absl::StatusOr<Image> FindImage();
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
