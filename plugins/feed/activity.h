// Turning events into activities.
#ifndef PLUGINS_FEED_ACTIVITY_H_
#define PLUGINS_FEED_ACTIVITY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "pipeline/api/sink.h"
#include "pipeline/template/template.h"
#include "plugins/feed/activity_key.h"
#include "plugins/feed/config.pb.h"

namespace sluice::feed {

// Writes the JSON of activities as the Stream API takes it
// (https://getstream.io/activity-feeds/docs/python/adding_activities/), from
// templates straight into a buffer:
//   {"actor":..,"verb":..,"object":..,"foreign_id":..,"time":..,"to":[..],...}
//
// Thread-safety: none; reuses memory from event to event.
class ActivityWriter {
 public:
  // A ConfigError at the field with the mistake.
  static absl::StatusOr<ActivityWriter> Create(
      const v1::FeedSinkConfig& config);

  // The feed the event of `input` goes to, as `group:id`; valid until the next
  // call. Rejected, with reason "template_failed" or "invalid_feed": there is
  // none.
  std::optional<Outcome> RenderFeed(TemplateInput& input,
                                    std::string_view* feed);

  // Appends the activity for the event of `input`; `*key` becomes a hash of its
  // foreign id and time. If it cannot be made, gives the rejection and leaves
  // `out` alone. Reasons:
  //   template_failed    a value is missing, or a filter cannot take it
  //   not_utf8           a text is not UTF-8 (from the raw payload)
  //   missing_field      actor, verb or object is empty
  //   verb_too_long      over 255 bytes
  //   invalid_foreign_id empty, or with a comma
  //   invalid_time       not in RFC 3339
  //   no_time            the event has none
  //   invalid_feed       an entry of `to` is no feed
  //   too_large          over the limit for one activity
  std::optional<Outcome> Append(TemplateInput& input, std::string* out,
                                uint64_t* key);

 private:
  // A template and what stands before its value in the activity.
  struct Field {
    std::string name;
    std::string prefix;
    Template value;
  };

  ActivityWriter(Field feed, Field actor, Field verb, Field object)
      : feed_(std::move(feed)),
        actor_(std::move(actor)),
        verb_(std::move(verb)),
        object_(std::move(object)) {}

  static absl::StatusOr<Field> ParseField(std::string_view name,
                                          std::string_view prefix,
                                          const std::string& text);

  std::optional<Outcome> AppendAll(TemplateInput& input, std::string* out,
                                   uint64_t* key);
  // Renders `field` into scratch_.
  std::optional<Outcome> Render(const Field& field, TemplateInput& input);
  std::optional<Outcome> AppendRequired(const Field& field,
                                        TemplateInput& input, std::string* out);
  std::optional<Outcome> AppendForeignId(TemplateInput& input, std::string* out,
                                         uint64_t* key);
  std::optional<Outcome> AppendTime(TemplateInput& input, std::string* out,
                                    uint64_t* key);
  std::optional<Outcome> AppendTargets(TemplateInput& input, std::string* out);
  std::optional<Outcome> AppendExtra(TemplateInput& input, std::string* out);

  Field feed_;
  Field actor_;
  Field verb_;
  Field object_;
  std::optional<Field> foreign_id_;
  std::optional<Field> time_;
  std::vector<Field> to_;
  std::vector<Field> extra_;
  size_t max_bytes_ = 0;

  ForeignIdMaker foreign_ids_;
  std::string scratch_;
};

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_ACTIVITY_H_
