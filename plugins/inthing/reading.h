// The one value a person wants to see of a device event.
#ifndef PLUGINS_INTHING_READING_H_
#define PLUGINS_INTHING_READING_H_

#include <memory>
#include <optional>
#include <string>

#include "storage/event/event_view.h"

namespace sluice::inthing {

struct Reading {
  // "24.9", "OPEN", "true"; empty: the event has none.
  std::string text;
  // When it is a number.
  std::optional<double> number;
};

// Finds the reading of events whose `data` is JSON: the first known member
// (value, state, temperature, relativeHumidity, total, ppm, pascal, percentage,
// connection) of `data.<type>`, where Disruptive Technologies puts it, or of
// `data` itself; or `data` if it is a number or text.
//
// Thread-safety: none; the JSON parser is reused.
class ReadingFinder {
 public:
  ReadingFinder();
  ~ReadingFinder();
  ReadingFinder(const ReadingFinder&) = delete;
  ReadingFinder& operator=(const ReadingFinder&) = delete;

  Reading Find(const EventView& event);

 private:
  struct Parser;  // Keeps the JSON library out of this header.
  std::unique_ptr<Parser> parser_;
};

// What people call the device: the label "name", else the last part of the
// subject, else the source.
std::string DeviceName(const EventView& event);

}  // namespace sluice::inthing

#endif  // PLUGINS_INTHING_READING_H_
