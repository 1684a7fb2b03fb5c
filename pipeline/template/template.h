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

  // Views `event`, which outlives the use of this input.
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
//   text     "room {{ labels.room-number }}: {{ data.temperature.value |
//   round(1) }} °C" values   id source type subject time ingest_time
//   datacontenttype data (the raw payload)
//            labels.NAME         a label
//            data.A.B.0          a member of the JSON payload
//   filters  | default("text")   when the value is missing or null
//            | upper | lower | trim
//            | last("/")         what follows the last "/" of it
//            | round(N)          a number with N decimals
//            | date("%H:%M")     a time in UTC, in the format of
//            absl::FormatTime | json              as a JSON value, quoted and
//            escaped
//   escape   "{{ '{{' }}" gives "{{"
//
// Times print as RFC 3339 in UTC with as many decimals as they have. A number
// of the payload prints as it was written there.
//
// Thread-safety: immutable; copyable.
class Template {
 public:
  // Compiles `text`.
  //   kInvalidArgument: the message says at which column (from 1) and what
  //   would be right.
  static absl::StatusOr<Template> Parse(std::string_view text);

  // Appends the rendered text to `out`.
  //   kInvalidArgument: a value is missing and has no default, or a filter
  //   cannot take it; `out` is unchanged.
  absl::Status Render(TemplateInput& input, std::string* out) const;

  // Appends a JSON value: a template that is one single `{{ data... }}` keeps
  // the type the payload has (number, object, ...) byte for byte; everything
  // else becomes a JSON string.
  absl::Status RenderJson(TemplateInput& input, std::string* out) const;

  // True when no value of an event is in it; text() is then all it renders.
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
