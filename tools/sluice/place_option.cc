#include "tools/sluice/place_option.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/util/time_util.h"
#include "tools/sluice/moment.h"

namespace sluice {
namespace {

admin::v1::LogPlace ParsePlace(const std::string& option,
                               const std::string& text) {
  admin::v1::LogPlace place;
  uint64_t sequence = 0;
  if (text == "oldest") {
    place.set_oldest(true);
  } else if (text == "end") {
    place.set_end(true);
  } else if (absl::SimpleAtoi(text, &sequence)) {
    place.set_sequence(sequence);
  } else {
    try {
      *place.mutable_time() =
          google::protobuf::util::TimeUtil::NanosecondsToTimestamp(
              absl::ToUnixNanos(ParseMoment(option, text)));
    } catch (const CLI::ValidationError&) {
      throw CLI::ValidationError(
          option, absl::StrCat("\"", text,
                               "\" is no place in a log; give oldest, end, the "
                               "number of an event, a moment such as "
                               "2024-05-01T12:00:00Z, or how long ago it was: "
                               "30m, 24h, 7d"));
    }
  }
  return place;
}

// Adds an option that may be given several times.
template <typename Add>
void AddList(CLI::App& command, const std::string& name,
             const std::string& help, const std::string& type, Add add) {
  command
      .add_option_function<std::vector<std::string>>(
          name,
          [add](const std::vector<std::string>& values) {
            for (const std::string& value : values) add(value);
          },
          help + "; may be repeated")
      ->allow_extra_args(false)
      ->type_name(type);
}

}  // namespace

CLI::Option* AddPlaceOption(CLI::App& command, const std::string& name,
                            const std::string& help,
                            admin::v1::LogPlace* place) {
  return command
      .add_option_function<std::string>(
          name,
          [name, place](const std::string& text) {
            *place = ParsePlace(name, text);
          },
          help)
      ->type_name("PLACE");
}

void AddSelectionOptions(CLI::App& command,
                         admin::v1::EventSelection* selection) {
  AddList(command, "--id", "Only events with this id", "ID",
          [selection](const std::string& id) { selection->add_ids(id); });
  AddList(command, "--event-source", "Only events from this source", "SOURCE",
          [selection](const std::string& source) {
            selection->add_sources(source);
          });
  AddList(command, "--type", "Only events of this type", "TYPE",
          [selection](const std::string& type) { selection->add_types(type); });
  AddList(command, "--subject", "Only events about this device", "SUBJECT",
          [selection](const std::string& subject) {
            selection->add_subjects(subject);
          });
  AddList(command, "--label", "Only events with this label", "KEY=VALUE",
          [selection](const std::string& label) {
            const size_t equals = label.find('=');
            if (equals == std::string::npos || equals == 0) {
              throw CLI::ValidationError(
                  "--label",
                  absl::StrCat("\"", label, "\" is not of the form KEY=VALUE"));
            }
            (*selection->mutable_labels())[label.substr(0, equals)] =
                label.substr(equals + 1);
          });
}

}  // namespace sluice
