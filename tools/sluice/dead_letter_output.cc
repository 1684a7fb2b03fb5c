#include "tools/sluice/dead_letter_output.h"

#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "pipeline/json/json_text.h"
#include "storage/event/event_view.h"
#include "tools/sluice/event_output.h"
#include "tools/sluice/output.h"

namespace sluice {
namespace {

using storage::v1::DeadLetter;

constexpr size_t kMaxIdBytes = 36;
// Of a payload, for people.
constexpr size_t kMaxShownBytes = 4096;

// Whole seconds are enough for a table.
std::string Second(int64_t unix_nanos) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", absl::FromUnixNanos(unix_nanos),
                          absl::UTCTimeZone());
}

// What every letter says of its failure.
boost::json::object DeathToJson(const DeadLetter& letter) {
  boost::json::object object{{"id", letter.id()}};
  PutBytes("component", letter.component(), &object);
  // Only what a sink could not deliver was in the log.
  object["kind"] = letter.sequence() != 0 ? "sink" : "source";
  if (letter.sequence() != 0) object["sequence"] = letter.sequence();
  PutBytes("reason", letter.reason(), &object);
  PutBytes("message", letter.message(), &object);
  object["attempts"] = letter.attempts();
  PutBytes("first_error", letter.first_error(), &object);
  PutBytes("last_error", letter.last_error(), &object);
  PutMoment("first_attempt", letter.first_attempt_unix_nanos(), &object);
  PutMoment("last_attempt", letter.last_attempt_unix_nanos(), &object);
  PutMoment("died", letter.dead_unix_nanos(), &object);
  return object;
}

template <typename Strings>
boost::json::array ToArray(const Strings& strings) {
  return boost::json::array(strings.begin(), strings.end());
}

boost::json::object PastToJson(const storage::v1::DeadLetterPast& past) {
  boost::json::object object;
  if (past.has_died()) {
    object["died"] = DeathToJson(past.died());
  } else if (past.has_edited()) {
    boost::json::object edited;
    PutMoment("time", past.edited().time_unix_nanos(), &edited);
    edited["fields"] = ToArray(past.edited().fields());
    object["edited"] = std::move(edited);
  } else if (past.has_redriven()) {
    boost::json::object redriven;
    PutMoment("time", past.redriven().time_unix_nanos(), &redriven);
    redriven["sinks"] = ToArray(past.redriven().sinks());
    object["redriven"] = std::move(redriven);
  }
  return object;
}

std::string FormatPast(const storage::v1::DeadLetterPast& past) {
  if (past.has_died()) {
    const DeadLetter& died = past.died();
    return absl::StrCat(Second(died.dead_unix_nanos()), "  died at ",
                        Cell(died.component()), ": ", Cell(died.reason()), ", ",
                        Count(died.attempts(), "attempt"), ": ",
                        Cell(died.message(), 200));
  }
  if (past.has_edited()) {
    return absl::StrCat(Second(past.edited().time_unix_nanos()), "  edited: ",
                        Cell(absl::StrJoin(past.edited().fields(), ", "), 200));
  }
  return absl::StrCat(Second(past.redriven().time_unix_nanos()),
                      "  redriven to ",
                      Cell(absl::StrJoin(past.redriven().sinks(), ", "), 200));
}

std::string FormatPayload(std::string_view payload) {
  if (!IsUtf8(payload)) {
    return absl::StrCat("(", payload.size(),
                        " bytes, not text: see show --raw)\n");
  }
  if (payload.size() > kMaxShownBytes) {
    return absl::StrCat("(", payload.size(), " bytes: see show --raw)\n");
  }
  return Printable(payload) + "\n";
}

std::vector<std::vector<std::string>> EventRows(const std::string& wire) {
  std::vector<std::vector<std::string>> rows;
  const absl::StatusOr<EventView> event = EventView::Parse(wire);
  if (!event.ok()) return {{"event", "(cannot be decoded)"}};
  const auto add = [&rows](const char* name, std::string_view value) {
    if (!value.empty()) rows.push_back({name, Printable(value)});
  };
  add("event id", event->id());
  add("source", event->source());
  add("type", event->type());
  add("subject", event->subject());
  add("time", Moment(event->time_unix_nanos()));
  add("datacontenttype", event->datacontenttype());
  event->ForEachLabel([&rows](const LabelView& label) {
    rows.push_back({absl::StrCat("labels.", Printable(label.key)),
                    Printable(label.value)});
  });
  return rows;
}

std::string EventIdOf(const DeadLetter& letter) {
  if (!letter.has_event()) return "-";
  const absl::StatusOr<EventView> event = EventView::Parse(letter.event());
  if (!event.ok() || event->id().empty()) return "-";
  return Cell(event->id(), kMaxIdBytes);
}

}  // namespace

boost::json::object DeadLetterToJson(const DeadLetter& letter,
                                     const std::string& pipeline,
                                     Payload payload) {
  boost::json::object object = DeathToJson(letter);
  object["pipeline"] = pipeline;
  if (letter.has_event()) {
    object["event"] = EventToJson(letter.event(), payload);
  } else {
    PutPayload("input", letter.input(), payload, &object);
  }
  if (letter.truncated_bytes() > 0) {
    object["truncated_bytes"] = letter.truncated_bytes();
  }
  if (letter.has_original_event()) {
    object["original_event"] = EventToJson(letter.original_event(), payload);
  } else if (letter.has_original_input()) {
    PutPayload("original_input", letter.original_input(), payload, &object);
  }
  boost::json::array past;
  for (const auto& entry : letter.past()) past.push_back(PastToJson(entry));
  object["past"] = std::move(past);
  return object;
}

std::string FormatDeadLetters(const std::vector<DeadLetter>& letters) {
  if (letters.empty()) return "";
  std::vector<std::vector<std::string>> rows = {
      {"  id", "died (UTC)", "at", "reason", "attempts", "event", "message"}};
  for (const DeadLetter& letter : letters) {
    rows.push_back({absl::StrCat("  ", letter.id()),
                    Second(letter.dead_unix_nanos()), Cell(letter.component()),
                    Cell(letter.reason()), absl::StrCat(letter.attempts()),
                    EventIdOf(letter), Cell(letter.message())});
  }
  return FormatTable(rows);
}

std::string FormatDeadLetter(const DeadLetter& letter,
                             const std::string& pipeline) {
  std::vector<std::vector<std::string>> rows = {
      {"dead letter", absl::StrCat(letter.id())},
      {"pipeline", pipeline},
      {letter.sequence() != 0 ? "sink" : "source", Cell(letter.component())},
      {"reason", Printable(letter.reason())},
      {"message", Printable(letter.message())},
      {"attempts", absl::StrCat(letter.attempts())},
      {"first attempt", Moment(letter.first_attempt_unix_nanos())},
      {"first error", Printable(letter.first_error())},
      {"last attempt", Moment(letter.last_attempt_unix_nanos())},
      {"last error", Printable(letter.last_error())},
      {"died", Moment(letter.dead_unix_nanos())}};
  if (letter.has_event()) {
    for (auto& row : EventRows(letter.event())) rows.push_back(std::move(row));
  }
  if (letter.truncated_bytes() > 0) {
    rows.push_back({"cut off", Count(letter.truncated_bytes(), "byte")});
  }
  std::string text = FormatTable(rows);
  if (letter.past_size() > 0) text += "before\n";
  for (const auto& past : letter.past()) {
    absl::StrAppend(&text, "  ", FormatPast(past), "\n");
  }
  absl::StrAppend(&text, letter.has_event() ? "data\n" : "input\n",
                  FormatPayload(PayloadOf(letter)));
  return text;
}

std::string PayloadOf(const DeadLetter& letter) {
  if (!letter.has_event()) return letter.input();
  const absl::StatusOr<EventView> event = EventView::Parse(letter.event());
  return event.ok() ? std::string(event->data()) : letter.event();
}

}  // namespace sluice
