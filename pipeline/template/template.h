// Text with values of an event in it, compiled once and rendered per event.
#ifndef PIPELINE_TEMPLATE_TEMPLATE_H_
#define PIPELINE_TEMPLATE_TEMPLATE_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/event/event_view.h"

namespace sluice {

// One event while templates are rendered from it. Parses `data` as JSON at most
// once, and only when a template asks for it.
//
// Thread-safety: none. Reset() reuses the parser's memory for the next event.
class TemplateInput {
 public:
  TemplateInput();
  ~TemplateInput();
  TemplateInput(const TemplateInput&) = delete;
  TemplateInput& operator=(const TemplateInput&) = delete;

  // Views `event`, whose bytes outlive the use of this input.
  void Reset(const EventView& event);
  const EventView& event() const { return event_; }

  struct Json;  // Keeps the JSON library out of this header.
  Json& json() { return *json_; }

 private:
  EventView event_;
  std::unique_ptr<Json> json_;
};

// A compiled template.
//
//   text     room {{ labels.room }}: {{ data.temperature.value | round(1) }}
//   values   id source type subject time ingest_time datacontenttype
//            data               the raw payload
//            labels.NAME        a label
//            data.A.B.0         a member of the JSON payload
//            labels."any name"  the same for names with other characters
//            "text"             itself, e.g. "{{ '{{' }}" gives "{{"
//   filters  | default("text")  when the value is missing or null; also a
//                               number, true or false
//            | upper | lower    of ASCII letters; all others stay
//            | trim             without white space around it
//            | last("/")        what follows the last "/" of it
//            | round(N)         a number with N decimals, 0 to 15
//            | date("%H:%M")    a time, or a text that is one in RFC 3339, in
//                               UTC, in the format of absl::FormatTime
//            | json             as a JSON value, quoted and escaped; the last
//
// An attribute of the event that is empty is missing. Times print as RFC 3339
// in UTC with as many decimals as they have. A number of the payload prints as
// it was written there.
//
// Bounds: 64 KiB of text, 8 filters on a value, 32 members deep.
//
// Thread-safety: immutable; copyable.
class Template {
 public:
  // Compiles `text`.
  //   kInvalidArgument: the message says at which column (from 1) and what
  //   would be right.
  static absl::StatusOr<Template> Parse(std::string_view text);

  // Appends the rendered text to `out`; after an error `out` is unchanged.
  //   kNotFound: a value is missing or null and has no default.
  //   kInvalidArgument: a filter cannot take a value, or the payload is asked
  //   for a member and is not JSON.
  absl::Status Render(TemplateInput& input, std::string* out) const;

  // Appends a JSON value: a template that is one single `{{ ... }}` keeps the
  // type its value has (number, object, null, ... of the payload byte for byte;
  // what round, json and default make); everything else becomes a JSON string.
  // Errors as Render(), and kInvalidArgument: the raw payload is not JSON, or,
  // between other text, not UTF-8.
  absl::Status RenderJson(TemplateInput& input, std::string* out) const;

  // True when no value of an event is in it: it renders the same for all.
  bool is_constant() const;
  // The template as written.
  std::string_view text() const;

 private:
  struct Program;
  explicit Template(std::shared_ptr<const Program> program)
      : program_(std::move(program)) {}

  std::shared_ptr<const Program> program_;
};

}  // namespace sluice

#endif  // PIPELINE_TEMPLATE_TEMPLATE_H_
