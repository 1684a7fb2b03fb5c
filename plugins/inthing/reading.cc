#include "plugins/inthing/reading.h"

#include <string_view>

#include "simdjson.h"

namespace sluice::inthing {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::string_view kMembers[] = {
    "value", "state",  "temperature", "relativeHumidity", "total",
    "ppm",   "pascal", "percentage",  "connection"};
// Longer text is no reading.
constexpr size_t kMaxTextBytes = 60;

// False: `value` is not plain.
bool ReadPlain(element value, Reading* reading) {
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) {
    if (text.empty() || text.size() > kMaxTextBytes) return false;
    reading->text = std::string(text);
    return true;
  }
  double number;
  if (value.get_double().get(number) == simdjson::SUCCESS) {
    reading->number = number;
  } else if (!value.is_bool()) {
    return false;
  }
  reading->text = simdjson::minify(value);
  return true;
}

bool ReadMembers(object within, Reading* reading) {
  element value;
  for (const std::string_view member : kMembers) {
    if (within.at_key(member).get(value) == simdjson::SUCCESS &&
        ReadPlain(value, reading)) {
      return true;
    }
  }
  return false;
}

}  // namespace

struct ReadingFinder::Parser {
  simdjson::dom::parser dom;
};

ReadingFinder::ReadingFinder() : parser_(std::make_unique<Parser>()) {}
ReadingFinder::~ReadingFinder() = default;

Reading ReadingFinder::Find(const EventView& event) {
  Reading reading;
  element root;
  if (event.data().empty() ||
      parser_->dom.parse(event.data().data(), event.data().size()).get(root) !=
          simdjson::SUCCESS) {
    return reading;
  }
  object members;
  object typed;
  if (root.get_object().get(members) != simdjson::SUCCESS) {
    ReadPlain(root, &reading);
  } else if (members.at_key(event.type()).get_object().get(typed) !=
                 simdjson::SUCCESS ||
             !ReadMembers(typed, &reading)) {
    ReadMembers(members, &reading);
  }
  return reading;
}

std::string DeviceName(const EventView& event) {
  const std::optional<std::string_view> name = event.label("name");
  if (name.has_value() && !name->empty()) return std::string(*name);
  std::string_view subject = event.subject();
  if (subject.empty()) subject = event.source();
  while (subject.ends_with('/')) subject.remove_suffix(1);
  return std::string(subject.substr(subject.rfind('/') + 1));
}

}  // namespace sluice::inthing
